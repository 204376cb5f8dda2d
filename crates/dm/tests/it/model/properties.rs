//! Properties of the reference's nodes that servers set (OMA DM TND 1.2 clauses
//! 7.5 and 7.7).

use super::acl::{self, Acl};
use super::command::{Content, Kind};
use super::reference::{Reference, Row, is_below, path, written};

impl Reference {
    /// TND 7.5.
    pub(super) fn set_property(
        &mut self,
        by: &str,
        path: &[String],
        name: &str,
        content: &Content,
    ) -> Result<(), u16> {
        let row = self.find(path).ok_or(404u16)?.clone();
        let above = &path[..path.len().saturating_sub(1)];
        let here = self.allows(by, "Replace", path);
        // TND 7.7.1.3: a leaf's ACL is its parent's business alone.
        let may = match (name, &row.kind) {
            ("ACL", Kind::Leaf(_)) => self.allows(by, "Replace", above),
            ("ACL", Kind::Interior(_)) => here || self.allows(by, "Replace", above),
            _ => here,
        };
        if !may {
            return Err(425);
        }
        let text = String::from_utf8(content.data.clone()).map_err(|_| 412u16)?;
        match name {
            "ACL" => self.set_acl(&row, &text),
            "Title" if text.len() > 255 => Err(413),
            "Title" => {
                self.change(path, |row| row.title = text);
                Ok(())
            }
            "Name" => self.rename(by, &row, &text),
            _ => Err(405),
        }
    }

    fn set_acl(&mut self, row: &Row, text: &str) -> Result<(), u16> {
        if row.acl_fixed {
            return Err(405);
        }
        let new = match text {
            "" => None,
            text => Some(acl::read(text).ok_or(400u16)?),
        };
        // TND 7.7.1.2: the root has a value; a change of who may add there MAY
        // fail with 405, and does.
        if row.path.is_empty() {
            let adders = |acl: Option<&Acl>| acl.and_then(|acl| acl::holders(acl, "Add"));
            if new.is_none() || adders(new.as_ref()) != adders(row.acl.as_ref()) {
                return Err(405);
            }
        }
        self.change(&row.path, |row| row.acl = new);
        Ok(())
    }

    /// TND 7.7.3 and 7.5.1. Open: what is below; a permanent node or an ACL
    /// that denies Replace keeps everything above from being renamed. Open: the
    /// name that it has already, which changes nothing.
    fn rename(&mut self, by: &str, row: &Row, name: &str) -> Result<(), u16> {
        if row.path.is_empty() || row.permanent {
            return Err(405);
        }
        if name.contains('/') {
            return Err(400);
        }
        let mut new = row.path.clone();
        new.pop();
        let new = path(&(written(&new) + "/" + name))?;
        if new == row.path {
            return Ok(());
        }
        if self.find(&new).is_some() {
            return Err(418);
        }
        let below = self.below(&row.path);
        for row in &below {
            if row.permanent {
                return Err(405);
            }
            if row
                .acl
                .as_ref()
                .is_some_and(|acl| !acl::allows(acl, "Replace", by))
            {
                return Err(425);
            }
        }
        // TND 7.5 and 7.7.8: the Name of this node has changed, and of no other.
        self.change(&row.path, |_| {});
        for moved in &mut self.rows {
            if moved.path == row.path || is_below(&moved.path, &row.path) {
                moved.path.splice(..new.len(), new.iter().cloned());
            }
        }
        Ok(())
    }
}
