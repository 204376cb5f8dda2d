//! Any octets and any message: no panic, no octets invented, and everything
//! that is written is read back.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU8;

use gsup::ipa::{Control, FrameDecoder};
use gsup::{
    Apn, AuthTuple, Body, CancelType, Cause, CnDomain, Config, Connection, Event, Header, Imsi,
    IsdnAddress, Message, MessageClass, PdpAddress, PdpInfo, PeerName, Preamble, QosProfile,
    RatType, Res, Resync, RoutingName, SendAuthInfoRequest, SubscriberData, UmtsPart,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::{at, cases, events, gsup_frame, hex, identified_server, sent, session};

/// The seed unless PROPTEST_RNG_SEED sets another.
const SEED: u64 = 0x6773_7570;

/// The same cases in every run; the seed is shown when a test fails.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(SEED),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    println!("proptest: {rng_seed:?}, set by PROPTEST_RNG_SEED");
    ProptestConfig {
        cases: 512,
        rng_seed,
        failure_persistence: None,
        ..default
    }
}

fn imsi() -> impl Strategy<Value = Imsi> {
    "[0-9]{6,15}".prop_map(|digits| digits.parse().unwrap())
}

fn name() -> impl Strategy<Value = RoutingName> {
    "[ -~]{1,128}".prop_map(|name| RoutingName::from(&name.parse::<PeerName>().unwrap()))
}

fn header() -> impl Strategy<Value = Header> {
    let domain = prop_oneof![Just(CnDomain::Ps), Just(CnDomain::Cs)];
    let class = any::<u8>().prop_map(MessageClass::from_code);
    (imsi(), of(domain), of(class), of(name()), of(name())).prop_map(
        |(imsi, cn_domain, message_class, source_name, destination_name)| Header {
            imsi,
            cn_domain,
            message_class,
            source_name,
            destination_name,
        },
    )
}

fn number() -> impl Strategy<Value = IsdnAddress> {
    ("[0-9]{1,15}", any::<bool>()).prop_map(|(digits, plain)| {
        if plain {
            IsdnAddress::msisdn(&digits).unwrap()
        } else {
            IsdnAddress::international(&digits).unwrap()
        }
    })
}

fn address() -> impl Strategy<Value = PdpAddress> {
    let v4 = any::<u32>().prop_map(Ipv4Addr::from);
    let v6 = any::<u128>().prop_map(Ipv6Addr::from);
    prop_oneof![
        of(v4.clone()).prop_map(PdpAddress::Ipv4),
        of(v6.clone()).prop_map(PdpAddress::Ipv6),
        of((v4, v6)).prop_map(PdpAddress::Ipv4v6),
    ]
}

fn apn() -> impl Strategy<Value = Apn> {
    let label = "[a-zA-Z0-9_-]{1,30}";
    prop_oneof![
        Just("*".parse().unwrap()),
        vec(label, 1..=3).prop_map(|labels| labels.join(".").parse().unwrap()),
    ]
}

fn pdp_info() -> impl Strategy<Value = PdpInfo> {
    let qos =
        vec(any::<u8>(), 1..=QosProfile::MAX).prop_map(|octets| QosProfile::new(&octets).unwrap());
    (
        any::<NonZeroU8>(),
        of(address()),
        of(apn()),
        of(qos),
        of(any::<[u8; 2]>()),
    )
        .prop_map(|(context_id, address, apn, qos, charging)| PdpInfo {
            context_id,
            address,
            apn,
            qos,
            charging,
        })
}

fn data() -> impl Strategy<Value = SubscriberData> {
    (
        of(number()),
        of(number()),
        any::<bool>(),
        vec(pdp_info(), 0..=SubscriberData::MAX_PDP_INFOS),
        of(any::<[u8; 2]>()),
    )
        .prop_map(
            |(msisdn, hlr_number, pdp_info_complete, pdp_infos, charging)| SubscriberData {
                msisdn,
                hlr_number,
                pdp_info_complete,
                pdp_infos,
                charging,
            },
        )
}

fn tuple() -> impl Strategy<Value = AuthTuple> {
    let keys = (any::<[u8; 16]>(), any::<[u8; 16]>(), any::<[u8; 16]>());
    let umts = (keys, vec(any::<u8>(), 4..=16)).prop_map(|((ik, ck, autn), res)| UmtsPart {
        ik: ik.into(),
        ck: ck.into(),
        autn,
        res: Res::new(&res).unwrap(),
    });
    (
        any::<[u8; 16]>(),
        any::<[u8; 4]>(),
        any::<[u8; 8]>(),
        of(umts),
    )
        .prop_map(|(rand, sres, kc, umts)| AuthTuple {
            rand,
            sres: sres.into(),
            kc: kc.into(),
            umts,
        })
}

fn request() -> impl Strategy<Value = SendAuthInfoRequest> {
    let resync =
        (any::<[u8; 14]>(), any::<[u8; 16]>()).prop_map(|(auts, rand)| Resync { auts, rand });
    let rat = any::<u8>().prop_map(RatType::from_code);
    (of(any::<NonZeroU8>()), of(resync), of(rat)).prop_map(|(vectors, resync, current_rat)| {
        SendAuthInfoRequest {
            vectors,
            resync,
            current_rat,
        }
    })
}

fn body() -> impl Strategy<Value = Body> {
    let cause = || any::<u8>().prop_map(Cause::from_code);
    let cancel = prop_oneof![Just(CancelType::Update), Just(CancelType::Withdraw)];
    prop_oneof![
        Just(Body::UpdateLocationRequest),
        cause().prop_map(Body::UpdateLocationError),
        data().prop_map(Body::UpdateLocationResult),
        request().prop_map(Body::SendAuthInfoRequest),
        cause().prop_map(Body::SendAuthInfoError),
        vec(tuple(), 0..=AuthTuple::MAX_COUNT).prop_map(Body::SendAuthInfoResult),
        Just(Body::AuthFailReport),
        of(number()).prop_map(|hlr_number| Body::PurgeMsRequest { hlr_number }),
        cause().prop_map(Body::PurgeMsError),
        any::<bool>().prop_map(|freeze_ptmsi| Body::PurgeMsResult { freeze_ptmsi }),
        data().prop_map(Body::InsertSubscriberDataRequest),
        cause().prop_map(Body::InsertSubscriberDataError),
        Just(Body::InsertSubscriberDataResult),
        of(cancel).prop_map(|cancel_type| Body::LocationCancelRequest { cancel_type }),
        cause().prop_map(Body::LocationCancelError),
        Just(Body::LocationCancelResult),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (header(), body()).prop_map(|(header, body)| Message { header, body })
}

/// A known message with some octets changed, cut or repeated.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = ["messages", "loose", "unsupported"]
        .into_iter()
        .flat_map(cases)
        .map(|case| hex(&case["octets"]))
        .collect();
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(known),
        vec(change, 1..6),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut octets, changes, cut)| {
            for (at, octet) in changes {
                let at = at.index(octets.len());
                octets[at] = octet;
            }
            octets.truncate(cut.index(octets.len()) * 2);
            octets
        })
}

/// Reading never panics, and what is read can be written and read again.
fn check_reading(octets: &[u8]) {
    let preamble = Preamble::decode(octets);
    if let Ok(message) = Message::decode(octets) {
        let preamble = preamble.expect("a message has a preamble");
        assert_eq!(preamble.header, message.header);
        assert_eq!(preamble.message_type, message.body.message_type());
        let written = message.encode().expect("what was read can be written");
        assert!(written.expose().len() <= octets.len(), "octets invented");
        assert_eq!(Message::decode(written.expose()), Ok(message));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_written_is_read_back(message in message()) {
        let octets = message.encode().unwrap();
        prop_assert!(octets.expose().len() <= 2048);
        prop_assert_eq!(Message::decode(octets.expose()), Ok(message));
    }

    #[test]
    fn reading_any_octets_never_panics(octets in vec(any::<u8>(), 0..400)) {
        check_reading(&octets);
        let _ = Control::decode(&octets);
    }

    #[test]
    fn reading_changed_messages_never_panics(octets in mutated()) {
        check_reading(&octets);
    }

    #[test]
    fn frames_do_not_depend_on_the_pieces(
        octets in vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..300),
        cuts in vec(1usize..40, 1..40),
    ) {
        let read = |pieces: &[&[u8]]| {
            let mut decoder = FrameDecoder::new(64);
            let mut frames = Vec::new();
            for piece in pieces {
                let mut piece = *piece;
                loop {
                    match decoder.push(&mut piece) {
                        Ok(Some(frame)) => frames.push(Ok((frame.stream, frame.payload.to_vec()))),
                        Ok(None) => break,
                        Err(error) => {
                            frames.push(Err(error));
                            return frames;
                        }
                    }
                }
            }
            frames
        };
        let mut pieces = Vec::new();
        let mut rest = octets.as_slice();
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            pieces.push(head);
            rest = tail;
        }
        pieces.push(rest);
        prop_assert_eq!(read(&pieces), read(&[&octets]));
    }

    #[test]
    fn a_connection_survives_any_octets(
        octets in vec(any::<u8>(), 0..600),
        server in any::<bool>(),
        past in any::<bool>(),
    ) {
        let mut side = match (server, past) {
            (_, true) => identified_server(Config::default()),
            (true, false) => Connection::server(at(0), Config::default()),
            (false, false) => Connection::client(at(0), Config::default(), "C".parse().unwrap()),
        };
        side.handle_input(at(1), &octets);
        let happened = events(&mut side);
        let ends = happened.iter().filter(|event| matches!(event, Event::Closed { .. })).count();
        prop_assert!(ends <= 1);
        prop_assert_eq!(side.poll_timeout().is_none(), ends == 1);
        prop_assert_eq!(ends == 1, matches!(happened.last(), Some(Event::Closed { .. })));
    }

    #[test]
    fn a_connection_survives_changed_messages(octets in vec(mutated(), 1..4)) {
        let mut server = identified_server(Config::default());
        for octets in &octets {
            server.handle_input(at(1), &gsup_frame(octets));
        }
        let happened = events(&mut server);
        prop_assert_eq!(happened.len(), octets.len(), "one event for each frame");
        for event in happened {
            match event {
                Event::Refused { preamble: Some(preamble), error } => {
                    let answered = server.refuse(&preamble, error.cause()).unwrap();
                    prop_assert_eq!(answered, preamble.is_request());
                }
                Event::Refused { .. } => {}
                Event::Message(message) => server.send(&message).unwrap(),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn messages_arrive_whole_and_in_order(
        messages in vec(message(), 1..6),
        step in 1usize..200,
    ) {
        let mut server = identified_server(Config::default());
        let mut stream = Vec::new();
        for message in &messages {
            stream.extend(gsup_frame(message.encode().unwrap().expose()));
            stream.extend(session("hlr", "ping"));
        }
        let mut arrived = Vec::new();
        for piece in stream.chunks(step) {
            server.handle_input(at(1), piece);
            arrived.extend(events(&mut server));
        }
        let expected: Vec<_> = messages.into_iter().map(Event::Message).collect();
        prop_assert_eq!(sent(&mut server), session("hlr", "pong").repeat(expected.len()));
        prop_assert_eq!(arrived, expected);
    }
}
