//! Writing a document in XML: no declaration, no white space, parms before
//! characteristics as in the DTD; the same document always gives the same
//! octets.

use super::read::is_xml_char;
use super::{Characteristic, DocumentLimits, ProvisioningDoc};
use crate::Error;

impl ProvisioningDoc {
    /// Writes the document.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a character that XML forbids, and for more levels
    /// than [`DocumentLimits`] allows by default.
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        let mut out = String::from("<wap-provisioningdoc");
        if let Some(version) = &self.version {
            attribute(&mut out, "version", version)?;
        }
        out.push('>');
        for characteristic in &self.characteristics {
            element(
                &mut out,
                characteristic,
                DocumentLimits::default().max_depth,
            )?;
        }
        out.push_str("</wap-provisioningdoc>");
        Ok(out.into_bytes())
    }
}

/// Writes a characteristic with at most `levels` levels.
fn element(out: &mut String, characteristic: &Characteristic, levels: usize) -> Result<(), Error> {
    let below = levels
        .checked_sub(1)
        .ok_or(Error::Misuse("characteristics too deep inside each other"))?;
    out.push_str("<characteristic");
    attribute(out, "type", &characteristic.type_)?;
    out.push('>');
    for parm in &characteristic.parms {
        out.push_str("<parm");
        attribute(out, "name", parm.name())?;
        if let Some(value) = parm.value() {
            attribute(out, "value", value)?;
        }
        out.push_str("/>");
    }
    for inside in &characteristic.characteristics {
        element(out, inside, below)?;
    }
    out.push_str("</characteristic>");
    Ok(())
}

fn attribute(out: &mut String, name: &str, value: &str) -> Result<(), Error> {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Attribute values lose these when they are read.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if is_xml_char(c) => out.push(c),
            _ => return Err(Error::Misuse("a character that XML forbids")),
        }
    }
    out.push('"');
    Ok(())
}
