-- Facts about the catalogue that open sources told, and when each may be asked again.

-- Who says that an artist has a tag; the atlas's own are never overwritten.
ALTER TABLE artist_tags ADD COLUMN source TEXT NOT NULL DEFAULT 'atlas';

-- Whose year it is; null for the atlas and imports, which are never overwritten.
ALTER TABLE tracks ADD COLUMN year_source TEXT;
ALTER TABLE tracks ADD COLUMN length_ms INTEGER CHECK (length_ms > 0);

-- One row per question that was answered, "nothing found" included.
CREATE TABLE artist_lookups (
  task TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  next_at INTEGER NOT NULL,
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  misses INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, artist_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookups_of_artist ON artist_lookups (artist_id);

CREATE TABLE track_lookups (
  task TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  next_at INTEGER NOT NULL,
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  misses INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, track_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lookups_of_track ON track_lookups (track_id);

-- How each question fares as a whole: until when nothing is asked, and after how many failures.
CREATE TABLE enrichment_tasks (
  task TEXT PRIMARY KEY,
  paused_until INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  trouble TEXT
) STRICT, WITHOUT ROWID;

-- Measured sound; shares 0..1 but for loudness (dB), tempo (beats per minute), key (0..11), mode.
CREATE TABLE track_sound (
  track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  acousticness REAL,
  danceability REAL,
  energy REAL,
  instrumentalness REAL,
  liveness REAL,
  speechiness REAL,
  valence REAL,
  loudness REAL,
  tempo REAL,
  key INTEGER,
  mode INTEGER
) STRICT;

-- Where a picture is, never the picture.
CREATE TABLE track_artwork (
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (track_id, source)
) STRICT, WITHOUT ROWID;
