-- Schema 1 of an operator's store. Shipped, so never edited: a change is 0002.
-- Moments are milliseconds since 1970, identifiers are text as documents write
-- them. `body` is the aggregate as JSON, sealed under the node's key `key_id`.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    key_id INTEGER NOT NULL,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE subscriptions (
    tre_id TEXT PRIMARY KEY,
    imsi TEXT NOT NULL UNIQUE,
    home TEXT NOT NULL CHECK (home IN ('here', 'left', 'gone')),
    released INTEGER NOT NULL,
    due INTEGER,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX subscriptions_due ON subscriptions (due) WHERE due IS NOT NULL;

CREATE INDEX subscriptions_released ON subscriptions (released) WHERE released > 0;

CREATE TABLE orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL UNIQUE,
    tre_id TEXT NOT NULL,
    imsi TEXT NOT NULL,
    donor TEXT NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    created INTEGER NOT NULL,
    due INTEGER,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX orders_of_tre ON orders (tre_id, number);

CREATE INDEX orders_by_state ON orders (state, number);

CREATE INDEX orders_due ON orders (due) WHERE due IS NOT NULL;

CREATE TABLE certificates (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    signature BLOB NOT NULL,
    envelope BLOB
) STRICT;

CREATE TABLE subscribers (
    imsi TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX subscribers_enabled ON subscribers (enabled);

-- The last version of each deleted subscriber: one made anew goes on above it.
CREATE TABLE deleted_subscribers (
    imsi TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

-- `subject` is the OrderId, or the IMSI of a push; `digest` tells pushes apart.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('announcement', 'release', 'push')),
    subject TEXT NOT NULL,
    digest BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    container BLOB,
    UNIQUE (kind, subject, digest)
) STRICT;

CREATE TABLE imsi_counters (
    prefix TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;
