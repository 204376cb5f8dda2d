//! Whole parts of a tree in one answer (OMA DM TND 1.2 clause 8.2): `?list=`
//! with Struct, StructData, and TNDS with properties to take in or leave out.

use std::str::FromStr;

use super::{NodeKind, NodeUri, Property, Right, ServerId, Tree, Value};
use crate::Error;

/// The most nodes of one answer.
const MOST_NODES: usize = 4096;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// The nodes, with format and type.
    Struct,
    /// The same with the values of leaves.
    StructData,
    /// A serialised tree.
    Tnds(Listing),
}

/// What a serialised tree is to have of each node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The properties, each once.
    pub properties: Vec<Property>,
    /// The values of leaves.
    pub value: bool,
}

impl Listing {
    /// What a serialised tree can have (OMA DM TNDS 1.2 clause 6.1).
    const ALL: [Property; 6] = [
        Property::Acl,
        Property::Format,
        Property::Title,
        Property::TStamp,
        Property::Type,
        Property::VerNo,
    ];

    /// Whether it has this property.
    #[must_use]
    pub fn has(&self, property: Property) -> bool {
        self.properties.contains(&property)
    }
}

impl Default for Listing {
    /// Everything.
    fn default() -> Self {
        Self {
            properties: Self::ALL.to_vec(),
            value: true,
        }
    }
}

impl FromStr for List {
    type Err = Error;

    /// Reads `Struct`, `StructData`, `TNDS`, `TNDS+ACL+Value`, `TNDS-Format`.
    fn from_str(text: &str) -> Result<Self, Error> {
        const UNKNOWN: Error = Error::Unsupported("this list of nodes");
        match text {
            "Struct" => return Ok(Self::Struct),
            "StructData" => return Ok(Self::StructData),
            "TNDS" => return Ok(Self::Tnds(Listing::default())),
            _ => {}
        }
        let names = text.strip_prefix("TNDS").ok_or(UNKNOWN)?;
        let sign = names.chars().next().ok_or(UNKNOWN)?;
        let (mut listing, includes) = match sign {
            '+' => (
                Listing {
                    properties: Vec::new(),
                    value: false,
                },
                true,
            ),
            '-' => (Listing::default(), false),
            _ => return Err(UNKNOWN),
        };
        for name in names.split(sign).skip(1) {
            if name == "Value" {
                listing.value = includes;
                continue;
            }
            let property = name.parse().map_err(|_| UNKNOWN)?;
            if !Listing::ALL.contains(&property) {
                return Err(UNKNOWN);
            }
            listing.properties.retain(|known| *known != property);
            if includes {
                listing.properties.push(property);
            }
        }
        Ok(Self::Tnds(listing))
    }
}

/// A node of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The node.
    pub uri: NodeUri,
    /// Interior, or a leaf with its value.
    pub kind: NodeKind,
}

impl Tree {
    /// The node at `uri` and those below it that the server may read, parents
    /// first; what is below one that it may not read is left out too.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`], [`Error::NotAllowed`] for the
    /// node itself; [`Error::TooLarge`] for more than 4,096 nodes; or what an
    /// object says.
    pub fn list(&self, by: &ServerId, uri: &NodeUri) -> Result<Vec<Listed>, Error> {
        self.find_for(by, Right::Get, uri)?;
        let mut listed = Vec::new();
        let mut open = vec![uri.clone()];
        while let Some(uri) = open.pop() {
            let found = match self.find_for(by, Right::Get, &uri) {
                Ok(found) => found,
                Err(Error::Denied | Error::NotAllowed | Error::NotFound) => continue,
                Err(error) => return Err(error),
            };
            if listed.len() == MOST_NODES {
                return Err(Error::TooLarge);
            }
            let kind = if found.is_interior() {
                let names = self.children(&uri);
                for name in names.iter().rev() {
                    open.push(uri.child(name)?);
                }
                let type_ = self.property(by, &uri, Property::Type)?;
                let type_ = String::from_utf8_lossy(type_.data()).into_owned();
                NodeKind::Interior {
                    type_: (!type_.is_empty()).then_some(type_),
                }
            } else {
                match self.value(&uri) {
                    Ok(value) => NodeKind::Leaf(value),
                    // Objects have leaves that nobody reads.
                    Err(Error::NotAllowed) => continue,
                    Err(error) => return Err(error),
                }
            };
            listed.push(Listed { uri, kind });
        }
        Ok(listed)
    }

    /// The same as a serialised tree in XML (OMA DM TNDS 1.2).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn serialised(
        &self,
        by: &ServerId,
        uri: &NodeUri,
        listing: &Listing,
    ) -> Result<Value, Error> {
        let nodes = self.list(by, uri)?;
        self.to_tnds(by, uri, nodes, listing)
    }
}
