//! Commands judged by a device description (OMA DM TND 1.2 clauses 6.2.3 and
//! 9.4.3; the statuses are those of OMA DM RepPro 1.2 clause 6.6).

use syncml::Format;

use super::{Described, Description, DfType, Scope};
use crate::Error;
use crate::tree::Right;

impl Description {
    /// Whether a node may be added at `path`, of whose description there are
    /// `siblings` already under the same parent. What the command does not say
    /// (`None`) is not judged.
    ///
    /// # Errors
    /// [`Error::NotFound`] (404) if not even the parent is described;
    /// [`Error::NotAllowed`] (405) if only the parent is, for a permanent node
    /// (clause 6.2.3: servers create none), without Add in the AccessType
    /// (clause 9.4.3.1), and where there are as many as may be (clause
    /// 9.4.3.5); [`Error::MediaType`] (415) for another format or type (clauses
    /// 9.4.3.4 and 9.4.3.8).
    pub fn check_add(
        &self,
        path: &[&str],
        siblings: usize,
        format: Option<&Format>,
        type_: Option<&str>,
    ) -> Result<(), Error> {
        let Some(node) = self.find(path) else {
            let (_, parent) = path.split_last().ok_or(Error::NotFound)?;
            let there = parent.is_empty() || self.find(parent).is_some();
            return Err(if there {
                Error::NotAllowed
            } else {
                Error::NotFound
            });
        };
        check_access(node, Right::Add)?;
        if node.scope == Scope::Permanent {
            return Err(Error::NotAllowed);
        }
        if node.occurrence.most().is_some_and(|most| siblings >= most) {
            return Err(Error::NotAllowed);
        }
        check_kind(node, format, type_)
    }

    /// Whether the value of the node at `path` may be replaced. What the
    /// command does not say is not judged.
    ///
    /// # Errors
    /// [`Error::NotFound`] (404) if nothing describes the path;
    /// [`Error::NotAllowed`] (405) without Replace in the AccessType (clause
    /// 9.4.3.1); [`Error::MediaType`] (415) for another format or type (clauses
    /// 9.4.3.4 and 9.4.3.8).
    pub fn check_replace(
        &self,
        path: &[&str],
        format: Option<&Format>,
        type_: Option<&str>,
    ) -> Result<(), Error> {
        let node = self.find(path).ok_or(Error::NotFound)?;
        check_access(node, Right::Replace)?;
        check_kind(node, format, type_)
    }

    /// Whether the node at `path` may be deleted, one of `siblings` with the
    /// same description under the same parent. A node that goes with its parent
    /// is not asked for (clause 6.2.5).
    ///
    /// # Errors
    /// [`Error::NotFound`] (404) if nothing describes the path;
    /// [`Error::NotAllowed`] (405) for a permanent node (clause 6.2.3), without
    /// Delete in the AccessType (clause 9.4.3.1), and where fewer would be left
    /// than must be (clause 9.4.3.5).
    pub fn check_delete(&self, path: &[&str], siblings: usize) -> Result<(), Error> {
        let node = self.find(path).ok_or(Error::NotFound)?;
        check_access(node, Right::Delete)?;
        if node.scope == Scope::Permanent || siblings <= node.occurrence.least() {
            return Err(Error::NotAllowed);
        }
        Ok(())
    }

    /// Whether the node at `path` may be read.
    ///
    /// # Errors
    /// [`Error::NotFound`] (404) if nothing describes the path;
    /// [`Error::NotAllowed`] (405) without Get in the AccessType (clause
    /// 9.4.3.1).
    pub fn check_get(&self, path: &[&str]) -> Result<(), Error> {
        check_access(self.find(path).ok_or(Error::NotFound)?, Right::Get)
    }

    /// Whether the process at `path` may be run.
    ///
    /// # Errors
    /// [`Error::NotFound`] (404) if nothing describes the path;
    /// [`Error::NotAllowed`] (405) without Exec in the AccessType (clause
    /// 9.4.3.1).
    pub fn check_exec(&self, path: &[&str]) -> Result<(), Error> {
        check_access(self.find(path).ok_or(Error::NotFound)?, Right::Exec)
    }
}

fn check_access(node: &Described, right: Right) -> Result<(), Error> {
    if node.access.rights.has(right) {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

fn check_kind(node: &Described, format: Option<&Format>, type_: Option<&str>) -> Result<(), Error> {
    let format_fits = format.is_none_or(|format| plain(format) == plain(&node.format));
    let type_fits = type_.is_none_or(|type_| type_fits(node, type_));
    if format_fits && type_fits {
        Ok(())
    } else {
        Err(Error::MediaType)
    }
}

/// `b64` is how octets travel, not what they are (clause 7.7.2).
fn plain(format: &Format) -> &Format {
    match format {
        Format::B64 => &Format::Bin,
        other => other,
    }
}

/// A description without a type leaves it open; so does a command for an
/// interior node with the type that every command has that gives none, plain
/// text.
fn type_fits(node: &Described, type_: &str) -> bool {
    match &node.type_ {
        DfType::DdfName(name) => {
            let default = type_.is_empty() || same_media(type_, "text/plain");
            name.is_empty() || default || name == type_
        }
        DfType::Mime(_) if node.is_interior() => true,
        DfType::Mime(types) => types.iter().any(|known| same_media(known, type_)),
    }
}

/// Media types without their parameters, in any case.
fn same_media(a: &str, b: &str) -> bool {
    let essence = |text: &str| text.split(';').next().unwrap_or(text).trim().to_owned();
    essence(a).eq_ignore_ascii_case(&essence(b))
}
