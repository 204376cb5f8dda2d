//! A line's words as a statement.

use std::borrow::Cow;

use super::load::{Source, load_file};
use super::management::{ForInstall, ForLoad, NO_PARAMETERS, Registry, are_objects};
use super::selected::{ADF, File, MF, Selected};
use super::statement::{Content, Statement};
use super::words::{Words, decode, unquoted};
use super::{ScriptError, ScriptFault};
use crate::UiccError;
use crate::apdu::CommandApdu;
use crate::cap::Aid;
use crate::files;

/// The statements, for whoever wrote another.
pub(super) const STATEMENTS: &str = "select, read-binary, read-record, update-binary, \
    update-record, activate-file, deactivate-file, install, load, load-block, delete, \
    get-status, get-data, lock, unlock, raw; before them format, limit, packets";

const AID: &str = "an AID, 5 to 16 octets in hexadecimal";
const LENGTH: &str = "a length, 1 to 256";
const OFFSET: &str = "an offset, 0 to 32767";
const RECORD: &str = "a record, 1 to 254";
const CONTENT: &str = "1 to 255 octets in hexadecimal";

type Result<T> = std::result::Result<T, ScriptError>;

/// The statement of a line whose first word is this one.
pub(super) fn statement(
    word: &str,
    words: &mut Words<'_>,
    source: Source<'_>,
    selected: &Selected,
) -> Result<Statement> {
    let statement = match word {
        "select" => select(words)?,
        "read-binary" if words.rest().is_empty() => Statement::ReadBinary {
            offset: 0,
            length: 256,
        },
        "read-binary" => Statement::ReadBinary {
            offset: words.number(0..=0x7fff, OFFSET)?,
            length: words.number(1..=256, "a length behind the offset, 1 to 256; or neither")?,
        },
        "read-record" => Statement::ReadRecord {
            number: record(words)?,
            length: words.number(1..=256, LENGTH)?,
        },
        "update-binary" => update_binary(words, selected)?,
        "update-record" => Statement::UpdateRecord {
            number: record(words)?,
            content: content(words, files::Structure::LinearFixed, selected)?,
        },
        "activate-file" => Statement::ActivateFile,
        "deactivate-file" => Statement::DeactivateFile,
        "install" => install(words, source)?,
        "load-block" => Statement::LoadBlock {
            number: octet(words, 0..=255, "the block's number, 0 to 255")?,
            data: words.octets(1..=255, CONTENT)?,
            is_last: flag(words, "last")?,
        },
        "delete" => Statement::Delete {
            aid: aid(words)?,
            related: flag(words, "related")?,
        },
        "get-status" => get_status(words)?,
        "get-data" => Statement::GetData {
            tag: tag(words)?,
            length: match words.rest() {
                [] => 256,
                _ => words.number(1..=256, LENGTH)?,
            },
        },
        "lock" | "unlock" => Statement::Lock {
            aid: aid(words)?,
            is_locked: word == "lock",
        },
        "raw" => raw(words)?,
        _ => return Err(words.error(ScriptFault::Statement, STATEMENTS)),
    };
    words.end()?;
    Ok(statement)
}

fn octet(
    words: &mut Words<'_>,
    range: std::ops::RangeInclusive<u16>,
    allowed: &'static str,
) -> Result<u8> {
    let number = words.number(range, allowed)?;
    u8::try_from(number).map_err(|_| words.error(ScriptFault::Number, allowed))
}

fn record(words: &mut Words<'_>) -> Result<u8> {
    octet(words, 1..=254, RECORD)
}

fn aid(words: &mut Words<'_>) -> Result<Aid> {
    let octets = words.octets(5..=16, AID)?;
    Aid::new(&octets).map_err(|error| words.secret(ScriptFault::Content(error), AID))
}

/// Whether the line ends with this word.
fn flag(words: &mut Words<'_>, word: &'static str) -> Result<bool> {
    match words.next() {
        None => Ok(false),
        Some(found) if found == word => Ok(true),
        Some(_) => Err(words.error(
            ScriptFault::Word,
            format!("`{word}` or the end of the line"),
        )),
    }
}

fn select(words: &mut Words<'_>) -> Result<Statement> {
    const PATH: &str = "identifiers of four hexadecimal digits or names (mf, usim, imsi, spn, \
        plmnwact, fplmn, smsp, acc, loci) with / between them, or `aid` and an AID";
    let word = words.want(PATH)?;
    if word == "aid" {
        return aid(words).map(Statement::SelectApplication);
    }
    // A name by itself is the file in its place.
    if let Ok(name) = files::Name::parse(word) {
        return Ok(Statement::Select(name.path().to_vec()));
    }
    let path: Option<Vec<u16>> = word.split('/').map(identifier).collect();
    let path = path.ok_or_else(|| words.error(ScriptFault::Word, PATH))?;
    Ok(Statement::Select(path))
}

/// An element of a path.
fn identifier(element: &str) -> Option<u16> {
    match element {
        "mf" => Some(MF),
        "usim" => Some(ADF),
        _ => match (files::Name::parse(element), decode(element)) {
            (Ok(name), _) => Some(name.identifier()),
            (_, Ok(octets)) => octets.try_into().ok().map(u16::from_be_bytes),
            _ => None,
        },
    }
}

fn update_binary(words: &mut Words<'_>, selected: &Selected) -> Result<Statement> {
    // A number with content behind it is an offset.
    let offset = match words.rest() {
        [first, _, ..] if files::Name::parse(first).is_err() => words.number(0..=0x7fff, OFFSET)?,
        _ => 0,
    };
    Ok(Statement::UpdateBinary {
        offset,
        content: match offset {
            0 => content(words, files::Structure::Transparent, selected)?,
            _ => Content::Octets(words.octets(1..=255, CONTENT)?),
        },
    })
}

/// Octets, or the name of the file that is selected and the words of its value.
fn content(
    words: &mut Words<'_>,
    structure: files::Structure,
    selected: &Selected,
) -> Result<Content> {
    let name = words.rest().first().copied().map(files::Name::parse);
    let Some(Ok(name)) = name else {
        return words.octets(1..=255, CONTENT).map(Content::Octets);
    };
    words.next();
    if name.structure() != structure {
        return Err(words.error(
            ScriptFault::Word,
            "update-record for smsp, update-binary for others",
        ));
    }
    let is_selected = selected.name() == Some(name) || selected.file() == File::Unknown;
    if !is_selected {
        return Err(words.error(ScriptFault::Selected, format!("`select {name}` before it")));
    }
    let value = files::Value::from_words(name, words.rest());
    words.take_rest();
    let value = value.map_err(|error| match error {
        UiccError::FileWords { word, allowed, .. } => ScriptError {
            position: 0,
            word: (!word.is_empty()).then(|| word.into()),
            ..words.secret(ScriptFault::Word, allowed)
        },
        error => words.secret(ScriptFault::Content(error), ""),
    })?;
    Ok(Content::Value(value))
}

/// An AID, or that of the package in a file.
fn package(words: &mut Words<'_>, source: Source<'_>) -> Result<Aid> {
    match words.rest() {
        [word, ..] if unquoted(word).to_ascii_lowercase().ends_with(".cap") => {
            load_file(words, source).map(|file| file.package().clone())
        }
        _ => aid(words),
    }
}

fn install(words: &mut Words<'_>, source: Source<'_>) -> Result<Statement> {
    const PURPOSE: &str = "`for-load` or `for-install`";
    match words.want(PURPOSE)? {
        "for-load" => for_load(words, source),
        "for-install" => for_install(words, source),
        _ => Err(words.error(ScriptFault::Word, PURPOSE)),
    }
}

/// Octets after a word that may stand once.
#[derive(Default)]
struct Once(Option<Vec<u8>>);

impl Once {
    fn set(
        &mut self,
        words: &mut Words<'_>,
        range: std::ops::RangeInclusive<usize>,
        allowed: &'static str,
    ) -> Result<()> {
        if self.0.is_some() {
            return Err(words.error(ScriptFault::Twice, ""));
        }
        let octets = match words.rest() {
            ["none", ..] => {
                words.next();
                Vec::new()
            }
            _ => words.octets(range, allowed)?,
        };
        self.0 = Some(octets);
        Ok(())
    }

    /// The objects of parameters: their values alone are often given by mistake.
    fn objects(&mut self, words: &mut Words<'_>) -> Result<()> {
        const OBJECTS: &str = "whole objects, such as C9 02 0102 (written c9020102), at most 255 \
            octets in hexadecimal";
        self.set(words, 1..=255, OBJECTS)?;
        match &self.0 {
            Some(octets) if !are_objects(octets) => Err(words.secret(ScriptFault::Word, OBJECTS)),
            _ => Ok(()),
        }
    }
}

const TOKEN: &str = "a token, 1 to 255 octets in hexadecimal";

fn for_load(words: &mut Words<'_>, source: Source<'_>) -> Result<Statement> {
    let package = package(words, source)?;
    let mut domain = None;
    let (mut hash, mut parameters, mut token) = (Once::default(), Once::default(), Once::default());
    while let Some(word) = words.next() {
        match word {
            "domain" if domain.is_some() => return Err(words.error(ScriptFault::Twice, "")),
            "domain" => domain = Some(aid(words)?),
            "hash" => hash.set(words, 1..=64, "a hash, 1 to 64 octets in hexadecimal")?,
            "parameters" => parameters.objects(words)?,
            "token" => token.set(words, 1..=255, TOKEN)?,
            _ => {
                let allowed = "`domain`, `hash`, `parameters`, `token`";
                return Err(words.error(ScriptFault::Word, allowed));
            }
        }
    }
    Ok(Statement::ForLoad(ForLoad {
        package,
        domain,
        hash: hash.0.unwrap_or_default(),
        parameters: parameters.0.unwrap_or_default(),
        token: token.0.unwrap_or_default(),
    }))
}

fn for_install(words: &mut Words<'_>, source: Source<'_>) -> Result<Statement> {
    const PRIVILEGES: &str = "privileges, 1 or 3 octets in hexadecimal";
    let package = package(words, source)?;
    let (class, instance) = (aid(words)?, aid(words)?);
    let (mut privileges, mut parameters, mut token) =
        (Once::default(), Once::default(), Once::default());
    while let Some(word) = words.next() {
        match word {
            "privileges" => privileges.set(words, 1..=3, PRIVILEGES)?,
            "parameters" => parameters.objects(words)?,
            "token" => token.set(words, 1..=255, TOKEN)?,
            _ => {
                let allowed = "`privileges`, `parameters`, `token`";
                return Err(words.error(ScriptFault::Word, allowed));
            }
        }
        if privileges
            .0
            .as_ref()
            .is_some_and(|octets| !matches!(octets.len(), 1 | 3))
        {
            return Err(words.secret(ScriptFault::Word, PRIVILEGES));
        }
    }
    Ok(Statement::ForInstall(ForInstall {
        package,
        class,
        instance,
        privileges: privileges.0.unwrap_or_else(|| vec![0]),
        parameters: parameters.0.unwrap_or_else(|| NO_PARAMETERS.to_vec()),
        token: token.0.unwrap_or_default(),
    }))
}

fn get_status(words: &mut Words<'_>) -> Result<Statement> {
    const PARTS: &str = "`isd`, `applications`, `packages` or `modules`";
    let word = words.want(PARTS)?;
    let of = Registry::ALL.into_iter().find(|part| part.word() == word);
    let of = of.ok_or_else(|| words.error(ScriptFault::Word, PARTS))?;
    let aid = match words.rest() {
        [] | ["next"] => Vec::new(),
        _ => words.octets(
            1..=16,
            "1 to 16 octets of an AID, `next`, or the end of the line",
        )?,
    };
    Ok(Statement::GetStatus {
        of,
        aid,
        is_next: flag(words, "next")?,
    })
}

fn tag(words: &mut Words<'_>) -> Result<u16> {
    const TAG: &str = "a tag, 1 or 2 octets in hexadecimal";
    let octets = words.octets(1..=2, TAG)?;
    Ok(octets
        .iter()
        .fold(0, |tag, octet| tag << 8 | u16::from(*octet)))
}

fn raw(words: &mut Words<'_>) -> Result<Statement> {
    // CLA to P2, Lc, 255 octets, Le.
    let octets = words.octets(4..=261, "a whole command, 4 to 261 octets in hexadecimal")?;
    let command = CommandApdu::parse(&octets).map_err(|error| {
        let allowed: Cow<'static, str> = "CLA INS P1 P2 [Lc data] [Le]".into();
        words.secret(ScriptFault::Content(error), allowed)
    })?;
    Ok(Statement::Raw(command))
}
