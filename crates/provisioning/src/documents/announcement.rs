//! What the recipient sends to the donor (docs/operator-change.md section 4):
//! the announcement of step 2 and the release of step 12.

use ::tre::TreId;
use clock::Timestamp;
use secret::Secret;
use trust::ShoId;
use xmldsig::{DocumentType, Fields, ObjectWriter, XmlDsigError};

use super::SignedDocument;
use super::fields::{base64, number, octets, parsed};
use crate::{OrderId, ProvisioningError, Terms};

/// Up to this many PROVURLs.
pub const MAX_PROV_URLS: usize = 3;

/// "This device is to become mine": step 2.
#[derive(Clone)]
pub struct Announcement {
    /// The order.
    pub order_id: OrderId,
    /// The device's TRE.
    pub tre_id: TreId,
    /// The donor.
    pub from: ShoId,
    /// The recipient, who signs.
    pub to: ShoId,
    /// Where its DPF is, in order of preference; one to three.
    pub prov_urls: Vec<String>,
    /// Where its DRF will be after the change.
    pub drf_url: String,
    /// CertSHO of the recipient, DER.
    pub anchor: Vec<u8>,
    /// The envelope with the credentials, which the donor can't open.
    pub credentials: Vec<u8>,
    /// The agreed times.
    pub terms: Terms,
    /// What shows that the subscriber agreed, where the donor's policy asks.
    pub token: Option<Secret<String>>,
    /// When the order ends if nothing has happened.
    pub expires: Timestamp,
}

/// "The device is mine, here is its word for it": step 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The order.
    pub order_id: OrderId,
    /// The device's TRE.
    pub tre_id: TreId,
    /// The donor.
    pub from: ShoId,
    /// The recipient, who signs.
    pub to: ShoId,
    /// The TRE's confirmation, as received.
    pub confirmation: Vec<u8>,
    /// The recipient's decision, as sent.
    pub decision: Vec<u8>,
    /// The TRE's outcome, as received.
    pub outcome: Vec<u8>,
}

impl SignedDocument for Announcement {
    const TYPE: DocumentType = DocumentType::Announcement;
    const FIELDS: &'static [&'static str] = &[
        "OrderId",
        "TreId",
        "From",
        "To",
        "ProvUrl",
        "DrfUrl",
        "Anchor",
        "Credentials",
        "RevertS",
        "RetentionS",
        "TAttach",
        "TAck",
        "TransferToken",
        "Expires",
    ];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("OrderId", &self.order_id.to_string())?
            .field("TreId", self.tre_id.as_str())?
            .field("From", &self.from.to_string())?
            .field("To", &self.to.to_string())?;
        for url in &self.prov_urls {
            writer.field("ProvUrl", url)?;
        }
        writer
            .field("DrfUrl", &self.drf_url)?
            .field("Anchor", &base64(&self.anchor))?
            .field("Credentials", &base64(&self.credentials))?
            .field("RevertS", &self.terms.revert_s.to_string())?
            .field("RetentionS", &self.terms.retention_s.to_string())?
            .field("TAttach", &self.terms.t_attach.to_string())?
            .field("TAck", &self.terms.t_ack.to_string())?;
        if let Some(token) = &self.token {
            writer.field("TransferToken", token.expose())?;
        }
        writer.field("Expires", &self.expires.to_string())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        let prov_urls: Vec<String> = fields
            .repeated("ProvUrl")?
            .into_iter()
            .map(str::to_owned)
            .collect();
        if !(1..=MAX_PROV_URLS).contains(&prov_urls.len()) {
            return Err(ProvisioningError::Malformed("one to three ProvUrl"));
        }
        Ok(Self {
            order_id: parsed(fields, "OrderId")?,
            tre_id: parsed(fields, "TreId")?,
            from: parsed(fields, "From")?,
            to: parsed(fields, "To")?,
            prov_urls,
            drf_url: fields.field("DrfUrl")?.to_owned(),
            anchor: octets(fields, "Anchor")?,
            credentials: octets(fields, "Credentials")?,
            terms: Terms {
                t_attach: number(fields, "TAttach")?,
                t_ack: number(fields, "TAck")?,
                revert_s: number(fields, "RevertS")?,
                retention_s: number(fields, "RetentionS")?,
            },
            token: fields
                .optional("TransferToken")?
                .map(|text| Secret::new(text.to_owned())),
            expires: fields
                .field("Expires")?
                .parse()
                .map_err(|_| ProvisioningError::Malformed("Expires"))?,
        })
    }
}

impl SignedDocument for Release {
    const TYPE: DocumentType = DocumentType::Release;
    const FIELDS: &'static [&'static str] = &[
        "OrderId",
        "TreId",
        "From",
        "To",
        "Confirmation",
        "Decision",
        "Outcome",
    ];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("OrderId", &self.order_id.to_string())?
            .field("TreId", self.tre_id.as_str())?
            .field("From", &self.from.to_string())?
            .field("To", &self.to.to_string())?
            .field("Confirmation", &base64(&self.confirmation))?
            .field("Decision", &base64(&self.decision))?
            .field("Outcome", &base64(&self.outcome))?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            order_id: parsed(fields, "OrderId")?,
            tre_id: parsed(fields, "TreId")?,
            from: parsed(fields, "From")?,
            to: parsed(fields, "To")?,
            confirmation: octets(fields, "Confirmation")?,
            decision: octets(fields, "Decision")?,
            outcome: octets(fields, "Outcome")?,
        })
    }
}
