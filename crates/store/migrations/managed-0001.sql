-- Schema 1 of a managed device's store. Shipped, so never edited: a change is 0002.

CREATE TABLE nodes (
    uri TEXT PRIMARY KEY,
    format TEXT,
    type TEXT,
    access TEXT NOT NULL,
    permanent INTEGER NOT NULL CHECK (permanent IN (0, 1)),
    acl TEXT,
    acl_fixed INTEGER NOT NULL CHECK (acl_fixed IN (0, 1)),
    title TEXT,
    changed INTEGER,
    ver_no INTEGER NOT NULL,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE objects (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
