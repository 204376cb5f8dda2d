//! The properties of nodes (OMA DM TND 1.2 clause 7): `./A?prop=ACL` and its
//! kin. Every device has ACL, Format, Name and Type; this one has Size, Title
//! and VerNo too, and TStamp where it knows the time.

use std::str::FromStr;

use syncml::Format;

use super::find::Found;
use super::{Acl, Node, NodeKind, NodeUri, Right, ServerId, Tree, Value};
use crate::Error;

/// A property of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// The access control list; empty where the node inherits.
    Acl,
    /// The format of the value; `node` for an interior node.
    Format,
    /// The last segment of the URI.
    Name,
    /// The octets of a leaf's value.
    Size,
    /// A name for people.
    Title,
    /// When the node was changed last, in UTC.
    TStamp,
    /// The media type of a leaf, or which management object begins here.
    Type,
    /// How often the node was changed, modulo 2^16.
    VerNo,
}

impl Property {
    /// The most octets of a Title (clause 7.7.5).
    pub const MAX_TITLE: usize = 255;

    const NAMED: [(&'static str, Self); 8] = [
        ("ACL", Self::Acl),
        ("Format", Self::Format),
        ("Name", Self::Name),
        ("Size", Self::Size),
        ("Title", Self::Title),
        ("TStamp", Self::TStamp),
        ("Type", Self::Type),
        ("VerNo", Self::VerNo),
    ];

    /// The name behind `?prop=`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let row = Self::NAMED.iter().find(|(_, property)| *property == self);
        row.map_or("", |(name, _)| name)
    }
}

impl FromStr for Property {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let row = Self::NAMED.iter().find(|(name, _)| *name == text);
        row.map(|(_, property)| *property).ok_or(Error::Property)
    }
}

impl Tree {
    /// The property of a node. The ACL counts as for the value; the AccessType
    /// is about the value alone.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`]; [`Error::NotAllowed`] in the Inbox;
    /// [`Error::Property`] for one that the node does not have.
    pub fn property(
        &self,
        by: &ServerId,
        uri: &NodeUri,
        property: Property,
    ) -> Result<Value, Error> {
        if self.is_in_inbox(uri) {
            return Err(Error::NotAllowed);
        }
        let found = self.find(uri).ok_or(Error::NotFound)?;
        if !self.allows(by, Right::Get, uri) {
            return Err(Error::Denied);
        }
        let text = match property {
            Property::Acl => self.own_acl(uri).map(|acl| acl.to_string()),
            Property::Name => uri.name().map(str::to_owned).or(Some(String::new())),
            Property::Format => Some(self.format_of(uri, &found)?.to_string()),
            Property::Type => Some(self.type_of(uri, &found)?),
            Property::Size if found.is_interior() => return Err(Error::Property),
            Property::Size => Some(self.value(uri)?.size().to_string()),
            Property::Title | Property::TStamp | Property::VerNo => {
                let Found::Static(node) = &found else {
                    return Err(Error::Property);
                };
                Some(kept(node, property)?)
            }
        };
        Ok(Value::text(text.unwrap_or_default()))
    }

    fn format_of(&self, uri: &NodeUri, found: &Found<'_>) -> Result<Format, Error> {
        if found.is_interior() {
            return Ok(Format::Node);
        }
        Ok(self.value(uri)?.format().clone())
    }

    fn type_of(&self, uri: &NodeUri, found: &Found<'_>) -> Result<String, Error> {
        if !found.is_interior() {
            return Ok(self.value(uri)?.type_().unwrap_or_default().to_owned());
        }
        Ok(match found {
            Found::Static(node) => match node.kind() {
                NodeKind::Interior { type_ } => type_.clone().unwrap_or_default(),
                NodeKind::Leaf(_) => String::new(),
            },
            Found::Object(..) => String::new(),
        })
    }

    /// Sets the property of a node.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`]; [`Error::NotAllowed`] for a
    /// property that the device keeps itself, the name of a permanent node, an
    /// ACL that is fixed and nodes of objects; [`Error::Acl`], [`Error::Uri`],
    /// [`Error::UriTooLong`]; [`Error::AlreadyExists`] for a sibling's name;
    /// [`Error::TooLarge`] for a long title.
    pub fn set_property(
        &mut self,
        by: &ServerId,
        uri: &NodeUri,
        property: Property,
        text: &str,
    ) -> Result<(), Error> {
        let found = self.find(uri).ok_or(Error::NotFound)?;
        let may = match property {
            Property::Acl => self.may_set_acl(by, uri, found.is_interior()),
            _ => self.allows(by, Right::Replace, uri),
        };
        if !may {
            return Err(Error::Denied);
        }
        self.check_guard(uri)?;
        let Found::Static(node) = found else {
            return Err(Error::NotAllowed);
        };
        let mut node = node.clone();
        match property {
            Property::Acl => {
                node.set_acl(self.new_acl(uri, &node, text)?);
                self.set(uri, Some(node));
                Ok(())
            }
            Property::Title if text.len() > Property::MAX_TITLE => Err(Error::TooLarge),
            Property::Title => {
                node.set_title((!text.is_empty()).then(|| text.to_owned()));
                self.set(uri, Some(node));
                Ok(())
            }
            Property::Name => self.rename(by, uri, &node, text),
            _ => Err(Error::NotAllowed),
        }
    }

    /// Whoever may Replace the parent may; for an interior node also whoever
    /// may Replace the node itself (clause 7.7.1.3).
    fn may_set_acl(&self, by: &ServerId, uri: &NodeUri, interior: bool) -> bool {
        let own = (interior || uri.parent().is_none()) && self.allows(by, Right::Replace, uri);
        own || uri
            .parent()
            .is_some_and(|parent| self.allows(by, Right::Replace, &parent))
    }

    fn new_acl(&self, uri: &NodeUri, node: &Node, text: &str) -> Result<Option<Acl>, Error> {
        if node.has_fixed_acl() {
            return Err(Error::NotAllowed);
        }
        let acl: Option<Acl> = if text.is_empty() {
            None
        } else {
            Some(text.parse()?)
        };
        // The root always has a value, and who may add there stays as it is
        // (clause 7.7.1.2).
        if uri.parent().is_none() {
            let adders = |acl: Option<&Acl>| acl.and_then(|acl| acl.only_right(Right::Add));
            if acl.is_none() || adders(acl.as_ref()) != adders(node.acl()) {
                return Err(Error::NotAllowed);
            }
        }
        Ok(acl)
    }

    /// Moves a node and what is below it to another last segment.
    fn rename(
        &mut self,
        by: &ServerId,
        uri: &NodeUri,
        node: &Node,
        name: &str,
    ) -> Result<(), Error> {
        let parent = uri.parent().ok_or(Error::NotAllowed)?;
        if node.is_permanent() || self.has_mount_at_or_below(uri) {
            return Err(Error::NotAllowed);
        }
        let new = parent.child(name)?;
        if new == *uri {
            return Ok(());
        }
        if self.find(&new).is_some() {
            return Err(Error::AlreadyExists);
        }
        self.check_guarded_move(&new)?;
        // Its Name has changed, that of those below has not (clauses 7.5, 7.7.8).
        let changed = self.now.or(node.changed());
        let top = node
            .clone()
            .with_history(changed, node.ver_no().wrapping_add(1));
        let mut moved = vec![(new.clone(), top)];
        for (below, node) in self.static_below(uri) {
            if node.is_permanent() {
                return Err(Error::NotAllowed);
            }
            if node
                .acl()
                .is_some_and(|acl| !acl.allows(by, Right::Replace))
            {
                return Err(Error::Denied);
            }
            let mut at = new.clone();
            for segment in below.below(uri).unwrap_or_default() {
                at = at.child(segment)?;
            }
            moved.push((at, node.clone()));
        }
        self.remove_static(uri);
        for (at, node) in moved {
            self.put_as_it_is(&at, Some(node));
        }
        Ok(())
    }
}

/// A property that is kept with a static node.
fn kept(node: &Node, property: Property) -> Result<String, Error> {
    match property {
        Property::Title => Ok(node.title().unwrap_or_default().to_owned()),
        Property::VerNo => Ok(node.ver_no().to_string()),
        // ISO 8601, basic format (clause 7.7.6).
        Property::TStamp => node
            .changed()
            .map(|changed| changed.to_string().replace(['-', ':'], ""))
            .ok_or(Error::Property),
        _ => Err(Error::Property),
    }
}
