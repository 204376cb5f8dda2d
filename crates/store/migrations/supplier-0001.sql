-- Schema 1 of a supplier's store. Shipped, so never edited: a change is 0002.
-- One row for each CertTRE that was issued; no secrets.

CREATE TABLE certificates (
    tre_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    issued INTEGER NOT NULL,
    revoked INTEGER,
    PRIMARY KEY (tre_id, serial)
) STRICT, WITHOUT ROWID;
