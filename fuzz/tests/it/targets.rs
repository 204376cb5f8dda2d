//! Each target over its corpus and over 3,000 changed inputs.

use fuzz::{TARGETS, Target, drive};

use crate::alone;

const SEED: u64 = 20_260_101;
const INPUTS: u64 = 3000;

fn holds(name: &str) {
    let _alone = alone();
    let target: &Target = fuzz::find(name).unwrap();
    println!("seed {SEED}");
    let outcome = drive::run(target, SEED, |count| count < INPUTS);
    let failure = match outcome {
        Ok(count) => return assert_eq!(count, INPUTS),
        Err(failure) => failure,
    };
    panic!("{}\n{}", failure.message, failure.octets.escape_ascii());
}

macro_rules! targets {
    ($($name:ident $target:literal)*) => {
        $(#[test] fn $name() { holds($target); })*

        #[test]
        fn every_target_has_a_test() {
            let named = [$($target),*];
            assert!(TARGETS.iter().map(|target| target.name).eq(named));
        }
    };
}

targets! {
    xml_message "xml-message"
    wbxml_message "wbxml-message"
    xml_tree "xml-tree"
    wbxml_tree "wbxml-tree"
    tnds "tnds"
    ddf "ddf"
    notification "notification"
    provisioning "provisioning"
    gsup "gsup"
    ipa "ipa"
    gsup_connection "gsup-connection"
    ota_packet "ota-packet"
    sms_tpdu "sms-tpdu"
    sms_parts "sms-parts"
    ota_script "ota-script"
    ef_files "ef-files"
    cap "cap"
    wap_push "wap-push"
    client "client"
    server "server"
}
