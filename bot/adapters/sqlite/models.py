"""Versions of the shared model, and what came after the newest one."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.facts import ENRICHED, enriched_so_far
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.recommending import ModelInfo
from bot.ports import PendingChanges


class SqliteModelStore:
    """Implements `ModelStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def latest(self) -> tuple[ModelInfo, str] | None:
        """Return the newest published version and its folder name."""
        return await self._readers.run(_latest)

    async def publish(self, info: ModelInfo, *, folder: str, row_cut: Mapping[str, int]) -> None:
        """Record a published version; erasures it was trained after are no longer pending.

        A `row_cut` without `erasures` counts as one that has seen them all.
        """
        await self._writer.run(_publish, info, folder, row_cut)

    async def reject(self, info: ModelInfo, *, reason: str, row_cut: Mapping[str, int]) -> None:
        """Record a version that was trained and not published: it saw what `row_cut` names."""
        await self._writer.run(_insert, info, published=False, reason=reason, row_cut=row_cut)

    async def pending(self) -> PendingChanges:
        """Count what came after the newest training, published or not; picks count as verdicts."""
        return await self._readers.run(_pending)

    async def outcomes(self, *, limit: int) -> Sequence[tuple[float, bool]]:
        """Return the newest picks of `/recommend`, newest first; what nobody voted on is no like."""
        return await self._readers.run(_outcomes, limit)


def _latest(raw: sqlite3.Connection) -> tuple[ModelInfo, str] | None:
    row = raw.execute(
        "SELECT version, trained_at, listeners, interactions, tracks, artists, details, folder "
        "FROM model_versions WHERE published = 1 ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    info = ModelInfo(
        version=row[0],
        trained_at=from_ms(row[1]),
        listeners=row[2],
        interactions=row[3],
        tracks=row[4],
        artists=row[5],
        details=json.loads(row[6]),
    )
    return info, row[7]


def _publish(
    raw: sqlite3.Connection, info: ModelInfo, folder: str, row_cut: Mapping[str, int]
) -> None:
    _insert(raw, info, published=True, folder=folder, row_cut=row_cut)
    raw.execute(
        "DELETE FROM pending_erasures WHERE id <= coalesce(?, id)", (row_cut.get("erasures"),)
    )


def _insert(
    raw: sqlite3.Connection,
    info: ModelInfo,
    *,
    published: bool,
    folder: str | None = None,
    reason: str = "",
    row_cut: Mapping[str, int] | None = None,
) -> None:
    raw.execute(
        "INSERT INTO model_versions (version, published, folder, reason, trained_at, listeners, "
        "interactions, tracks, artists, details, row_cut) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            info.version,
            published,
            folder,
            reason,
            to_ms(info.trained_at),
            info.listeners,
            info.interactions,
            info.tracks,
            info.artists,
            json.dumps(dict(info.details)),
            json.dumps({name: int(cut) for name, cut in (row_cut or {}).items()}),
        ),
    )


def _outcomes(raw: sqlite3.Connection, limit: int) -> list[tuple[float, bool]]:
    rows = raw.execute(
        "SELECT i.score + i.calibration "
        "- coalesce((SELECT json_extract(m.details, '$.shift_by_votes') FROM model_versions AS m "
        "WHERE m.version = r.model_version), 0), "
        "EXISTS (SELECT 1 FROM gestures AS g WHERE g.item_id = i.id AND g.member_id = r.member_id AND g.standing = 1 AND g.verdict = 1) "
        "FROM recommendation_items AS i JOIN recommendations AS r ON r.id = i.recommendation_id "
        "WHERE r.occasion = 'recommend' ORDER BY i.id DESC LIMIT ?",
        (limit,),
    )
    return [(float(odds), bool(liked)) for odds, liked in rows]


def _pending(raw: sqlite3.Connection) -> PendingChanges:
    row = raw.execute(
        "SELECT row_cut FROM model_versions WHERE published = 1 OR row_cut <> '{}' "
        "ORDER BY id DESC LIMIT 1"
    ).fetchone()
    cut: dict[str, int] = {} if row is None else json.loads(row[0])
    since: list[int] = []

    def count(sql: str, *parameters: int) -> int:
        (n, oldest) = raw.execute(sql, parameters).fetchone()
        if oldest is not None:
            since.append(oldest)
        return int(n)

    gestures = count(
        "SELECT count(*), min(changed_at) FROM gestures WHERE seq > ?", cut.get("gestures", 0)
    )
    picks = count("SELECT count(*), min(made_at) FROM picks WHERE id > ?", cut.get("picks", 0))
    listens = count(
        "SELECT count(*), min(recorded_at) FROM listens WHERE id > ? "
        "AND source_id IN (SELECT id FROM sources WHERE trainable = 1)",
        cut.get("listens", 0),
    )
    erasures = count("SELECT count(*), min(erased_at) FROM pending_erasures")
    answers = count(
        "SELECT count(*), min(changed_at) FROM similar_lookups WHERE changed_at > ?",
        cut.get("answers", 0),
    )
    return PendingChanges(
        verdicts=gestures + picks,
        listens=listens,
        erasures=erasures,
        since=from_ms(min(since)) if since else None,
        enriched=max(0, enriched_so_far(raw) - cut.get(ENRICHED, 0)),
        answers=answers,
    )
