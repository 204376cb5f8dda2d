//! The nodes of a firmware update (OMA FUMO 1.0 clause 5.1) and what servers do
//! with them.

use data_encoding::HEXLOWER_PERMISSIVE;
use syncml::Format;

use super::machine::Machine;
use super::{Expected, Operation};
use crate::Error;
use crate::objects::access::{EXEC_GET, GET, GET_REPLACE, interior, leaf, number, text_of};
use crate::objects::shared::Shared;
use crate::tree::{Executed, Execution, ManagementObject, ObjectNode, Overwrite, Right, Value};

/// What the tree holds.
pub(super) struct Object(pub(super) Shared<Machine>);

impl ManagementObject for Object {
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode> {
        match path {
            ["PkgName" | "PkgVersion"] => self
                .0
                .serve(|machine| description(machine, path).is_some())
                .then(|| leaf(GET)),
            ["Download" | "Update" | "DownloadAndUpdate"] => Some(interior(EXEC_GET)),
            ["Download" | "DownloadAndUpdate", "PkgURL"] => Some(leaf(GET_REPLACE)),
            ["Update", "PkgData"] => Some(leaf(&[Right::Replace])),
            ["State"] => Some(leaf(GET)),
            ["Ext"] | ["Ext", "rehome"] => Some(interior(GET)),
            ["Ext", "rehome", "Size" | "SHA256"] => Some(leaf(GET_REPLACE)),
            _ => None,
        }
    }

    fn children(&self, path: &[&str]) -> Vec<String> {
        let names: &[&str] = match path {
            [] => &[
                "PkgName",
                "PkgVersion",
                "Download",
                "Update",
                "DownloadAndUpdate",
                "State",
                "Ext",
            ],
            ["Download" | "DownloadAndUpdate"] => &["PkgURL"],
            ["Update"] => &["PkgData"],
            ["Ext"] => &["rehome"],
            ["Ext", "rehome"] => &["Size", "SHA256"],
            _ => &[],
        };
        let there = |name: &&&str| !path.is_empty() || self.lookup(&[**name]).is_some();
        names
            .iter()
            .filter(there)
            .map(|name| (*name).to_owned())
            .collect()
    }

    fn get(&self, path: &[&str]) -> Result<Value, Error> {
        self.0.serve(|machine| get(machine, path))
    }

    fn replace(&mut self, path: &[&str], new: Overwrite) -> Result<(), Error> {
        self.0.serve(|machine| replace(machine, path, new))
    }

    fn exec(&mut self, path: &[&str], call: &Execution) -> Result<Executed, Error> {
        let operation = match path {
            [node] => Operation::of_node(node),
            _ => None,
        };
        let operation = operation.ok_or(Error::NotAllowed)?;
        self.0.serve(|machine| machine.exec(operation, call))?;
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

fn description<'a>(machine: &'a Machine, path: &[&str]) -> Option<&'a String> {
    match path {
        ["PkgName"] => machine.name.as_ref(),
        _ => machine.version.as_ref(),
    }
}

fn get(machine: &Machine, path: &[&str]) -> Result<Value, Error> {
    let url = match path {
        ["Download", "PkgURL"] => &machine.download_url,
        ["DownloadAndUpdate", "PkgURL"] => &machine.both_url,
        ["State"] => return Ok(number(machine.state.number().into())),
        ["Ext", "rehome", "Size"] => return Ok(number(machine.expected.size.unwrap_or(0))),
        ["Ext", "rehome", "SHA256"] => return Ok(Value::text(machine.expected.digest_text())),
        ["PkgName" | "PkgVersion"] => {
            let text = description(machine, path).ok_or(Error::NotFound)?;
            return Ok(Value::text(text.as_str()));
        }
        _ => return Err(Error::NotAllowed),
    };
    Ok(Value::text(url.as_ref().map_or("", |url| url.as_str())))
}

/// Everything is checked before anything is changed.
fn replace(machine: &mut Machine, path: &[&str], new: Overwrite) -> Result<(), Error> {
    match path {
        ["Update", "PkgData"] => {
            if new.format.is_some_and(|format| format != Format::Bin) {
                return Err(Error::MediaType);
            }
            machine.take_data(new.data)
        }
        ["Download", "PkgURL"] => {
            let url = text_of(&new, &Format::Chr)?.parse()?;
            machine.renew()?;
            machine.download_url = Some(url);
            Ok(())
        }
        ["DownloadAndUpdate", "PkgURL"] => {
            let url = text_of(&new, &Format::Chr)?.parse()?;
            machine.renew()?;
            machine.both_url = Some(url);
            Ok(())
        }
        ["Ext", "rehome", name] => {
            let expected = expect(&machine.expected, name, &new)?;
            machine.renew()?;
            machine.expected = expected;
            Ok(())
        }
        _ => Err(Error::NotAllowed),
    }
}

/// A length of 0 and an empty digest stand for "not known".
fn expect(old: &Expected, name: &str, new: &Overwrite) -> Result<Expected, Error> {
    let mut expected = old.clone();
    if name == "Size" {
        let text = text_of(new, &Format::Int)?;
        let size = text.parse().map_err(|_| Error::Command("not a length"))?;
        expected.size = Some(size).filter(|size| *size > 0);
        return Ok(expected);
    }
    let text = text_of(new, &Format::Chr)?;
    expected.sha256 = None;
    if !text.is_empty() {
        let octets = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        let digest = octets.and_then(|octets| octets.try_into().ok());
        expected.sha256 = Some(digest.ok_or(Error::Command("not a SHA-256 digest"))?);
    }
    Ok(expected)
}
