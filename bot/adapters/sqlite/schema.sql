-- Made by `python -m bot.adapters.sqlite.migrations`; version 11.

CREATE TABLE activity_now (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  under_way TEXT,
  waiting TEXT NOT NULL
) STRICT;

CREATE TABLE artist_ids (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE artist_lookups (
  task TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  next_at INTEGER NOT NULL,
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  misses INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, artist_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE artist_tags (
  artist_id INTEGER NOT NULL REFERENCES artists (id),
  tag_id INTEGER NOT NULL REFERENCES tags (id),
  place INTEGER NOT NULL,
  weight REAL NOT NULL CHECK (weight > 0), source TEXT NOT NULL DEFAULT 'atlas',
  PRIMARY KEY (artist_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE artist_terms (
  inner_word INTEGER NOT NULL CHECK (inner_word IN (0, 1)),
  term TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id),
  renown INTEGER NOT NULL,
  PRIMARY KEY (inner_word, term, artist_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE artists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  country TEXT,
  tier INTEGER,
  decades TEXT NOT NULL DEFAULT '',
  mbid TEXT,
  atlas INTEGER NOT NULL DEFAULT 0 CHECK (atlas IN (0, 1))
) STRICT;

CREATE TABLE blend_members (
  blend_id INTEGER NOT NULL REFERENCES blends (id),
  member_id INTEGER NOT NULL,
  place INTEGER NOT NULL,
  agreement TEXT NOT NULL,
  answered_at INTEGER,
  PRIMARY KEY (blend_id, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE blends (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  guild_id INTEGER NOT NULL,
  channel_id INTEGER NOT NULL,
  owner_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  message_id INTEGER
) STRICT;

CREATE TABLE blocks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  track_id INTEGER REFERENCES tracks (id),
  artist_id INTEGER REFERENCES artists (id),
  made_at INTEGER NOT NULL,
  CHECK ((track_id IS NULL) <> (artist_id IS NULL)),
  UNIQUE (member_id, track_id),
  UNIQUE (member_id, artist_id)
) STRICT;

CREATE TABLE candidate_questions (
  day TEXT NOT NULL,
  source TEXT NOT NULL,
  questions INTEGER NOT NULL,
  PRIMARY KEY (day, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
  member_id INTEGER NOT NULL REFERENCES members (id),
  version INTEGER NOT NULL,
  given_at INTEGER NOT NULL,
  PRIMARY KEY (member_id, version)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE enrichment_tasks (
  task TEXT PRIMARY KEY,
  paused_until INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  trouble TEXT
) STRICT, WITHOUT ROWID;

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

CREATE TABLE gaps (
  id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id),
  source_id INTEGER NOT NULL REFERENCES sources (id),
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  noted_at INTEGER NOT NULL
) STRICT;

CREATE TABLE gestures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL UNIQUE,
  member_id INTEGER NOT NULL REFERENCES members (id),
  recommendation_id INTEGER NOT NULL REFERENCES recommendations (id),
  item_id INTEGER REFERENCES recommendation_items (id),
  via TEXT NOT NULL,
  emoji TEXT NOT NULL,
  verdict INTEGER NOT NULL CHECK (verdict IN (-1, 0, 1)),
  standing INTEGER NOT NULL CHECK (standing IN (0, 1)),
  changed_at INTEGER NOT NULL,
  CHECK (standing = 0 OR verdict <> 0)
) STRICT;

CREATE TABLE guild_settings (
  guild_id INTEGER NOT NULL REFERENCES guilds (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (guild_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE guilds (
  id INTEGER PRIMARY KEY,
  joined_at INTEGER NOT NULL,
  removed_at INTEGER,
  greeted INTEGER NOT NULL DEFAULT 0 CHECK (greeted IN (0, 1))
) STRICT;

CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  state TEXT NOT NULL,
  file_names TEXT NOT NULL,
  folder TEXT NOT NULL,
  rows_found INTEGER NOT NULL DEFAULT 0,
  rows_done INTEGER NOT NULL DEFAULT 0,
  rows_added INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  error_key TEXT,
  notes TEXT NOT NULL DEFAULT '[]'
) STRICT;

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

CREATE TABLE links (
  member_id INTEGER NOT NULL REFERENCES members (id),
  source_id INTEGER NOT NULL REFERENCES sources (id),
  account TEXT NOT NULL,
  linked_at INTEGER NOT NULL,
  PRIMARY KEY (member_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE listens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  source_id INTEGER NOT NULL REFERENCES sources (id),
  source_time TEXT NOT NULL,
  text_key TEXT NOT NULL,
  track_id INTEGER REFERENCES tracks (id),
  artist_id INTEGER REFERENCES artists (id),
  started_at INTEGER,
  precision_ms INTEGER,
  ms_played INTEGER,
  plays INTEGER NOT NULL CHECK (plays > 0),
  skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
  recorded_at INTEGER NOT NULL,
  CHECK ((track_id IS NULL) <> (artist_id IS NULL)),
  UNIQUE (member_id, source_id, source_time, text_key)
) STRICT;

CREATE TABLE member_settings (
  member_id INTEGER PRIMARY KEY REFERENCES members (id),
  private INTEGER NOT NULL CHECK (private IN (0, 1)),
  adventure INTEGER NOT NULL,
  link_service TEXT NOT NULL,
  explicit INTEGER NOT NULL CHECK (explicit IN (0, 1)),
  notices INTEGER NOT NULL CHECK (notices IN (0, 1))
) STRICT;

CREATE TABLE members (
  id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  recommendation_id INTEGER NOT NULL REFERENCES recommendations (id),
  channel_id INTEGER NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  shown_at INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE model_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version TEXT NOT NULL,
  published INTEGER NOT NULL CHECK (published IN (0, 1)),
  folder TEXT,
  reason TEXT NOT NULL DEFAULT '',
  trained_at INTEGER NOT NULL,
  listeners INTEGER NOT NULL,
  interactions INTEGER NOT NULL,
  tracks INTEGER NOT NULL,
  artists INTEGER NOT NULL,
  details TEXT NOT NULL,
  row_cut TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE pending_erasures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  erased_at INTEGER NOT NULL
) STRICT;

CREATE TABLE picks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  artist_id INTEGER NOT NULL REFERENCES artists (id),
  made_at INTEGER NOT NULL,
  UNIQUE (member_id, artist_id)
) STRICT;

CREATE TABLE play_sums (
  member_id INTEGER NOT NULL REFERENCES members (id),
  of_artist INTEGER NOT NULL CHECK (of_artist IN (0, 1)),
  subject_id INTEGER NOT NULL,
  plays INTEGER NOT NULL,
  skips INTEGER NOT NULL,
  played_at INTEGER,
  skipped_at INTEGER,
  PRIMARY KEY (member_id, of_artist, subject_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE playlists_to_empty (
  playlist_id TEXT PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE recommendation_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recommendation_id INTEGER NOT NULL REFERENCES recommendations (id),
  rank INTEGER NOT NULL,
  track_id INTEGER REFERENCES tracks (id),
  artist_id INTEGER REFERENCES artists (id),
  score_rank INTEGER NOT NULL,
  score REAL NOT NULL,
  rerank REAL NOT NULL,
  parts TEXT NOT NULL,
  policy TEXT NOT NULL,
  propensity REAL NOT NULL, calibration REAL NOT NULL DEFAULT 0,
  CHECK ((track_id IS NULL) <> (artist_id IS NULL)),
  UNIQUE (recommendation_id, rank)
) STRICT;

CREATE TABLE recommendations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER REFERENCES members (id),
  guild_id INTEGER,
  channel_id INTEGER,
  adrift INTEGER NOT NULL DEFAULT 0 CHECK (adrift IN (0, 1)),
  private INTEGER NOT NULL CHECK (private IN (0, 1)),
  occasion TEXT NOT NULL,
  model_version TEXT NOT NULL,
  adventure INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  like_key INTEGER,
  made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sequences (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE shared_playlist_asks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  asked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE shared_playlist_tastes (
  purpose TEXT NOT NULL,
  member_id INTEGER NOT NULL REFERENCES members (id),
  PRIMARY KEY (purpose, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE similar_artists (
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  similar_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  place INTEGER NOT NULL CHECK (place > 0),
  score REAL NOT NULL,
  fetched_at INTEGER NOT NULL,
  PRIMARY KEY (artist_id, source, similar_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE similar_lookups (
  source TEXT NOT NULL,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  asked_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  misses INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER,
  PRIMARY KEY (source, artist_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_sums (
  member_id INTEGER NOT NULL REFERENCES members (id),
  source_id INTEGER NOT NULL REFERENCES sources (id),
  listens INTEGER NOT NULL,
  first_at INTEGER,
  last_at INTEGER,
  PRIMARY KEY (member_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  trainable INTEGER NOT NULL CHECK (trainable IN (0, 1)),
  precedence INTEGER NOT NULL GENERATED ALWAYS AS (id + 1000 * (1 - trainable)) VIRTUAL
, personal INTEGER NOT NULL DEFAULT 1 CHECK (personal IN (0, 1))) STRICT;

CREATE TABLE spotify_calls (
  day TEXT NOT NULL,
  operation TEXT NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (day, operation)
) STRICT, WITHOUT ROWID;

CREATE TABLE spotify_gate (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  closed_until INTEGER NOT NULL,
  strikes INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;

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

CREATE TABLE spotify_matches (
  track_id INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
  spotify_id TEXT,
  looked_up_at INTEGER NOT NULL
) STRICT;

CREATE TABLE spotify_playlists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member_id INTEGER NOT NULL REFERENCES members (id),
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  marker TEXT NOT NULL UNIQUE,
  playlist_id TEXT,
  snapshot_id TEXT,
  made_at INTEGER NOT NULL,
  written_at INTEGER, shared INTEGER NOT NULL DEFAULT 0 CHECK (shared IN (0, 1)),
  UNIQUE (member_id, purpose)
) STRICT;

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

CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE track_artwork (
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  source TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (track_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE track_ids (
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE track_lookups (
  task TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  next_at INTEGER NOT NULL,
  found INTEGER NOT NULL CHECK (found IN (0, 1)),
  misses INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, track_id)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE track_terms (
  inner_word INTEGER NOT NULL CHECK (inner_word IN (0, 1)),
  term TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id),
  renown INTEGER NOT NULL,
  PRIMARY KEY (inner_word, term, track_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE track_titles (
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  title_key TEXT NOT NULL,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  PRIMARY KEY (artist_id, title_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tracks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  artist_id INTEGER NOT NULL REFERENCES artists (id),
  title TEXT NOT NULL,
  title_key TEXT NOT NULL,
  year INTEGER,
  spotify_id TEXT,
  mbid TEXT,
  atlas INTEGER NOT NULL DEFAULT 0 CHECK (atlas IN (0, 1)), song_key TEXT, explicit INTEGER CHECK (explicit IN (0, 1)), year_source TEXT, length_ms INTEGER CHECK (length_ms > 0),
  UNIQUE (artist_id, title_key)
) STRICT;

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

CREATE INDEX artists_by_tier ON artists (tier, id) WHERE tier IS NOT NULL;

CREATE INDEX artists_of_tag ON artist_tags (tag_id);

CREATE INDEX blends_by_expiry ON blends (expires_at);

CREATE INDEX blends_of_guild ON blends (guild_id);

CREATE INDEX blends_of_member ON blend_members (member_id);

CREATE INDEX blends_of_owner ON blends (owner_id);

CREATE INDEX blocks_of_artist ON blocks (artist_id) WHERE artist_id IS NOT NULL;

CREATE INDEX blocks_of_track ON blocks (track_id) WHERE track_id IS NOT NULL;

CREATE INDEX gaps_of_member ON gaps (member_id);

CREATE UNIQUE INDEX gestures_key
  ON gestures (member_id, recommendation_id, coalesce(item_id, 0), via, emoji);

CREATE INDEX gestures_of_item ON gestures (item_id) WHERE item_id IS NOT NULL;

CREATE INDEX gestures_of_recommendation ON gestures (recommendation_id);

CREATE INDEX ids_of_artist ON artist_ids (artist_id, kind);

CREATE INDEX ids_of_track ON track_ids (track_id, kind);

CREATE INDEX imports_of_member ON imports (member_id);

CREATE INDEX items_of_artist ON recommendation_items (artist_id) WHERE artist_id IS NOT NULL;

CREATE INDEX items_of_track ON recommendation_items (track_id) WHERE track_id IS NOT NULL;

CREATE INDEX link_requests_by_expiry ON link_requests (expires_at);

CREATE INDEX link_requests_of_member ON link_requests (member_id);

CREATE UNIQUE INDEX links_of_names ON links (source_id, account COLLATE NOCASE)
  WHERE source_id IN (3, 7);

CREATE UNIQUE INDEX links_of_spotify ON links (account) WHERE source_id = 20;

CREATE INDEX listens_of_artist ON listens (artist_id, member_id) WHERE artist_id IS NOT NULL;

CREATE INDEX listens_of_track ON listens (track_id, member_id, started_at, source_id)
  WHERE track_id IS NOT NULL;

CREATE INDEX lookups_of_artist ON artist_lookups (artist_id);

CREATE INDEX lookups_of_track ON track_lookups (track_id);

CREATE INDEX messages_of_recommendation ON messages (recommendation_id);

CREATE INDEX open_messages ON messages (shown_at) WHERE open = 1;

CREATE INDEX picks_of_artist ON picks (artist_id);

CREATE INDEX playlists_to_empty_of_member ON playlists_to_empty (member_id);

CREATE INDEX recommendations_of_guild ON recommendations (guild_id) WHERE guild_id IS NOT NULL;

CREATE INDEX recommendations_of_member ON recommendations (member_id, guild_id, made_at);

CREATE INDEX shared_playlist_asks_by_time ON shared_playlist_asks (asked_at);

CREATE INDEX shared_playlist_asks_of_member ON shared_playlist_asks (member_id);

CREATE INDEX shared_playlist_tastes_of_member ON shared_playlist_tastes (member_id);

CREATE INDEX similar_lookups_by_change ON similar_lookups (changed_at) WHERE changed_at IS NOT NULL;

CREATE INDEX similar_lookups_of_artist ON similar_lookups (artist_id);

CREATE INDEX similar_to_whom ON similar_artists (similar_id, source);

CREATE INDEX terms_of_artist ON artist_terms (artist_id);

CREATE INDEX terms_of_track ON track_terms (track_id);

CREATE INDEX titles_of_track ON track_titles (track_id);

CREATE INDEX tracks_by_song ON tracks (artist_id, coalesce(song_key, title_key));

CREATE INDEX tracks_explicit ON tracks (id) WHERE explicit = 1;

CREATE INDEX upload_tickets_by_expiry ON upload_tickets (expires_at);

CREATE INDEX upload_tickets_of_member ON upload_tickets (member_id);

CREATE VIEW plays AS
SELECT
  l.id, l.member_id, l.source_id, l.track_id, l.artist_id, l.started_at, l.plays,
  (l.skipped = 1 OR coalesce(l.ms_played, 30000) < 30000) AS skip
FROM listens AS l
WHERE NOT EXISTS (
  SELECT 1
  FROM listens AS other
  CROSS JOIN sources AS theirs ON theirs.id = other.source_id
  CROSS JOIN sources AS ours ON ours.id = l.source_id
  WHERE other.track_id = l.track_id
    AND other.member_id = l.member_id
    AND other.started_at BETWEEN l.started_at - 7200000 AND l.started_at + 7200000
    AND other.source_id <> l.source_id
    AND abs(other.started_at - l.started_at)
        <= 30000 + coalesce(other.precision_ms, 0) + coalesce(l.precision_ms, 0)
    AND theirs.precedence < ours.precedence
    AND NOT EXISTS (
      SELECT 1
      FROM listens AS sibling
      WHERE sibling.track_id = l.track_id
        AND sibling.member_id = l.member_id
        AND sibling.started_at BETWEEN other.started_at - 7200000 AND other.started_at + 7200000
        AND sibling.source_id = l.source_id
        AND (abs(sibling.started_at - other.started_at), sibling.id)
            < (abs(l.started_at - other.started_at), l.id)
    )
);

CREATE VIEW trainable AS
SELECT
  p.member_id,
  p.track_id IS NULL AS level,
  coalesce(p.track_id, p.artist_id) AS id,
  CASE WHEN p.skip THEN 4 ELSE 0 END AS kind,
  p.plays AS value,
  p.started_at AS at,
  p.id AS recorded
FROM plays AS p
WHERE p.source_id IN (SELECT id FROM sources WHERE trainable = 1)
UNION ALL
SELECT member_id, 1, artist_id, 1, 1, made_at, id
FROM picks
WHERE EXISTS (SELECT 1 FROM sources WHERE name = 'pick' AND trainable = 1)
UNION ALL
SELECT
  member_id, track_id IS NULL, coalesce(track_id, artist_id),
  CASE verdict WHEN 1 THEN 2 ELSE 3 END, 1, made_at, seq
FROM verdicts
WHERE EXISTS (SELECT 1 FROM sources WHERE name = 'reaction' AND trainable = 1);

CREATE VIEW verdicts AS
SELECT member_id, item_key, track_id, artist_id, verdict, made_at, item_id, weak, gesture_id, seq
FROM (
  SELECT
    g.member_id,
    coalesce(i.track_id, -i.artist_id) AS item_key,
    i.track_id,
    i.artist_id,
    g.verdict,
    g.changed_at AS made_at,
    i.id AS item_id,
    g.item_id IS NULL AS weak,
    g.id AS gesture_id,
    g.seq,
    row_number() OVER (
      PARTITION BY g.member_id, coalesce(i.track_id, -i.artist_id)
      ORDER BY g.item_id IS NULL, g.changed_at DESC, g.id DESC
    ) AS place
  FROM gestures AS g
  JOIN recommendation_items AS i
    ON i.recommendation_id = g.recommendation_id AND i.id = coalesce(g.item_id, i.id)
  WHERE g.standing = 1
)
WHERE place = 1;
