-- Schema 1 of a device's store. Shipped, so never edited: a change is 0002.

CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    key_id INTEGER NOT NULL,
    host BLOB NOT NULL
) STRICT;
