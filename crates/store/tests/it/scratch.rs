//! A directory for each test, and the store in it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use secret::Secret;
use store::{Error, SqliteOptions, Store, StoreKey};

/// The node's key of every test.
pub(crate) const NODE_KEY: [u8; 32] = [0x4e; 32];

/// A directory that goes away with the test.
pub(crate) struct Scratch(PathBuf);

pub(crate) fn key() -> StoreKey {
    StoreKey::new(1, &Secret::new(NODE_KEY)).unwrap()
}

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rehome-store-{name}-{}-{count}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn dir(&self) -> &PathBuf {
        &self.0
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("node.db")
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open(key(), &SqliteOptions::default()).unwrap()
    }

    pub(crate) fn try_open(&self, key: StoreKey, options: &SqliteOptions) -> Result<Store, Error> {
        let url = format!("sqlite:{}", self.path().display());
        Store::open(&url, key, options)
    }

    /// The database beside the store, as somebody with the file has it.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
