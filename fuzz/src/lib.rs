//! Targets that take any octets and assert what must hold for all of them
//! (docs/building.md): readers give a value or an error and never more memory
//! than their input is worth, what was read and written reads back, and no
//! engine acts for a peer that has not proved itself.
//!
//! A target is a function in a file of its own kind and a line in
//! [`TARGETS`]; a failed claim is a panic.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::allow_attributes,
    reason = "a claim that does not hold is a panic"
)]

pub mod claim;
mod corpus;
mod documents;
pub mod drive;
mod engines;
mod gsup;
mod messages;
mod mutate;
mod scripts;
mod trees;
mod uicc;

/// A reader or an engine, and what it is begun with.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name on the command line.
    pub name: &'static str,
    /// What it claims.
    pub claim: &'static str,
    /// Asserts the claim for these octets.
    pub run: fn(&[u8]),
    /// Inputs that the reader takes.
    pub corpus: fn() -> Vec<Vec<u8>>,
}

const fn target(
    name: &'static str,
    claim: &'static str,
    run: fn(&[u8]),
    corpus: fn() -> Vec<Vec<u8>>,
) -> Target {
    Target {
        name,
        claim,
        run,
        corpus,
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target(
        "xml-message",
        "a message in XML reads back as itself",
        messages::xml,
        corpus::xml_messages,
    ),
    target(
        "wbxml-message",
        "a message in WBXML reaches a fixpoint",
        messages::wbxml,
        corpus::wbxml_messages,
    ),
    target(
        "xml-tree",
        "elements in XML read back as themselves",
        trees::xml,
        corpus::xml_trees,
    ),
    target(
        "wbxml-tree",
        "elements in WBXML read back as themselves",
        trees::wbxml,
        corpus::wbxml_trees,
    ),
    target(
        "tnds",
        "a serialised tree reaches a fixpoint, values and names kept",
        documents::tnds,
        corpus::tnds,
    ),
    target(
        "ddf",
        "a description finds every node that it describes",
        documents::ddf,
        corpus::ddf,
    ),
    target(
        "notification",
        "only what the key's owner wrote verifies",
        documents::notification,
        corpus::notifications,
    ),
    target(
        "provisioning",
        "a provisioning document reads back as itself",
        documents::provisioning,
        corpus::provisioning,
    ),
    target(
        "gsup",
        "a message in GSUP reads back as itself, and is written one way",
        gsup::message,
        corpus::gsup_messages,
    ),
    target(
        "ipa",
        "frames don't depend on how a stream is cut; a decoder keeps one",
        gsup::ipa,
        corpus::ipa_streams,
    ),
    target(
        "gsup-connection",
        "a connection's output is bounded, and it waits for nobody for ever",
        gsup::connection,
        corpus::ipa_streams,
    ),
    target(
        "ota-packet",
        "a packet that nothing secures is made again; no other opens without its key, and nobody forges a CC",
        uicc::packet,
        corpus::packets,
    ),
    target(
        "sms-tpdu",
        "a TPDU and what brings it to a card or from it read back as themselves",
        uicc::tpdu,
        corpus::tpdus,
    ),
    target(
        "sms-parts",
        "parts wait within their bounds, and for nobody for ever",
        uicc::parts,
        corpus::parts,
    ),
    target(
        "ota-script",
        "a script of octets is explained as lines that give it again, and any text's packets are",
        scripts::script,
        corpus::scripts,
    ),
    target(
        "ef-files",
        "a file's content reads back as itself, in octets and in words",
        uicc::files,
        corpus::files,
    ),
    target(
        "cap",
        "a CAP file unpacks within bounds, and its load file reads back",
        uicc::cap,
        corpus::caps,
    ),
    target(
        "wap-push",
        "a push reads back as itself, with the body that it ends with",
        uicc::push,
        corpus::pushes,
    ),
    target(
        "client",
        "the tree does not change for a server without proof",
        engines::client,
        corpus::to_client,
    ),
    target(
        "server",
        "nothing that a device without proof says is heard",
        engines::server,
        corpus::to_server,
    ),
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
