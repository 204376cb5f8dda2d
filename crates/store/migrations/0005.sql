-- Schema 5: the certificates that an operator's CertSHO issued, kept after they
-- have expired. Shipped, so never edited: a change is 0006.

CREATE TABLE issued_certificates (
    number INTEGER PRIMARY KEY,
    serial BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    revoked INTEGER,
    reason INTEGER
) STRICT;
