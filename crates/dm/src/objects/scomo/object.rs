//! What servers do with the nodes (OMA SCOMO 1.0): they describe packages in
//! Download, run primitives, and read.

use syncml::Format;

use super::inventory::{Download, IDLE, check_room};
use super::machine::Machine;
use super::{Operation, Target};
use crate::Error;
use crate::objects::access::{text, text_of};
use crate::objects::shared::Shared;
use crate::tree::{Executed, Execution, ManagementObject, NodeKind, ObjectNode, Overwrite, Value};

/// The most octets of a PkgID or a Name.
const MAX_TEXT: usize = 255;

/// What the tree holds.
pub(super) struct Object(pub(super) Shared<Machine>);

impl ManagementObject for Object {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        self.0.serve(|machine| machine.inventory.lookup(path))
    }

    fn children(&self, path: &[&str]) -> Vec<String> {
        self.0.serve(|machine| machine.inventory.children(path))
    }

    fn get(&self, path: &[&str]) -> Result<Value, Error> {
        self.0.serve(|machine| machine.inventory.get(path))
    }

    fn add(&mut self, path: &[&str], kind: NodeKind) -> Result<(), Error> {
        self.0.serve(|machine| match (path, kind) {
            (["Download", name], NodeKind::Interior { .. }) => machine.add(name),
            (["Download", name, leaf], NodeKind::Leaf(value)) => {
                if *value.format() != Format::Chr {
                    return Err(Error::MediaType);
                }
                machine.describe(name, leaf, text(value.data())?)
            }
            _ => Err(Error::NotAllowed),
        })
    }

    fn replace(&mut self, path: &[&str], new: Overwrite) -> Result<(), Error> {
        let ["Download", name, leaf] = path else {
            return Err(Error::NotAllowed);
        };
        let text = text_of(&new, &Format::Chr)?;
        self.0.serve(|machine| machine.describe(name, leaf, text))
    }

    fn delete(&mut self, path: &[&str]) -> Result<(), Error> {
        let ["Download", name] = path else {
            return Err(Error::NotAllowed);
        };
        self.0.serve(|machine| {
            machine.check_rest(&Target::Package((*name).to_owned()))?;
            machine.inventory.downloads.remove(*name);
            Ok(())
        })
    }

    fn exec(&mut self, path: &[&str], call: &Execution) -> Result<Executed, Error> {
        let [list @ .., name, "Operations", node] = path else {
            return Err(Error::NotAllowed);
        };
        let operation = Operation::of_node(list, node)
            .ok_or(Error::Unsupported("installing without activating"))?;
        self.0
            .serve(|machine| machine.exec(operation, name, call))?;
        Ok(Executed::Accepted)
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.0.begin();
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.0.commit();
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), Error> {
        self.0.roll_back()
    }
}

impl Machine {
    /// A package of which nothing is known yet.
    fn add(&mut self, name: &str) -> Result<(), Error> {
        check_room(&self.inventory.downloads, name)?;
        let package = Download {
            status: IDLE,
            ..Download::default()
        };
        self.inventory.downloads.insert(name.to_owned(), package);
        Ok(())
    }

    /// One of the leaves that servers write.
    fn describe(&mut self, name: &str, leaf: &str, text: String) -> Result<(), Error> {
        self.check_rest(&Target::Package(name.to_owned()))?;
        let downloads = &mut self.inventory.downloads;
        let package = downloads.get_mut(name).ok_or(Error::NotFound)?;
        match leaf {
            "PkgURL" => package.url = Some(text.parse()?),
            "PkgID" | "Name" if text.len() > MAX_TEXT => return Err(Error::TooLarge),
            "PkgID" => package.id = Some(text),
            "Name" => package.name = Some(text),
            _ => return Err(Error::NotAllowed),
        }
        package.status = IDLE;
        Ok(())
    }
}
