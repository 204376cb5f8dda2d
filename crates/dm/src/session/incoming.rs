//! Objects that come in chunks (OMA DM Protocol 1.2 clause 7): one at a time,
//! kept until the last chunk is there and the length is the one that the first
//! chunk gave. Nothing is done with an object before.
//!
//! Tolerated: a Size that is repeated, base64 cut anywhere, and a Size that
//! counts the characters of the base64 instead of the octets.

use secret::SecretBytes;
use syncml::{Alert, AlertCode, Command, Data, Format, Item, Location, Meta, StatusCode};

/// For what comes of an object after its end: partial item not accepted.
const LATE: StatusCode = StatusCode::PARTIAL_ITEM_NOT_ACCEPTED;

/// What an object belongs to: all its chunks have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The command's name, and for Results which Get they answer.
    command: String,
    target: Option<String>,
    source: Option<String>,
}

impl Key {
    pub(crate) fn of(command: &Command, item: &Item) -> Self {
        let mut name = command.name().to_owned();
        if let Command::Results(results) = command {
            let msg_ref = results.msg_ref.as_ref().map_or("1", |id| id.as_str());
            name = format!("{name} {msg_ref} {}", results.cmd_ref);
        }
        Self {
            command: name,
            target: item.target_uri().map(str::to_owned),
            source: item.source_uri().map(str::to_owned),
        }
    }

    /// The same for an item whose command is of no matter.
    pub(crate) fn of_item(item: &Item) -> Self {
        Self {
            command: String::new(),
            target: item.target_uri().map(str::to_owned),
            source: item.source_uri().map(str::to_owned),
        }
    }

    /// Whether both name the same places.
    fn is_same_place(&self, other: &Self) -> bool {
        self.target == other.target && self.source == other.source
    }

    /// The alert that the object's end did not come.
    pub(crate) fn no_end_of_data(self) -> Command {
        let mut alert = Alert::new("1", AlertCode::NO_END_OF_DATA);
        alert.items = vec![Item {
            target: self.target.map(Location::new),
            source: self.source.map(Location::new),
            ..Item::default()
        }];
        Command::Alert(alert)
    }
}

/// What an item is.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// No part of anything larger.
    Whole,
    /// A part, kept: 213.
    Buffered,
    /// The last part; this is the whole.
    Complete(Box<Item>),
    /// Not taken, nor will be what belongs to it.
    Refused(StatusCode),
}

/// How much is taken.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// The largest object; `None` takes none at all.
    pub(crate) limit: Option<usize>,
    /// Whether octets came as they are.
    pub(crate) is_wbxml: bool,
}

/// The object that is coming in.
#[derive(Clone, Default)]
pub(crate) struct Incoming {
    state: State,
    /// The message in hand had a part of it.
    touched: bool,
    /// The end of an unfinished object may not come as late as that.
    stale: bool,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    None,
    Open(Box<Object>),
    /// A sender that goes on after a refusal must not have its last chunk taken
    /// for the whole.
    Refused(Key, StatusCode),
}

#[derive(Clone)]
struct Object {
    key: Key,
    size: u64,
    /// The first chunk's, without Size.
    meta: Meta,
    pieces: Vec<Piece>,
    len: usize,
}

#[derive(Clone)]
struct Piece {
    /// Characters rather than octets.
    is_text: bool,
    data: SecretBytes,
}

impl Incoming {
    /// A new message: the object's next part is to be in it.
    pub(crate) const fn begin_message(&mut self) {
        self.touched = false;
    }

    /// The message is not one that has to have a part.
    pub(crate) const fn excuse(&mut self) {
        self.touched = true;
    }

    /// The object whose part was not in the message that ends.
    pub(crate) fn end_message(&mut self) -> Option<Key> {
        if self.stale {
            self.stale = false;
            self.state = State::None;
        }
        let unfinished = if self.touched { None } else { self.interrupt() };
        self.stale = matches!(self.state, State::Refused(_, LATE));
        unfinished
    }

    /// The object that ends here without its last part; any other command does
    /// that to it. What comes of it in this message or the next is too late.
    pub(crate) fn interrupt(&mut self) -> Option<Key> {
        match std::mem::take(&mut self.state) {
            State::Open(object) => {
                self.state = State::Refused(object.key.clone(), LATE);
                self.stale = false;
                Some(object.key)
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether items are to be shown to [`take`](Self::take) although none says
    /// MoreData.
    pub(crate) const fn is_busy(&self) -> bool {
        !matches!(self.state, State::None)
    }

    /// Takes an item, and tells which object it brings to its end unfinished.
    pub(crate) fn take(
        &mut self,
        key: Key,
        command: Option<&Meta>,
        item: &Item,
        terms: Terms,
    ) -> (Option<Key>, Chunk) {
        let size = size(command, item);
        match std::mem::take(&mut self.state) {
            State::Open(object) if object.is_continued(&key, size) => {
                (None, self.go_on(object, command, item, terms))
            }
            State::Open(object) => {
                let is_elsewhere = !object.key.is_same_place(&key);
                let chunk = self.first(key, command, item, terms);
                if is_elsewhere && matches!(self.state, State::None) {
                    self.state = State::Refused(object.key.clone(), LATE);
                    self.stale = false;
                }
                (Some(object.key), chunk)
            }
            State::Refused(refused, code) if refused.is_same_place(&key) && size.is_none() => {
                if item.more_data {
                    self.state = State::Refused(refused, code);
                }
                (None, Chunk::Refused(code))
            }
            _ => (None, self.first(key, command, item, terms)),
        }
    }

    /// What may not be a part where it stands; `true` also for the rest of what
    /// was refused.
    pub(crate) fn refuse(&mut self, key: Key, item: &Item, code: StatusCode) -> bool {
        let goes_on = matches!(&self.state, State::Refused(refused, _)
            if refused.is_same_place(&key) && size(None, item).is_none());
        if item.more_data {
            self.state = State::Refused(key, code);
        } else if goes_on {
            self.state = State::None;
        }
        item.more_data || goes_on
    }

    fn first(&mut self, key: Key, command: Option<&Meta>, item: &Item, terms: Terms) -> Chunk {
        if !item.more_data {
            return Chunk::Whole;
        }
        let fits = |size: u64, limit: usize| usize::try_from(size).is_ok_and(|size| size <= limit);
        let code = match (terms.limit, size(command, item)) {
            (None, _) => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
            (_, None) => StatusCode::SIZE_REQUIRED,
            (Some(limit), Some(size)) if fits(size, limit) => {
                let object = Box::new(Object::new(key, size, command, item));
                return self.go_on(object, command, item, terms);
            }
            _ => StatusCode::REQUEST_ENTITY_TOO_LARGE,
        };
        self.state = State::Refused(key, code);
        Chunk::Refused(code)
    }

    fn go_on(
        &mut self,
        mut object: Box<Object>,
        command: Option<&Meta>,
        item: &Item,
        terms: Terms,
    ) -> Chunk {
        self.touched = true;
        let room = object.put(command, item, terms.is_wbxml);
        let outcome = match (room, item.more_data) {
            (true, true) => {
                self.state = State::Open(object);
                return Chunk::Buffered;
            }
            (true, false) => object.complete(item),
            (false, more_data) => {
                if more_data {
                    self.state = State::Refused(object.key, StatusCode::SIZE_MISMATCH);
                }
                Err(StatusCode::SIZE_MISMATCH)
            }
        };
        outcome.map_or_else(Chunk::Refused, |item| Chunk::Complete(Box::new(item)))
    }
}

impl Object {
    fn new(key: Key, size: u64, command: Option<&Meta>, item: &Item) -> Self {
        Self {
            key,
            size,
            meta: Meta {
                format: item.format(command).cloned(),
                type_: item.type_(command).map(str::to_owned),
                size: None,
                ..item.meta.clone().unwrap_or_default()
            },
            pieces: Vec::new(),
            len: 0,
        }
    }

    /// Another Size begins another object.
    fn is_continued(&self, key: &Key, size: Option<u64>) -> bool {
        self.key == *key && size.is_none_or(|size| size == self.size)
    }

    fn is_base64(&self) -> bool {
        let format = self.meta.format.as_ref();
        format.is_some_and(Format::is_base64_in_xml)
    }

    /// Keeps a piece; `false` for more than the size, with room for base64 and
    /// white space in it.
    fn put(&mut self, command: Option<&Meta>, item: &Item, is_wbxml: bool) -> bool {
        let (is_text, data) = match &item.data {
            None => return true,
            Some(Data::Opaque(octets)) => (false, octets.as_slice()),
            Some(Data::Text(text) | Data::Xml(text)) => {
                // A reader of WBXML that is told no Format takes octets for the
                // text that they may be.
                let untold = is_wbxml && item.format(command).is_none();
                let is_octets = untold && self.meta.format == Some(Format::Bin);
                (!is_octets, text.as_bytes())
            }
        };
        self.len = self.len.saturating_add(data.len());
        self.pieces.push(Piece {
            is_text,
            data: SecretBytes::new(data.to_vec()),
        });
        let len = u64::try_from(self.len).unwrap_or(u64::MAX);
        let most = if self.is_base64() && is_text {
            self.size.saturating_mul(2).saturating_add(1024)
        } else {
            self.size
        };
        len <= most
    }

    /// The whole, in the place of its last chunk.
    fn complete(self, last: &Item) -> Result<Item, StatusCode> {
        let all_text = self.pieces.iter().all(|piece| piece.is_text);
        let data = if !self.is_base64() {
            let octets = self.joined();
            self.check_size(octets.len(), None)?;
            match String::from_utf8(octets) {
                Ok(text) if all_text => Data::Text(text),
                Ok(text) => Data::Opaque(text.into_bytes()),
                Err(error) => Data::Opaque(error.into_bytes()),
            }
        } else if all_text {
            let digits = |octet: &u8| !octet.is_ascii_whitespace();
            let written = self.joined().iter().filter(|octet| digits(octet)).count();
            let octets = decoded(&self.joined()).or_else(|| self.decoded_by_piece());
            let octets = octets.ok_or(StatusCode::BAD_REQUEST)?;
            self.check_size(octets.len(), Some(written))?;
            Data::Opaque(octets)
        } else {
            let octets = self.decoded_by_piece().ok_or(StatusCode::BAD_REQUEST)?;
            self.check_size(octets.len(), None)?;
            Data::Opaque(octets)
        };
        Ok(Item {
            meta: Some(self.meta),
            data: Some(data),
            more_data: false,
            ..last.clone()
        })
    }

    fn check_size(&self, octets: usize, written: Option<usize>) -> Result<(), StatusCode> {
        let is_size = |len: usize| u64::try_from(len) == Ok(self.size);
        let fits = is_size(octets) || written.is_some_and(is_size);
        fits.then_some(()).ok_or(StatusCode::SIZE_MISMATCH)
    }

    fn joined(&self) -> Vec<u8> {
        let pieces = self.pieces.iter();
        pieces
            .flat_map(|piece| piece.data.expose())
            .copied()
            .collect()
    }

    fn decoded_by_piece(&self) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        for piece in &self.pieces {
            if piece.is_text {
                octets.extend(decoded(piece.data.expose())?);
            } else {
                octets.extend(piece.data.expose());
            }
        }
        Some(octets)
    }
}

/// The octets behind base64 text.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let written = Data::text(text);
    let octets = written.octets(Some(&Format::B64)).ok()?;
    Some(octets.into_owned())
}

/// The Size beside an item, or the one for all items of its command.
fn size(command: Option<&Meta>, item: &Item) -> Option<u64> {
    let own = item.meta.as_ref().and_then(|meta| meta.size);
    own.or_else(|| command?.size)
}
