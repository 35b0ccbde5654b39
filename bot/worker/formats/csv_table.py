"""CSV tables with a header: listener, artist, track, played_at, plays; order and case don't matter.

Only the artist is needed. A row without a time is a sum or a list entry. The delimiter is the one
that makes most of the header known.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.domain.listening import Source
from bot.worker.notes import FileRefusedError, Reason, Skip
from bot.worker.rows import (
    EARLIEST_MS,
    LONGEST_PLAY_MS,
    MOST_PLAYS,
    StagedRow,
    artist_name,
    clean_text,
    instant_ms,
    number_in_text,
    recording_mbid,
    spotify_uri,
)

_SYNONYMS: Mapping[str, Sequence[str]] = {
    "listener": ("listener", "listener_id", "user", "user_id", "user_name", "username", "member"),
    "artist": ("artist", "artist_name", "artists", "artistname", "band", "performer"),
    "track": (
        "track",
        "track_name",
        "trackname",
        "title",
        "song",
        "song_name",
        "name",
        "recording",
    ),
    "played_at": (
        *("played_at", "listened_at", "started_at", "uts", "unix_timestamp", "timestamp", "ts"),
        *("time", "date", "datetime", "utc_time"),
    ),
    "plays": ("plays", "play_count", "playcount", "count", "listens", "scrobbles", "weight"),
    "ms_played": ("ms_played", "msplayed"),
    "uri": ("uri", "spotify_uri", "track_uri", "spotify_track_uri", "spotify_id"),
    "mbid": ("recording_mbid", "mbid"),
}
"""Names of columns, the best first: where a table has two for one field the better one is read."""
_DELIMITERS = (",", ";", "\t")
_MONTHS = {
    month: number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MILLISECONDS_FROM = 10**11
"""Unix times above are milliseconds: as seconds they would lie in the year 5138."""

Columns = Mapping[str, int]


def header_of(text: str) -> tuple[str, Columns] | None:
    """Return delimiter and columns of a table by its first line; None when no artist is named."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    best: tuple[str, Columns] | None = None
    for delimiter in _DELIMITERS:
        columns = _columns(line[:10_000], delimiter)
        if "artist" in columns and (best is None or len(columns) > len(best[1])):
            best = delimiter, columns
    return best


def read_table(
    lines: Iterable[str | None],
    delimiter: str,
    columns: Columns,
    *,
    latest_ms: int,
    several_listeners: bool,
) -> Iterator[StagedRow | Skip]:
    """Yield a result per row after the header; lines that are None were too long.

    Raises
    ------
    FileRefusedError
        When the listener column names two people and `several_listeners` is not set.
    """
    reader = csv.reader(_ended(lines), delimiter=delimiter, strict=False)
    listener: str | None = None
    header = True
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Skip.BAD_ROW
            continue
        if not any(cells):
            continue
        if header:
            header = False
            continue
        row = _read_row(cells, columns, latest_ms)
        if isinstance(row, StagedRow) and row.listener is not None and not several_listeners:
            if listener is not None and row.listener != listener:
                raise FileRefusedError(Reason.SEVERAL_LISTENERS)
            listener = row.listener
            row = row._replace(listener=None)
        yield row


def _ended(lines: Iterable[str | None]) -> Iterator[str]:
    for line in lines:
        yield "" if line is None else line.replace("\0", "") + "\n"


def _columns(line: str, delimiter: str) -> Columns:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return {}
    plain = [name.strip().strip("\ufeff").casefold().replace(" ", "_") for name in names]
    found = {}
    for field, synonyms in _SYNONYMS.items():
        for synonym in synonyms:
            if synonym in plain:
                found[field] = plain.index(synonym)
                break
    return found


def _read_row(cells: Sequence[str], columns: Columns, latest_ms: int) -> StagedRow | Skip:
    def cell(field: str) -> str:
        index = columns.get(field, -1)
        return cells[index].strip() if 0 <= index < len(cells) else ""

    artist = artist_name(cell("artist"))
    if artist is None:
        return Skip.NO_ARTIST
    plays = number_in_text(cell("plays"), most=MOST_PLAYS) if cell("plays") else 1
    if not plays:
        return Skip.BAD_NUMBER
    started_ms = precision_ms = None
    if when := cell("played_at"):
        at = _time(when)
        if at is None or at[0] < EARLIEST_MS:
            return Skip.BAD_TIME
        if at[0] > latest_ms:
            return Skip.FUTURE
        started_ms, precision_ms = at
    return StagedRow(
        source=Source.CSV,
        source_time="" if started_ms is None else str(started_ms // 1000),
        started_at_ms=started_ms,
        precision_ms=precision_ms,
        ms_played=number_in_text(cell("ms_played"), most=LONGEST_PLAY_MS),
        plays=plays,
        skipped=False,
        artist=artist,
        title=clean_text(cell("track")),
        uri=spotify_uri(cell("uri")),
        mbid=recording_mbid(cell("mbid")),
        listener=clean_text(cell("listener")),
    )


def _time(text: str) -> tuple[int, int] | None:
    """Milliseconds and precision of a Unix time, an ISO time or `02 Jan 2026, 13:45`."""
    number = number_in_text(text, most=10**15)
    if number is not None and len(text) > 8:
        return (number, 1000) if number >= _MILLISECONDS_FROM else (number * 1000, 1000)
    at = instant_ms(text)
    if at is None:
        at = instant_ms(_month_spelled_out(text))
    if at is None:
        return None
    return at, 86_400_000 if ":" not in text else 60_000 if text.count(":") == 1 else 1000


def _month_spelled_out(text: str) -> str:
    day, month, year, clock = (*text.replace(",", " ").split(), "", "", "", "")[:4]
    number = _MONTHS.get(month[:3].casefold(), 0)
    return f"{year}-{number:02}-{day:0>2} {clock or '00:00'}"
