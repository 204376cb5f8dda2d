//! A slow, obvious tree written from the clauses: OMA DM TND 1.2 clauses 5 to 8
//! and OMA DM RepPro 1.2 clause 6.6. Every node is a row in one list, every
//! question is a search through it, an Atomic keeps a copy of the whole list.
//! It shares nothing with the tree that it judges.
//!
//! "Open" in a comment means that the text does not decide; there the crate's
//! own choice, which its documentation names, is followed.

use super::acl::{self, Acl};
use super::command::{Content, Kind, Op};

/// Segments from the root.
pub(crate) type Path = Vec<String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) path: Path,
    pub(crate) kind: Kind,
    /// `None` inherits.
    pub(crate) acl: Option<Acl>,
    /// Only the device changes the ACL.
    pub(crate) acl_fixed: bool,
    pub(crate) permanent: bool,
    /// AccessType.
    pub(crate) access: Vec<&'static str>,
    pub(crate) title: String,
    pub(crate) ver_no: u16,
}

/// What a Get reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reading {
    pub(crate) source: String,
    pub(crate) format: String,
    pub(crate) type_: Option<String>,
    pub(crate) data: Vec<u8>,
}

/// What comes of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) read: Vec<Reading>,
    pub(crate) inside: Vec<Outcome>,
}

pub(super) fn status(status: u16) -> Outcome {
    Outcome {
        status,
        ..Outcome::default()
    }
}

fn of<T>(done: Result<T, u16>) -> Outcome {
    status(done.err().unwrap_or(200))
}

/// What the device has room for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) nodes: usize,
    pub(crate) octets: usize,
    pub(crate) value: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) rows: Vec<Row>,
    pub(crate) room: Room,
    /// Missing parents are created (RepPro 6.6.1 allows it).
    pub(crate) implicit: bool,
}

/// A path, and the name and value of its query.
pub(super) type Target<'a> = (Path, Option<(&'a str, &'a str)>);

/// A Target: a node, and what follows `?`.
pub(super) fn target(text: &str) -> Result<Target<'_>, u16> {
    let Some((node, query)) = text.split_once('?') else {
        return Ok((path(text)?, None));
    };
    let node = path(node)?;
    // TND 7.3 and 8.2: what is not supported is 406. Open: before or after it
    // is looked whether the node is there.
    let (key, name) = query.split_once('=').ok_or(406u16)?;
    let known: &[&str] = match key {
        "prop" => &[
            "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
        ],
        "list" => &["Struct", "StructData"],
        _ => return Err(406),
    };
    if !known.contains(&name) {
        return Err(406);
    }
    Ok((node, Some((key, name))))
}

/// TND 5; the limits are those of `./DevDetail/URI`. 414 is in each table of
/// RepPro 6.6, 400 is a code of SyncML for what is no URI.
pub(super) fn path(text: &str) -> Result<Path, u16> {
    if text == "." {
        return Ok(Path::new());
    }
    let below = text.strip_prefix("./").unwrap_or(text);
    if below.len() + 2 > 1024 {
        return Err(414);
    }
    let mut path = Path::new();
    for segment in below.split('/') {
        if segment.len() > 255 {
            return Err(414);
        }
        if segment.is_empty() || segment == "." || segment == ".." || segment.contains('?') {
            return Err(400);
        }
        path.push(segment.to_owned());
    }
    if path.len() > 32 {
        return Err(414);
    }
    Ok(path)
}

pub(super) fn written(path: &[String]) -> String {
    let mut text = ".".to_owned();
    for segment in path {
        text = text + "/" + segment;
    }
    text
}

pub(super) fn is_below(path: &[String], above: &[String]) -> bool {
    path.len() > above.len() && path[..above.len()] == *above
}

impl Row {
    fn leaf(&self) -> Option<&Content> {
        match &self.kind {
            Kind::Leaf(content) => Some(content),
            Kind::Interior(_) => None,
        }
    }
}

impl Reference {
    pub(crate) fn run(&mut self, by: &str, op: &Op) -> Outcome {
        match op {
            Op::Get(at) => self.get(by, at),
            Op::Add(at, kind) => of(self.add(by, at, kind)),
            Op::Replace(at, content) => of(self.replace(by, at, content)),
            Op::Copy(from, to) => of(self.copy(by, from, to)),
            Op::Delete(at) => of(self.delete(by, at)),
            Op::Sequence(inside) => Outcome {
                // RepPro 6.6.14. Open: whether a failure ends it; it goes on.
                inside: inside.iter().map(|op| self.run(by, op)).collect(),
                ..status(200)
            },
            Op::Atomic(inside) => self.atomic(by, inside),
        }
    }

    /// RepPro 6.6.3 with the tables of the commands for 215 and 216.
    fn atomic(&mut self, by: &str, inside: &[Op]) -> Outcome {
        let before = self.rows.clone();
        let mut outcomes: Vec<Outcome> = Vec::new();
        let mut failed = false;
        for op in inside {
            let outcome = if failed {
                status(215)
            } else {
                self.run(by, op)
            };
            failed |= outcome.status != 200;
            outcomes.push(outcome);
        }
        if failed {
            self.rows = before;
            for outcome in outcomes.iter_mut().filter(|done| done.status == 200) {
                outcome.status = 216;
            }
        }
        Outcome {
            inside: outcomes,
            ..status(if failed { 507 } else { 200 })
        }
    }

    pub(super) fn find(&self, path: &[String]) -> Option<&Row> {
        self.rows.iter().find(|row| row.path == path)
    }

    pub(super) fn find_mut(&mut self, path: &[String]) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.path == path)
    }

    /// Those below, in the order of their segments.
    pub(super) fn below(&self, path: &[String]) -> Vec<Row> {
        let mut below: Vec<Row> = self.rows.clone();
        below.retain(|row| is_below(&row.path, path));
        below.sort_by(|a, b| a.path.cmp(&b.path));
        below
    }

    /// TND 7.7.1.1: the first value on the way up, and that one alone.
    pub(super) fn allows(&self, by: &str, right: &str, path: &[String]) -> bool {
        for length in (0..=path.len()).rev() {
            if let Some(acl) = self.find(&path[..length]).and_then(|row| row.acl.as_ref()) {
                return acl::allows(acl, right, by);
            }
        }
        false
    }

    /// 404, 425 and 405 are in the tables of RepPro 6.6, 405 for AccessType in
    /// TND 6.2.5. Open: which comes first, and whether 405 holds for Get.
    pub(super) fn may(&self, by: &str, right: &'static str, path: &[String]) -> Result<Row, u16> {
        let row = self.find(path).ok_or(404u16)?;
        if !self.allows(by, right, path) {
            return Err(425);
        }
        if !row.access.contains(&right) {
            return Err(405);
        }
        Ok(row.clone())
    }

    /// 420, here for values and nodes together.
    fn check_room(&self, freed: usize, size: usize, nodes: usize) -> Result<(), u16> {
        let all: usize = self
            .rows
            .iter()
            .filter_map(Row::leaf)
            .map(Content::size)
            .sum();
        let fits = all - freed + size <= self.room.octets;
        let few = self.rows.len() + nodes <= self.room.nodes;
        if fits && few { Ok(()) } else { Err(420) }
    }

    /// RepPro 6.6.1.
    fn add(&mut self, by: &str, at: &str, kind: &Kind) -> Result<(), u16> {
        let (path, part) = target(at)?;
        if part.is_some() {
            return Err(405);
        }
        let kind = match kind {
            Kind::Leaf(content) => &Kind::Leaf(content.named()),
            interior => interior,
        };
        let before = self.rows.clone();
        let mut done = Ok(());
        if self.implicit {
            for length in 1..path.len() {
                if done.is_ok() && self.find(&path[..length]).is_none() {
                    done = self.add_one(by, &path[..length], &Kind::Interior(None));
                }
            }
        }
        let done = done.and_then(|()| self.add_one(by, &path, kind));
        if done.is_err() {
            self.rows = before;
        }
        done
    }

    /// Open: which of several faults is told.
    fn add_one(&mut self, by: &str, path: &[String], kind: &Kind) -> Result<(), u16> {
        if self.find(path).is_some() {
            return Err(418);
        }
        let parent = &path[..path.len() - 1];
        if matches!(self.may(by, "Add", parent)?.kind, Kind::Leaf(_)) {
            return Err(405);
        }
        let size = match kind {
            Kind::Leaf(content) => content.size(),
            Kind::Interior(_) => 0,
        };
        if size > self.room.value {
            return Err(413);
        }
        self.check_room(0, size, 1)?;
        // TND 7.7.1.3. The clause gives Add, Delete and Replace; Get comes with
        // them here, since a node with a value inherits nothing.
        let own = matches!(kind, Kind::Interior(_)) && !self.allows(by, "Replace", parent);
        self.rows.push(Row {
            path: path.to_vec(),
            kind: kind.clone(),
            acl: own.then(|| acl::only(by, &["Add", "Delete", "Get", "Replace"])),
            acl_fixed: false,
            permanent: false,
            access: vec!["Add", "Delete", "Get", "Replace"],
            title: String::new(),
            ver_no: 0,
        });
        Ok(())
    }

    /// RepPro 6.6.11.
    fn replace(&mut self, by: &str, at: &str, content: &Content) -> Result<(), u16> {
        let (path, part) = target(at)?;
        match part {
            Some(("prop", name)) => return self.set_property(by, &path, name, content),
            Some(_) => return Err(405),
            None => {}
        }
        let row = self.may(by, "Replace", &path)?;
        let Some(old) = row.leaf() else {
            return Err(405);
        };
        if content.size() > self.room.value {
            return Err(413);
        }
        let mut new = content.named();
        // Null comes without a type; the node's stays.
        new.type_ = new.type_.or(old.type_.clone());
        // "Format, Name and Type properties of permanent nodes cannot be
        // changed".
        if row.permanent && (new.format != old.format || new.type_ != old.type_) {
            return Err(405);
        }
        self.check_room(old.size(), new.size(), 0)?;
        self.overwrite(&path, new);
        Ok(())
    }

    /// TND 7.7.8.
    fn overwrite(&mut self, path: &[String], content: Content) {
        self.change(path, |row| row.kind = Kind::Leaf(content));
    }

    pub(super) fn change(&mut self, path: &[String], change: impl FnOnce(&mut Row)) {
        let row = self.find_mut(path).expect("a node to change");
        change(row);
        row.ver_no = if row.ver_no == 0xffff {
            0
        } else {
            row.ver_no + 1
        };
    }

    /// RepPro 6.6.4 with TND 7.7.1.5.
    fn copy(&mut self, by: &str, from: &str, to: &str) -> Result<(), u16> {
        let (to, part) = target(to)?;
        if part.is_some() {
            return Err(405);
        }
        let from = path(from)?;
        let source = self.may(by, "Get", &from)?;
        let Some(new) = source.leaf() else {
            return Err(403);
        };
        let row = self.may(by, "Replace", &to)?;
        let Some(old) = row.leaf() else {
            return Err(403);
        };
        // What can't be overwritten for other reasons than rights.
        if row.permanent && (new.format != old.format || new.type_ != old.type_) {
            return Err(403);
        }
        self.check_room(old.size(), new.size(), 0)?;
        // Format and type belong to the value (TND 7.7.2, 7.7.7.1).
        self.overwrite(&to, new.clone());
        Ok(())
    }

    /// RepPro 6.6.5 with TND 6.2.3 and 6.2.5. Open: the ACLs below, which count
    /// here if they deny Delete.
    fn delete(&mut self, by: &str, at: &str) -> Result<(), u16> {
        let (path, part) = target(at)?;
        if part.is_some() || path.is_empty() {
            return Err(405);
        }
        if self.may(by, "Delete", &path)?.permanent {
            return Err(405);
        }
        let below = self.below(&path);
        let denied = |row: &Row| {
            row.acl
                .as_ref()
                .is_some_and(|acl| !acl::allows(acl, "Delete", by))
        };
        if below.iter().any(denied) {
            return Err(425);
        }
        if below.iter().any(|row| row.permanent) {
            return Err(405);
        }
        self.rows
            .retain(|row| row.path != path && !is_below(&row.path, &path));
        Ok(())
    }
}
