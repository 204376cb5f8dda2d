//! Our own client as a device under audit, whole or with something missing.

use std::net::SocketAddr;
use std::time::Duration;

use tls::audit::{SharedKey, Site};
use tls::http::auth::{Challenge, HttpLogin, LoginScheme};
use tls::http::header::AUTHORIZATION;
use tls::http::{ClientLimits, ClientRequest, ClientTransport, Method, StatusCode, exchange};
use tls::{ClientConfig, ClientSettings, PeerIdentity, Profile, Psk};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::recipe::{HOST, IDENTITY, key};
use crate::support::certificates::{ALWAYS, Authority, p256, rsa};
use crate::support::listener;

pub(super) struct Stage {
    pub(super) site: Site,
    pub(super) authority: Authority,
}

pub(super) async fn stage() -> Stage {
    let authority = Authority::new("authority");
    let ec = authority.leaf_with(HOST, p256(), ALWAYS);
    let rsa = authority.leaf_with(HOST, rsa(2048), ALWAYS);
    let site = Site {
        listener: listener().await,
        credentials: vec![ec.credentials(&[]), rsa.credentials(&[])],
        key: Some(SharedKey::new(IDENTITY, key()).unwrap()),
        patience: Duration::from_secs(10),
    };
    Stage { site, authority }
}

/// What a device can do.
pub(super) struct Device {
    profile: Profile,
    schemes: &'static [LoginScheme],
    pub(super) has_x509: bool,
}

const BOTH: &[LoginScheme] = &[LoginScheme::Basic, LoginScheme::Digest];

impl Device {
    pub(super) fn new(profile: Profile) -> Self {
        Self {
            profile,
            schemes: BOTH,
            has_x509: true,
        }
    }

    pub(super) fn with(schemes: &'static [LoginScheme]) -> Self {
        let mut device = Self::new(Profile::Dm);
        device.schemes = schemes;
        device
    }
}

/// A device that comes again and again.
pub(super) fn come(stage: &Stage, device: &Device) -> JoinHandle<()> {
    let address = stage.site.listener.local_addr().unwrap();
    come_to(stage, device, address, Vec::new())
}

/// The same to another address; `first` goes over a connection of its own before
/// each visit, unless it is empty.
pub(super) fn come_to(
    stage: &Stage,
    device: &Device,
    address: SocketAddr,
    first: Vec<u8>,
) -> JoinHandle<()> {
    let mut settings = ClientSettings::new(device.profile.clone());
    if device.has_x509 {
        settings.verifier = Some(stage.authority.judge());
    }
    let server = PeerIdentity::new("the server");
    settings.psk = Some(Psk::new(IDENTITY, key(), server).unwrap());
    let config = ClientConfig::of(&settings).unwrap();
    let schemes = device.schemes;
    tokio::spawn(async move {
        loop {
            if !first.is_empty() {
                let mut tcp = TcpStream::connect(address).await.unwrap();
                tcp.write_all(&first).await.unwrap();
                let _ = tcp.read(&mut [0; 64]).await;
            }
            visit(&config, address, schemes).await;
        }
    })
}

async fn visit(config: &ClientConfig, address: SocketAddr, schemes: &[LoginScheme]) {
    let transport = ClientTransport::Tls(config.clone());
    let limits = ClientLimits::default();
    let post = |authorization| {
        let mut request = ClientRequest::new(Method::POST, HOST, "/dm");
        request
            .headers
            .extend(Option::map(authorization, |value| (AUTHORIZATION, value)));
        let (transport, limits) = (transport.clone(), limits.clone());
        async move { exchange(&transport, &[address], HOST, request, &limits).await }
    };
    let Ok(answer) = post(None).await else { return };
    if answer.status != StatusCode::UNAUTHORIZED {
        return;
    }
    let challenge = Challenge::all(&answer.headers).remove(0);
    let scheme = match challenge.scheme.as_str() {
        "basic" => LoginScheme::Basic,
        _ => LoginScheme::Digest,
    };
    if !schemes.contains(&scheme) {
        return;
    }
    let secret = Zeroizing::new(b"secret".to_vec());
    let mut login = HttpLogin::new(scheme, "device", secret).unwrap();
    if scheme == LoginScheme::Digest {
        login.challenged(&answer.headers).unwrap();
    }
    let value = login.authorization("POST", "/dm", b"").unwrap();
    let _ = post(value).await;
}
