-- Schema 1 of an operator's node. Bodies are aggregates of crate provisioning as
-- JSON, encrypted under the node's key and bound to table, key and version.
CREATE TABLE subscriptions (
  tre_id  TEXT PRIMARY KEY,
  imsi    TEXT NOT NULL,
  here    INTEGER NOT NULL,
  due     INTEGER,
  version INTEGER NOT NULL,
  body    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_imsi ON subscriptions (imsi);
CREATE INDEX subscriptions_due ON subscriptions (due) WHERE due IS NOT NULL;

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  tre_id   TEXT NOT NULL,
  donor    TEXT NOT NULL,
  state    TEXT NOT NULL,
  reason   TEXT,
  created  INTEGER NOT NULL,
  due      INTEGER,
  version  INTEGER NOT NULL,
  body     BLOB NOT NULL,
  cert_sig BLOB NOT NULL,
  cert_enc BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_tre ON orders (tre_id, created);
CREATE INDEX orders_state ON orders (state, created);
CREATE INDEX orders_due ON orders (due) WHERE due IS NOT NULL;

CREATE TABLE subscribers (
  imsi      TEXT PRIMARY KEY,
  enabled   INTEGER NOT NULL,
  seq_bound INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  body      BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  body     BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at  INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, subject, body)
) STRICT;
CREATE INDEX outbox_next ON outbox (next_at, id);

CREATE TABLE imsis (
  prefix TEXT PRIMARY KEY,
  next   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
