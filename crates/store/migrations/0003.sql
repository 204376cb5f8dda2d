-- Schema 3: no two devices know a server by the same secret. Shipped, so never
-- edited: a change is 0004.

-- `tag` is an HMAC of the server's secret under the store's key, empty where there
-- is no secret. An account of schema 2 has its row once another is made.
CREATE TABLE dm_server_tag (
    device TEXT PRIMARY KEY REFERENCES dm_account (device) ON DELETE CASCADE,
    tag BLOB NOT NULL
) STRICT;

CREATE INDEX dm_server_tag_of ON dm_server_tag (tag);
