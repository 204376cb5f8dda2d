//! The end of an order (docs/operator-change.md section 7): the TRE's
//! confirmation, the recipient's decision, the TRE's outcome; and the refusal by
//! which a TRE says why it did not take a document (section 5).

use ::tre::TreId;
use trust::ShoId;
use xmldsig::{DocumentType, Fields, ObjectWriter, XmlDsigError};

use super::SignedDocument;
use super::fields::{number, parsed};
use crate::{Digest, McimId, Nonce, OrderId, ProvisioningError, Reason};

/// How the attempt with the new MCIM ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// The TRE's own AKA with the new MCIM succeeded. The PLMN is the host's
    /// word.
    Attached {
        /// The network that the host says it is in.
        serving_plmn: String,
    },
    /// T_attach ended without it. The cause is the host's word.
    Failed {
        /// A reason code.
        cause: Reason,
    },
}

/// Document 1: TRE to DPF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The donor.
    pub from: ShoId,
    /// The recipient.
    pub to: ShoId,
    /// Who signs.
    pub tre_id: TreId,
    /// The TRE's count of signed reports.
    pub seq: u64,
    /// The order.
    pub order_id: OrderId,
    /// The MCIM that was tried.
    pub mcim_id: McimId,
    /// The recipient's anchor as the TRE holds it.
    pub anchor_spki: Digest,
    /// The session in which the MCIM came.
    pub attempt: u32,
    /// That session's nonce.
    pub nonce_b: Nonce,
    /// The TRE's count of changes, before this one.
    pub switch_counter: u64,
    /// What happened.
    pub attachment: Attachment,
}

/// Commit or roll back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The recipient becomes the current SHO.
    Commit,
    /// Everything stays with the donor.
    Rollback,
}

/// Document 2: recipient to TRE. The same for ever after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// For whom.
    pub tre_id: TreId,
    /// The order.
    pub order_id: OrderId,
    /// The confirmation's Seq.
    pub seq: u64,
    /// The confirmation's digest.
    pub confirmation: Digest,
    /// What was decided.
    pub verdict: Verdict,
}

/// Document 3: TRE to DPF, and in the release to the donor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Who signs.
    pub tre_id: TreId,
    /// The order.
    pub order_id: OrderId,
    /// The TRE's next Seq.
    pub seq: u64,
    /// The decision's digest.
    pub decision: Digest,
    /// What was done.
    pub verdict: Verdict,
    /// The TRE's count of changes, after it.
    pub switch_counter: u64,
}

/// TRE to DRF: why a document was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Who signs.
    pub tre_id: TreId,
    /// SHA-256 of the document's octets as received.
    pub document: Digest,
    /// Why.
    pub reason: Reason,
    /// The TRE's count of signed reports.
    pub seq: u64,
}

impl SignedDocument for Confirmation {
    const TYPE: DocumentType = DocumentType::Confirmation;
    const FIELDS: &'static [&'static str] = &[
        "From",
        "To",
        "TreId",
        "Seq",
        "OrderId",
        "McimId",
        "AnchorSpkiSha256",
        "Attempt",
        "NonceB",
        "SwitchCounter",
        "Result",
        "Cause",
        "ServingPlmn",
    ];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("From", &self.from.to_string())?
            .field("To", &self.to.to_string())?
            .field("TreId", self.tre_id.as_str())?
            .field("Seq", &self.seq.to_string())?
            .field("OrderId", &self.order_id.to_string())?
            .field("McimId", &self.mcim_id.to_string())?
            .field("AnchorSpkiSha256", &self.anchor_spki.to_string())?
            .field("Attempt", &self.attempt.to_string())?
            .field("NonceB", &self.nonce_b.to_string())?
            .field("SwitchCounter", &self.switch_counter.to_string())?;
        match &self.attachment {
            Attachment::Attached { serving_plmn } => {
                writer
                    .field("Result", "attached")?
                    .field("ServingPlmn", serving_plmn)?;
            }
            Attachment::Failed { cause } => {
                writer
                    .field("Result", "failed")?
                    .field("Cause", cause.code())?;
            }
        }
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        let cause = fields.optional("Cause")?;
        let serving_plmn = fields.optional("ServingPlmn")?;
        let attachment = match (fields.field("Result")?, cause, serving_plmn) {
            ("attached", None, Some(plmn)) => Attachment::Attached {
                serving_plmn: plmn.to_owned(),
            },
            ("failed", Some(cause), None) => Attachment::Failed {
                cause: reason(cause)?,
            },
            _ => return Err(ProvisioningError::Malformed("Result")),
        };
        Ok(Self {
            from: parsed(fields, "From")?,
            to: parsed(fields, "To")?,
            tre_id: parsed(fields, "TreId")?,
            seq: number(fields, "Seq")?,
            order_id: parsed(fields, "OrderId")?,
            mcim_id: parsed(fields, "McimId")?,
            anchor_spki: parsed(fields, "AnchorSpkiSha256")?,
            attempt: number(fields, "Attempt")?,
            nonce_b: parsed(fields, "NonceB")?,
            switch_counter: number(fields, "SwitchCounter")?,
            attachment,
        })
    }
}

impl SignedDocument for Decision {
    const TYPE: DocumentType = DocumentType::Decision;
    const FIELDS: &'static [&'static str] =
        &["TreId", "OrderId", "Seq", "ConfirmationDigest", "Verdict"];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("OrderId", &self.order_id.to_string())?
            .field("Seq", &self.seq.to_string())?
            .field("ConfirmationDigest", &self.confirmation.to_string())?
            .field("Verdict", self.verdict.word())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            order_id: parsed(fields, "OrderId")?,
            seq: number(fields, "Seq")?,
            confirmation: parsed(fields, "ConfirmationDigest")?,
            verdict: match fields.field("Verdict")? {
                "commit" => Verdict::Commit,
                "rollback" => Verdict::Rollback,
                _ => return Err(ProvisioningError::Malformed("Verdict")),
            },
        })
    }
}

impl SignedDocument for Outcome {
    const TYPE: DocumentType = DocumentType::Outcome;
    const FIELDS: &'static [&'static str] = &[
        "TreId",
        "OrderId",
        "Seq",
        "DecisionDigest",
        "Result",
        "SwitchCounter",
    ];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("OrderId", &self.order_id.to_string())?
            .field("Seq", &self.seq.to_string())?
            .field("DecisionDigest", &self.decision.to_string())?
            .field("Result", self.verdict.done())?
            .field("SwitchCounter", &self.switch_counter.to_string())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            order_id: parsed(fields, "OrderId")?,
            seq: number(fields, "Seq")?,
            decision: parsed(fields, "DecisionDigest")?,
            verdict: match fields.field("Result")? {
                "committed" => Verdict::Commit,
                "rolled-back" => Verdict::Rollback,
                _ => return Err(ProvisioningError::Malformed("Result")),
            },
            switch_counter: number(fields, "SwitchCounter")?,
        })
    }
}

impl SignedDocument for Refusal {
    const TYPE: DocumentType = DocumentType::Refusal;
    const FIELDS: &'static [&'static str] = &["TreId", "DocumentDigest", "Reason", "Seq"];

    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError> {
        writer
            .field("TreId", self.tre_id.as_str())?
            .field("DocumentDigest", &self.document.to_string())?
            .field("Reason", self.reason.code())?
            .field("Seq", &self.seq.to_string())?;
        Ok(())
    }

    fn read(fields: &Fields) -> Result<Self, ProvisioningError> {
        Ok(Self {
            tre_id: parsed(fields, "TreId")?,
            document: parsed(fields, "DocumentDigest")?,
            reason: reason(fields.field("Reason")?)?,
            seq: number(fields, "Seq")?,
        })
    }
}

impl Verdict {
    /// The word in a decision.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Rollback => "rollback",
        }
    }

    /// The word in an outcome.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Commit => "committed",
            Self::Rollback => "rolled-back",
        }
    }
}

fn reason(text: &str) -> Result<Reason, ProvisioningError> {
    Reason::parse(text).ok_or(ProvisioningError::Malformed("a reason code"))
}
