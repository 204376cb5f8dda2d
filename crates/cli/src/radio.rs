//! What joins parts that know nothing of each other: the simulated radio with
//! the device's agent on one side and the visited network on the other.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use aka::{Autn, Imsi, Rand};
use anyhow::Result;
use device::{Bearer, Downlink, Uplink};
use gsup::Resync;
use secret::SecretBytes;
use server::vno::{Channel, Registration, Undelivered, Vno};
use sim::radio::{
    Admission, Challenge, CoreNetwork, Coverage, Down, Heard, PushChannel, RadioClient, Station,
    StationLimits, Up,
};
use tokio::net::TcpListener;

/// "MS identity cannot be derived by the network" of TS 24.008.
const NO_IDENTITY: u8 = 9;
/// "Network failure" of TS 24.008.
const NETWORK_FAILURE: u8 = 17;

/// The device's end of the radio as a bearer.
pub(crate) struct RadioBearer(RadioClient);

impl RadioBearer {
    pub(crate) fn new(station: SocketAddr) -> Self {
        Self(RadioClient::new(station))
    }
}

impl Bearer for RadioBearer {
    async fn send(&mut self, uplink: Uplink) -> Result<(), device::Error> {
        let frame = match uplink {
            Uplink::Attach(imsi) => Up::Attach {
                imsi: imsi.digits().to_owned(),
            },
            Uplink::Answer(res) => Up::Answer {
                res: res.expose().to_vec(),
            },
            Uplink::SyncFailure(auts) => Up::SyncFailure { auts: auts.0 },
            Uplink::Taken(reference) => Up::Taken { reference },
            Uplink::Detach => Up::Detach,
        };
        let sent = self.0.send(&frame).await;
        sent.map_err(|error| device::Error::Bearer(error.to_string()))
    }

    async fn receive(&mut self) -> Downlink {
        match self.0.receive().await {
            Heard::Frame(Down::Challenge { rand, autn }) => {
                Downlink::Challenge(Rand(rand), Autn(autn))
            }
            Heard::Frame(Down::Accept { plmn }) => Downlink::Accept(plmn),
            Heard::Frame(Down::Reject { cause }) => Downlink::Reject(cause),
            Heard::Frame(Down::NoCell) => Downlink::NoCell,
            Heard::Frame(Down::Push { reference, octets }) => Downlink::Push(reference, octets),
            // The client takes a Hello itself.
            Heard::Frame(Down::Hello { .. }) | Heard::Lost => Downlink::Lost,
        }
    }
}

/// The visited network as the radio sees it.
struct Core(Vno);

struct WayDown(PushChannel);

impl Channel for WayDown {
    fn push(
        &self,
        octets: Vec<u8>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + '_>> {
        Box::pin(async move { self.0.push(octets).await.map_err(|_| Undelivered) })
    }
}

impl CoreNetwork for Core {
    async fn authentication(
        &self,
        imsi: &str,
        resync: Option<([u8; 16], [u8; 14])>,
    ) -> Result<Challenge, u8> {
        let imsi: Imsi = imsi.parse().map_err(|_| NO_IDENTITY)?;
        let resync = resync.map(|(rand, auts)| Resync { auts, rand });
        let vector = self.0.authentication(&imsi, resync).await;
        let vector = vector.map_err(gsup::Cause::code)?;
        let umts = vector.umts.ok_or(NETWORK_FAILURE)?;
        Ok(Challenge {
            rand: vector.rand,
            autn: umts.autn,
            xres: SecretBytes::new(umts.res.expose().to_vec()),
        })
    }

    async fn attached(&self, imsi: &str, channel: PushChannel) -> Result<Admission, u8> {
        let imsi: Imsi = imsi.parse().map_err(|_| NO_IDENTITY)?;
        let attached = self.0.attached(&imsi, Arc::new(WayDown(channel))).await;
        let registration = attached.map_err(gsup::Cause::code)?;
        Ok(Admission {
            plmn: self.0.sho_id().to_string(),
            registration: registration.0,
        })
    }

    fn detached(&self, imsi: &str, registration: u64) {
        if let Ok(imsi) = imsi.parse() {
            self.0.detached(&imsi, Registration(registration));
        }
    }
}

/// A base station for a visited network.
pub(crate) fn station(listener: TcpListener, vno: Vno, coverage: Coverage) -> Result<Station> {
    let limits = StationLimits::default();
    Ok(Station::serve(
        listener,
        Arc::new(Core(vno)),
        limits,
        coverage,
    )?)
}
