-- Schema 2 of a device's store: what it keeps beside the TRE's state, by name.
-- Shipped, so never edited: a change is 0003.

CREATE TABLE kept (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
