"""Lists whose server or member is gone: what no verdict rests on goes, too."""

import sqlite3
from collections.abc import Collection

from bot.adapters.sqlite.rows import id_list


def cut_loose(
    raw: sqlite3.Connection, recommendation_ids: Collection[int], *, forget_member: bool
) -> dict[str, int]:
    """Delete lists, but keep items that a standing gesture rests on; return rows deleted by table.

    What stays of a list no longer says where it was shown; with `forget_member` neither to whom
    nor how it was scored, since that followed from their listening.
    """
    ids = id_list(recommendation_ids)
    deleted = {}
    for table, statement in (
        (
            "gestures",
            "DELETE FROM gestures WHERE standing = 0 "
            "AND recommendation_id IN (SELECT value FROM json_each(?))",
        ),
        (
            "messages",
            "DELETE FROM messages WHERE recommendation_id IN (SELECT value FROM json_each(?))",
        ),
        (
            "recommendation_items",
            "DELETE FROM recommendation_items "
            "WHERE recommendation_id IN (SELECT value FROM json_each(?)) AND NOT EXISTS ("
            "  SELECT 1 FROM gestures AS g "
            "  WHERE g.recommendation_id = recommendation_items.recommendation_id "
            "  AND (g.item_id IS NULL OR g.item_id = recommendation_items.id))",
        ),
        (
            "recommendations",
            "DELETE FROM recommendations WHERE id IN (SELECT value FROM json_each(?)) "
            "AND NOT EXISTS (SELECT 1 FROM recommendation_items AS i "
            "                WHERE i.recommendation_id = recommendations.id)",
        ),
    ):
        deleted[table] = raw.execute(statement, (ids,)).rowcount
    raw.execute(
        "UPDATE recommendations SET guild_id = NULL, channel_id = NULL, adrift = 1 "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (ids,),
    )
    if forget_member:
        raw.execute(
            "UPDATE recommendations SET member_id = NULL, seed = 0, adventure = 0, like_key = NULL "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
        raw.execute(
            "UPDATE recommendation_items SET score_rank = 0, score = 0, rerank = 0, parts = '{}', "
            "propensity = 0, calibration = 0 "
            "WHERE recommendation_id IN (SELECT value FROM json_each(?))",
            (ids,),
        )
    return deleted
