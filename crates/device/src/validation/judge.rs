//! One server's certificate, judged by a device's policy: what the engine decides,
//! with the question that it may need (docs/certificate-status.md, "The policies").

use tls::Refusal;
use tls::http::Hosts;
use trust::status::{Case, Decision, Evidence, Outcome, StatusConfig, StatusFault, decide};
use trust::{Certificate, TimePolicy, TrustError};

use super::ask::Reply;
use super::{AskFault, Judged, Refused, Responder, Time, Validation, ask};

/// What a device judges servers by.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(crate) time: Time,
    /// `None`: the dates alone, as the time tells.
    pub(crate) validation: Option<Validation>,
    /// Where responders are reached.
    pub(crate) hosts: Hosts,
    /// Whether DNS is asked for responders.
    pub(crate) dns: bool,
}

/// A server whose name and purpose were judged already.
#[derive(Clone, Copy)]
pub(crate) struct Server<'a> {
    pub(crate) chain: &'a str,
    pub(crate) certificate: &'a Certificate,
    pub(crate) issuer: &'a Certificate,
}

impl Judge {
    /// What a certificate's dates are judged by before its status is: all that the
    /// clock knows, or the floor alone where the policy will judge them once more.
    pub(crate) fn dates(&self, chain: &str) -> TimePolicy {
        let now = self.time.read(chain);
        match self.validation {
            Some(_) => TimePolicy::Floor(now.floor()),
            None => now,
        }
    }

    pub(crate) fn wants_staple(&self) -> bool {
        let policy = self.validation.as_ref().map(|it| it.status.policy);
        policy.is_some_and(trust::status::ValidationPolicy::wants_staple)
    }

    /// Judges by the policy.
    pub(crate) async fn judge(
        &self,
        server: Server<'_>,
        staple: Option<&[u8]>,
    ) -> Result<(), Refusal> {
        let Some(validation) = &self.validation else {
            return Ok(());
        };
        let (verdict, answered) = self.verdict(validation, server, staple).await;
        let verdict = verdict.map_err(|refused| match refused {
            Refused::Engine(TrustError::Status(StatusFault::ClockNotSet)) => {
                let error = self.time.fault();
                let error = error.unwrap_or(StatusFault::ClockNotSet.into());
                Refusal::new(error.code(), error.to_string())
            }
            Refused::Engine(error) => Refusal::new(error.code(), error.to_string()),
            Refused::Ask(fault) => Refusal::new(fault.code(), fault.to_string()),
        });
        validation.watch.judged(&Judged {
            chain: server.chain,
            answered,
            verdict: verdict.as_ref().copied().map_err(|refusal| refusal.code),
        });
        verdict.map(|_| ())
    }

    /// The verdict, and whether a responder answered.
    async fn verdict(
        &self,
        validation: &Validation,
        server: Server<'_>,
        staple: Option<&[u8]>,
    ) -> (Result<Outcome, Refused>, bool) {
        let config = &validation.status;
        if let Some(staple) = staple.filter(|_| config.policy.wants_staple()) {
            let decision = self.decide(config, server, Evidence::Staple(staple));
            return (decision.verdict.map_err(Refused::Engine), false);
        }
        // What no answer would change is decided before anybody is asked.
        let strict = StatusConfig {
            soft_fail: false,
            ..config.clone()
        };
        let first = self.decide(&strict, server, Evidence::Nothing).verdict;
        let is_open = first == Err(StatusFault::NoAnswer.into());
        if !is_open {
            return (first.map_err(Refused::Engine), false);
        }
        if !config.policy.asks() {
            let decision = self.decide(config, server, Evidence::Nothing);
            return (decision.verdict.map_err(Refused::Engine), false);
        }
        match self.ask(validation, server).await {
            Ok(reply) => (self.answered(config, server, &reply), true),
            Err(fault) if config.soft_fail => {
                tracing::warn!(chain = server.chain, code = fault.code(), %fault,
                    "no answer about a certificate's status, which is let pass");
                let decision = self.decide(config, server, Evidence::Nothing);
                (decision.verdict.map_err(Refused::Engine), false)
            }
            Err(fault) => (Err(Refused::Ask(fault)), false),
        }
    }

    fn answered(
        &self,
        config: &StatusConfig,
        server: Server<'_>,
        reply: &Reply,
    ) -> Result<Outcome, Refused> {
        let evidence = Evidence::Answer {
            der: &reply.der,
            nonce: reply.nonce.as_ref(),
            round_trip: reply.round_trip,
        };
        let decision = self.decide(config, server, evidence);
        // What was learnt is as good after a refusal.
        if let Some(time) = decision.time {
            self.time.hear(server.chain, time, reply.at);
        }
        decision.verdict.map_err(Refused::Engine)
    }

    fn decide(
        &self,
        config: &StatusConfig,
        server: Server<'_>,
        evidence: Evidence<'_>,
    ) -> Decision {
        let case = Case {
            certificate: server.certificate,
            issuer: server.issuer,
            now: self.time.read(server.chain),
            evidence,
        };
        decide(config, &case)
    }

    async fn ask(&self, validation: &Validation, server: Server<'_>) -> Result<Reply, AskFault> {
        let configured = validation.responder.as_deref();
        let url = configured
            .or_else(|| server.certificate.ocsp_url())
            .ok_or(AskFault::UrlMissing)?;
        let responder = Responder {
            url,
            hosts: &self.hosts,
            dns: self.dns,
            nonce: validation.nonce,
            patience: validation.patience,
        };
        ask(&responder, server.certificate, server.issuer).await
    }
}
