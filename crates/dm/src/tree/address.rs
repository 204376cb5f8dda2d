//! What a command's Target names (OMA DM TND 1.2 clauses 5, 7.3 and 8.2): a
//! node, a property of it (`?prop=`), or what is below it (`?list=`).

use std::str::FromStr;

use super::{List, NodeUri, Property};
use crate::Error;

/// A node, and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The node.
    pub uri: NodeUri,
    /// What of it.
    pub part: Part,
}

/// What of a node is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The node itself.
    Node,
    /// A property.
    Property(Property),
    /// It and what is below it.
    List(List),
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((uri, query)) = text.split_once('?') else {
            return Ok(Self {
                uri: text.parse()?,
                part: Part::Node,
            });
        };
        let uri = uri.parse()?;
        let part = match query.split_once('=') {
            Some(("prop", name)) => Part::Property(name.parse()?),
            Some(("list", what)) => Part::List(what.parse()?),
            _ => return Err(Error::Unsupported("this query of a node")),
        };
        Ok(Self { uri, part })
    }
}
