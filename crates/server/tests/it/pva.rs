//! Step 6 over sockets: what the PVA says decides, and its silence is a no.

use std::time::Duration;

use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;
use tls::http::{Client, ClientLimits, ClientRequest, Method};
use tls::{ClientConfig, Credentials, Profile};
use tokens::os;

use crate::world::{Device, RO, SHO, STRANGER, Setup, World, pva_host};

async fn reason(world: &World, device: &mut Device) -> (OrderState, String) {
    let order_id = device.register(world, RO, SHO).await;
    let patience = std::time::Instant::now();
    loop {
        device.turn(world).await;
        let order = world.operator(SHO).store().order(order_id).await;
        let order = order.unwrap().unwrap().0.value;
        if let Some(reason) = order.reason() {
            return (order.state(), reason.code().to_owned());
        }
        assert!(
            patience.elapsed() < Duration::from_secs(60),
            "{:?}",
            order.state()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_tre_gets_no_package() {
    let mut world = World::new("pva-revoked").await;
    let mut device = world.device().await;
    let imsi = device.agent().tre().active_imsi().clone();
    world
        .records
        .lock()
        .unwrap()
        .revoke(os::now(), &device.tre_id)
        .unwrap();
    let (state, reason) = reason(&world, &mut device).await;
    assert_eq!(
        (state, reason.as_str()),
        (OrderState::Failed, "tre-revoked")
    );
    assert_eq!(
        device.agent().tre().active_imsi(),
        &imsi,
        "it stays where it is"
    );
    // Another device is not hindered.
    let mut good = world.device().await;
    let order_id = good.register(&world, RO, SHO).await;
    good.until_over(&world, SHO, order_id).await;
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pva_that_does_not_answer_is_a_refusal_until_it_does() {
    let setup = Setup {
        pva: false,
        ..Setup::default()
    };
    let mut world = World::with("pva-silent", setup).await;
    let mut device = world.device().await;
    let (state, reason) = reason(&world, &mut device).await;
    assert_eq!(reason, "pva-unreachable");
    assert!(!matches!(
        state,
        OrderState::Failed | OrderState::AwaitingInstall
    ));
    world.shutdown().await;
}

/// What a client with this operator's leaf is answered.
async fn asked(world: &World, who: &str, target: &str) -> Result<(u16, String), String> {
    let identity = &world.identities[who];
    let own = Credentials::new(&identity.leaf, &[], identity.key.clone()).unwrap();
    let pva = server::RegisteredPva {
        anchor: world.supplier.pva.clone(),
        host: pva_host(),
        document: None,
        encipherment: None,
    };
    let verifier = std::sync::Arc::new(server::PvaVerifier::new(vec![pva]));
    let config = ClientConfig::new(Profile::ThreeGpp, Some(&own), verifier).unwrap();
    let client = Client::new(world.hosts.clone(), ClientLimits::default());
    let request = ClientRequest::new(Method::GET, &pva_host(), target);
    let answer = client.send(&config, request).await;
    answer
        .map(|answer| {
            let body = String::from_utf8(answer.body.to_vec()).unwrap();
            (answer.status.as_u16(), body)
        })
        .map_err(|error| error.code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pva_answers_registered_operators_alone_and_only_what_is_asked_rightly() {
    let mut world = World::new("pva-who").await;
    let device = world.device().await;
    let serial = trust::Certificate::from_der(&device.certificates.signature).unwrap();
    let serial = data_encoding::HEXLOWER.encode(serial.serial());
    let tre_id = device.tre_id.as_str();
    let good = format!("/pva/v1/status/{tre_id}/{serial}");
    let body = |word: &str| format!(r#"{{"status":"{word}"}}"#);
    assert_eq!(asked(&world, SHO, &good).await, Ok((200, body("good"))));
    let other = format!("/pva/v1/status/{tre_id}/00");
    assert_eq!(asked(&world, SHO, &other).await, Ok((200, body("unknown"))));
    for (target, status) in [
        ("/pva/v1/status/urn:x-rehome:tre:acme:1/00", 400),
        ("/pva/v1/status/", 400),
        ("/pva/v1/other", 404),
    ] {
        assert_eq!(
            asked(&world, SHO, target).await.unwrap().0,
            status,
            "{target}"
        );
    }
    let refused = asked(&world, STRANGER, &good).await;
    assert!(refused.is_err(), "a stranger learns nothing: {refused:?}");
    world.shutdown().await;
}
