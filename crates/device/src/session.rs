//! HTTPS to the DPF and the DRF (docs/operator-change.md sections 5 and 6;
//! OMA-TS-SyncML_HTTPBinding-V1_2): a connection for each session, under the
//! anchor that the order gives. No redirects, no URL outside the order's list.

use std::sync::Arc;

use provisioning::agent::DPF_UNREACHABLE;
use provisioning::peer::https_host;
use provisioning::session::{DeviceSession, Encoding, MAC_HEADER, Received, SessionEnd, Transmit};
use provisioning::tre::Phase;
use provisioning::{ProvisioningError, Reason, Step};
use tls::http::header::{self, HeaderValue};
use tls::http::{Client, ClientLimits, ClientRequest, Hosts, Method, Response};
use tls::{ClientConfig, Profile};
use tokens::os::OsRandom;
use tokio::time::Instant;
use trust::Anchor;

use crate::run::{Running, is_own_failure};
use crate::validation::Judge;
use crate::verifier::OperatorServer;
use crate::{Bearer, Error};

const SIGNED: &str = "application/vnd.rehome.signed+xml";

/// A server under one anchor, as long as it is talked to.
struct Server {
    /// The operator, by which the clock knows its chain.
    chain: String,
    client: Client,
    config: ClientConfig,
}

impl Server {
    async fn post(
        &self,
        url: &str,
        media_type: &'static str,
        octets: Vec<u8>,
        mac: Option<&str>,
    ) -> Result<Response, Error> {
        let host = https_host(url).ok_or(Error::Answer("a URL of another form"))?;
        let path = url
            .strip_prefix("https://")
            .and_then(|rest| rest.strip_prefix(host))
            .unwrap_or("/");
        let mut request = ClientRequest::new(Method::POST, host, path).with_body(octets);
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Some(mac) = mac {
            let mac = HeaderValue::from_bytes(mac.as_bytes())
                .map_err(|_| Error::Answer("an HMAC that no header can have"))?;
            request.headers.insert(MAC_HEADER, mac);
        }
        Ok(self.client.send(&self.config, request).await?)
    }
}

impl<B: Bearer> Running<B> {
    /// What can be reached: all that is known, or what the network lets the
    /// subscriber reach.
    fn hosts(&self) -> Hosts {
        let imsi = self.kept.agent.tre().active_imsi();
        let narrowed = self.bearer.reachable(imsi);
        narrowed.unwrap_or_else(|| self.config.hosts.clone())
    }

    fn server(&self, anchor: Anchor) -> Result<Server, Error> {
        let hosts = self.hosts();
        let judge = Judge {
            time: self.kept.time(),
            validation: self.config.validation.clone(),
            hosts: hosts.clone(),
            dns: false,
        };
        let chain = anchor.sho_id().to_string();
        let verifier = Arc::new(OperatorServer::new(anchor, judge));
        Ok(Server {
            chain,
            client: Client::new(hosts, ClientLimits::default()),
            config: ClientConfig::new(Profile::ThreeGpp, None, verifier)?,
        })
    }

    /// Posts a signed refusal to the DRF of the current operator. An answer
    /// that it can't use it is an answer too.
    pub(crate) async fn report(&mut self, url: &str, octets: Vec<u8>) -> Result<(), Error> {
        let server = self.server(self.kept.agent.tre().current_anchor()?)?;
        let posted = self
            .meanwhile(server.post(url, SIGNED, octets, None))
            .await?;
        let Some(response) = posted.transpose()? else {
            return Ok(());
        };
        if !response.status.is_success() && !response.status.is_client_error() {
            return Err(Error::Answer("the DRF failed"));
        }
        self.kept.agent.refusal_answered();
        self.kept.commit()
    }

    /// Holds a session with the DPF. One that does not come to its end is held
    /// again later, from the beginning.
    pub(crate) async fn session(&mut self) -> Result<(), Error> {
        let began = Instant::now();
        let phase = self.phase();
        let tre = self.kept.agent.tre();
        let anchor = match phase {
            Some(Phase::Committed) => tre.current_anchor()?,
            _ => tre.candidate_anchor()?,
        };
        let server = self.server(anchor)?;
        let mut session = self
            .kept
            .agent
            .begin_session(self.config.encoding, &mut OsRandom)?;
        self.kept.commit()?;
        let end = match self.exchange(&server, &mut session, phase).await {
            Ok(true) => session.poll_end().cloned().unwrap_or_default(),
            Ok(false) => return Ok(()),
            Err(error) if is_own_failure(&error) => return Err(error),
            Err(error) => {
                tracing::info!(tre = %self.kept.agent.tre().tre_id(), code = error.code(), %error,
                    "a DM session did not come to its end");
                if is_no_way(&error) && self.kept.agent.dpf_unreachable()? {
                    tracing::warn!(tre = %self.kept.agent.tre().tre_id(), code = %DPF_UNREACHABLE,
                        "the DRF is told");
                }
                SessionEnd {
                    aborted: Some(Reason::new("dpf-unreachable")),
                    ..SessionEnd::default()
                }
            }
        };
        let now = self.now();
        self.kept.agent.session_ended(&end, now)?;
        self.kept.commit()?;
        if end.installed {
            self.watch.done(Step::Network, began.elapsed());
        }
        Ok(())
    }

    /// The session's messages; false when the device is to be switched off.
    async fn exchange(
        &mut self,
        server: &Server,
        session: &mut DeviceSession,
        phase: Option<Phase>,
    ) -> Result<bool, Error> {
        let mut first = matches!(phase, Some(Phase::Attached | Phase::Failed));
        while session.poll_end().is_none() {
            let Some(transmit) = session.poll_transmit(self.now())? else {
                return Err(Error::Answer("the DPF leaves nothing to say"));
            };
            let Transmit {
                to,
                encoding,
                octets,
                mac,
                ..
            } = transmit;
            let url = to.unwrap_or_default();
            if !session.account().prov_urls().contains(&url) {
                return Err(Error::Answer("a RespURI outside the order's list"));
            }
            let began = Instant::now();
            let posted = self
                .meanwhile(server.post(&url, encoding.content_type(), octets, mac.as_deref()))
                .await?;
            let Some(response) = posted.transpose()? else {
                return Ok(false);
            };
            let encoding = encoding_of(&response)?;
            if std::mem::take(&mut first) {
                self.watch.done(Step::Connectivity, began.elapsed());
            }
            self.take(session, encoding, &response, &server.chain)?;
        }
        Ok(true)
    }

    /// A message of the DPF: done as it says, and stored, before anything is
    /// answered.
    fn take(
        &mut self,
        session: &mut DeviceSession,
        encoding: Encoding,
        response: &Response,
        chain: &str,
    ) -> Result<(), Error> {
        let began = Instant::now();
        let before = self.phase();
        let (now, policy) = (self.now(), self.kept.time().read(chain));
        let mac = response.headers.get(MAC_HEADER);
        // One that is no text is wrong, not missing.
        let mac = mac.map(|mac| std::str::from_utf8(mac.as_bytes()).unwrap_or_default());
        let received = Received::read(encoding, &response.body)
            .map_err(ProvisioningError::from)?
            .with_mac(mac);
        let tre = self.kept.agent.tre_mut();
        session.handle_message(now, &received, tre, policy, &mut OsRandom)?;
        self.kept.agent.keep_account(session.account());
        self.kept.commit()?;
        if before != Some(Phase::Installed) && self.phase() == Some(Phase::Installed) {
            self.watch.done(Step::Install, began.elapsed());
        }
        Ok(())
    }
}

/// Whether there was no connection at all: nobody at the other end has said no.
fn is_no_way(error: &Error) -> bool {
    matches!(
        error,
        Error::Tls(
            tls::Error::HostUnknown(_)
                | tls::Error::Io { .. }
                | tls::Error::Timeout(_)
                | tls::Error::Closed
        )
    )
}

/// How a DPF's answer is written, which may be in another encoding than what
/// it answers.
fn encoding_of(response: &Response) -> Result<Encoding, Error> {
    if !response.status.is_success() {
        return Err(Error::Answer("an HTTP status that is no success"));
    }
    let media_type = response.headers.get(header::CONTENT_TYPE);
    media_type
        .and_then(|value| value.to_str().ok())
        .and_then(Encoding::of_content_type)
        .ok_or(Error::Answer("another media type"))
}
