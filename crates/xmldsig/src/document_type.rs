//! The signed document types (docs/operator-change.md section 3).

/// A type of signed document. It fixes the namespace, the names of root and
/// object, and whether the signature carries a leaf certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentType {
    /// TRE to DPF, step 5: who the TRE is, with nonceA and nonceB.
    M2mmObj,
    /// DPF to TRE, step 7: the sealed MCIM.
    M2mmcimmObj,
    /// SHO\[i+1\] to SHO\[i\], step 2.
    Announcement,
    /// SHO\[i+1\] to SHO\[i\], step 12: the three documents of section 7.
    Release,
    /// TRE to DPF, section 7 document 1: attached or failed.
    Confirmation,
    /// SHO\[i+1\] to TRE, section 7 document 2: commit or rollback.
    Decision,
    /// TRE to DPF, section 7 document 3: committed or rolled back.
    Outcome,
    /// TRE to DRF: why a document was refused.
    Refusal,
    /// TRE to SHO: its counters, over a challenge.
    Status,
    /// TRE to operator: the PCID is no longer held.
    PcidDropped,
}

/// One row of the type table.
struct Row {
    object: &'static str,
    root: &'static str,
    namespace: &'static str,
}

impl DocumentType {
    /// Every type.
    pub const ALL: [Self; 10] = [
        Self::M2mmObj,
        Self::M2mmcimmObj,
        Self::Announcement,
        Self::Release,
        Self::Confirmation,
        Self::Decision,
        Self::Outcome,
        Self::Refusal,
        Self::Status,
        Self::PcidDropped,
    ];

    const fn row(self) -> Row {
        let (object, root, namespace) = match self {
            Self::M2mmObj => ("M2MMobj", "SignedM2MMobj", "urn:x-rehome:m2mmobj:1"),
            Self::M2mmcimmObj => (
                "M2MMCIMMobj",
                "SignedM2MMCIMMobj",
                "urn:x-rehome:m2mmcimmobj:1",
            ),
            Self::Announcement => (
                "Announcement",
                "SignedAnnouncement",
                "urn:x-rehome:announcement:1",
            ),
            Self::Release => ("Release", "SignedRelease", "urn:x-rehome:release:1"),
            Self::Confirmation => (
                "Confirmation",
                "SignedConfirmation",
                "urn:x-rehome:confirmation:1",
            ),
            Self::Decision => ("Decision", "SignedDecision", "urn:x-rehome:decision:1"),
            Self::Outcome => ("Outcome", "SignedOutcome", "urn:x-rehome:outcome:1"),
            Self::Refusal => ("Refusal", "SignedRefusal", "urn:x-rehome:refusal:1"),
            Self::Status => ("Status", "SignedStatus", "urn:x-rehome:status:1"),
            Self::PcidDropped => (
                "PcidDropped",
                "SignedPcidDropped",
                "urn:x-rehome:pcid-dropped:1",
            ),
        };
        Row {
            object,
            root,
            namespace,
        }
    }

    /// Local name of the object element.
    #[must_use]
    pub const fn object_name(self) -> &'static str {
        self.row().object
    }

    /// Local name of the root element.
    #[must_use]
    pub const fn root_name(self) -> &'static str {
        self.row().root
    }

    /// Namespace of root, object and fields.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        self.row().namespace
    }

    /// Whether the signature carries the signer's leaf certificate: operators'
    /// documents do; a TRE's is verified under the pinned certificate and
    /// carries none.
    #[must_use]
    pub const fn carries_leaf(self) -> bool {
        match self {
            Self::M2mmcimmObj | Self::Announcement | Self::Release | Self::Decision => true,
            Self::M2mmObj
            | Self::Confirmation
            | Self::Outcome
            | Self::Refusal
            | Self::Status
            | Self::PcidDropped => false,
        }
    }
}
