-- One recording has many titles ("… - Remastered 2011") and many ids. `song_key` is the key under
-- which its releases meet, null where it is the title's own; other titles lead to the same track.
ALTER TABLE tracks ADD COLUMN song_key TEXT;
CREATE INDEX tracks_by_song ON tracks (artist_id, coalesce(song_key, title_key));

CREATE TABLE track_titles (
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  title_key TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  PRIMARY KEY (artist_id, title_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX titles_of_track ON track_titles (track_id);

-- Kinds: isrc, mbid, spotify, deezer for tracks; mbid, deezer for artists.
CREATE TABLE track_ids (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX ids_of_track ON track_ids (track_id, kind);

CREATE TABLE artist_ids (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX ids_of_artist ON artist_ids (artist_id, kind);

INSERT INTO track_ids (kind, value, track_id)
  SELECT 'mbid', mbid, min(id) FROM tracks WHERE mbid IS NOT NULL GROUP BY mbid
  UNION ALL
  SELECT 'spotify', spotify_id, min(id) FROM tracks WHERE spotify_id IS NOT NULL GROUP BY spotify_id;
INSERT INTO artist_ids (kind, value, artist_id)
  SELECT 'mbid', mbid, min(id) FROM artists WHERE mbid IS NOT NULL GROUP BY mbid;
