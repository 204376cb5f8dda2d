//! Groups of devices: a name, and who is in it.

use rusqlite::Connection;

use crate::Error;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The devices in it, in order.
    pub devices: Vec<String>,
}

/// Puts a device in; one without an account is a conflict.
pub(super) fn join(conn: &Connection, name: &str, device: &str) -> Result<usize, Error> {
    let known = conn
        .prepare_cached("SELECT 1 FROM dm_account WHERE device = ?1")?
        .exists([device])?;
    if !known {
        return Err(Error::Conflict);
    }
    let joined = conn
        .prepare_cached(
            "INSERT INTO dm_group (name, device) VALUES (?1, ?2)
             ON CONFLICT (name, device) DO NOTHING",
        )?
        .execute([name, device])?;
    Ok(joined)
}

/// Takes one device out, or all: a group without devices is gone.
pub(super) fn leave(conn: &Connection, name: &str, device: Option<&str>) -> Result<usize, Error> {
    let left = match device {
        Some(device) => conn
            .prepare_cached("DELETE FROM dm_group WHERE name = ?1 AND device = ?2")?
            .execute([name, device])?,
        None => conn
            .prepare_cached("DELETE FROM dm_group WHERE name = ?1")?
            .execute([name])?,
    };
    Ok(left)
}

/// The devices of a group.
pub(super) fn members(conn: &Connection, name: &str) -> Result<Vec<String>, Error> {
    let mut statement =
        conn.prepare_cached("SELECT device FROM dm_group WHERE name = ?1 ORDER BY device")?;
    let rows = statement.query_map([name], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All groups.
pub(super) fn list(conn: &Connection) -> Result<Vec<Group>, Error> {
    let mut statement =
        conn.prepare_cached("SELECT name, device FROM dm_group ORDER BY name, device")?;
    let mut rows = statement.query([])?;
    let mut groups: Vec<Group> = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, device): (String, String) = (row.get(0)?, row.get(1)?);
        match groups.last_mut() {
            Some(group) if group.name == name => group.devices.push(device),
            _ => groups.push(Group {
                name,
                devices: vec![device],
            }),
        }
    }
    Ok(groups)
}
