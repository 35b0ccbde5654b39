-- Doors that need a name, and listening as Discord shows it.
INSERT INTO sources (id, name, trainable) VALUES (7, 'lastfm', 1), (8, 'discord_activity', 1);

-- A name elsewhere belongs to one member.
CREATE UNIQUE INDEX links_of_names ON links (source_id, account COLLATE NOCASE)
  WHERE source_id IN (3, 7);

-- How far reading a name is. Histories are read backwards: a pass starts at the newest listen
-- (`top_at`), has come down to `cursor_at`, and ends where the pass before it began (`newest_at`);
-- without one it goes back to the beginning. `cut_at` is where a history was left off because no
-- more of it may be stored.
CREATE TABLE door_syncs (
  member_id INTEGER NOT NULL REFERENCES members (id),
  source_id INTEGER NOT NULL REFERENCES sources (id),
  next_at INTEGER NOT NULL,
  pause_s INTEGER NOT NULL,
  newest_at INTEGER,
  top_at INTEGER,
  cursor_at INTEGER,
  cut_at INTEGER,
  synced_at INTEGER,
  extras_at INTEGER,
  error_key TEXT,
  failed_at INTEGER,
  PRIMARY KEY (member_id, source_id)
) STRICT, WITHOUT ROWID;
