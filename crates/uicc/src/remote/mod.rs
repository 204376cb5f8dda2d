//! Scripts for remote file and applet management (ETSI TS 102 226 clause 5): commands
//! one after the other in the data of a secured packet, and what came of them.
//!
//! The compact format has the octets of the commands and nothing else; its answer says
//! how many were carried out and what the last one gave. The expanded format wraps each
//! command and each answer into a TLV object, with a definite or an indefinite length.

mod command_script;
mod script_response;

pub use command_script::{BadFormat, CommandScript, Stop};
pub use script_response::{End, ScriptResponse};

/// How a script is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Clause 5.2.1.
    Compact,
    /// Clause 5.2.2, template AA with its length.
    Expanded,
    /// Clause 5.2.2, template AE until 00 00.
    Indefinite,
}

/// A C-APDU and an R-APDU (TS 101 220 clause 7.2).
const C_APDU: u8 = 0x22;
const R_APDU: u8 = 0x23;
/// Where an indefinite length ends.
const END_OF_CONTENTS: [u8; 2] = [0, 0];
const INDEFINITE: u8 = 0x80;

/// What stands in a template: the whole value of a definite length, or all up to the
/// end of contents, which the caller finds while it reads.
fn template(format: Format, tag: u8, value: &[u8]) -> Result<Vec<u8>, crate::UiccError> {
    let mut out = Vec::new();
    match format {
        Format::Indefinite => {
            out.extend([tag, INDEFINITE]);
            out.extend(value);
            out.extend(END_OF_CONTENTS);
        }
        _ => crate::ber::put(&mut out, tag, value)?,
    }
    Ok(out)
}

/// The value of a template whose whole octets are these, without the end of contents.
fn contents(format: Format, octets: &[u8]) -> Result<&[u8], crate::UiccError> {
    let behind = octets.get(1..).unwrap_or_default();
    if format == Format::Indefinite {
        let value = behind
            .strip_prefix(&[INDEFINITE])
            .ok_or(crate::UiccError::Length("length of the template"))?;
        return value
            .strip_suffix(&END_OF_CONTENTS)
            .ok_or(crate::UiccError::Truncated("the template"));
    }
    let (length, value) = crate::ber::read_length(behind, "length of the template")?;
    if value.len() != length {
        return Err(crate::UiccError::Length("length of the template"));
    }
    Ok(value)
}
