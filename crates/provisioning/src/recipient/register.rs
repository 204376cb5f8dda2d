//! Step 1 (TR 33.812 B.2.3.2; docs/operator-change.md section 4): from a
//! device's certificates to an order with its MCIM sealed and its announcement
//! signed.

use ::tre::envelope::{self, Content, ContentTag};
use ::tre::{CertTre, Recipient, Suite, TreId, choose_suite};
use aka::Imsi;
use clock::{Random, Timestamp};
use secret::Secret;
use trust::{PvaAnchor, ShoId, TimePolicy, TreUse};

use super::Account;
use super::order::{Order, OrderState, Token};
use crate::documents::{Announcement, sign};
use crate::effect::Effect;
use crate::payload::{Binding, Credentials, Mcim, OperatorConstants, prov_urls_digest};
use crate::watch::SeqWatch;
use crate::{Digest, McimId, Nonce, OperatorKeys, OrderId, ProvisioningError, Terms};

/// A TRE's certificates: two, or one for both uses.
#[derive(Clone)]
pub struct TreCertificates {
    /// For signatures, or for both uses, DER.
    pub signature: Vec<u8>,
    /// For envelopes, DER, if there are two.
    pub envelope: Option<Vec<u8>>,
}

/// What the subscriber hands in: TRE_id, CertTRE and SHO_id.
pub struct Registration {
    /// The device's TRE.
    pub tre_id: TreId,
    /// Its current operator.
    pub from: ShoId,
    /// Its certificates.
    pub certificates: TreCertificates,
    /// The donor's token for this transfer.
    pub token: Option<Secret<String>>,
}

/// What the recipient adds.
pub struct Registrar<'a> {
    /// The time.
    pub now: Timestamp,
    /// How dates of certificates are judged.
    pub time: TimePolicy,
    /// The recipient.
    pub sho_id: &'a ShoId,
    /// Its keys.
    pub keys: &'a OperatorKeys,
    /// OP and TOP, from which each subscriber's OPc or TOPc is derived.
    pub constants: &'a OperatorConstants,
    /// The PVAs that it trusts.
    pub pvas: &'a [PvaAnchor],
    /// The envelope suites that its policy allows.
    pub suites: &'a [Suite],
    /// The times that it asks for.
    pub terms: Terms,
    /// How long an order may take.
    pub lifetime: std::time::Duration,
    /// Its DPF, one to three.
    pub prov_urls: &'a [String],
    /// Its DRF.
    pub drf_url: &'a str,
    /// The DPF's server identifier.
    pub server_id: &'a str,
}

impl TreCertificates {
    /// Checks the chain to a known PVA, the identity and the uses, and reads
    /// what the TRE can do.
    ///
    /// # Errors
    /// `unknown-pva`, or the first thing that is wrong with a certificate.
    pub fn verify(
        &self,
        tre_id: &TreId,
        pvas: &[PvaAnchor],
        time: TimePolicy,
    ) -> Result<CertTre, ProvisioningError> {
        let pva = pvas
            .iter()
            .find(|pva| pva.supplier().as_str() == tre_id.supplier())
            .ok_or(ProvisioningError::refused("unknown-pva"))?;
        let both = self.envelope.is_none();
        let signature_use = if both {
            TreUse::Both
        } else {
            TreUse::Signature
        };
        let signature = trust::Certificate::from_der(&self.signature)?;
        trust::verify_tre(&signature, pva, signature_use, tre_id.as_str(), time)?;
        let limits = CertTre::from_certificate(&self.signature)?;
        if let Some(der) = &self.envelope {
            let envelope = trust::Certificate::from_der(der)?;
            trust::verify_tre(&envelope, pva, TreUse::Encipherment, tre_id.as_str(), time)?;
            if CertTre::from_certificate(der)? != limits {
                return Err(ProvisioningError::refused("cert-tre-differ"));
            }
        }
        Ok(limits)
    }

    fn envelope_certificate(&self) -> &[u8] {
        self.envelope.as_deref().unwrap_or(&self.signature)
    }
}

impl Order {
    /// Makes the order: the MCIM (its keys go to the HLR, disabled, and into
    /// the envelope, nowhere else), the account, and the signed announcement.
    ///
    /// # Errors
    /// A chain that does not hold, no common suite or algorithm, terms below the TRE's
    /// floors, or an IMSI that is not the recipient's.
    pub fn register(
        registration: Registration,
        registrar: &Registrar<'_>,
        imsi: Imsi,
        random: &mut dyn Random,
    ) -> Result<(Self, Vec<Effect>), ProvisioningError> {
        let Registration {
            tre_id,
            from,
            certificates,
            token,
        } = registration;
        let limits = certificates.verify(&tre_id, registrar.pvas, registrar.time)?;
        registrar
            .terms
            .check(limits.t_attach_min, limits.t_ack_min)?;
        if from == *registrar.sho_id {
            return Err(ProvisioningError::refused("already-current-sho"));
        }
        if !imsi.digits().starts_with(&registrar.sho_id.prefix()) {
            return Err(ProvisioningError::refused("imsi-not-of-sho"));
        }
        let suite = choose_suite(&limits.suites, limits.min_suite, registrar.suites)?;
        let recipient = Recipient::from_certificate(certificates.envelope_certificate())?;
        let anchor = trust::Certificate::from_der(&registrar.keys.anchor)?;
        let binding = Binding {
            tre_id: tre_id.clone(),
            order_id: OrderId::random(random),
            anchor_spki: Digest(anchor.public_key().spki_sha256()),
            sho_id: registrar.sho_id.clone(),
        };
        let account = Account::random(registrar.server_id, random);
        let nonce_a = Nonce::random(random);
        let keys = registrar.constants.draw(&limits.algorithms, random)?;
        let mcim_id = McimId::random(random);
        let mcim = Mcim {
            binding: binding.clone(),
            mcim_id,
            imsi: imsi.clone(),
            keys: keys.clone(),
            t_attach: registrar.terms.t_attach,
            t_ack: registrar.terms.t_ack,
        };
        let mcim_envelope = seal(&recipient, suite, ContentTag::Mcim, &mcim.encode()?, random)?;
        let credentials = credentials(&binding, &account, nonce_a, registrar.prov_urls)?;
        let credentials = seal(
            &recipient,
            suite,
            ContentTag::Credentials,
            &credentials,
            random,
        )?;
        let mut order = Self {
            order_id: binding.order_id,
            tre_id,
            from,
            to: registrar.sho_id.clone(),
            state: OrderState::AwaitingAcceptance,
            reason: None,
            signature_certificate: certificates.signature,
            suite: suite.octet(),
            algorithm: keys.id().octet(),
            terms: registrar.terms,
            created: registrar.now,
            expires: registrar.now.plus(registrar.lifetime),
            anchor_spki: binding.anchor_spki,
            nonce_a,
            account,
            mcim_id,
            imsi: imsi.clone(),
            mcim_envelope,
            announcement: Vec::new(),
            attempt: 0,
            nonce_b: None,
            switch_counter: 0,
            watch: SeqWatch::default(),
            clone_suspected: false,
            confirmation: None,
            decision: None,
            outcome: None,
            release: None,
            installs: 0,
            mcim_deleted: false,
        };
        order.announcement = order.sign_announcement(registrar, credentials, token)?;
        let effects = vec![
            Effect::CreateSubscriber { imsi, keys },
            Effect::Announce(order.order_id),
        ];
        Ok((order, effects))
    }

    fn sign_announcement(
        &self,
        registrar: &Registrar<'_>,
        credentials: Vec<u8>,
        token: Token,
    ) -> Result<Vec<u8>, ProvisioningError> {
        let announcement = Announcement {
            order_id: self.order_id,
            tre_id: self.tre_id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            prov_urls: registrar.prov_urls.to_vec(),
            drf_url: registrar.drf_url.to_owned(),
            anchor: registrar.keys.anchor.clone(),
            credentials,
            terms: self.terms,
            token,
            expires: self.expires,
        };
        sign(&announcement, &registrar.keys.peer_document)
    }
}

fn credentials(
    binding: &Binding,
    account: &Account,
    nonce_a: Nonce,
    prov_urls: &[String],
) -> Result<secret::SecretBytes, ProvisioningError> {
    let credentials = Credentials {
        binding: binding.clone(),
        nonce_a,
        user: account.user.clone(),
        password: account.password.clone(),
        server_id: account.server_id.clone(),
        server_secret: account.server_secret.clone(),
        client_nonce: account.client_nonce.clone(),
        server_nonce: account.server_nonce.clone(),
        prov_urls: prov_urls_digest(prov_urls)?,
    };
    credentials.encode()
}

fn seal(
    recipient: &Recipient,
    suite: Suite,
    tag: ContentTag,
    payload: &secret::SecretBytes,
    random: &mut dyn Random,
) -> Result<Vec<u8>, ProvisioningError> {
    let content = Content {
        tag,
        version: 1,
        payload: payload.expose(),
    };
    Ok(envelope::seal(recipient, suite, &content, random)?)
}
