-- Listening as Discord shows it, of members who switched it on: the play under way, so that a restart
-- doesn't lose it, and plays that ended and wait to be filed, as JSON.
CREATE TABLE activity_now (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  under_way TEXT,
  waiting TEXT NOT NULL
) STRICT;

-- Links to the upload page; secrets only as hashes. `folder` holds what has arrived of the file.
CREATE TABLE upload_tickets (
  id_hash TEXT PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  browser_hash TEXT,
  identity_hash TEXT UNIQUE,
  csrf_hash TEXT,
  folder TEXT,
  file_name TEXT,
  size INTEGER,
  stamp TEXT,
  import_id INTEGER,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_tickets_by_expiry ON upload_tickets (expires_at);
CREATE INDEX upload_tickets_of_member ON upload_tickets (member_id);
