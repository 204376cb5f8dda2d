-- Schema 7: pools of PCIDs, what is left of numbers, and the audit log
-- (docs/pcids.md). Shipped, so never edited: a change is 0008.

-- Numbers are IMSIs of 15 digits as integers; `used` counts those of the range
-- that may not be given now.
CREATE TABLE pools (
    name TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    retention_s INTEGER NOT NULL,
    next INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `holder` is supplier:NAME, tre:TRE_id or group:NAME. K is the subscriber's.
CREATE TABLE pcids (
    imsi TEXT PRIMARY KEY,
    pool TEXT NOT NULL REFERENCES pools (name),
    state TEXT NOT NULL CHECK (state IN ('reserved', 'assigned', 'expired', 'free')),
    holder TEXT,
    batch TEXT,
    shared_by TEXT,
    uses INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    rests_until INTEGER NOT NULL,
    due INTEGER,
    freed INTEGER
) STRICT;

CREATE INDEX pcids_free ON pcids (pool, freed) WHERE state = 'free';

CREATE INDEX pcids_of_batch ON pcids (batch) WHERE batch IS NOT NULL;

CREATE INDEX pcids_due ON pcids (due) WHERE due IS NOT NULL;

-- The TREs that have a PCID together.
CREATE TABLE pcid_members (
    imsi TEXT NOT NULL REFERENCES pcids (imsi),
    tre_id TEXT NOT NULL,
    PRIMARY KEY (imsi, tre_id)
) STRICT;

-- The level of each stock of numbers that was told last.
CREATE TABLE told_levels (
    name TEXT PRIMARY KEY,
    level TEXT NOT NULL
) STRICT;

CREATE TABLE audit_log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_log_stays BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_log_is_never_changed BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
