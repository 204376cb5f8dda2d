-- Schema 6: subscribers whose HLR outside of the program is to be brought to their
-- row. One row for each; asked for anew, it gets a new id. Ids are those of the
-- outbox, whose rows never come so far. Shipped, so never edited: a change is 0007.

CREATE TABLE hlr_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    imsi TEXT NOT NULL UNIQUE,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO sqlite_sequence (name, seq) VALUES ('hlr_outbox', 4611686018427387904);
