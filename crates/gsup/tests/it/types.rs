//! Types made by a caller: what they take, what they refuse, how they read
//! back, and limits that only an encoder can meet.

use std::num::NonZeroU8;

use gsup::{
    Apn, AuthTuple, Body, Cause, CnDomain, Header, Imsi, IsdnAddress, Message, MessageClass,
    PdpInfo, PeerName, QosProfile, RatType, Res, RoutingName, SubscriberData,
};

use crate::support::{cases, hex, to_hex, unhex};

fn header() -> Header {
    Header::new("001010123456789".parse().unwrap())
}

#[test]
fn an_imsi_has_6_to_15_decimal_digits() {
    for digits in ["001010", "00101012345678", "001010123456789"] {
        assert_eq!(digits.parse::<Imsi>().unwrap().as_str(), digits);
    }
    for text in [
        "",
        "00101",
        "0010101234567890",
        "00101012345678a",
        "00101 123456789",
        "+01010123456789",
        "٠٠١٠١٠١٢٣",
    ] {
        let error = text.parse::<Imsi>().unwrap_err();
        assert_eq!(error.code(), "imsi-malformed", "{text}");
    }
}

#[test]
fn an_imsi_of_even_length_has_no_filler() {
    let message = Message {
        header: Header::new("00101012345678".parse().unwrap()),
        body: Body::UpdateLocationRequest,
    };
    // TS 24.008 clause 10.5.4.7: 14 digits, 7 octets.
    assert_eq!(
        to_hex(message.encode().unwrap().expose()),
        "04010700010121436587"
    );
}

#[test]
fn numbers_are_written_as_osmohlr_and_map_do() {
    // `08 07 06 94 71 10 32 54 76` is OsmoHLR's, `91 83 52 38 48 83 93` the
    // HLR number in libosmocore's test.
    let msisdn = IsdnAddress::msisdn("491701234567").unwrap();
    assert_eq!(to_hex(msisdn.octets()), "06947110325476");
    let number = IsdnAddress::international("382583843839").unwrap();
    assert_eq!(to_hex(number.octets()), "91835238488393");
    let longest = IsdnAddress::msisdn("123456789012345").unwrap();
    assert_eq!(longest.octets().len(), IsdnAddress::MAX);
    assert_eq!(longest.digits().unwrap(), "123456789012345");
    for text in ["", "1234567890123456", "+49170", "12a"] {
        for made in [IsdnAddress::msisdn(text), IsdnAddress::international(text)] {
            assert_eq!(made.unwrap_err().code(), "isdn-malformed", "{text}");
        }
    }
}

#[test]
fn numbers_without_readable_digits_are_kept_but_have_none() {
    for (octets, digits) in [
        ("", None),
        ("00", None),
        ("91", None),
        // A length beyond the octets, a digit beyond decimal.
        ("069471", None),
        ("919a", None),
        // Octets after the BCD part are ignored (GSUP, clause MSISDN).
        ("0294710000", Some("4917")),
        ("9194f1", Some("491")),
    ] {
        let length = octets.len() / 2;
        let message = unhex(&format!("0c010300010109{length:02x}{octets}"));
        let read = Message::decode(&message).unwrap();
        let Body::PurgeMsRequest { hlr_number } = &read.body else {
            panic!("{read:?}");
        };
        let number = hlr_number.as_ref().unwrap();
        assert_eq!(number.digits().as_deref(), digits, "{octets}");
        assert_eq!(*read.encode().unwrap().expose(), message);
    }
}

#[test]
fn access_point_names_have_labels() {
    let longest = [&"a".repeat(63), "b", &"c".repeat(33)].join(".");
    assert_eq!(longest.len(), Apn::MAX - 1);
    for apn in ["*", "internet", "iot.mnc001.mcc001.gprs", "m2m_1", &longest] {
        assert_eq!(apn.parse::<Apn>().unwrap().as_str(), apn);
    }
    let too_long = format!("{longest}c");
    let long_label = "a".repeat(64);
    for apn in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "ä",
        "a\0",
        &long_label,
        &too_long,
    ] {
        let error = apn.parse::<Apn>().unwrap_err();
        assert_eq!(error.code(), "apn-malformed", "{apn}");
    }
}

#[test]
fn peer_names_are_printable() {
    let longest = "x".repeat(PeerName::MAX);
    for name in ["SGSN", "SGSN-00-00-00-00-00-00", "a b", &longest] {
        assert_eq!(name.parse::<PeerName>().unwrap().as_str(), name);
    }
    let too_long = format!("{longest}x");
    for name in ["", "a\n", "a\0", "\u{7f}", "ä", &too_long] {
        let error = name.parse::<PeerName>().unwrap_err();
        assert_eq!(error.code(), "gsup-name-malformed", "{name:?}");
    }
}

#[test]
fn a_routing_name_has_its_nul_and_is_compared_without_it() {
    let peer: PeerName = "MSC-A".parse().unwrap();
    let name = RoutingName::from(&peer);
    assert_eq!(name.octets(), b"MSC-A\0");
    assert!(name.names(&peer));
    assert!(!name.names(&"MSC-B".parse().unwrap()));
    assert!(!name.names(&"MSC-".parse().unwrap()));
}

#[test]
fn an_answer_goes_back_to_the_source_octet_by_octet() {
    let case = cases("messages")
        .iter()
        .find(|case| case["name"] == "update location through a proxy")
        .unwrap();
    let request = Message::decode(&hex(&case["octets"])).unwrap();
    let answer = Message {
        header: request.header.reply(),
        body: Body::UpdateLocationError(Cause::GprsNotAllowed),
    };
    // As OsmoHLR answered that request.
    let recorded = cases("messages")
        .iter()
        .find(|case| case["name"] == "PS not allowed, answered through a proxy")
        .unwrap();
    assert_eq!(
        to_hex(answer.encode().unwrap().expose()),
        recorded["octets"]
    );
}

#[test]
fn without_a_domain_it_is_packet_switched() {
    assert_eq!(header().domain(), CnDomain::Ps);
    let cs = Header {
        cn_domain: Some(CnDomain::Cs),
        ..header()
    };
    assert_eq!(cs.domain(), CnDomain::Cs);
}

#[test]
fn every_code_is_kept() {
    for code in 0..=u8::MAX {
        assert_eq!(Cause::from_code(code).code(), code);
        assert_eq!(MessageClass::from_code(code).code(), code);
        assert_eq!(RatType::from_code(code).code(), code);
    }
}

/// TS 24.008 table 10.5.147 as libosmocore has it (enum gsm48_gmm_cause).
#[test]
fn the_causes_are_those_of_the_table() {
    let named = [
        2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 25, 28, 40, 95, 96,
        97, 98, 99, 100, 101, 111,
    ];
    for code in 0..=u8::MAX {
        let other = matches!(Cause::from_code(code), Cause::Other(_));
        assert_eq!(other, !named.contains(&code), "{code}");
    }
    assert_eq!(Cause::ImsiUnknown.code(), 2);
    assert_eq!(Cause::GprsNotAllowed.code(), 7);
    assert_eq!(Cause::NetworkFailure.code(), 17);
    assert_eq!(Cause::SynchFailure.code(), 21);
    assert_eq!(Cause::MessageTypeNotImplemented.code(), 97);
}

#[test]
fn an_expected_answer_has_4_to_16_octets() {
    for length in 0..=20 {
        let made = Res::new(&vec![7; length]);
        assert_eq!(made.is_ok(), (4..=16).contains(&length), "{length}");
    }
}

#[test]
fn a_qos_profile_has_1_to_20_octets() {
    for length in 0..=24 {
        let made = QosProfile::new(&vec![7; length]);
        assert_eq!(made.is_ok(), (1..=20).contains(&length), "{length}");
    }
}

#[test]
fn more_vectors_or_contexts_than_gsup_allows_are_not_sent() {
    let tuple = AuthTuple {
        rand: [1; 16],
        sres: [2; 4].into(),
        kc: [3; 8].into(),
        umts: None,
    };
    let result = |count| Message {
        header: header(),
        body: Body::SendAuthInfoResult(vec![tuple.clone(); count]),
    };
    assert!(result(5).encode().is_ok());
    let error = result(6).encode().map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "gsup-element-count");

    let info = PdpInfo {
        context_id: NonZeroU8::MIN,
        address: None,
        apn: None,
        qos: None,
        charging: None,
    };
    let insert = |count| Message {
        header: header(),
        body: Body::InsertSubscriberDataRequest(SubscriberData {
            pdp_infos: vec![info.clone(); count],
            ..SubscriberData::default()
        }),
    };
    assert!(insert(10).encode().is_ok());
    let error = insert(11).encode().map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "gsup-element-count");
}
