//! Which subscribers (TS 23.008) a transaction has changed, whichever statement did it,
//! for whoever has them in memory.

use std::cell::{Cell, RefCell};

use rusqlite::Connection;

use crate::Error;

const FOLLOW: &str = "
    CREATE TEMP TABLE touched (imsi TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TEMP TRIGGER touched_made AFTER INSERT ON main.subscribers BEGIN
        INSERT OR IGNORE INTO touched VALUES (new.imsi);
    END;
    CREATE TEMP TRIGGER touched_changed AFTER UPDATE ON main.subscribers BEGIN
        INSERT OR IGNORE INTO touched VALUES (new.imsi);
    END;
    CREATE TEMP TRIGGER touched_gone AFTER DELETE ON main.subscribers BEGIN
        INSERT OR IGNORE INTO touched VALUES (old.imsi);
    END;";

/// The subscribers that the last transaction has changed.
#[derive(Default)]
pub(super) struct Touched {
    follows: Cell<bool>,
    imsis: RefCell<Vec<String>>,
}

impl Touched {
    /// Follows the connection's changes from now on.
    pub(super) fn follow(&self, conn: &Connection) -> Result<(), Error> {
        if !self.follows.get() {
            conn.pragma_update(None, "temp_store", "MEMORY")?;
            conn.execute_batch(FOLLOW)?;
            self.follows.set(true);
        }
        Ok(())
    }

    /// Before the transaction's end: takes what it has changed.
    pub(super) fn read(&self, conn: &Connection) -> Result<(), Error> {
        if !self.follows.get() {
            return Ok(());
        }
        let mut statement = conn.prepare_cached("SELECT imsi FROM temp.touched")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        let imsis: Vec<String> = rows.collect::<Result<_, _>>()?;
        if !imsis.is_empty() {
            conn.prepare_cached("DELETE FROM temp.touched")?
                .execute([])?;
        }
        self.imsis.replace(imsis);
        Ok(())
    }

    /// What [`Self::read`] took, once.
    pub(super) fn take(&self) -> Vec<String> {
        self.imsis.take()
    }
}
