"""Every list shown, with its numbers (decision D12)."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from bot.adapters.sqlite.connection import Readers
from bot.adapters.sqlite.rows import ensure_member, load_subjects, subject_columns
from bot.adapters.sqlite.times import from_ms, to_ms
from bot.adapters.sqlite.writer import Writer
from bot.domain.feedback import OpenMessage
from bot.domain.ids import (
    ChannelId,
    GuildId,
    ItemKey,
    MemberId,
    MessageId,
    RecommendationId,
    ShownItemId,
)
from bot.domain.recommending import Draft, Occasion, Policy, Recommendation, Scored, ShownItem
from bot.errors import NotFoundError


class SqliteRecommendationStore:
    """Implements `RecommendationStore`."""

    def __init__(self, *, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def save(self, draft: Draft) -> Recommendation:
        """Store a list before it is sent."""
        return await self._writer.run(_save, draft)

    async def mark_sent(
        self,
        recommendation_id: RecommendationId,
        *,
        message_id: MessageId,
        channel_id: ChannelId,
        open_to_reactions: bool,
    ) -> None:
        """Record the message that shows a list."""
        await self._writer.run(
            _mark_sent, recommendation_id, message_id, channel_id, open_to_reactions
        )

    async def get(self, recommendation_id: RecommendationId) -> Recommendation | None:
        """Return a stored list."""
        return await self._readers.run(_load, "id = ?", recommendation_id)

    async def of_item(self, item_id: ShownItemId) -> Recommendation | None:
        """Return the list that holds a shown item."""
        return await self._readers.run(
            _load, "id = (SELECT recommendation_id FROM recommendation_items WHERE id = ?)", item_id
        )

    async def of_message(self, message_id: MessageId) -> Recommendation | None:
        """Return the list a message shows."""
        return await self._readers.run(
            _load, "id = (SELECT recommendation_id FROM messages WHERE id = ?)", message_id
        )

    async def latest(self, member_id: MemberId, *, limit: int) -> Sequence[ShownItem]:
        """Return the items shown last to a member, newest list first, in rank order."""
        return await self._readers.run(_latest, member_id, limit)

    async def shown_keys(
        self, member_id: MemberId, *, guild_id: GuildId | None, since: datetime
    ) -> Collection[ItemKey]:
        """Return what a member was shown in one server (or in private messages) since then."""
        return await self._readers.run(_shown_keys, member_id, guild_id, to_ms(since))

    async def open_messages(self, *, since: datetime, limit: int) -> Sequence[OpenMessage]:
        """Return messages still open to reactions, newest first."""
        return await self._readers.run(_open_messages, to_ms(since), limit)

    async def close_message(self, message_id: MessageId) -> None:
        """Record that a message takes no reactions any more; its list stays."""
        await self._writer.run(_close_message, message_id)


def _save(raw: sqlite3.Connection, draft: Draft) -> Recommendation:
    ensure_member(raw, draft.member_id)
    (recommendation_id,) = raw.execute(
        "INSERT INTO recommendations (member_id, guild_id, channel_id, private, occasion, "
        "model_version, adventure, seed, like_key, made_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            draft.member_id,
            draft.guild_id,
            draft.channel_id,
            draft.private,
            draft.occasion,
            draft.model_version,
            draft.adventure,
            draft.seed,
            draft.like,
            to_ms(draft.made_at),
        ),
    ).fetchone()
    items = []
    for scored in draft.items:
        (item_id,) = raw.execute(
            "INSERT INTO recommendation_items (recommendation_id, rank, track_id, artist_id, "
            "score_rank, score, rerank, parts, policy, propensity, calibration) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                recommendation_id,
                scored.rank,
                *subject_columns(scored.subject),
                scored.score_rank,
                scored.score,
                scored.rerank,
                json.dumps(dict(scored.parts)),
                scored.policy,
                scored.propensity,
                scored.calibration,
            ),
        ).fetchone()
        items.append(ShownItem(ShownItemId(item_id), RecommendationId(recommendation_id), scored))
    return Recommendation(
        id=RecommendationId(recommendation_id),
        member_id=draft.member_id,
        guild_id=draft.guild_id,
        private=draft.private,
        occasion=draft.occasion,
        model_version=draft.model_version,
        adventure=draft.adventure,
        like=draft.like,
        made_at=draft.made_at,
        items=tuple(items),
    )


def _mark_sent(
    raw: sqlite3.Connection,
    recommendation_id: RecommendationId,
    message_id: MessageId,
    channel_id: ChannelId,
    open_to_reactions: bool,
) -> None:
    stored = raw.execute(
        "INSERT INTO messages (id, recommendation_id, channel_id, open, shown_at) "
        "SELECT ?, id, ?, ?, made_at FROM recommendations WHERE id = ? "
        "ON CONFLICT DO UPDATE SET recommendation_id = excluded.recommendation_id, "
        "channel_id = excluded.channel_id, open = excluded.open, shown_at = excluded.shown_at",
        (message_id, channel_id, open_to_reactions, recommendation_id),
    )
    if stored.rowcount == 0:
        raise NotFoundError


def _load(raw: sqlite3.Connection, condition: str, key: int) -> Recommendation | None:
    row = raw.execute(
        "SELECT id, member_id, guild_id, private, occasion, model_version, adventure, like_key, "
        "made_at, (SELECT max(m.id) FROM messages AS m WHERE m.recommendation_id = r.id) "
        f"FROM recommendations AS r WHERE member_id IS NOT NULL AND {condition}",
        (key,),
    ).fetchone()
    if row is None:
        return None
    items = raw.execute(f"{_ITEMS} WHERE recommendation_id = ? ORDER BY rank", (row[0],)).fetchall()
    return Recommendation(
        id=RecommendationId(row[0]),
        member_id=MemberId(row[1]),
        guild_id=row[2],
        private=bool(row[3]),
        occasion=Occasion(row[4]),
        model_version=row[5],
        adventure=row[6],
        like=row[7],
        made_at=from_ms(row[8]),
        items=tuple(_shown(raw, items)),
        message_id=row[9],
    )


_ITEMS = (
    "SELECT recommendation_items.id, recommendation_id, coalesce(track_id, -artist_id), rank, "
    "score_rank, score, rerank, parts, policy, propensity, calibration FROM recommendation_items"
)


def _shown(raw: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> list[ShownItem]:
    subjects = load_subjects(raw, [row[2] for row in rows])
    return [
        ShownItem(
            id=ShownItemId(row[0]),
            recommendation_id=RecommendationId(row[1]),
            scored=Scored(
                subject=subjects[row[2]],
                rank=row[3],
                score_rank=row[4],
                score=row[5],
                rerank=row[6],
                parts=json.loads(row[7]),
                policy=Policy(row[8]),
                propensity=row[9],
                calibration=row[10],
            ),
        )
        for row in rows
    ]


def _latest(raw: sqlite3.Connection, member_id: MemberId, limit: int) -> list[ShownItem]:
    rows = raw.execute(
        f"{_ITEMS} JOIN recommendations AS r ON r.id = recommendation_id "
        "WHERE r.member_id = ? ORDER BY r.made_at DESC, r.id DESC, rank LIMIT ?",
        (member_id, limit),
    ).fetchall()
    return _shown(raw, rows)


def _shown_keys(
    raw: sqlite3.Connection, member_id: MemberId, guild_id: GuildId | None, since: int
) -> frozenset[ItemKey]:
    rows = raw.execute(
        "SELECT coalesce(i.track_id, -i.artist_id) FROM recommendations AS r "
        "JOIN recommendation_items AS i ON i.recommendation_id = r.id "
        "WHERE r.member_id = ? AND r.guild_id IS ? AND r.made_at >= ? AND r.adrift = 0",
        (member_id, guild_id, since),
    )
    return frozenset(ItemKey(key) for (key,) in rows)


def _close_message(raw: sqlite3.Connection, message_id: MessageId) -> None:
    raw.execute("UPDATE messages SET open = 0 WHERE id = ?", (message_id,))


def _open_messages(raw: sqlite3.Connection, since: int, limit: int) -> list[OpenMessage]:
    rows = raw.execute(
        "SELECT m.id, m.channel_id, m.recommendation_id, "
        "(SELECT CASE WHEN count(*) = 1 THEN min(i.id) END FROM recommendation_items AS i "
        " WHERE i.recommendation_id = m.recommendation_id) "
        "FROM messages AS m WHERE m.open = 1 AND m.shown_at >= ? "
        "ORDER BY m.shown_at DESC, m.id DESC LIMIT ?",
        (since, limit),
    )
    return [
        OpenMessage(MessageId(row[0]), row[1], RecommendationId(row[2]), row[3]) for row in rows
    ]
