//! The secure clock of a device that is switched off, or runs in another process
//! (`rehome clock`; docs/certificate-status.md, "Time from an answer").

use std::sync::Arc;
use std::time::Duration;

use store::{DeviceStore, StoreKey};
use tls::http::ClientLimits;
use tls::{ClientConfig, Profile};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use trust::ocsp::{Answer, Check, ExpectedNonce, OcspFault};
use trust::secure_clock::{ClockConfig, Reach};
use trust::{Anchor, Certificate, TimeInterval};

use crate::kept::{CLOCK_COUNTER, KEY};
use crate::management::Endpoint;
use crate::validation::{
    AskFault, BUILD_TIME, ClockView, Judge, KeptClock, Reply, Responder, Time, ask,
};
use crate::verifier::OperatorServer;
use crate::{Clock, Device, DeviceConfig, Error};

/// What a responder told the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockSet {
    /// The operator for whose chain it counts.
    pub chain: String,
    /// What the responder said.
    pub heard: TimeInterval,
    /// Where it counts.
    pub reach: Reach,
}

impl DeviceConfig {
    /// The secure clock by its stored state, also while the device runs. Blocks.
    ///
    /// # Errors
    /// [`Error::NoSecureClock`]; [`Error::Clock`] for a state that was restored;
    /// [`Error::Store`], [`Error::Token`].
    pub fn clock_view(&self) -> Result<ClockView, Error> {
        self.check_secure()?;
        KeptClock::view(
            &self.device_store()?,
            &self.tre.join(CLOCK_COUNTER),
            &self.key,
        )
    }

    /// Has the clock begin anew from the build time, for a device whose state was
    /// restored. Blocks.
    ///
    /// # Errors
    /// As [`Self::clock_view`], but for [`Error::Clock`]; [`Error::Token`] while the
    /// device runs.
    pub fn reset_clock(&self) -> Result<ClockView, Error> {
        self.check_secure()?;
        let mut store = self.device_store()?;
        let counter = self.tre.join(CLOCK_COUNTER);
        Ok(KeptClock::reset(&mut store, &counter, &self.key)?.now())
    }

    fn check_secure(&self) -> Result<(), Error> {
        match self.clock {
            Clock::Secure(_) => Ok(()),
            _ => Err(Error::NoSecureClock),
        }
    }

    fn device_store(&self) -> Result<DeviceStore, Error> {
        let key = StoreKey::new(KEY, self.key.secret())?;
        Ok(DeviceStore::open(&self.store, key)?)
    }
}

impl Device {
    /// The secure clock now; `None` for a device that has none.
    #[must_use]
    pub fn clock(&self) -> Option<ClockView> {
        self.kept.clock().map(KeptClock::now)
    }

    /// Asks an OCSP responder of the present operator for the time, and stores what
    /// it says. `url` is the responder's, `http`, or that of a DPF or DRF, `https`,
    /// whose certificate names one. Needs the multi-thread runtime, since storing
    /// blocks.
    ///
    /// # Errors
    /// [`Error::NoSecureClock`]; [`Error::Ask`]; [`Error::Tls`] for a server that is
    /// not the operator's; [`Error::Clock`] for an answer that is refused, or that
    /// contradicts the clock.
    pub async fn set_clock(&mut self, url: &str) -> Result<ClockSet, Error> {
        let anchor = self.kept.agent.tre().current_anchor()?;
        let clock = self.kept.clock().ok_or(Error::NoSecureClock)?;
        let issuer = anchor.certificate();
        let configured = self.config.validation.as_ref();
        let responder = Responder {
            url,
            hosts: &self.config.hosts,
            dns: false,
            nonce: true,
            patience: configured.map_or(Duration::from_secs(10), |it| it.patience),
        };
        // Any number of the issuer's does: what is said of it does not matter.
        let (reply, about) = if url.to_ascii_lowercase().starts_with("https:") {
            let leaf = self.leaf_of(url, anchor.clone()).await?;
            let url = leaf.ocsp_url().ok_or(AskFault::UrlMissing)?.to_owned();
            let responder = Responder {
                url: &url,
                ..responder
            };
            (ask(&responder, &leaf, issuer).await?, leaf)
        } else {
            (ask(&responder, issuer, issuer).await?, issuer.clone())
        };
        let chain = anchor.sho_id().to_string();
        let heard = heard(&reply, &about, issuer, clock, &chain).map_err(Error::Clock)?;
        let reach = clock.hear(&chain, heard, reply.at).map_err(Error::Clock)?;
        self.kept.keep_clock(Duration::ZERO)?;
        Ok(ClockSet {
            chain,
            heard,
            reach,
        })
    }

    /// The leaf of a server of this operator's, whatever its dates and its status:
    /// the time is what the device is about to ask for.
    async fn leaf_of(&self, url: &str, anchor: Anchor) -> Result<Certificate, Error> {
        let endpoint = Endpoint::parse(url).ok_or_else(|| AskFault::UrlUnsupported(url.into()))?;
        let judge = Judge {
            time: Time::Floor(BUILD_TIME),
            validation: None,
            hosts: self.config.hosts.clone(),
            dns: false,
        };
        let verifier = Arc::new(OperatorServer::new(anchor, judge));
        let config = ClientConfig::new(Profile::ThreeGpp, None, verifier)?;
        let deadline = Instant::now() + ClientLimits::default().request;
        let addresses = self.config.hosts.resolve(&endpoint.host).await?;
        let tcp = timeout_at(deadline, TcpStream::connect(addresses.as_slice()))
            .await
            .map_err(|_| tls::Error::Timeout("connection"))?
            .map_err(tls::Error::from)?;
        let stream = tls::connect(&config, tcp, &endpoint.host, deadline).await?;
        let leaf = stream.peer().map(tls::PeerIdentity::leaf);
        Certificate::from_der(leaf.unwrap_or_default()).map_err(Error::Clock)
    }
}

/// The time in an answer that repeats the nonce.
fn heard(
    reply: &Reply,
    about: &Certificate,
    issuer: &Certificate,
    clock: &KeptClock,
    chain: &str,
) -> Result<TimeInterval, trust::TrustError> {
    let nonce = reply.nonce.as_ref().ok_or(OcspFault::NonceMissing)?;
    let check = Check {
        certificate: about,
        issuer,
        nonce: ExpectedNonce::Required(nonce),
        time: clock.read(chain),
        tolerance: ClockConfig::new(BUILD_TIME).tolerance,
        round_trip: reply.round_trip,
    };
    let answer = Answer::verify(&reply.der, &check)?;
    Ok(answer.time().ok_or(OcspFault::NonceMissing)?)
}
