-- Playlists on the operator's account, for members without one of their own. Who asked is kept for the
-- limits; a playlist that holds the taste of somebody who was forgotten waits to be emptied.
ALTER TABLE spotify_playlists ADD COLUMN shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1));

CREATE TABLE shared_playlist_asks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  asked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shared_playlist_asks_by_time ON shared_playlist_asks (asked_at);
CREATE INDEX shared_playlist_asks_of_member ON shared_playlist_asks (member_id);

-- Whose taste a shared playlist holds; blends themselves are forgotten after a day.
CREATE TABLE shared_playlist_tastes (
  purpose TEXT NOT NULL,
  member_id INTEGER NOT NULL REFERENCES members (id),
  PRIMARY KEY (purpose, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shared_playlist_tastes_of_member ON shared_playlist_tastes (member_id);

CREATE TABLE playlists_to_empty (
  playlist_id TEXT PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX playlists_to_empty_of_member ON playlists_to_empty (member_id);
