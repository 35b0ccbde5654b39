"""Answers of the Web API turned into domain values at once; what is unusable is counted, not fatal."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.adapters.spotify.faults import SERVICE, MalformedError
from bot.domain.listening import FetchedListen
from bot.domain.spotify import Fetched, FoundTrack, PlaylistInfo, Plays, SpotifyProfile

_LONGEST_TEXT: Final = 500
_LONGEST_MS: Final = 24 * 3600 * 1000
TOP_PLAYS: Final = ((10, 3), (25, 2))
"""Up to which rank a top list stands for how many plays: a lower bound, counts are not told."""

FOLLOWED_PLAYS: Final = 2
"""What following an artist counts for in plays: as much as a place in the middle of a top list."""


def record(value: Any) -> dict[str, Any]:
    """Return an answer that has to be an object."""
    if not isinstance(value, dict):
        raise MalformedError(SERVICE)
    return value


def rows(value: Any, key: str = "items") -> list[Any]:
    """Return the items of a page."""
    found = record(value).get(key)
    if not isinstance(found, list):
        raise MalformedError(SERVICE)
    return found


def profile(value: Any) -> SpotifyProfile:
    """Return who a token belongs to; linked on `account_id`, which never changes."""
    body = record(value)
    account = text(body.get("account_id")) or text(body.get("id"))
    if account is None:
        raise MalformedError(SERVICE)
    return SpotifyProfile(account, text(body.get("display_name")) or account)


def plays(value: Any) -> Plays:
    """Return recently played tracks.

    Whether `played_at` is the end or the start of a play has changed over the years; the start is
    taken to be one length earlier, unsure by that length.
    """
    listens: list[FetchedListen] = []
    times: list[datetime] = []
    found = rows(value)
    for item in found:
        played_at = instant(item.get("played_at")) if isinstance(item, dict) else None
        if played_at is None:
            continue
        times.append(played_at)
        listen = _track(item.get("track"), source_time=str(item["played_at"]))
        if listen is None:
            continue
        length = _length_ms(item["track"])
        listens.append(
            replace(
                listen,
                started_at=played_at - timedelta(milliseconds=length),
                precision_ms=max(length, 1000),
            )
        )
    return Plays(
        listens=tuple(listens),
        oldest=min(times, default=None),
        newest=max(times, default=None),
        passed_over=len(found) - len(listens),
    )


def top_tracks(value: Any, time_range: str) -> Fetched:
    """Return a top list of tracks as undated listens, a few plays each by rank."""
    return _fetched(
        value, lambda item, rank: _top(_track(item, source_time=f"top {time_range}"), rank)
    )


def top_artists(value: Any, time_range: str) -> Fetched:
    """Return a top list of artists as undated listens of the artist."""

    def read(item: Any, rank: int) -> FetchedListen | None:
        name = text(item.get("name")) if isinstance(item, dict) else None
        if name is None:
            return None
        return _top(FetchedListen(source_time=f"top {time_range}", artist=name), rank)

    return _fetched(value, read)


def followed_artists(value: Any) -> Fetched:
    """Return followed artists as undated listens, a few plays each; they come inside `artists`."""

    def read(item: Any, _rank: int) -> FetchedListen | None:
        name = text(item.get("name")) if isinstance(item, dict) else None
        if name is None:
            return None
        return FetchedListen(source_time="followed", artist=name, plays=FOLLOWED_PLAYS)

    return _fetched(record(value).get("artists"), read)


def saved_tracks(value: Any) -> Fetched:
    """Return saved tracks; the time of saving is part of the key, not a time of listening."""
    return _fetched(
        value,
        lambda item, _rank: (
            _track(item.get("track"), source_time=f"saved {item.get('added_at')}")
            if isinstance(item, dict)
            else None
        ),
    )


def playlist_tracks(value: Any, playlist_id: str) -> Fetched:
    """Return the tracks of a playlist; items are called `item` since 2026, `track` before."""
    return _fetched(
        value,
        lambda entry, _rank: (
            _track(entry.get("item") or entry.get("track"), source_time=f"playlist {playlist_id}")
            if isinstance(entry, dict)
            else None
        ),
    )


def playlists(value: Any, *, owner_of: str | None) -> list[PlaylistInfo]:
    """Return playlists; entries may be null."""
    found = []
    for item in rows(value):
        info = playlist(item, owner_of=owner_of) if isinstance(item, dict) else None
        if info is not None:
            found.append(info)
    return found


def playlist(item: dict[str, Any], *, owner_of: str | None) -> PlaylistInfo | None:
    """Return one playlist, None without an id."""
    id_ = text(item.get("id"))
    if id_ is None or not (id_.isascii() and id_.isalnum()):
        return None
    owner = item.get("owner")
    owner_id = text(owner.get("id")) if isinstance(owner, dict) else None
    return PlaylistInfo(
        id=id_,
        name=text(item.get("name")) or "",
        owned=owner_of is None or owner_id == owner_of,
        description=text(item.get("description")) or "",
        snapshot_id=text(item.get("snapshot_id")) or "",
        url=f"https://open.spotify.com/playlist/{id_}",
    )


def found_tracks(value: Any) -> list[FoundTrack]:
    """Return the tracks of a search."""
    found = []
    for item in rows(record(value).get("tracks")):
        if not isinstance(item, dict):
            continue
        id_, title = text(item.get("id")), text(item.get("name"))
        names = tuple(_names(item))
        if id_ and title and names and id_.isascii() and id_.isalnum():
            found.append(FoundTrack(id_, title, names))
    return found


def snapshot(value: Any) -> str:
    """Return a playlist's version after a change."""
    id_ = text(record(value).get("snapshot_id"))
    if id_ is None:
        raise MalformedError(SERVICE)
    return id_


def next_offset(value: Any, *, offset: int, limit: int) -> int | None:
    """Return where the next page begins. The address in the answer is never followed."""
    body = record(value)
    more = isinstance(body.get("next"), str) and len(rows(value)) > 0
    return offset + limit if more else None


def text(value: Any) -> str | None:
    """Return a text in one line, None for anything else or nothing."""
    if not isinstance(value, str):
        return None
    words = " ".join(value.encode("utf-8", "replace").decode().split())
    return words if 0 < len(words) <= _LONGEST_TEXT else None


def instant(value: Any) -> datetime | None:
    """Return an aware instant of ISO text, to the millisecond."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _fetched(value: Any, read: Callable[[Any, int], FetchedListen | None]) -> Fetched:
    found = rows(value)
    listens = [one for one in (read(item, rank) for rank, item in enumerate(found, 1)) if one]
    return Fetched(tuple(listens), None, len(found) - len(listens))


def _track(item: Any, *, source_time: str) -> FetchedListen | None:
    if not isinstance(item, dict) or item.get("type", "track") != "track":
        return None
    title, artist = text(item.get("name")), next(_names(item), None)
    id_ = text(item.get("id"))
    if title is None or artist is None:
        return None
    uri = f"spotify:track:{id_}" if id_ and id_.isascii() and id_.isalnum() else None
    label = item.get("explicit")
    return FetchedListen(
        source_time=source_time,
        artist=artist,
        title=title,
        uri=uri,
        explicit=label if isinstance(label, bool) else None,
    )


def _names(item: dict[str, Any]) -> Iterator[str]:
    artists = item.get("artists")
    found = artists if isinstance(artists, list) else []
    names = (text(one.get("name")) for one in found if isinstance(one, dict))
    return iter([name for name in names if name])


def _length_ms(item: dict[str, Any]) -> int:
    length = item.get("duration_ms")
    if isinstance(length, bool) or not isinstance(length, int):
        return 0
    return length if 0 <= length <= _LONGEST_MS else 0


def _top(listen: FetchedListen | None, rank: int) -> FetchedListen | None:
    if listen is None:
        return None
    return replace(listen, plays=next((n for upto, n in TOP_PLAYS if rank <= upto), 1))
