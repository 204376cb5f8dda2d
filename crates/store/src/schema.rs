//! Schemas by migrations: SQLite's `user_version` counts those that ran,
//! `application_id` says whose database it is.

use rusqlite::Connection;

use crate::Error;

/// A kind of database.
pub(crate) struct Schema {
    application_id: i32,
    migrations: &'static [&'static str],
}

/// An operator's store; the id reads `reho`.
pub(crate) const OPERATOR: Schema = Schema {
    application_id: 0x7265_686f,
    migrations: &[
        include_str!("../migrations/0001.sql"),
        include_str!("../migrations/0002.sql"),
        include_str!("../migrations/0003.sql"),
        include_str!("../migrations/0004.sql"),
        include_str!("../migrations/0005.sql"),
        include_str!("../migrations/0006.sql"),
        include_str!("../migrations/0007.sql"),
    ],
};

/// A device's store; the id reads `rehd`.
pub(crate) const DEVICE: Schema = Schema {
    application_id: 0x7265_6864,
    migrations: &[
        include_str!("../migrations/device-0001.sql"),
        include_str!("../migrations/device-0002.sql"),
    ],
};

/// A managed device's store; the id reads `rehm`.
pub(crate) const MANAGEMENT: Schema = Schema {
    application_id: 0x7265_686d,
    migrations: &[include_str!("../migrations/managed-0001.sql")],
};

/// A supplier's store; the id reads `rehs`.
pub(crate) const SUPPLIER: Schema = Schema {
    application_id: 0x7265_6873,
    migrations: &[
        include_str!("../migrations/supplier-0001.sql"),
        include_str!("../migrations/supplier-0002.sql"),
    ],
};

impl Schema {
    /// How many migrations the database has, 0 for an empty one. Changes
    /// nothing, so that a database of somebody else stays as it is.
    pub(crate) fn version(&self, conn: &Connection) -> Result<usize, Error> {
        let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let objects: i64 =
            conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let (application_id, found) = (pragma("application_id")?, pragma("user_version")?);
        if (objects, application_id, found) == (0, 0, 0) {
            return Ok(0);
        }
        let application_id = i32::try_from(application_id).unwrap_or_default();
        if application_id != self.application_id {
            return Err(Error::NotOurs(application_id));
        }
        match usize::try_from(found) {
            Ok(version) if version > self.migrations.len() => Err(Error::SchemaNewer {
                found,
                known: i64::try_from(self.migrations.len()).unwrap_or(i64::MAX),
            }),
            Ok(version) if version > 0 => Ok(version),
            _ => Err(Error::SchemaOlder(found)),
        }
    }

    /// Runs the migrations that the database does not have yet, all or none.
    pub(crate) fn migrate(&self, conn: &Connection) -> Result<(), Error> {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        let result = self.run(conn);
        match result {
            Ok(()) => Ok(conn.execute_batch("COMMIT")?),
            Err(error) => {
                if !conn.is_autocommit() {
                    conn.execute_batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    fn run(&self, conn: &Connection) -> Result<(), Error> {
        let version = self.version(conn)?;
        for migration in self.migrations.iter().skip(version) {
            conn.execute_batch(migration)?;
        }
        conn.pragma_update(None, "application_id", self.application_id)?;
        let known = i64::try_from(self.migrations.len()).unwrap_or(i64::MAX);
        conn.pragma_update(None, "user_version", known)?;
        Ok(())
    }
}
