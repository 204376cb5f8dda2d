//! The build tool behind `./x`: sets up the machine, builds OpenSSL once,
//! checks the rules of the house and runs the tests (docs/building.md).

mod check;
mod openssl;
mod process;
mod readme;
mod setup;
mod stages;
mod tlslite;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: ./x NAME

  setup   install what the build and the tests need (as root or with CI=true;
          elsewhere print the commands)
  demo    a whole operator change; arguments go to `rehome demo`
  readme  the README's walk, as it stands there
  check   formatting, layers, file sizes, licences, clippy
  test    check, then every test; the step `ssl3` alone: `./x test-ssl3`
  conformance
          write what our own server and client do under `rehome audit` to
          docs/conformance/dm-security.md
  fuzz    changed inputs against a claim: `./x fuzz TARGET [--seconds N]
          [--seed S]`, `./x fuzz TARGET --replay FILE`
  bench   our code beside other programs: `./x bench NAME [--json]`";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let mut words = args.iter().map(String::as_str);
    let name = words.next();
    let rest: Vec<&str> = words.collect();
    match (name, rest.as_slice()) {
        (None | Some("help" | "--help" | "-h"), _) => {
            println!("{USAGE}");
            Ok(())
        }
        (Some("setup"), []) => setup::run(),
        (Some("demo"), rest) => stages::demo(rest),
        (Some("readme"), []) => stages::readme(),
        (Some("check"), []) => check::run(),
        (Some("test"), rest) => stages::test(rest),
        (Some("test-ssl3"), rest) => stages::ssl3(rest),
        (Some("conformance"), []) => stages::conformance(),
        (Some("fuzz"), rest) => stages::fuzz(rest),
        (Some("bench"), rest) => stages::bench(rest),
        (Some(other), _) => bail!("there is no `{other}` with these arguments\n{USAGE}"),
    }
}
