//! Keys and full subscriber numbers never come out of `Debug` or an error.

use gsup::{
    AuthTuple, Body, Config, Event, Header, IsdnAddress, Message, Res, SubscriberData, UmtsPart,
};

use crate::support::{at, gsup_frame, identified_client, unhex};

const SRES: [u8; 4] = [0xd1; 4];
const KC: [u8; 8] = [0xd2; 8];
const IK: [u8; 16] = [0xd3; 16];
const CK: [u8; 16] = [0xd4; 16];
const RES: [u8; 8] = [0xd5; 8];

fn vectors() -> Message {
    let tuple = AuthTuple {
        rand: [0x11; 16],
        sres: SRES.into(),
        kc: KC.into(),
        umts: Some(UmtsPart {
            ik: IK.into(),
            ck: CK.into(),
            autn: [0x12; 16],
            res: Res::new(&RES).unwrap(),
        }),
    };
    Message {
        header: Header::new("001010123456789".parse().unwrap()),
        body: Body::SendAuthInfoResult(vec![tuple]),
    }
}

/// In hex, upper and lower case, and as a list of decimal octets.
fn assert_no_key(shown: &str) {
    for octet in [SRES[0], KC[0], IK[0], CK[0], RES[0]] {
        for form in [
            format!("{octet:02x}{octet:02x}"),
            format!("{octet:02X}{octet:02X}"),
            format!("{octet}, {octet}"),
            format!("{octet},\n"),
        ] {
            assert!(!shown.contains(&form), "{form} in {shown}");
        }
    }
}

#[test]
fn keys_are_not_shown() {
    let message = vectors();
    let mut client = identified_client(Config::default());
    client.handle_input(at(0), &gsup_frame(message.encode().unwrap().expose()));
    let event = client.poll_event().unwrap();
    assert_eq!(event, Event::Message(message.clone()));
    client.send(&message).unwrap();
    for shown in [
        format!("{message:?} {message:#?}"),
        format!("{event:?} {event:#?}"),
        format!("{client:?} {client:#?}"),
    ] {
        assert_no_key(&shown);
    }
    // What goes over the air is shown, so the forms above are the right ones.
    assert!(format!("{message:?}").contains("17, 17"));
}

#[test]
fn subscribers_are_masked() {
    let message = Message {
        header: Header::new("001010123456789".parse().unwrap()),
        body: Body::InsertSubscriberDataRequest(SubscriberData {
            msisdn: Some(IsdnAddress::msisdn("491701234567").unwrap()),
            ..SubscriberData::default()
        }),
    };
    let shown = format!("{message:?}");
    assert!(shown.contains("Imsi(00101*******789)"), "{shown}");
    assert!(shown.contains("IsdnAddress(*********567)"), "{shown}");
    let error = Message::decode(&unhex("2001080001012143 6587f9".replace(' ', "").as_str()));
    let error = error.unwrap_err();
    for shown in [format!("{error}"), format!("{error:?}")] {
        assert!(!shown.contains("0123456"), "{shown}");
    }
}

#[test]
fn errors_in_a_vector_do_not_quote_it() {
    let good = vectors().encode().unwrap();
    for length in 0..good.expose().len() {
        if let Err(error) = Message::decode(&good.expose()[..length]) {
            assert_no_key(&format!("{error} {error:?}"));
        }
    }
}

#[test]
fn vectors_differ_by_every_part() {
    let Body::SendAuthInfoResult(tuples) = vectors().body else {
        panic!("not vectors");
    };
    let tuple = tuples[0].clone();
    let umts = tuple.umts.clone().unwrap();
    let with = |umts| AuthTuple {
        umts: Some(umts),
        ..tuple.clone()
    };
    let others = [
        AuthTuple {
            rand: [0; 16],
            ..tuple.clone()
        },
        AuthTuple {
            sres: [0; 4].into(),
            ..tuple.clone()
        },
        AuthTuple {
            kc: [0; 8].into(),
            ..tuple.clone()
        },
        AuthTuple {
            umts: None,
            ..tuple.clone()
        },
        with(UmtsPart {
            ik: [0; 16].into(),
            ..umts.clone()
        }),
        with(UmtsPart {
            ck: [0; 16].into(),
            ..umts.clone()
        }),
        with(UmtsPart {
            autn: [0; 16],
            ..umts.clone()
        }),
        with(UmtsPart {
            res: Res::new(&[0; 8]).unwrap(),
            ..umts.clone()
        }),
        with(UmtsPart {
            res: Res::new(&[0xd5; 9]).unwrap(),
            ..umts.clone()
        }),
    ];
    assert_eq!(tuple, tuple.clone());
    for other in others {
        assert_ne!(tuple, other);
    }
}
