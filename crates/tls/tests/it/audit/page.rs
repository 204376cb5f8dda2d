//! `docs/conformance/dm-security.md` is what the audit gives for our own server and
//! our own client in the profile `dm` (OMA DM session security, section B). Each
//! build has its own parts of the page: that with the feature `ssl3` offers SSL 3.0.
//! `./x conformance` writes what this test compares.

use std::fs;

use tls::Profile;
use tls::audit::{Audit, Outcome, Requirement};

use super::device::{Device, come, stage};
use super::recipe::Recipe;
use super::{audit, client, target};
use crate::support::within;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/conformance/dm-security.md"
);

const HAS_SSL3: bool = cfg!(feature = "ssl3");
const BUILD: &str = if HAS_SSL3 {
    "feature ssl3"
} else {
    "default build"
};
const PROFILE: Profile = if HAS_SSL3 {
    Profile::DmSsl3
} else {
    Profile::Dm
};

/// Optional rows that a build without SSL 3.0 can't have.
fn of_ssl3(place: &str) -> bool {
    matches!(place, "B.2.1:8" | "B.2.1:9" | "B.1.1:6" | "B.1.1:7")
}

#[tokio::test]
async fn our_server_and_client_are_as_the_page_says() {
    let (server, client) = within(async {
        let mut recipe = Recipe::whole();
        recipe.profile = PROFILE;
        let served = recipe.serve().await;
        let of_server = audit(target(served.address().port())).await;
        let stage = stage().await;
        let device = come(&stage, &Device::new(PROFILE));
        let of_client = client::audit(&stage).await;
        device.abort();
        (of_server, of_client)
    })
    .await;
    let mut page = fs::read_to_string(PAGE).unwrap();
    for (name, audit) in [("server", &server), ("client", &client)] {
        demanded(audit);
        let part = part(&page, name);
        let text = rendered(audit);
        if std::env::var_os("REHOME_WRITE_PAGE").is_some() {
            page.replace_range(part, &text);
        } else {
            let (stands, is) = (&page[part], text.as_str());
            assert!(
                stands == is,
                "docs/conformance/dm-security.md is not what the {name} does in the {BUILD}; \
                 `./x conformance` writes it anew. It is:\n{is}"
            );
        }
    }
    if std::env::var_os("REHOME_WRITE_PAGE").is_some() {
        fs::write(PAGE, page).unwrap();
    }
}

/// Every row passes, those that are ours too; SSL 3.0 with its feature.
fn demanded(audit: &Audit) {
    for judged in &audit.rows {
        let (row, place) = (&judged.row, judged.row.place());
        match (&judged.outcome, row.requirement) {
            (Outcome::Pass, _) => {}
            // A client's provisioning is not seen on the wire.
            (Outcome::NotApplicable(reason), _) if place == "text:1" => {
                assert!(!reason.is_empty());
            }
            (Outcome::NotApplicable(_) | Outcome::Fail, Requirement::Optional)
                if !HAS_SSL3 && of_ssl3(&place) => {}
            _ => panic!("{judged:#?}"),
        }
    }
}

/// Where a part of this build stands in the page.
fn part(page: &str, name: &str) -> std::ops::Range<usize> {
    let mark = format!("<!-- {name}, {BUILD} -->\n");
    let begin = page.find(&mark).unwrap() + mark.len();
    let end = begin + page[begin..].find("<!-- end -->").unwrap();
    begin..end
}

fn rendered(audit: &Audit) -> String {
    let mut text = String::from(
        "\n| row | item | demanded | function | result | evidence |\n|---|---|---|---|---|---|\n",
    );
    for judged in &audit.rows {
        let row = &judged.row;
        let result = match &judged.outcome {
            Outcome::NotApplicable(reason) => format!("n/a: {reason}"),
            Outcome::Pass => "pass".to_owned(),
            Outcome::Fail => "**fail**".to_owned(),
        };
        let cells = [
            row.place(),
            row.id.clone(),
            row.requirement.letter().to_owned(),
            row.function.clone(),
            result,
            judged.evidence.join("<br>"),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text.push('\n');
    for (requirement, name) in [
        (Requirement::Mandatory, "Mandatory"),
        (Requirement::Optional, "Optional"),
    ] {
        let [pass, fail, none] = ["pass", "fail", "n/a"].map(|word| {
            let rows = audit.rows.iter();
            let rows = rows.filter(|judged| judged.row.requirement == requirement);
            rows.filter(|judged| judged.outcome.word() == word).count()
        });
        text.push_str(&format!("{name}: {pass} pass, {fail} fail, {none} n/a.\n"));
    }
    text.push('\n');
    text
}
