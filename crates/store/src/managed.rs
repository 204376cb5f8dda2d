//! What a managed device stores (OMA DM TND 1.2 clauses 6 and 7): the static
//! nodes of its management tree with their properties, and the states of its
//! management objects by name, changed together in one transaction.
//!
//! Values are sealed, since accounts' secrets and nonces are among them, and
//! bound to the node's URI and properties: a row with another ACL does not open.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use secret::SecretBytes;

use crate::connection::{absolute, configure, create_private, open};
use crate::key::Place;
use crate::{Error, StoreKey, crash_point, schema};

/// A managed device's store. Its calls block.
pub struct ManagedStore {
    conn: Connection,
    key: StoreKey,
}

/// A static node. There is no `Debug`: the value may be a secret.
#[derive(Clone)]
pub struct StoredNode {
    /// Its URI as written, `./A/B`.
    pub uri: String,
    /// The format of a leaf; `None` for an interior node.
    pub format: Option<String>,
    /// The media type of a leaf, or the object identifier of an interior node.
    pub type_: Option<String>,
    /// The commands that it takes, separated by spaces.
    pub access: String,
    /// Whether no server may remove it.
    pub permanent: bool,
    /// Its own ACL; `None` inherits.
    pub acl: Option<String>,
    /// Whether no server changes the ACL.
    pub acl_fixed: bool,
    /// The property Title.
    pub title: Option<String>,
    /// The property TStamp, in milliseconds since 1970.
    pub changed: Option<i64>,
    /// The property VerNo.
    pub ver_no: u16,
    /// The octets of a leaf; empty for an interior node.
    pub value: SecretBytes,
}

/// What was stored.
pub struct ManagedState {
    /// The nodes, in no order.
    pub nodes: Vec<StoredNode>,
    /// The states of management objects, by name.
    pub objects: Vec<(String, SecretBytes)>,
}

/// What one transaction changes.
#[derive(Default)]
pub struct ManagedChanges {
    /// Nodes that are new or changed.
    pub nodes: Vec<StoredNode>,
    /// URIs of nodes that are gone.
    pub removed: Vec<String>,
    /// States of objects that are new or changed; `None` for those that are gone.
    pub objects: Vec<(String, Option<SecretBytes>)>,
}

impl ManagedChanges {
    /// Whether there is nothing to store.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.removed.is_empty() && self.objects.is_empty()
    }
}

impl ManagedStore {
    /// Opens the database, or makes it if there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`](crate::SqliteStore::open); a wrong key shows
    /// in [`Self::load`].
    pub fn open(path: &Path, key: StoreKey) -> Result<Self, Error> {
        let path = absolute(path)?;
        create_private(&path)?;
        let conn = open(&path)?;
        schema::MANAGEMENT.version(&conn)?;
        configure(&conn)?;
        schema::MANAGEMENT.migrate(&conn)?;
        Ok(Self { conn, key })
    }

    /// Stores changes, all or none, durable when it returns.
    ///
    /// # Errors
    /// [`Error::Full`] or what SQLite says; what was stored before stays then.
    pub fn commit(&mut self, changes: &ManagedChanges) -> Result<(), Error> {
        let key = &self.key;
        let transaction = self.conn.transaction()?;
        let version = next_version(&transaction)?;
        for uri in &changes.removed {
            transaction
                .prepare_cached("DELETE FROM nodes WHERE uri = ?1")?
                .execute([uri])?;
        }
        for node in &changes.nodes {
            put_node(&transaction, key, version, node)?;
        }
        for (name, body) in &changes.objects {
            put_object(&transaction, key, version, name, body.as_ref())?;
        }
        crash_point("management-commit-before");
        transaction.commit()?;
        crash_point("management-commit-after");
        Ok(())
    }

    /// What is stored; nothing before the first commit.
    ///
    /// # Errors
    /// [`Error::RowAltered`] for a row that is not as it was stored, or under
    /// another key; what SQLite says.
    pub fn load(&mut self) -> Result<Option<ManagedState>, Error> {
        let key = &self.key;
        // One transaction, so that nobody's commit comes in between.
        let transaction = self.conn.transaction()?;
        let stored: Option<i64> = transaction
            .query_row("SELECT version FROM state", [], |row| row.get(0))
            .optional()?;
        if stored.is_none() {
            return Ok(None);
        }
        Ok(Some(ManagedState {
            nodes: nodes(&transaction, key)?,
            objects: objects(&transaction, key)?,
        }))
    }
}

fn next_version(transaction: &Transaction<'_>) -> Result<i64, Error> {
    let version = transaction
        .prepare_cached(
            "INSERT INTO state (id, version) VALUES (1, 1)
             ON CONFLICT (id) DO UPDATE SET version = version + 1 RETURNING version",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(version)
}

fn put_node(
    transaction: &Transaction<'_>,
    key: &StoreKey,
    version: i64,
    node: &StoredNode,
) -> Result<(), Error> {
    let binding = binding(node);
    let value = key.seal(place("nodes", &binding, version), node.value.expose())?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO nodes
             (uri, format, type, access, permanent, acl, acl_fixed, title, changed, ver_no,
              version, key_id, value)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            node.uri,
            node.format,
            node.type_,
            node.access,
            node.permanent,
            node.acl,
            node.acl_fixed,
            node.title,
            node.changed,
            node.ver_no,
            version,
            key.id(),
            value
        ])?;
    Ok(())
}

fn put_object(
    transaction: &Transaction<'_>,
    key: &StoreKey,
    version: i64,
    name: &str,
    body: Option<&SecretBytes>,
) -> Result<(), Error> {
    let Some(body) = body else {
        transaction
            .prepare_cached("DELETE FROM objects WHERE name = ?1")?
            .execute([name])?;
        return Ok(());
    };
    let body = key.seal(place("objects", name, version), body.expose())?;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO objects (name, version, key_id, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![name, version, key.id(), body])?;
    Ok(())
}

/// A row's version and key, and what was sealed under them.
type Sealed = (i64, u32, Vec<u8>);

fn nodes(transaction: &Transaction<'_>, key: &StoreKey) -> Result<Vec<StoredNode>, Error> {
    let mut statement = transaction.prepare_cached(
        "SELECT uri, format, type, access, permanent, acl, acl_fixed, title, changed, ver_no,
         version, key_id, value FROM nodes",
    )?;
    let rows = statement.query_map([], |row| {
        let node = StoredNode {
            uri: row.get(0)?,
            format: row.get(1)?,
            type_: row.get(2)?,
            access: row.get(3)?,
            permanent: row.get(4)?,
            acl: row.get(5)?,
            acl_fixed: row.get(6)?,
            title: row.get(7)?,
            changed: row.get(8)?,
            ver_no: row.get(9)?,
            value: SecretBytes::new(Vec::new()),
        };
        let sealed: Sealed = (row.get(10)?, row.get(11)?, row.get(12)?);
        Ok((node, sealed))
    })?;
    let mut nodes = Vec::new();
    for row in rows {
        let (mut node, sealed) = row?;
        let binding = binding(&node);
        node.value = unseal(key, "nodes", (&binding, &node.uri), &sealed)?;
        nodes.push(node);
    }
    Ok(nodes)
}

fn objects(
    transaction: &Transaction<'_>,
    key: &StoreKey,
) -> Result<Vec<(String, SecretBytes)>, Error> {
    let mut statement =
        transaction.prepare_cached("SELECT name, version, key_id, body FROM objects")?;
    let rows = statement.query_map([], |row| {
        let sealed: Sealed = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get::<_, String>(0)?, sealed))
    })?;
    let mut objects = Vec::new();
    for row in rows {
        let (name, sealed) = row?;
        let body = unseal(key, "objects", (&name, &name), &sealed)?;
        objects.push((name, body));
    }
    Ok(objects)
}

/// Opens a row's octets; an error names the row as a reader knows it.
fn unseal(
    key: &StoreKey,
    table: &'static str,
    (binding, name): (&str, &str),
    (version, key_id, octets): &Sealed,
) -> Result<SecretBytes, Error> {
    let opened = key.open(place(table, binding, *version), *key_id, octets);
    opened.map_err(|error| match error {
        Error::RowAltered { table, .. } => Error::RowAltered {
            table,
            key: name.to_owned(),
        },
        other => other,
    })
}

fn place<'a>(table: &'static str, key: &'a str, version: i64) -> Place<'a> {
    Place {
        table,
        key,
        version: version.cast_unsigned(),
    }
}

/// URI and properties in a form that no two nodes share.
fn binding(node: &StoredNode) -> String {
    format!(
        "{:?}",
        (
            &node.uri,
            &node.format,
            &node.type_,
            &node.access,
            node.permanent,
            &node.acl,
            node.acl_fixed,
            &node.title,
            node.changed,
            node.ver_no,
        )
    )
}
