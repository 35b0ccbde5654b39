"""Listening as Discord shows it, until it is filed: one row per member who switched it on."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.activity import PlayUnderWay, Song
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.ports.activity import Followed


class SqliteActivityStore:
    """Implements `ActivityStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def followed(self) -> Sequence[Followed]:
        """Return everybody who switched it on, with what was known of them last."""
        return await self._readers.run(_followed)

    async def save(self, state: Followed) -> None:
        """Store what is known of a member; nothing happens when they switched it off."""
        await self._writer.run(_save, state)


def _followed(raw: sqlite3.Connection) -> list[Followed]:
    rows = raw.execute(
        "SELECT l.member_id, a.under_way, coalesce(a.waiting, '[]') FROM links AS l "
        "JOIN sources AS s ON s.id = l.source_id LEFT JOIN activity_now AS a USING (member_id) "
        "WHERE s.name = ?",
        (Source.DISCORD_ACTIVITY.value,),
    )
    return [
        Followed(
            MemberId(member_id),
            None if under_way is None else _play(json.loads(under_way)),
            tuple(_listen(one) for one in json.loads(waiting)),
        )
        for member_id, under_way, waiting in rows
    ]


def _save(raw: sqlite3.Connection, state: Followed) -> None:
    play = state.under_way
    raw.execute(
        "INSERT OR REPLACE INTO activity_now (member_id, under_way, waiting) SELECT ?1, ?2, ?3 "
        "WHERE EXISTS (SELECT 1 FROM links JOIN sources AS s ON s.id = source_id "
        "  WHERE member_id = ?1 AND s.name = ?4)",
        (
            state.member_id,
            None if play is None else _text(asdict(play)),
            _text([asdict(one) for one in state.waiting]),
            Source.DISCORD_ACTIVITY.value,
        ),
    )


def _text(value: Any) -> str:
    return json.dumps(value, default=_instant, ensure_ascii=False)


def _instant(value: object) -> int:
    if isinstance(value, datetime):
        return to_ms(value)
    raise TypeError(type(value).__name__)


def _play(found: dict[str, Any]) -> PlayUnderWay:
    instants = {name: from_ms(found.pop(name)) for name in ("began_at", "started_at", "seen_at")}
    since = found.pop("since")
    return PlayUnderWay(
        song=Song(**found.pop("song")),
        since=None if since is None else from_ms(since),
        **instants,
        **found,
    )


def _listen(found: dict[str, Any]) -> FetchedListen:
    started_at = found.pop("started_at")
    return FetchedListen(started_at=None if started_at is None else from_ms(started_at), **found)
