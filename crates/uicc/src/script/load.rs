//! `load`: a CAP file in LOAD commands (GlobalPlatform Card Specification 2.3 clause
//! 11.6). The blocks carry one object, C4 with the file's components one after the
//! other, cut anywhere.

use super::statement::Statement;
use super::step::{Step, size, whole};
use super::words::{Words, unquoted};
use super::{ScriptError, ScriptFault, Work};
use crate::cap::LoadFile;
use crate::remote::Format;

/// Octets of a block if the line does not say it: less than the most, for cards that
/// need room in their buffer.
const USUAL_BLOCK: usize = 240;
/// Blocks that P2 can number.
const MOST_BLOCKS: usize = 256;

/// A source that has no files.
///
/// # Errors
///
/// Always.
pub fn no_files(_: &str) -> Result<Vec<u8>, String> {
    Err("there are no files here".to_owned())
}

const FILE: &str = "the name of a CAP file, or of an IJC file with its components";

/// What gives the octets of a file by its name.
pub(super) type Source<'a> = &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>;

/// The next word, a file with a package.
pub(super) fn load_file(
    words: &mut Words<'_>,
    source: Source<'_>,
) -> Result<LoadFile, ScriptError> {
    let name = words.want(FILE)?;
    let octets = source(&unquoted(name));
    let octets = octets.map_err(|why| words.error(ScriptFault::Source(why), ""))?;
    let file = LoadFile::from_file(&octets);
    file.map_err(|error| words.error(ScriptFault::Content(error), FILE))
}

/// The line `load FILE [block N]`.
pub(super) fn load(words: &mut Words<'_>, source: Source<'_>) -> Result<Work, ScriptError> {
    let data = load_file(words, source)?.load_file_data_block();
    let block = match words.next() {
        None => None,
        Some("block") => {
            let octets = words.number(1..=255, "octets of a block, 1 to 255")?;
            Some(usize::from(octets))
        }
        Some(_) => return Err(words.error(ScriptFault::Word, "`block` or the end of the line")),
    };
    words.end()?;
    Ok(Work::Load { data, block })
}

/// LOAD for each block.
pub(super) fn blocks(
    line: usize,
    data: &[u8],
    block: Option<usize>,
    format: Format,
    limit: usize,
) -> Result<Vec<Step>, ScriptError> {
    let refused = |fault| ScriptError::of_line(line, fault);
    let block = match block {
        Some(block) => block,
        None => largest(format, limit).ok_or_else(|| {
            refused(ScriptFault::DoesNotFit {
                octets: largest_of(format, 1),
                limit,
            })
        })?,
    };
    if data.len().div_ceil(block) > MOST_BLOCKS {
        return Err(refused(ScriptFault::Blocks));
    }
    let mut chunks = data.chunks(block);
    let mut steps = Vec::new();
    for number in 0..=u8::MAX {
        let Some(chunk) = chunks.next() else {
            break;
        };
        let statement = block_of(number, chunks.len() == 0, chunk);
        let made = statement.steps();
        steps.extend(made.map_err(|error| refused(ScriptFault::Content(error)))?);
    }
    Ok(steps)
}

fn block_of(number: u8, is_last: bool, data: &[u8]) -> Statement {
    Statement::LoadBlock {
        number,
        is_last,
        data: data.to_vec(),
    }
}

/// The largest usual block that fits a packet, the last of all with what fetches its
/// answer.
fn largest(format: Format, limit: usize) -> Option<usize> {
    (1..=USUAL_BLOCK)
        .rev()
        .find(|octets| largest_of(format, *octets) <= limit)
}

/// Octets of a packet with such a block alone.
fn largest_of(format: Format, octets: usize) -> usize {
    let steps = block_of(0, true, &vec![0; octets])
        .steps()
        .unwrap_or_default();
    let written: Vec<_> = steps.iter().flat_map(|step| step.written(format)).collect();
    let value = size(format, &written).and_then(|value| whole(format, value));
    value.unwrap_or(usize::MAX)
}
