//! Commands of a server (OMA DM RepPro 1.2 clause 6.6), each for one node.

use std::time::Duration;

use syncml::{Command, Exec, Format, Group, Item, ItemCommand};

use crate::Error;
use crate::interaction::Interaction;
use crate::session::{Encoding, wire_item};
use crate::tree::{NodeKind, NodeUri, Value};

/// A command that the server queued. The commands inside a group have
/// identifiers of their own, see [`inside`](Self::inside).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub(super) u32);

impl CommandId {
    /// The identifier of the command at `index` in a group.
    #[must_use]
    pub const fn inside(self, index: u32) -> Self {
        Self(self.0.wrapping_add(1).wrapping_add(index))
    }
}

/// A command. Targets are full URIs from the device's root, as the device knows
/// them. A Get may end in `?prop=` or `?list=`, a Replace in `?prop=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read a node.
    Get {
        /// The node.
        target: String,
    },
    /// Create a node.
    Add {
        /// The node.
        target: String,
        /// Interior, or its value.
        kind: NodeKind,
    },
    /// Overwrite a leaf.
    Replace {
        /// The node.
        target: String,
        /// The new value.
        value: Value,
    },
    /// Overwrite a leaf with the value of another.
    Copy {
        /// The leaf that is read.
        source: String,
        /// The leaf that is overwritten.
        target: String,
    },
    /// Remove a node and what is below it.
    Delete {
        /// The node.
        target: String,
    },
    /// Run a process.
    Exec {
        /// The node.
        target: String,
        /// What the alert with an asynchronous result is to bear.
        correlator: Option<String>,
        /// The argument.
        argument: Option<Value>,
    },
    /// Show the user something or ask (OMA DM Protocol 1.2 clause 10).
    /// [`Interaction::reply`] reads the answer from the Status.
    Interaction(Interaction),
    /// Run commands in order.
    Sequence(Vec<Request>),
    /// Run Adds, Copies, Replaces and Deletes together or not at all, the user's
    /// consent among them.
    Atomic(Vec<Request>),
}

impl Request {
    /// The number of commands inside.
    pub(super) fn inside(&self) -> &[Self] {
        match self {
            Self::Sequence(inside) | Self::Atomic(inside) => inside,
            _ => &[],
        }
    }

    /// How long the device's user may take by the server's own word.
    pub(super) fn user_time(&self) -> Duration {
        match self {
            Self::Interaction(interaction) => {
                let options = &interaction.options;
                options.max_wait.max(options.min_shown).unwrap_or_default()
            }
            _ => self.inside().iter().map(Self::user_time).sum(),
        }
    }

    pub(super) fn correlator(&self) -> Option<&str> {
        match self {
            Self::Exec { correlator, .. } => correlator.as_deref(),
            _ => None,
        }
    }

    pub(super) fn to_command(&self, encoding: Encoding) -> Result<Command, Error> {
        let one = |item| ItemCommand::new("1", vec![item]);
        Ok(match self {
            Self::Get { target } => Command::Get(one(addressed(target)?)),
            Self::Copy { source, target } => {
                let mut item = addressed(target)?;
                item.source = addressed(source)?.target;
                Command::Copy(one(item))
            }
            Self::Delete { target } => Command::Delete(one(addressed(target)?)),
            Self::Add { target, kind } => {
                Command::Add(one(added(encoding, addressed(target)?, kind)?))
            }
            Self::Replace { target, value } => {
                let mut item = wire_item(encoding, addressed(target)?, value)?;
                if !target.contains('?') {
                    name_type(&mut item, value);
                }
                Command::Replace(one(item))
            }
            Self::Exec {
                target,
                correlator,
                argument,
            } => {
                let item = addressed(target)?;
                let item = match argument {
                    Some(value) => wire_item(encoding, item, value)?,
                    None => item,
                };
                Command::Exec(Exec {
                    cmd_id: "1".into(),
                    correlator: correlator.clone(),
                    items: vec![item],
                    ..Exec::default()
                })
            }
            Self::Interaction(interaction) => Command::Alert(interaction.to_alert()?),
            Self::Sequence(inside) => Command::Sequence(group(encoding, inside, |request| {
                !matches!(request, Self::Sequence(_) | Self::Atomic(_))
            })?),
            Self::Atomic(inside) => Command::Atomic(group(encoding, inside, |request| {
                matches!(
                    request,
                    Self::Add { .. }
                        | Self::Copy { .. }
                        | Self::Replace { .. }
                        | Self::Delete { .. }
                        | Self::Interaction(_)
                )
            })?),
        })
    }
}

/// An item about `target`, a node or, behind `?`, something of it.
fn addressed(target: &str) -> Result<Item, Error> {
    let (uri, _) = target.split_once('?').unwrap_or((target, ""));
    NodeUri::check_form(uri)?;
    Ok(Item::target(target))
}

/// Whoever sets a leaf's value names its type in the same command (OMA DM TND
/// 1.2 clause 7.7.7.1).
fn name_type(item: &mut Item, value: &Value) {
    let type_ = match value.format() {
        Format::Null => return,
        Format::Bin => "application/octet-stream",
        Format::Xml => "text/xml",
        _ => "text/plain",
    };
    if let Some(meta) = &mut item.meta {
        meta.type_.get_or_insert_with(|| type_.to_owned());
    }
}

fn added(encoding: Encoding, item: Item, kind: &NodeKind) -> Result<Item, Error> {
    match kind {
        NodeKind::Leaf(value) => {
            let mut item = wire_item(encoding, item, value)?;
            name_type(&mut item, value);
            Ok(item)
        }
        NodeKind::Interior { type_ } => Ok(item.with_meta(syncml::Meta {
            format: Some(syncml::Format::Node),
            type_: type_.clone(),
            ..syncml::Meta::default()
        })),
    }
}

fn group(
    encoding: Encoding,
    inside: &[Request],
    may_be_inside: impl Fn(&Request) -> bool,
) -> Result<Group, Error> {
    if inside.is_empty() || !inside.iter().all(may_be_inside) {
        return Err(Error::Misuse("commands that the group can't have"));
    }
    let commands = inside
        .iter()
        .map(|request| request.to_command(encoding))
        .collect::<Result<_, _>>()?;
    Ok(Group {
        cmd_id: "1".into(),
        commands,
        ..Group::default()
    })
}
