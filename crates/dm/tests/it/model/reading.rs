//! What a Get reads from the reference (OMA DM TND 1.2 clauses 6.2.2, 7 and 8.2).

use super::acl;
use super::command::{Content, Kind};
use super::reference::{Outcome, Reading, Reference, Row, status, target, written};

impl Reference {
    pub(super) fn get(&self, by: &str, at: &str) -> Outcome {
        let read = target(at).and_then(|(path, part)| match part {
            None => self.value(by, &path, at),
            Some(("prop", name)) => self.property(by, &path, name, at),
            Some((_, name)) => self.list(by, &path, name == "StructData"),
        });
        match read {
            Ok(read) => Outcome {
                read,
                ..status(200)
            },
            Err(code) => status(code),
        }
    }

    /// TND 6.2.2: a value, or the names of the children between slashes.
    fn value(&self, by: &str, path: &[String], at: &str) -> Result<Vec<Reading>, u16> {
        let row = self.may(by, "Get", path)?;
        let content = match row.kind {
            Kind::Leaf(content) => content,
            Kind::Interior(_) => {
                let mut names: Vec<String> = self
                    .below(path)
                    .into_iter()
                    .filter(|row| row.path.len() == path.len() + 1)
                    .map(|row| row.path[path.len()].clone())
                    .collect();
                names.sort();
                Content::new("node", Some("text/plain"), names.join("/").as_bytes())
            }
        };
        Ok(vec![Reading {
            source: at.to_owned(),
            format: content.format,
            type_: content.type_,
            data: content.data,
        }])
    }

    /// TND 7.2 to 7.7. Open: AccessType does not count for properties.
    fn property(
        &self,
        by: &str,
        path: &[String],
        name: &str,
        at: &str,
    ) -> Result<Vec<Reading>, u16> {
        let row = self.find(path).ok_or(404u16)?;
        if !self.allows(by, "Get", path) {
            return Err(425);
        }
        let text = match (name, &row.kind) {
            ("ACL", _) => row.acl.as_ref().map(acl::written).unwrap_or_default(),
            ("Name", _) => path.last().cloned().unwrap_or_default(),
            ("Format", Kind::Interior(_)) => "node".to_owned(),
            ("Format", Kind::Leaf(content)) => content.format.clone(),
            ("Type", Kind::Interior(type_)) => type_.clone().unwrap_or_default(),
            ("Type", Kind::Leaf(content)) => content.type_.clone().unwrap_or_default(),
            ("Size", Kind::Leaf(content)) => content.size().to_string(),
            ("Title", _) => row.title.clone(),
            ("VerNo", _) => row.ver_no.to_string(),
            // Size of an interior node; TStamp on a device without a clock.
            _ => return Err(406),
        };
        Ok(vec![Reading {
            source: at.to_owned(),
            // Without meta-information: the defaults (TND 7.4).
            format: "chr".to_owned(),
            type_: None,
            data: text.into_bytes(),
        }])
    }

    /// TND 8.2: what the server may read. Open: what is below a node that it
    /// may not.
    fn list(&self, by: &str, top: &[String], with_data: bool) -> Result<Vec<Reading>, u16> {
        self.may(by, "Get", top)?;
        let mut rows = vec![self.find(top).ok_or(404u16)?.clone()];
        rows.extend(self.below(top));
        let readable = |row: &Row| {
            (top.len()..=row.path.len())
                .all(|length| self.may(by, "Get", &row.path[..length]).is_ok())
        };
        rows.retain(readable);
        let reading = |row: Row| {
            let (format, type_, data) = match row.kind {
                Kind::Interior(type_) => ("node".to_owned(), type_, Vec::new()),
                Kind::Leaf(content) if with_data => (content.format, content.type_, content.data),
                Kind::Leaf(content) => (content.format, content.type_, Vec::new()),
            };
            Reading {
                source: written(&row.path),
                format,
                type_,
                data,
            }
        };
        Ok(rows.into_iter().map(reading).collect())
    }
}
