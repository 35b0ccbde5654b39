-- A score is the sum of its parts, and no longer the log-odds of a like by itself: what its calibration
-- adds to it. Of older picks the two were the same.
ALTER TABLE recommendation_items ADD COLUMN calibration REAL NOT NULL DEFAULT 0;
