"""Gestures as they came; the verdict is a view over them (decision D9).

Each way of saying something has one row that remembers when it last changed. What happened earlier
than that is old news, so events may arrive late, twice or in any order; at the same instant the one
that arrives later counts.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member, id_list, load_subjects
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.feedback import Gesture, StandingVerdict, Verdict, Via
from bot.domain.ids import GuildId, ItemKey, MemberId, MessageId, RecommendationId, ShownItemId
from bot.domain.members import CONSENT_VERSION
from bot.errors import NotFoundError

ENDED = 0


class SqliteGestureStore:
    """Implements `GestureStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def record(self, gesture: Gesture) -> bool:
        """Store a gesture; return whether the member's verdict changed."""
        return await self._writer.run(_record, gesture)

    async def withdraw(
        self,
        member_id: MemberId,
        *,
        recommendation_id: RecommendationId,
        item_id: ShownItemId | None,
        via: Via,
        emoji: str,
        at: datetime,
    ) -> bool:
        """End one gesture; return whether it stood."""
        return await self._writer.run(
            _withdraw, member_id, recommendation_id, item_id, via, emoji, to_ms(at)
        )

    async def clear(self, member_id: MemberId, item_id: ShownItemId, *, at: datetime) -> bool:
        """End every gesture of a member on what a shown item stands for, whole cards included."""
        return await self._writer.run(_clear, member_id, item_id, to_ms(at))

    async def reconcile(
        self,
        message_id: MessageId,
        standing: Mapping[tuple[MemberId, str], Verdict],
        *,
        at: datetime,
    ) -> int:
        """Make the reaction gestures on a message equal to what Discord shows; return changes."""
        return await self._writer.run(_reconcile, message_id, standing, to_ms(at))

    async def verdicts(self, member_id: MemberId, *, limit: int) -> Sequence[StandingVerdict]:
        """Return standing verdicts, newest first."""
        return await self._readers.run(_verdicts, member_id, limit)

    async def voted_in_public(
        self, member_id: MemberId, *, guild_id: GuildId | None, limit: int
    ) -> Collection[ItemKey]:
        """Return what those of the newest verdicts are about that were made on public cards there."""
        return await self._readers.run(_voted_in_public, member_id, guild_id, limit)


def _record(raw: sqlite3.Connection, gesture: Gesture) -> bool:
    keys = _keys_of(raw, gesture.recommendation_id, gesture.item_id)
    if not keys:
        raise NotFoundError
    ensure_member(raw, gesture.member_id)
    before = _standing(raw, gesture.member_id, keys)
    _set_state(
        raw,
        gesture.member_id,
        gesture.recommendation_id,
        gesture.item_id,
        gesture.via,
        gesture.emoji,
        int(gesture.verdict),
        to_ms(gesture.made_at),
    )
    return _standing(raw, gesture.member_id, keys) != before


def _withdraw(
    raw: sqlite3.Connection,
    member_id: MemberId,
    recommendation_id: RecommendationId,
    item_id: ShownItemId | None,
    via: Via,
    emoji: str,
    at: int,
) -> bool:
    if not _keys_of(raw, recommendation_id, item_id):
        return False
    ensure_member(raw, member_id)
    return _set_state(raw, member_id, recommendation_id, item_id, via, emoji, ENDED, at)


def _clear(raw: sqlite3.Connection, member_id: MemberId, item_id: ShownItemId, at: int) -> bool:
    rows = raw.execute(
        "SELECT g.recommendation_id, g.item_id, g.via, g.emoji "
        "FROM recommendation_items AS this "
        "JOIN recommendation_items AS same "
        "  ON same.track_id = this.track_id OR same.artist_id = this.artist_id "
        "JOIN gestures AS g ON g.recommendation_id = same.recommendation_id "
        "  AND (g.item_id IS NULL OR g.item_id = same.id) "
        "WHERE this.id = ? AND g.member_id = ? AND g.standing = 1",
        (item_id, member_id),
    ).fetchall()
    ended = [
        _set_state(raw, member_id, recommendation_id, of_item, via, emoji, ENDED, at)
        for recommendation_id, of_item, via, emoji in rows
    ]
    return any(ended)


def _reconcile(
    raw: sqlite3.Connection,
    message_id: MessageId,
    standing: Mapping[tuple[MemberId, str], Verdict],
    at: int,
) -> int:
    row = raw.execute(
        "SELECT m.recommendation_id, "
        "CASE WHEN count(*) = 1 THEN min(i.id) END FROM messages AS m "
        "JOIN recommendation_items AS i ON i.recommendation_id = m.recommendation_id "
        "WHERE m.id = ? GROUP BY m.recommendation_id",
        (message_id,),
    ).fetchone()
    if row is None:
        return 0
    recommendation_id, item_id = row
    agreed = _with_consent(raw, {member_id for member_id, _ in standing})
    wanted = {key: int(verdict) for key, verdict in standing.items() if key[0] in agreed}
    known = {
        (MemberId(member_id), emoji): verdict
        for member_id, emoji, verdict in raw.execute(
            "SELECT member_id, emoji, verdict FROM gestures WHERE recommendation_id = ? "
            "AND item_id IS ? AND via = ? AND standing = 1",
            (recommendation_id, item_id, Via.EMOJI),
        )
    }
    changes = {key: ENDED for key in known if key not in wanted}
    changes |= {key: verdict for key, verdict in wanted.items() if known.get(key) != verdict}
    done = 0
    for (member_id, emoji), verdict in changes.items():
        before = _state(raw, member_id, recommendation_id, item_id, Via.EMOJI, emoji)
        _set_state(raw, member_id, recommendation_id, item_id, Via.EMOJI, emoji, verdict, at)
        after = _state(raw, member_id, recommendation_id, item_id, Via.EMOJI, emoji)
        done += before != after
    return done


def _verdicts(raw: sqlite3.Connection, member_id: MemberId, limit: int) -> list[StandingVerdict]:
    rows = raw.execute(
        "SELECT item_key, verdict, made_at, item_id, weak FROM verdicts WHERE member_id = ? "
        "ORDER BY made_at DESC, gesture_id DESC, item_id LIMIT ?",
        (member_id, limit),
    ).fetchall()
    subjects = load_subjects(raw, [row[0] for row in rows])
    return [
        StandingVerdict(
            subjects[key], Verdict(verdict), from_ms(made_at), ShownItemId(item_id), bool(weak)
        )
        for key, verdict, made_at, item_id, weak in rows
    ]


def _voted_in_public(
    raw: sqlite3.Connection, member_id: MemberId, guild_id: GuildId | None, limit: int
) -> frozenset[ItemKey]:
    rows = raw.execute(
        "SELECT v.item_key FROM (SELECT item_key, item_id FROM verdicts WHERE member_id = ? "
        " ORDER BY made_at DESC, gesture_id DESC, item_id LIMIT ?) AS v "
        "JOIN recommendation_items AS i ON i.id = v.item_id "
        "JOIN recommendations AS r ON r.id = i.recommendation_id "
        "WHERE r.private = 0 AND r.guild_id IS ? AND r.member_id IS NOT NULL",
        (member_id, limit, guild_id),
    )
    return frozenset(ItemKey(key) for (key,) in rows)


def _keys_of(
    raw: sqlite3.Connection, recommendation_id: RecommendationId, item_id: ShownItemId | None
) -> list[int]:
    """Return the item keys a gesture speaks of; none when the list or its item is gone."""
    rows = raw.execute(
        "SELECT coalesce(track_id, -artist_id) FROM recommendation_items "
        "WHERE recommendation_id = ? AND id = coalesce(?, id)",
        (recommendation_id, item_id),
    )
    return [key for (key,) in rows]


def _standing(
    raw: sqlite3.Connection, member_id: MemberId, keys: Collection[int]
) -> dict[int, int]:
    rows = raw.execute(
        "SELECT item_key, verdict FROM verdicts "
        "WHERE member_id = ? AND item_key IN (SELECT value FROM json_each(?))",
        (member_id, id_list(keys)),
    )
    return dict(rows.fetchall())


def _with_consent(raw: sqlite3.Connection, members: Collection[MemberId]) -> frozenset[int]:
    rows = raw.execute(
        "SELECT member_id FROM consents "
        "WHERE version >= ? AND member_id IN (SELECT value FROM json_each(?))",
        (CONSENT_VERSION, id_list(members)),
    )
    return frozenset(id_ for (id_,) in rows)


def _state(
    raw: sqlite3.Connection,
    member_id: MemberId,
    recommendation_id: int,
    item_id: int | None,
    via: str,
    emoji: str,
) -> tuple[int, int, int, int] | None:
    """Return id, verdict, standing and instant of one gesture's row."""
    row: tuple[int, int, int, int] | None = raw.execute(
        "SELECT id, verdict, standing, changed_at FROM gestures WHERE member_id = ? "
        "AND recommendation_id = ? AND coalesce(item_id, 0) = coalesce(?, 0) "
        "AND via = ? AND emoji = ?",
        (member_id, recommendation_id, item_id, via, emoji),
    ).fetchone()
    return row


def _set_state(
    raw: sqlite3.Connection,
    member_id: MemberId,
    recommendation_id: int,
    item_id: int | None,
    via: str,
    emoji: str,
    verdict: int,
    at: int,
) -> bool:
    """Let a gesture stand with a verdict, or end it; return whether it stood and ended."""
    known = _state(raw, member_id, recommendation_id, item_id, via, emoji)
    if known is None:
        raw.execute(
            "INSERT INTO gestures (seq, member_id, recommendation_id, item_id, via, emoji, "
            "verdict, standing, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                _next_seq(raw),
                member_id,
                recommendation_id,
                item_id,
                via,
                emoji,
                verdict,
                verdict != ENDED,
                at,
            ),
        )
        return False
    id_, was, stood, changed_at = known
    told = verdict if verdict != ENDED else was
    stands = int(verdict != ENDED)
    if at < changed_at or (told, stands, at) == (was, stood, changed_at):
        return False
    raw.execute(
        "UPDATE gestures SET seq = ?, verdict = ?, standing = ?, changed_at = ? WHERE id = ?",
        (_next_seq(raw), told, stands, at, id_),
    )
    return bool(stood) and not stands


def _next_seq(raw: sqlite3.Connection) -> int:
    (value,) = raw.execute(
        "UPDATE sequences SET value = value + 1 WHERE name = 'gestures' RETURNING value"
    ).fetchone()
    return int(value)
