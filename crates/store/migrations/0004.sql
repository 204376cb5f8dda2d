-- Schema 4: names by which transports know devices. Shipped, so never edited: a
-- change is 0005.

CREATE TABLE dm_login (
    device TEXT PRIMARY KEY REFERENCES dm_account (device) ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE
) STRICT;
