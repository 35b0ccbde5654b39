-- What came through a source that is not `personal` is shown back to its member and left out of
-- their lists as known, but shapes nothing.
ALTER TABLE sources ADD COLUMN personal INTEGER NOT NULL DEFAULT 1 CHECK (personal IN (0, 1));

-- A member's own export may train; what the Web API of Spotify hands out may not, unless the
-- operator says so (then `trainable` is raised at start).
UPDATE sources SET trainable = 1 WHERE name = 'spotify_account';
INSERT INTO sources (id, name, trainable) VALUES (20, 'spotify_api', 0);

-- One Spotify account belongs to one member; the account itself is the row in `links`.
CREATE UNIQUE INDEX links_of_spotify ON links (account) WHERE source_id = 20;

-- The grant behind that row. Tokens are sealed with a key that is not in this file; they are null
-- once Spotify said that the grant is over.
CREATE TABLE spotify_logins (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  access_token TEXT,
  refresh_token TEXT,
  expires_at INTEGER NOT NULL,
  consented_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('linked', 'relink')),
  reminded_day INTEGER NOT NULL DEFAULT 0,
  CHECK ((state = 'linked') = (refresh_token IS NOT NULL))
) STRICT;

-- How far reading an account is and when it goes on.
CREATE TABLE spotify_syncs (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  heard_until INTEGER,
  polled_at INTEGER,
  next_at INTEGER NOT NULL,
  pause_s INTEGER NOT NULL,
  tops_at INTEGER,
  saved_at INTEGER,
  playlists_at INTEGER,
  error_key TEXT,
  failed_at INTEGER
) STRICT;

-- Attempts to link. Of every secret only its SHA-256 is kept, and the PKCE verifier sealed.
CREATE TABLE link_requests (
  id_hash TEXT PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  verifier TEXT NOT NULL,
  browser_hash TEXT,
  identity_hash TEXT UNIQUE,
  identified INTEGER NOT NULL DEFAULT 0 CHECK (identified IN (0, 1)),
  csrf_hash TEXT,
  state_hash TEXT UNIQUE,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX link_requests_of_member ON link_requests (member_id);
CREATE INDEX link_requests_by_expiry ON link_requests (expires_at);

-- The one gate before every call to Spotify, and what was called on which day (UTC).
CREATE TABLE spotify_gate (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_until INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE spotify_calls (
  day TEXT NOT NULL,
  operation TEXT NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (day, operation)
) STRICT, WITHOUT ROWID;

-- Which track of Spotify a track of ours is; null when it was looked for in vain.
CREATE TABLE spotify_matches (
  track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
  spotify_id TEXT,
  looked_up_at INTEGER NOT NULL
) STRICT;

-- Playlists written for members. `marker` is part of the playlist's description: by it a playlist is
-- found again whose creation was never answered.
CREATE TABLE spotify_playlists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  marker TEXT NOT NULL UNIQUE,
  playlist_id TEXT,
  snapshot_id TEXT,
  made_at INTEGER NOT NULL,
  written_at INTEGER,
  UNIQUE (member_id, purpose)
) STRICT;
