-- Schema 2: the management server for people (dm::queue). Shipped, so never
-- edited: a change is 0003. Moments and sealing as in schema 1.

-- `body` has the secrets and the nonces.
CREATE TABLE dm_account (
    device TEXT PRIMARY KEY,
    server_id TEXT NOT NULL,
    auth TEXT NOT NULL CHECK (auth IN ('md5', 'basic')),
    user TEXT NOT NULL,
    profile TEXT NOT NULL,
    created INTEGER NOT NULL,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE dm_group (
    name TEXT NOT NULL,
    device TEXT NOT NULL REFERENCES dm_account (device) ON DELETE CASCADE,
    PRIMARY KEY (name, device)
) STRICT;

CREATE INDEX dm_group_of_device ON dm_group (device);

-- `body` has the request and what the device answered.
CREATE TABLE dm_command (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    command_id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES dm_account (device) ON DELETE CASCADE,
    origin TEXT,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    version INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX dm_command_of_device ON dm_command (device, state, number);

CREATE INDEX dm_command_by_state ON dm_command (state, number);

CREATE INDEX dm_command_expires ON dm_command (expires) WHERE state = 'queued';

CREATE TABLE dm_session (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    session_ref TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL REFERENCES dm_account (device) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,
    outcome TEXT
) STRICT;

CREATE INDEX dm_session_of_device ON dm_session (device, number);

CREATE INDEX dm_session_open ON dm_session (number) WHERE ended IS NULL;

-- `body` is the message as XML, masked.
CREATE TABLE dm_message (
    session_ref TEXT NOT NULL REFERENCES dm_session (session_ref) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    at INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (session_ref, number)
) STRICT;
