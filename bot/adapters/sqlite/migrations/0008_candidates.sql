-- What other services say is similar: facts about artists, by the artist they were asked about.
-- No member is in these tables; what was said of an artist goes with the last member whose taste
-- names it.

-- That a source was asked about an artist. `misses` counts answers in a row that knew nothing,
-- `changed_at` is when what it says last became other than it was.
CREATE TABLE similar_lookups (
  source TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  asked_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  misses INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER,
  PRIMARY KEY (source, artist_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX similar_lookups_of_artist ON similar_lookups (artist_id);
CREATE INDEX similar_lookups_by_change ON similar_lookups (changed_at) WHERE changed_at IS NOT NULL;

-- `place` counts from 1; `score` is in the source's own unit.
CREATE TABLE similar_artists (
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  similar_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  place INTEGER NOT NULL CHECK (place > 0),
  score REAL NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (artist_id, source, similar_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX similar_to_whom ON similar_artists (similar_id, source);

-- Artists and tracks that the catalogue knows because a source named them, the first one to do so.
CREATE TABLE found_artists (
  artist_id INTEGER PRIMARY KEY REFERENCES artists (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT;

CREATE TABLE found_tracks (
  track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  found_at INTEGER NOT NULL
) STRICT;

-- Questions asked per day (UTC), for the quota.
CREATE TABLE candidate_questions (
  day TEXT NOT NULL,
  source TEXT NOT NULL,
  questions INTEGER NOT NULL,
  PRIMARY KEY (day, source)
) STRICT, WITHOUT ROWID;
