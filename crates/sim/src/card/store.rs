//! A card's state in a directory: one file that is replaced as a whole (written under
//! another name, flushed, renamed, the directory flushed), for one process at a time.
//! What a command changed (the counter, files, applications, receipts to be fetched) is
//! stored in that one step before the command is answered; where that fails, there is no
//! answer.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use uicc::apdu::ResponseApdu;
use zeroize::Zeroizing;

use super::{Card, CardError, State};

const NAME: &str = "card.json";
const TEMPORARY: &str = ".card.json.new";
const LOCK: &str = "lock";
/// Octets of a state that is read.
const MOST: u64 = 64 * 1024 * 1024;

/// A card whose state is in a directory.
pub struct StoredCard {
    card: Card,
    directory: PathBuf,
    /// Whether a write failed: nobody knows then which state is stored.
    is_unsure: bool,
    /// Held as long as the card is there.
    _lock: File,
}

/// A card that is to be put into a directory which has none, and which nobody else can
/// put one into meanwhile.
pub struct NewCard {
    state: State,
    directory: PathBuf,
    lock: File,
}

impl NewCard {
    /// Takes the directory, which is made if it is not there (mode 0700).
    ///
    /// # Errors
    /// [`CardError::Exists`], [`CardError::Busy`], [`CardError::Io`]; as
    /// [`StoredCard::open`] for a state that can't be.
    pub fn prepare(directory: &Path, state: State) -> Result<Self, CardError> {
        state.check()?;
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory);
        made.map_err(CardError::io(directory))?;
        let lock = locked(directory)?;
        let path = directory.join(NAME);
        if path.symlink_metadata().is_ok() {
            return Err(CardError::Exists(directory.to_owned()));
        }
        Ok(Self {
            state,
            directory: directory.to_owned(),
            lock,
        })
    }

    /// What it will keep.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Puts it there.
    ///
    /// # Errors
    /// [`CardError::Io`]: the directory has no card.
    pub fn store(self) -> Result<StoredCard, CardError> {
        let written = write(&self.directory, &self.state);
        if written.is_err() {
            // There was none before.
            for name in [NAME, TEMPORARY] {
                let _ = fs::remove_file(self.directory.join(name));
            }
        }
        written?;
        Ok(StoredCard {
            card: Card::power_on(self.state),
            directory: self.directory,
            is_unsure: false,
            _lock: self.lock,
        })
    }
}

impl StoredCard {
    /// Puts a new card into a directory.
    ///
    /// # Errors
    /// As [`NewCard::prepare`] and [`NewCard::store`].
    pub fn create(directory: &Path, state: State) -> Result<Self, CardError> {
        NewCard::prepare(directory, state)?.store()
    }

    /// Power on of the card in a directory.
    ///
    /// # Errors
    /// [`CardError::Busy`], [`CardError::OpenToOthers`], [`CardError::Unreadable`],
    /// [`CardError::Version`], [`CardError::State`], [`CardError::Keys`],
    /// [`CardError::Io`].
    pub fn open(directory: &Path) -> Result<Self, CardError> {
        // Looking at a directory without a card makes no lock there.
        let path = directory.join(NAME);
        fs::metadata(&path).map_err(CardError::io(&path))?;
        let lock = locked(directory)?;
        Ok(Self {
            card: Card::power_on(read(&path)?),
            directory: directory.to_owned(),
            is_unsure: false,
            _lock: lock,
        })
    }

    /// The card.
    #[must_use]
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// Power off and on, from what is stored.
    pub fn reset(&mut self) {
        self.card.reset();
    }

    /// One command: carried out, stored, answered.
    ///
    /// # Errors
    /// [`CardError::Io`]: there is no answer. The next command begins with what is
    /// stored, as after a power failure.
    pub fn handle_apdu(&mut self, octets: &[u8]) -> Result<ResponseApdu, CardError> {
        if self.is_unsure {
            self.card = Card::power_on(read(&self.directory.join(NAME))?);
            self.is_unsure = false;
        }
        let mut after = self.card.clone();
        let response = after.handle_apdu(octets);
        if after.state() != self.card.state() {
            let written = write(&self.directory, after.state());
            self.is_unsure = written.is_err();
            written?;
        }
        self.card = after;
        Ok(response)
    }
}

fn locked(directory: &Path) -> Result<File, CardError> {
    let path = directory.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(CardError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(CardError::Busy(directory.to_owned())),
        Err(TryLockError::Error(error)) => Err(CardError::io(&path)(error)),
    }
}

fn read(path: &Path) -> Result<State, CardError> {
    let failed = || CardError::io(path);
    let file = File::open(path).map_err(failed())?;
    let metadata = file.metadata().map_err(failed())?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(CardError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    if metadata.len() > MOST {
        return Err(CardError::State("it is too long"));
    }
    let mut text = Zeroizing::new(Vec::new());
    let mut limited = file.take(MOST);
    limited.read_to_end(&mut text).map_err(failed())?;
    // What the library says of a wrong value may have the value in it.
    let unreadable = |error: serde_json::Error| CardError::Unreadable {
        line: error.line(),
        column: error.column(),
    };
    let version: Version = serde_json::from_slice(&text).map_err(unreadable)?;
    if version.version != super::state::VERSION {
        return Err(CardError::Version(version.version));
    }
    let state: State = serde_json::from_slice(&text).map_err(unreadable)?;
    state.check()?;
    Ok(state)
}

/// What is looked at first.
#[derive(serde::Deserialize)]
struct Version {
    version: u32,
}

fn write(directory: &Path, state: &State) -> Result<(), CardError> {
    let (path, temporary) = (directory.join(NAME), directory.join(TEMPORARY));
    let failed = || CardError::io(&temporary);
    let text = serde_json::to_vec(state).map(Zeroizing::new);
    let text = text.map_err(|_| CardError::State("it can't be written"))?;
    // One name, so that a crash leaves one such file at most.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed()(error));
        }
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed())?;
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    written.map_err(failed())?;
    fs::rename(&temporary, &path).map_err(CardError::io(&path))?;
    let directory_file = File::open(directory).map_err(CardError::io(directory))?;
    directory_file.sync_all().map_err(CardError::io(directory))
}
