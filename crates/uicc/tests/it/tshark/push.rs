//! Pushes (WAP-230-WSP clause 8.2.4.1) in SMS-DELIVER to port 2948.

use uicc::sms::push::{Application, Content, Media, Push, Security};
use uicc::sms::{Deliver, Ports, Reference, Timestamp};

use super::{Capture, Frame, Way};
use crate::push::vectors;
use crate::support::field;

const FIELDS: [&str; 13] = [
    "gsm_sms.destination_port",
    "gsm_sms.originator_port",
    "gsm_sms.ie_identifier",
    "gsm_sms.udh.mm.msg_part",
    "gsm_sms.reassembled.length",
    "wsp.TID",
    "wsp.pdu_type",
    "wsp.headers_length",
    "wsp.header.content_type",
    "wsp.parameter.sec",
    "wsp.parameter.mac",
    "wsp.header.x_wap_application_id",
    "wbxml.public_id.known",
];

fn sent(capture: &mut Capture, push: &Push) -> usize {
    let pdu = push.encode().unwrap();
    for part in Ports::PUSH.datagram(&pdu, Reference::Short(3)).unwrap() {
        let mut message = Deliver::to_card("12345".parse().unwrap(), Timestamp([0; 7]), part);
        // For the device: a plain message of 8-bit data.
        (message.protocol, message.coding) = (0, 0x04);
        capture.add("gsm_sms", Way::Down, &message.encode().unwrap());
    }
    pdu.len()
}

fn says(frame: &Frame, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(frame[*name], *value, "{name} of {frame:#?}");
    }
}

#[test]
fn pushes() {
    let mac = [0xb4; 20];
    let application = Some(Application::DEVICE_MANAGEMENT);
    // A document in WBXML that another program made.
    let document = Push::parse(&field(&vectors()["pushes"][0], "pdu")).unwrap();
    let mut capture = Capture::new();
    let notification = Push {
        transaction: 0x2a,
        content: Media::NOTIFICATION.into(),
        application,
        body: vec![0x5a; 60],
    };
    sent(&mut capture, &notification);
    let provisioning = Push {
        content: Content {
            security: Some(Security::UserPin),
            mac: Some(mac),
            ..Media::PROVISIONING.into()
        },
        application: None,
        body: document.body.clone(),
        ..notification.clone()
    };
    let length = sent(&mut capture, &provisioning);
    for media in [Media::SYNCML_DM_WBXML, Media::SYNCML_DM_XML] {
        let push = Push {
            content: media.into(),
            ..notification.clone()
        };
        sent(&mut capture, &push);
    }
    let Some(frames) = capture.sound(&FIELDS) else {
        return;
    };
    assert_eq!(frames.len(), 6);
    for frame in &frames {
        says(
            frame,
            &[
                ("gsm_sms.destination_port", "2948"),
                ("gsm_sms.originator_port", "9200"),
            ],
        );
    }
    for frame in [&frames[0], &frames[3], &frames[4], &frames[5]] {
        says(frame, &[("wsp.TID", "0x2a"), ("wsp.pdu_type", "0x06")]);
    }
    for (frame, media) in [
        (&frames[0], "application/vnd.syncml.notification"),
        (&frames[4], "application/vnd.syncml.dm+wbxml"),
        (&frames[5], "application/vnd.syncml.dm+xml"),
    ] {
        says(
            frame,
            &[
                ("gsm_sms.ie_identifier", "0x05"),
                ("wsp.headers_length", "3"),
                ("wsp.header.content_type", media),
                (
                    "wsp.header.x_wap_application_id",
                    "x-wap-application:syncml.dm",
                ),
                ("wsp.parameter.sec", ""),
                ("wsp.parameter.mac", ""),
            ],
        );
    }
    for (place, frame) in (1..).zip(&frames[1..4]) {
        says(
            frame,
            &[
                ("gsm_sms.ie_identifier", "0x05,0x00"),
                ("gsm_sms.udh.mm.msg_part", &format!("{place}")),
            ],
        );
    }
    says(
        &frames[3],
        &[
            ("gsm_sms.reassembled.length", &length.to_string()),
            (
                "wsp.header.content_type",
                "application/vnd.wap.connectivity-wbxml",
            ),
            ("wsp.header.x_wap_application_id", ""),
            ("wsp.parameter.sec", "0x01"),
            ("wsp.parameter.mac", &"B4".repeat(20)),
            // PROV 1.0: the body begins where it does.
            ("wbxml.public_id.known", "0x0000000b"),
        ],
    );
}
