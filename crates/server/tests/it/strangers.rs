//! Strangers at the DPF and the DRF, which anybody can reach: they learn
//! nothing, and hinder nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use provisioning::ports::OperatorStore;
use provisioning::recipient::OrderState;
use server::operator::Operator;
use tls::http::header::{self, HeaderValue};
use tls::http::{Client, ClientLimits, ClientRequest, Method, Response};
use tls::{ClientConfig, PeerIdentity, PeerRole, PeerVerifier, Profile, Refusal};

use crate::world::{RO, SHO, World, domain};

/// A stranger does not care whom it talks to.
struct Anybody;

impl PeerVerifier for Anybody {
    fn verify(
        &self,
        _leaf: &[u8],
        _chain: &[Vec<u8>],
        _role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        Ok(PeerIdentity::new("anybody"))
    }
}

#[derive(Clone)]
struct Stranger {
    client: Client,
    config: ClientConfig,
}

impl Stranger {
    fn new(world: &World) -> Self {
        Self {
            client: Client::new(world.hosts.clone(), ClientLimits::default()),
            config: ClientConfig::new(Profile::ThreeGpp, None, Arc::new(Anybody)).unwrap(),
        }
    }

    async fn post(&self, host: &str, path: &str, media: &'static str, body: String) -> Response {
        let mut request = ClientRequest::new(Method::POST, host, path).with_body(body);
        let media = HeaderValue::from_static(media);
        request.headers.insert(header::CONTENT_TYPE, media);
        self.client.send(&self.config, request).await.unwrap()
    }

    async fn opens(&self, tre_id: &str, session: &str, cred: &str) -> Response {
        let host = format!("dpf.{}", domain(SHO));
        let body = first_message(&host, tre_id, session, cred);
        self.post(&host, "/dm", "application/vnd.syncml.dm+xml", body)
            .await
    }
}

/// Package 1 of a session (OMA-TS-DM_Protocol clause 8.3) by hand.
fn first_message(host: &str, tre_id: &str, session: &str, cred: &str) -> String {
    format!(
        "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD>\
         <VerProto>DM/1.2</VerProto><SessionID>{session}</SessionID><MsgID>1</MsgID>\
         <Target><LocURI>https://{host}/dm</LocURI></Target>\
         <Source><LocURI>{tre_id}</LocURI></Source>{cred}\
         <Meta><MaxMsgSize xmlns=\"syncml:metinf\">65536</MaxMsgSize></Meta></SyncHdr>\
         <SyncBody><Alert><CmdID>1</CmdID><Data>1201</Data></Alert><Final/></SyncBody></SyncML>"
    )
}

const WRONG: &str = "<Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
    <Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type></Meta>\
    <Data>AAAAAAAAAAAAAAAAAAAAAA==</Data></Cred>";

#[tokio::test(flavor = "multi_thread")]
async fn sessions_without_credentials_hinder_no_device() {
    let mut world = World::new("strangers-dm").await;
    let mut device = world.device().await;
    let order_id = device.register(&world, RO, SHO).await;
    let (stop, count) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let noise = tokio::spawn({
        let (stranger, tre_id) = (Stranger::new(&world), device.tre_id.as_str().to_owned());
        let (stop, count) = (stop.clone(), count.clone());
        async move {
            while !stop.load(Ordering::Relaxed) {
                // Two wrong ones in a row end a session.
                let session = format!("{:X}", 0x8000 + count.load(Ordering::Relaxed) % 0x1000);
                for cred in ["", WRONG, WRONG] {
                    stranger.opens(&tre_id, &session, cred).await;
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    device.until_over(&world, SHO, order_id).await;
    stop.store(true, Ordering::Relaxed);
    noise.await.unwrap();
    assert!(count.load(Ordering::Relaxed) > 0, "there was noise");
    let order = world.operator(SHO).store().order(order_id).await.unwrap();
    let order = order.unwrap().0.value;
    assert_eq!(
        (order.state(), order.installs()),
        (OrderState::Completed, 1)
    );
    world.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing_and_stores_nothing() {
    let mut world = World::new("strangers-learn").await;
    let device = world.device().await;
    let order_id = device.register(&world, RO, SHO).await;
    let stranger = Stranger::new(&world);
    let known = device.tre_id.as_str().to_owned();
    let unknown = known.replace('1', "2");
    let before = version(world.operator(SHO), order_id).await;
    // An account's existence shows; nothing of the account does.
    let challenged = stranger.opens(&known, "9001", "").await;
    let text = String::from_utf8(challenged.body.to_vec()).unwrap();
    assert!(text.contains("<Data>407</Data>"), "{text}");
    assert!(!text.contains("<Get>") && !text.contains("<Add>"), "{text}");
    for (tre_id, cred) in [(&unknown, ""), (&unknown, WRONG)] {
        let refused = stranger.opens(tre_id, "9001", cred).await;
        assert_eq!(refused.status.as_u16(), 400);
    }
    let host = format!("dpf.{}", domain(SHO));
    for (media, status) in [
        ("text/xml", 415),
        ("application/vnd.syncml.ds+wbxml", 415),
        ("application/vnd.syncml.dm+xml", 400),
    ] {
        let answer = stranger
            .post(&host, "/dm", media, "<SyncML".to_owned())
            .await;
        assert_eq!(answer.status.as_u16(), status, "{media}");
    }
    let drf = format!("drf.{}", domain(RO));
    for body in ["", "<SignedRefusal/>", "x"] {
        let media = "application/vnd.rehome.signed+xml";
        let answer = stranger.post(&drf, "/drf", media, body.to_owned()).await;
        assert_eq!(answer.status.as_u16(), 422, "{body}");
    }
    let elsewhere = stranger.post(&host, "/", "text/plain", String::new()).await;
    assert_eq!(elsewhere.status.as_u16(), 404);
    assert_eq!(version(world.operator(SHO), order_id).await, before);
    world.shutdown().await;
}

async fn version(operator: &Operator, order_id: provisioning::OrderId) -> u64 {
    // The announcement's answer may still be on its way.
    loop {
        let known = operator.store().order(order_id).await.unwrap().unwrap().0;
        if known.value.state() != OrderState::AwaitingAcceptance {
            return known.version;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
