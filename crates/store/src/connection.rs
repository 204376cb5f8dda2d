//! Opening a database so that what SQLite calls committed is on the disk
//! (SQLite's documentation: "PRAGMA Statements", "Write-Ahead Logging").

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// Pragma, what it is set to, and what it must answer then.
const PRAGMAS: [(&str, &str, &str); 7] = [
    // What is deleted is overwritten.
    ("secure_delete", "ON", "1"),
    ("journal_mode", "WAL", "wal"),
    // 2: the log is synced at every commit, before the commit returns.
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "ON", "1"),
    ("busy_timeout", "10000", "10000"),
    ("trusted_schema", "OFF", "0"),
    ("cell_size_check", "ON", "1"),
];

/// Statements of a connection that stay compiled.
const STATEMENTS: usize = 64;

/// An absolute path: SQLite would read one that begins with `file:` as a URI.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io(path))
}

/// Makes an empty file that is the owner's alone (SQLite gives its log and
/// index the same mode). False if there is a file already.
pub(crate) fn create_private(path: &Path) -> Result<bool, Error> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => sync_directory(path).map(|()| true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::io(path)(error)),
    }
}

/// Makes a new name in the directory of `path` durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(Error::io(directory))
}

/// Opens an existing file, nothing set yet.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(conn)
}

/// Sets what durability rests on, and asks whether it holds.
pub(crate) fn configure(conn: &Connection) -> Result<(), Error> {
    for (pragma, wanted, _) in PRAGMAS {
        // Some answer with the new value, some with nothing.
        conn.pragma(None, pragma, wanted, |_| Ok(()))?;
    }
    for (pragma, wanted, answer) in PRAGMAS {
        let answered = match conn.pragma_query_value(None, pragma, |row| row.get(0))? {
            Value::Integer(number) => number.to_string(),
            Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        if answered != answer {
            return Err(Error::Pragma {
                pragma,
                wanted,
                answered,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(conn: &Connection, pragma: &str) -> i64 {
        conn.pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap()
    }

    /// What each pragma must answer is SQLite's documentation's, not ours.
    #[test]
    fn a_connection_has_every_setting_that_durability_rests_on() {
        let path = std::env::temp_dir().join(format!("rehome-pragmas-{}", std::process::id()));
        assert!(create_private(&path).unwrap());
        assert!(!create_private(&path).unwrap(), "never made twice");
        let conn = open(&path).unwrap();
        configure(&conn).unwrap();
        let mode: String = conn
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
        assert_eq!(number(&conn, "synchronous"), 2);
        assert_eq!(number(&conn, "secure_delete"), 1);
        assert_eq!(number(&conn, "foreign_keys"), 1);
        assert_eq!(number(&conn, "busy_timeout"), 10_000);
        drop(conn);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_database_that_takes_no_write_ahead_log_is_refused() {
        let conn = Connection::open_in_memory().unwrap();
        let Err(Error::Pragma { pragma, .. }) = configure(&conn) else {
            panic!("an in-memory database has no log");
        };
        assert_eq!(pragma, "journal_mode");
    }
}
