//! What a managed device has stored, and the tree that it works on (OMA DM TND
//! 1.2 clause 7; house rule "store, then answer"). Tree, nonces and the states
//! of all objects change in one transaction; only what changed is written.

use std::collections::BTreeMap;
use std::path::Path;

use dm::objects::Snapshot;
use dm::objects::fumo::Fumo;
use dm::objects::scomo::Scomo;
use dm::tree::{Acl, Node, NodeKind, NodeUri, Tree, TreeLimits};
use secret::SecretBytes;
use store::{ManagedChanges, ManagedState, ManagedStore, StoreKey};
use tokens::NodeKey;

use super::inbox;
use super::notified::Heard;
use super::setup::{FIRMWARE, SOFTWARE};
use super::validator::Validator;
use super::{KEY, STORE, VendorObject, rows};
use crate::Error;

/// Names of states in the store; a vendor's object has its URI.
const STATE_FIRMWARE: &str = "firmware";
const STATE_SOFTWARE: &str = "software";
const STATE_SOFTWARE_VALIDATOR: &str = "software-validator";
const STATE_SESSION: &str = "session";
const STATE_VALIDATOR: &str = "validator";
const STATE_HEARD: &str = "notifications";
const STATE_AUTHORITIES: &str = "authorities";

/// A device's tree and objects, and what of them is stored.
pub(super) struct Kept {
    store: ManagedStore,
    pub(super) tree: Tree,
    pub(super) firmware: Option<Fumo>,
    pub(super) software: Option<Scomo>,
    vendors: Vec<Box<dyn VendorObject>>,
    /// The number of the last session that the device began.
    pub(super) session: u16,
    /// What the package that is being fetched is known by.
    pub(super) validator: Option<Validator>,
    /// The same of the software package that is being fetched.
    pub(super) software_validator: Option<Validator>,
    /// Notifications that were taken.
    pub(super) heard: Heard,
    /// Who certifies servers, in PEM, if that is stored here.
    authorities: Option<SecretBytes>,
    saved: Saved,
}

/// What the store has.
#[derive(Default)]
struct Saved {
    revision: Option<u64>,
    nodes: BTreeMap<NodeUri, Node>,
    objects: BTreeMap<String, SecretBytes>,
}

impl Kept {
    /// A device that is stored for the first time, with the authorities of its servers
    /// in PEM.
    pub(super) fn create(
        dir: &Path,
        key: &NodeKey,
        tree: Tree,
        firmware: Fumo,
        software: Scomo,
        authorities: Option<&[u8]>,
    ) -> Result<(), Error> {
        let mut store = open_store(dir, key)?;
        if store.load()?.is_some() {
            return Err(Error::Management("the device is set up already"));
        }
        let mut kept = Self {
            store,
            tree,
            firmware: Some(firmware),
            software: Some(software),
            vendors: Vec::new(),
            session: 0,
            validator: None,
            software_validator: None,
            heard: Heard::default(),
            authorities: authorities.map(|pem| SecretBytes::new(pem.to_vec())),
            saved: Saved::default(),
        };
        kept.save()
    }

    /// Goes on from what was stored last, with room for values of `max_object`
    /// octets. Blocks.
    pub(super) fn open(
        dir: &Path,
        key: &NodeKey,
        vendors: Vec<Box<dyn VendorObject>>,
        max_object: Option<usize>,
    ) -> Result<Self, Error> {
        let mut store = open_store(dir, key)?;
        let state = store
            .load()?
            .ok_or(Error::Management("the device is not set up yet"))?;
        let saved = Saved::of(state)?;
        // Mounting makes these anew, with the ACLs that are stored.
        let mut nodes = saved.nodes.clone();
        if saved.objects.contains_key(STATE_FIRMWARE) {
            nodes.remove(&FIRMWARE.parse()?);
        }
        if saved.objects.contains_key(STATE_SOFTWARE) {
            nodes.remove(&SOFTWARE.parse()?);
        }
        for vendor in &vendors {
            nodes.remove(&vendor.uri());
        }
        let mut kept = Self {
            store,
            tree: import(nodes, max_object.unwrap_or(0))?,
            firmware: None,
            software: None,
            vendors,
            session: session(saved.objects.get(STATE_SESSION))?,
            validator: Validator::stored(saved.objects.get(STATE_VALIDATOR)),
            software_validator: Validator::stored(saved.objects.get(STATE_SOFTWARE_VALIDATOR)),
            heard: Heard::stored(saved.objects.get(STATE_HEARD)),
            authorities: saved.objects.get(STATE_AUTHORITIES).cloned(),
            saved,
        };
        kept.mount_firmware()?;
        kept.mount_software()?;
        kept.mount_vendors()?;
        inbox::open(&mut kept.tree)?;
        kept.save()?;
        Ok(kept)
    }

    /// Who certifies servers, in PEM, where the device was set up with that.
    pub(super) fn authorities(&self) -> Option<&[u8]> {
        let stored = self.authorities.as_ref();
        stored.map(|pem| pem.expose().as_slice())
    }

    /// The stored ACL of a mount point counts, or `first` where there is none.
    fn mounting_acl(&self, at: &NodeUri, first: Option<Acl>) -> Option<Acl> {
        match self.saved.nodes.get(at) {
            Some(node) => node.acl().cloned(),
            None => first,
        }
    }

    fn mount_firmware(&mut self) -> Result<(), Error> {
        let Some(stored) = self.saved.objects.get(STATE_FIRMWARE) else {
            return Ok(());
        };
        let firmware = Fumo::restore(&Snapshot::from_octets(stored.expose().clone()))?;
        let acl = self.mounting_acl(&FIRMWARE.parse()?, None);
        firmware.mount(&mut self.tree, acl)?;
        self.firmware = Some(firmware);
        Ok(())
    }

    fn mount_software(&mut self) -> Result<(), Error> {
        let Some(stored) = self.saved.objects.get(STATE_SOFTWARE) else {
            return Ok(());
        };
        let software = Scomo::restore(&Snapshot::from_octets(stored.expose().clone()))?;
        let acl = self.mounting_acl(&SOFTWARE.parse()?, None);
        software.mount(&mut self.tree, acl)?;
        self.software = Some(software);
        Ok(())
    }

    fn mount_vendors(&mut self) -> Result<(), Error> {
        let mut vendors = std::mem::take(&mut self.vendors);
        for vendor in &mut vendors {
            let at = vendor.uri();
            let stored = self.saved.objects.get(&at.to_string());
            let object = vendor.object(stored)?;
            let acl = self.mounting_acl(&at, vendor.acl());
            make_above(&mut self.tree, &at)?;
            self.tree.mount(at, vendor.type_(), acl, object)?;
        }
        self.vendors = vendors;
        Ok(())
    }

    /// Stores what changed, if anything did. Durable when it returns. Blocks,
    /// and lets the runtime know.
    ///
    /// After an error memory is ahead of the store.
    pub(super) fn save(&mut self) -> Result<(), Error> {
        let mut changes = ManagedChanges::default();
        let revision = self.tree.revision();
        let tree_changed = self.saved.revision != Some(revision);
        if tree_changed {
            self.changed_nodes(&mut changes);
        }
        let objects = self.objects();
        self.changed_objects(&objects, &mut changes);
        if !changes.is_empty() {
            let store = &mut self.store;
            tokio::task::block_in_place(|| store.commit(&changes))?;
        }
        if tree_changed {
            self.saved.nodes = self
                .tree
                .export()
                .map(|(uri, node)| (uri.clone(), node.clone()))
                .collect();
            self.saved.revision = Some(revision);
        }
        self.saved.objects = objects;
        Ok(())
    }

    fn changed_nodes(&self, changes: &mut ManagedChanges) {
        for (uri, node) in self.tree.export() {
            if self.saved.nodes.get(uri) != Some(node) {
                changes.nodes.push(rows::row(uri, node));
            }
        }
        let present: std::collections::BTreeSet<&NodeUri> =
            self.tree.export().map(|(uri, _)| uri).collect();
        let gone = self.saved.nodes.keys().filter(|uri| !present.contains(uri));
        changes.removed = gone.map(ToString::to_string).collect();
    }

    fn changed_objects(
        &self,
        objects: &BTreeMap<String, SecretBytes>,
        changes: &mut ManagedChanges,
    ) {
        let saved = &self.saved.objects;
        for (name, body) in objects {
            if !saved.get(name).is_some_and(|saved| saved.ct_eq(body)) {
                changes.objects.push((name.clone(), Some(body.clone())));
            }
        }
        for name in saved.keys().filter(|name| !objects.contains_key(*name)) {
            changes.objects.push((name.clone(), None));
        }
    }

    /// The states of all objects. What a vendor's object had stored stays while
    /// the object is not there.
    fn objects(&self) -> BTreeMap<String, SecretBytes> {
        let mut objects: BTreeMap<String, SecretBytes> = self
            .saved
            .objects
            .iter()
            .filter(|(name, _)| name.starts_with("./"))
            .map(|(name, body)| (name.clone(), body.clone()))
            .collect();
        let session = self.session.to_be_bytes().to_vec();
        objects.insert(STATE_SESSION.to_owned(), SecretBytes::new(session));
        if let Some(firmware) = &self.firmware {
            let octets = firmware.snapshot().octets().to_vec();
            objects.insert(STATE_FIRMWARE.to_owned(), SecretBytes::new(octets));
        }
        if let Some(software) = &self.software {
            let octets = software.snapshot().octets().to_vec();
            objects.insert(STATE_SOFTWARE.to_owned(), SecretBytes::new(octets));
        }
        if let Some(validator) = &self.software_validator {
            let octets = validator.to_stored();
            objects.insert(STATE_SOFTWARE_VALIDATOR.to_owned(), octets);
        }
        if let Some(validator) = &self.validator {
            objects.insert(STATE_VALIDATOR.to_owned(), validator.to_stored());
        }
        if let Some(heard) = self.heard.to_stored() {
            objects.insert(STATE_HEARD.to_owned(), heard);
        }
        if let Some(authorities) = &self.authorities {
            objects.insert(STATE_AUTHORITIES.to_owned(), authorities.clone());
        }
        for vendor in &self.vendors {
            if let Some(body) = vendor.snapshot() {
                objects.insert(vendor.uri().to_string(), body);
            }
        }
        objects
    }
}

impl Saved {
    /// As the store gave it. The revision is not known: objects are yet to be
    /// mounted.
    fn of(state: ManagedState) -> Result<Self, Error> {
        Ok(Self {
            revision: None,
            nodes: state
                .nodes
                .into_iter()
                .map(rows::node)
                .collect::<Result<_, _>>()?,
            objects: state.objects.into_iter().collect(),
        })
    }
}

fn open_store(dir: &Path, key: &NodeKey) -> Result<ManagedStore, Error> {
    let key = StoreKey::new(KEY, key.secret())?;
    Ok(ManagedStore::open(&dir.join(STORE), key)?)
}

/// The tree of `nodes` with room for four values of `max_object` octets. What is
/// stored stays, also where the configuration has become smaller.
fn import(nodes: BTreeMap<NodeUri, Node>, max_object: usize) -> Result<Tree, Error> {
    let sizes = || nodes.values().map(size);
    let mut limits = TreeLimits::default();
    let largest = sizes().max().unwrap_or(0);
    limits.max_value = limits.max_value.max(max_object).max(largest);
    let room = limits.max_octets.max(max_object.saturating_mul(4));
    limits.max_octets = room.max(sizes().sum());
    Ok(Tree::import(nodes, limits)?)
}

/// Octets of a node's value.
fn size(node: &Node) -> usize {
    match node.kind() {
        NodeKind::Leaf(value) => value.size(),
        NodeKind::Interior { .. } => 0,
    }
}

fn session(stored: Option<&SecretBytes>) -> Result<u16, Error> {
    let octets = stored.map(|octets| octets.expose().as_slice().try_into());
    match octets {
        None => Ok(0),
        Some(Ok(octets)) => Ok(u16::from_be_bytes(octets)),
        Some(Err(_)) => Err(Error::Management("the stored session number can't be read")),
    }
}

/// Makes the permanent interior nodes that are missing above `uri`.
pub(super) fn make_above(tree: &mut Tree, uri: &NodeUri) -> Result<(), Error> {
    let above: Vec<NodeUri> = uri.upwards().skip(1).collect();
    for node in above.into_iter().rev() {
        if matches!(tree.value(&node), Err(dm::Error::NotFound)) {
            tree.put(node, Node::interior().permanent())?;
        }
    }
    Ok(())
}
