//! Step 2 at the donor, and the bootstrap of step 3 (docs/operator-change.md
//! sections 4 and 5).

use clock::Timestamp;
use trust::{Purpose, TimePolicy};

use super::{Departure, DepartureState, DonorPolicy, Home, Subscription, TransferPolicy};
use crate::bootstrap::{Bootstrap, Change, NetworkAccess};
use crate::documents::{Announcement, Signed};
use crate::effect::Effect;
use crate::peer::Peer;
use crate::{Digest, OperatorKeys, ProvisioningError, Reason};

/// An announcement that is not accepted: HTTP status and reason code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// 403, 404, 409, 410 or 422.
    pub status: u16,
    /// Why.
    pub reason: Reason,
}

impl Denial {
    /// A denial with this status and code.
    #[must_use]
    pub const fn new(status: u16, code: &'static str) -> Self {
        Self {
            status,
            reason: Reason::new(code),
        }
    }

    /// What every announcement gets that shows no right to the device.
    pub const TRANSFER: Self = Self::new(403, "transfer-denied");
    /// There is no such device here.
    pub const UNKNOWN_TRE: Self = Self::new(404, "unknown-tre");
}

/// Reads an announcement from the peer that the client certificate names.
///
/// # Errors
/// 403 unless client certificate, signer and `to` are one peer; 422 for what
/// can't be read.
pub fn read_announcement(
    peer: &Peer,
    octets: &[u8],
    time: TimePolicy,
) -> Result<Signed<Announcement>, Denial> {
    let signed: Signed<Announcement> =
        peer.verify(octets, Purpose::PeerDocument, time)
            .map_err(|error| Denial {
                status: status_of(&error),
                reason: error.reason(),
            })?;
    if signed.document.to == *peer.sho_id() {
        Ok(signed)
    } else {
        Err(Denial::TRANSFER)
    }
}

fn status_of(error: &ProvisioningError) -> u16 {
    match error {
        ProvisioningError::Trust(_) => 403,
        ProvisioningError::Signature(error) if error.code() == "signature-invalid" => 403,
        _ => 422,
    }
}

/// What the donor needs beside the subscription to accept an announcement.
pub struct Acceptor<'a> {
    /// The time, for expiry.
    pub now: Timestamp,
    /// The donor's rules.
    pub policy: &'a DonorPolicy,
    /// The donor's keys.
    pub keys: &'a OperatorKeys,
    /// The donor's SHO_id, as the bootstrap's FROM.
    pub from: &'a trust::ShoId,
    /// The donor's network, for the bootstrap's NAPDEF.
    pub access: &'a NetworkAccess,
}

impl Subscription {
    /// Accepts or denies an announcement; the same one again gets the same
    /// answer.
    ///
    /// # Errors
    /// A [`Denial`]; nothing changed then.
    pub fn announce(
        &mut self,
        acceptor: &Acceptor<'_>,
        peer: &Peer,
        signed: &Signed<Announcement>,
        octets: &[u8],
    ) -> Result<Vec<Effect>, Denial> {
        let announcement = &signed.document;
        self.admit(acceptor.policy, announcement)?;
        if let Some(known) = self.departure(announcement.order_id, &announcement.to) {
            return if known.announcement == signed.digest {
                Ok(Vec::new())
            } else {
                Err(Denial::new(409, "order-differs"))
            };
        }
        self.judge(acceptor, peer, announcement)?;
        let mut departure = Departure {
            order_id: announcement.order_id,
            to: announcement.to.clone(),
            state: DepartureState::AwaitingApproval,
            reason: None,
            announcement: signed.digest,
            announcement_octets: octets.to_vec(),
            terms: announcement.terms,
            expires: announcement
                .expires
                .min(acceptor.now.plus(acceptor.policy.longest_order)),
            certificate_s: acceptor.policy.cert_tre_retention.as_secs(),
            prov_urls: announcement.prov_urls.clone(),
            container: Vec::new(),
            container_digest: None,
            outcome: None,
        };
        let mut effects = Vec::new();
        if acceptor.policy.transfer != TransferPolicy::Approve {
            effects.push(self.send_bootstrap(acceptor, announcement, &mut departure)?);
        }
        let reserved = announcement.token.as_ref();
        if let Some(token) = reserved.and_then(|text| self.admitting(text, announcement)) {
            token.reserve(announcement.order_id);
        }
        self.forget_old_departures();
        self.departures.push(departure);
        Ok(effects)
    }

    /// A person said yes to an order that waited for it.
    ///
    /// # Errors
    /// No such order waits; what a key says.
    pub fn approve(
        &mut self,
        acceptor: &Acceptor<'_>,
        order_id: crate::OrderId,
        peer: &Peer,
        time: TimePolicy,
    ) -> Result<Vec<Effect>, Denial> {
        let waiting = self.departure(order_id, peer.sho_id()).cloned();
        let Some(mut departure) =
            waiting.filter(|known| known.state == DepartureState::AwaitingApproval)
        else {
            return Err(Denial::new(409, "out-of-order"));
        };
        let signed = read_announcement(peer, &departure.announcement_octets, time)?;
        let effect = self.send_bootstrap(acceptor, &signed.document, &mut departure)?;
        if let Some(known) = self.departure(order_id, peer.sho_id()) {
            *known = departure;
        }
        Ok(vec![effect])
    }

    /// Without a right to the device every answer is the same.
    fn admit(&mut self, policy: &DonorPolicy, announcement: &Announcement) -> Result<(), Denial> {
        if policy.transfer != TransferPolicy::Token {
            return Ok(());
        }
        let token = announcement.token.as_ref().ok_or(Denial::TRANSFER)?;
        self.admitting(token, announcement)
            .map(drop)
            .ok_or(Denial::TRANSFER)
    }

    fn admitting(
        &mut self,
        text: &secret::Secret<String>,
        announcement: &Announcement,
    ) -> Option<&mut super::TransferToken> {
        let (to, order_id) = (&announcement.to, announcement.order_id);
        self.tokens
            .iter_mut()
            .find(|token| token.admits(text, to, order_id))
    }

    fn judge(
        &self,
        acceptor: &Acceptor<'_>,
        peer: &Peer,
        announcement: &Announcement,
    ) -> Result<(), Denial> {
        if self.home != Home::Here || announcement.from != *acceptor.from {
            return Err(Denial::new(409, "not-current-sho"));
        }
        if self.shared {
            // It proves no TRE_id, and nothing could be pushed to it.
            return Err(Denial::new(422, "pcid-shared"));
        }
        if self.clone_suspected {
            return Err(Denial::new(422, "clone-suspected"));
        }
        if self.open().is_some() {
            return Err(Denial::new(409, "order-in-progress"));
        }
        if announcement.expires <= acceptor.now {
            return Err(Denial::new(410, "expired"));
        }
        let same_anchor = announcement.anchor == peer.anchor.certificate().der();
        let urls = announcement.prov_urls.iter().chain([&announcement.drf_url]);
        let urls_fit = urls.into_iter().all(|url| peer.check_url(url).is_ok());
        let terms_fit = announcement.terms.check(1, 1).is_ok();
        if same_anchor && urls_fit && terms_fit && announcement.to != announcement.from {
            Ok(())
        } else {
            Err(Denial::new(422, "policy"))
        }
    }

    fn send_bootstrap(
        &mut self,
        acceptor: &Acceptor<'_>,
        announcement: &Announcement,
        departure: &mut Departure,
    ) -> Result<Effect, Denial> {
        let failed = |error: ProvisioningError| Denial {
            status: 500,
            reason: error.reason(),
        };
        let ctx_version = self
            .ctx_version
            .checked_add(1)
            .ok_or(Denial::new(422, "ctx-version-exhausted"))?;
        let bootstrap = Bootstrap {
            tre_id: self.tre_id.clone(),
            ctx_version,
            switch_counter: self.switch_counter,
            from: acceptor.from.clone(),
            drf_url: announcement.drf_url.clone(),
            access: acceptor.access.clone(),
            change: Some(Change {
                order_id: announcement.order_id,
                to: announcement.to.clone(),
                prov_urls: announcement.prov_urls.clone(),
                anchor: announcement.anchor.clone(),
                terms: announcement.terms,
                expires: departure.expires,
                credentials: announcement.credentials.clone(),
            }),
        };
        let container = bootstrap.seal(&acceptor.keys.bootstrap).map_err(failed)?;
        self.ctx_version = ctx_version;
        departure.container_digest = Some(Digest::of(&container));
        departure.container.clone_from(&container);
        departure.state = DepartureState::AwaitingRelease;
        Ok(Effect::Push {
            imsi: self.imsi.clone(),
            container,
        })
    }

    /// The `connectivity` bootstrap of step 0' for a device that attached for
    /// the first time.
    ///
    /// # Errors
    /// The device is not ours; `pcid-shared`, since a shared PCID does not say
    /// which device has attached; what a key says.
    pub fn connectivity(
        &mut self,
        acceptor: &Acceptor<'_>,
        drf_url: &str,
    ) -> Result<Vec<Effect>, ProvisioningError> {
        if self.home != Home::Here {
            return Err(ProvisioningError::refused("not-current-sho"));
        }
        if self.shared {
            return Err(ProvisioningError::refused("pcid-shared"));
        }
        let ctx_version = self
            .ctx_version
            .checked_add(1)
            .ok_or(ProvisioningError::refused("ctx-version-exhausted"))?;
        let bootstrap = Bootstrap {
            tre_id: self.tre_id.clone(),
            ctx_version,
            switch_counter: self.switch_counter,
            from: acceptor.from.clone(),
            drf_url: drf_url.to_owned(),
            access: acceptor.access.clone(),
            change: None,
        };
        let container = bootstrap.seal(&acceptor.keys.bootstrap)?;
        self.ctx_version = ctx_version;
        Ok(vec![Effect::Push {
            imsi: self.imsi.clone(),
            container,
        }])
    }
}
