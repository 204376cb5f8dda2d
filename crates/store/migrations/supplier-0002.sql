-- Schema 2 of a supplier's store: the batches of PCIDs that operators made and
-- that were taken. Shipped, so never edited: a change is 0003.

CREATE TABLE pcid_batches (
    batch_id TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
