"""What a member's taste is read from: evidence for the recommender, a summary for people."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import sqlite3

from bot.adapters.sqlite.rows import load_artists
from bot.adapters.sqlite.times import from_ms
from bot.domain.feedback import Verdict
from bot.domain.ids import ArtistId, MemberId
from bot.domain.listening import (
    EvidenceKind,
    EvidenceRow,
    Level,
    Source,
    SourceSummary,
    TasteSummary,
)


def load_evidence(raw: sqlite3.Connection, member_id: MemberId) -> list[EvidenceRow]:
    """Return plays and skips from the sums, then picks, then verdicts."""
    rows = []
    levels = (Level.TRACK, Level.ARTIST)
    play, skip, pick = EvidenceKind.PLAY, EvidenceKind.SKIP, EvidenceKind.PICK
    for of_artist, id_, plays, skips, played_at, skipped_at in raw.execute(
        "SELECT of_artist, subject_id, plays, skips, played_at, skipped_at "
        "FROM play_sums WHERE member_id = ?",
        (member_id,),
    ):
        if plays:
            rows.append(EvidenceRow(levels[of_artist], id_, play, plays, from_ms(played_at)))
        if skips:
            rows.append(EvidenceRow(levels[of_artist], id_, skip, skips, from_ms(skipped_at)))
    rows += [
        EvidenceRow(Level.ARTIST, artist_id, pick, 1, from_ms(made_at))
        for artist_id, made_at in raw.execute(
            "SELECT artist_id, made_at FROM picks WHERE member_id = ? ORDER BY id", (member_id,)
        )
    ]
    rows += [
        EvidenceRow(
            levels[of_artist],
            id_,
            EvidenceKind.LIKE if verdict == Verdict.UP else EvidenceKind.DISLIKE,
            1,
            from_ms(made_at),
        )
        for of_artist, id_, verdict, made_at in raw.execute(
            "SELECT track_id IS NULL, coalesce(track_id, artist_id), verdict, made_at "
            "FROM verdicts WHERE member_id = ? ORDER BY made_at, gesture_id, item_id",
            (member_id,),
        )
    ]
    return rows


_ARTIST_PLAYS = (
    "WITH heard AS ("
    " SELECT coalesce(t.artist_id, p.subject_id) AS artist_id, sum(p.plays) AS plays"
    " FROM play_sums AS p LEFT JOIN tracks AS t ON p.of_artist = 0 AND t.id = p.subject_id"
    " WHERE p.member_id = ?1 AND p.plays > 0 GROUP BY 1"
    "), weighed AS ("
    " SELECT artist_id, plays FROM heard"
    " UNION ALL SELECT artist_id, 1 FROM picks"
    " WHERE member_id = ?1 AND NOT EXISTS (SELECT 1 FROM heard)"
    ") "
)


def load_taste(raw: sqlite3.Connection, member_id: MemberId, top: int) -> TasteSummary:
    """Return a member's listening at a glance; without any plays the tags are those of the picks."""
    (listens,) = raw.execute(
        "SELECT coalesce(sum(plays + skips), 0) FROM play_sums WHERE member_id = ?", (member_id,)
    ).fetchone()
    best = raw.execute(
        f"{_ARTIST_PLAYS} SELECT artist_id, plays FROM heard ORDER BY plays DESC, artist_id LIMIT ?2",
        (member_id, top),
    ).fetchall()
    artists = load_artists(raw, [id_ for id_, _ in best])
    tags = raw.execute(
        f"{_ARTIST_PLAYS} SELECT tags.name, "
        "sum(plays) * 1.0 / (SELECT sum(plays) FROM weighed) AS share "
        "FROM weighed JOIN artist_tags USING (artist_id) JOIN tags ON tags.id = tag_id "
        "GROUP BY tags.id ORDER BY share DESC, tags.name LIMIT ?2",
        (member_id, top),
    ).fetchall()
    sources = raw.execute(
        "SELECT name, listens, first_at, last_at FROM source_sums "
        "JOIN sources ON sources.id = source_id WHERE member_id = ? ORDER BY listens DESC, name",
        (member_id,),
    )
    picks = raw.execute(
        "SELECT artist_id, name FROM picks JOIN artists ON artists.id = artist_id "
        "WHERE member_id = ? ORDER BY picks.id",
        (member_id,),
    )
    return TasteSummary(
        listens=listens,
        top_artists=tuple((artists[id_], plays) for id_, plays in best),
        top_tags=tuple((name, share) for name, share in tags),
        sources=tuple(
            SourceSummary(Source(name), count, from_ms(first_at), from_ms(last_at))
            for name, count, first_at, last_at in sources
        ),
        picks=tuple((ArtistId(id_), name) for id_, name in picks),
    )
