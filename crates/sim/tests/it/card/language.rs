//! Every statement of the script language (`uicc::script`), in the three formats, to the
//! card and back: each packet is carried out whole, and what is read is what was written.

use uicc::packet::{Status, Tar};
use uicc::remote::Format;
use uicc::script::{Script, explain_response};

use super::applications::archive;
use super::support::{ISSUER, USIM, card, run};
use sim::card::Card;

const FORMATS: [Format; 3] = [Format::Compact, Format::Expanded, Format::Indefinite];

/// Runs a script; what its commands gave in words, and the status words that are no 9000.
fn words(card: &mut Card, tar: Tar, format: Format, text: &str) -> (Vec<String>, Vec<u16>) {
    let source = |_: &str| Ok(archive());
    let script = Script::parse(text, source).unwrap();
    let (mut shown, mut statuses) = (Vec::new(), Vec::new());
    for packet in script.packets(format, 200).unwrap() {
        let last = card.state().key_sets()[0].counter().to_u64();
        let data: String = super::support::text(&packet.data);
        let response = run(card, tar, last + 1, &data);
        assert_eq!(response.status, Status::Ok);
        let answer = explain_response(format, &response.data, Some(&packet)).unwrap();
        if answer.failed().is_none() {
            assert_eq!(answer.notes, Vec::<String>::new(), "{format:?} {packet:?}");
        }
        for command in answer.commands {
            statuses.extend(Some(command.response.status.0).filter(|status| *status != 0x9000));
            shown.extend(command.shown);
        }
    }
    (shown, statuses)
}

#[test]
fn statements_on_files() {
    let text = "select imsi\n\
                update-binary imsi 262010123456789\n\
                read-binary\n\
                select spn\n\
                update-binary spn \"Rehome\" show-plmn\n\
                read-binary\n\
                select plmnwact\n\
                update-binary plmnwact 26201:eutran,utran pad 40\n\
                read-binary 0 5\n\
                select fplmn\n\
                update-binary fplmn 26203 pad 12\n\
                read-binary\n\
                select acc\n\
                update-binary acc 0 15\n\
                read-binary\n\
                select loci\n\
                update-binary loci reset\n\
                read-binary\n\
                select smsp\n\
                update-record 1 smsp \"\" sc +491720000 pid 00 pad 40\n\
                read-record 1 40\n\
                select 3F00/2FE2\n\
                read-binary 0 10\n\
                select aid a0000000871002\n\
                select usim/6f46\n\
                deactivate-file\n\
                activate-file\n\
                read-binary 0 1\n";
    for format in FORMATS {
        let mut card = card();
        let (shown, statuses) = words(&mut card, USIM, format, text);
        assert_eq!(statuses, [0_u16; 0], "{format:?}");
        for wanted in [
            "262010123456789",
            "\"Rehome\" show-plmn",
            "26201:utran,eutran",
            "26203",
            "0 15",
            "+491720000",
        ] {
            let is_there = shown.iter().any(|line| line.contains(wanted));
            assert!(is_there, "{format:?} {wanted}: {shown:?}");
        }
        let imsi = card.state().files().find("3f00/7ff0/6f07").unwrap();
        // TS 31.102 clause 4.2.2.
        let expected = super::support::hex("082926101032547698");
        assert_eq!(imsi.content.octets(), expected);
    }
}

#[test]
fn statements_on_applications() {
    let text = "install for-load applet.cap\n\
                load applet.cap block 60\n\
                get-status modules\n\
                install for-install applet.cap d27600008501 d2760000850102\n\
                get-status applications\n\
                lock d2760000850102\n\
                unlock d2760000850102\n\
                get-status isd\n\
                get-data ff21\n\
                delete d2760000850102\n\
                delete d276000085 related\n";
    for format in FORMATS {
        let mut card = card();
        let (shown, statuses) = words(&mut card, ISSUER, format, text);
        assert_eq!(statuses, [0_u16; 0], "{format:?}");
        for wanted in [
            "d276000085",
            "d27600008501",
            "d2760000850102",
            "a000000151000000",
        ] {
            let is_there = shown.iter().any(|line| line.contains(wanted));
            assert!(is_there, "{format:?} {wanted}: {shown:?}");
        }
        assert!(card.state().registry().packages.is_empty());
        let (_, statuses) = words(&mut card, ISSUER, format, "get-status packages\n");
        assert_eq!(statuses, [0x6a88]);
    }
}
