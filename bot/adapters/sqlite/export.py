"""Everything stored about a member, as JSON-ready values with ids as texts."""

# ruff: noqa: S608  (statements are put together from constants of this module only)

import json
import sqlite3
from typing import Any, Final

from bot.adapters.sqlite.times import from_ms
from bot.domain.ids import MemberId

_ITEM_NAME: Final = "coalesce(t.title, '') AS title, coalesce(ta.name, a.name) AS artist"
_ITEM_JOINS: Final = (
    "LEFT JOIN tracks AS t ON t.id = x.track_id LEFT JOIN artists AS ta ON ta.id = t.artist_id "
    "LEFT JOIN artists AS a ON a.id = x.artist_id"
)

QUERIES: Final = {
    "members": "SELECT id FROM members WHERE id = ?",
    "consents": "SELECT version, given_at FROM consents WHERE member_id = ?",
    "member_settings": "SELECT private, adventure, link_service, explicit, notices "
    "FROM member_settings WHERE member_id = ?",
    "links": "SELECT s.name AS source, account, linked_at FROM links AS x "
    "JOIN sources AS s ON s.id = source_id WHERE member_id = ?",
    "gaps": "SELECT s.name AS source, from_at, to_at, noted_at FROM gaps AS x "
    "JOIN sources AS s ON s.id = source_id WHERE member_id = ?",
    "door_syncs": "SELECT s.name AS source, newest_at, top_at, cursor_at, cut_at, synced_at, "
    "extras_at, next_at, error_key, failed_at FROM door_syncs AS x "
    "JOIN sources AS s ON s.id = source_id WHERE member_id = ?",
    "activity_now": "SELECT under_way, waiting FROM activity_now WHERE member_id = ?",
    "upload_tickets": "SELECT name, created_at, expires_at, file_name, size, used_at "
    "FROM upload_tickets WHERE member_id = ? ORDER BY created_at",
    "spotify_logins": "SELECT name, scopes, state, consented_at, expires_at FROM spotify_logins "
    "WHERE member_id = ?",
    "spotify_syncs": "SELECT heard_until, polled_at, next_at, tops_at, saved_at, playlists_at, "
    "error_key, failed_at FROM spotify_syncs WHERE member_id = ?",
    "spotify_playlists": "SELECT purpose, name, playlist_id, made_at, written_at "
    "FROM spotify_playlists WHERE member_id = ? ORDER BY id",
    "shared_playlist_asks": "SELECT asked_at FROM shared_playlist_asks WHERE member_id = ? "
    "ORDER BY id",
    "shared_playlist_tastes": "SELECT purpose FROM shared_playlist_tastes WHERE member_id = ? "
    "ORDER BY purpose",
    "playlists_to_empty": "SELECT playlist_id FROM playlists_to_empty WHERE member_id = ?",
    "link_requests": "SELECT name, created_at, expires_at, used_at FROM link_requests "
    "WHERE member_id = ? ORDER BY created_at",
    "imports": "SELECT id, state, file_names, rows_found, rows_done, rows_added, started_at, "
    "finished_at, error_key, notes FROM imports WHERE member_id = ? ORDER BY id",
    "picks": "SELECT name AS artist, made_at FROM picks JOIN artists AS a ON a.id = artist_id "
    "WHERE member_id = ? ORDER BY picks.id",
    "listens": f"SELECT s.name AS source, source_time, {_ITEM_NAME}, started_at, ms_played, plays, "
    f"skipped, recorded_at FROM listens AS x JOIN sources AS s ON s.id = source_id {_ITEM_JOINS} "
    "WHERE member_id = ? ORDER BY x.id",
    "play_sums": "SELECT coalesce(t.title, '') AS title, coalesce(ta.name, a.name) AS artist, "
    "plays, skips, played_at, skipped_at FROM play_sums AS x "
    "LEFT JOIN tracks AS t ON of_artist = 0 AND t.id = subject_id "
    "LEFT JOIN artists AS ta ON ta.id = t.artist_id "
    "LEFT JOIN artists AS a ON of_artist = 1 AND a.id = subject_id WHERE member_id = ?",
    "source_sums": "SELECT s.name AS source, listens, first_at, last_at FROM source_sums "
    "JOIN sources AS s ON s.id = source_id WHERE member_id = ?",
    "recommendations": f"SELECT r.id, guild_id, channel_id, private, occasion, model_version, "
    f"adventure, made_at, rank, {_ITEM_NAME}, score_rank, score, calibration, rerank, parts, policy, "
    "propensity "
    "FROM recommendations AS r JOIN recommendation_items AS x ON x.recommendation_id = r.id "
    f"{_ITEM_JOINS} WHERE member_id = ? ORDER BY r.id, rank",
    "gestures": f"SELECT g.recommendation_id, g.item_id, {_ITEM_NAME}, via, emoji, verdict, "
    "standing, changed_at FROM gestures AS g "
    f"LEFT JOIN recommendation_items AS x ON x.id = g.item_id {_ITEM_JOINS} "
    "WHERE g.member_id = ? ORDER BY g.id",
    "blocks": f"SELECT {_ITEM_NAME}, made_at FROM blocks AS x {_ITEM_JOINS} "
    "WHERE member_id = ? ORDER BY x.id",
    "blends": "SELECT id, guild_id, channel_id, rule, created_at, expires_at, message_id "
    "FROM blends WHERE owner_id = ? ORDER BY id",
    "blend_members": "SELECT blend_id, agreement, answered_at FROM blend_members "
    "WHERE member_id = ? ORDER BY blend_id",
}
"""One query per table that names a member; a test compares it with the erasure's tables."""

_JSON_COLUMNS: Final = ("file_names", "notes", "parts", "under_way", "waiting")
_TRUTH_COLUMNS: Final = ("private", "explicit", "notices", "skipped", "standing")


def export_member(raw: sqlite3.Connection, member_id: MemberId) -> dict[str, Any]:
    """Return the rows of every table by its name."""
    return {table: _rows(raw.execute(query, (member_id,))) for table, query in QUERIES.items()}


def _rows(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [
        {name: _ready(name, value) for name, value in zip(names, row, strict=True)}
        for row in cursor
    ]


def _ready(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "id" or name.endswith("_id"):
        return str(value)
    if name.endswith("_at"):
        return from_ms(value).isoformat()
    if name in _JSON_COLUMNS:
        return json.loads(value)
    if name in _TRUTH_COLUMNS:
        return bool(value)
    return value
