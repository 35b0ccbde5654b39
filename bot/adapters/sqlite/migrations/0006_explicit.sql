-- Whether a track carries the label "explicit"; null where nobody said.
ALTER TABLE tracks ADD COLUMN explicit INTEGER CHECK (explicit IN (0, 1));
CREATE INDEX tracks_explicit ON tracks (id) WHERE explicit = 1;
