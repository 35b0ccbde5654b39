"""Tables: any order of columns, three delimiters, many names for the same thing."""

import io

import pytest

from bot.worker.formats import Read
from bot.worker.formats.csv_table import header_of, read_table
from bot.worker.notes import FileRefusedError, Skip
from bot.worker.rows import StagedRow
from tests.worker.staging_area import NOW_MS


def read(text: str, *, several: bool = False) -> list[Read]:
    header = header_of(text)
    assert header is not None
    lines = iter(io.StringIO(text).read().split("\n"))
    return list(read_table(lines, *header, latest_ms=NOW_MS, several_listeners=several))


def only(text: str) -> StagedRow:
    (row,) = read(text)
    assert isinstance(row, StagedRow)
    return row


def test_all_five_columns() -> None:
    row = only(
        "listener,artist,track,played_at,plays\nme,An Artist,A Song,2024-05-06T07:08:09Z,3\n"
    )
    assert (row.artist, row.title, row.plays) == ("An Artist", "A Song", 3)
    assert (row.started_at_ms, row.source_time) == (1_714_979_289_000, "1714979289")
    assert row.listener is None  # one person's own table


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_synonyms(delimiter: str) -> None:
    names = ["Timestamp", "TRACK_NAME", " Artist Name ", "Count"]
    cells = ["1714979289", "A Song", "An Artist", "2"]
    row = only(delimiter.join(names) + "\n" + delimiter.join(cells))
    assert (row.artist, row.title, row.plays) == ("An Artist", "A Song", 2)
    assert row.started_at_ms == 1_714_979_289_000


@pytest.mark.parametrize(
    ("text", "ms", "precision"),
    [
        ("1714979289", 1_714_979_289_000, 1000),
        ("1714979289.5", None, None),
        ("1714979289123", 1_714_979_289_123, 1000),
        ("2024-05-06", 1_714_953_600_000, 86_400_000),
        ("2024-05-06 07:08", 1_714_979_280_000, 60_000),
        ("2024-05-06T09:08:09+02:00", 1_714_979_289_000, 1000),
        ("06 May 2024, 07:08", 1_714_979_280_000, 60_000),
        ("6 may 2024 07:08", 1_714_979_280_000, 60_000),
        ("2024", None, None),
        ("yesterday", None, None),
        ("0001-01-01", None, None),
        ("9" * 5000, None, None),
    ],
)
def test_times(text: str, ms: int | None, precision: int | None) -> None:
    (row,) = read(f"artist;played_at\nAn Artist;{text}\n")
    if ms is None:
        assert row is Skip.BAD_TIME
    else:
        assert isinstance(row, StagedRow)
        assert (row.started_at_ms, row.precision_ms) == (ms, precision)


def test_a_table_of_artists_alone() -> None:
    rows = read("Artist\nOne\nTwo\n\nThree")
    assert [row.artist for row in rows if isinstance(row, StagedRow)] == ["One", "Two", "Three"]
    assert all(isinstance(row, StagedRow) and row.source_time == "" for row in rows)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",x,1", Skip.NO_ARTIST),
        ("a,x,0", Skip.BAD_NUMBER),
        ("a,x,-1", Skip.BAD_NUMBER),
        ("a,x,many", Skip.BAD_NUMBER),
        ("a,x,nan", Skip.BAD_NUMBER),
        ("a,x,1e999", Skip.BAD_NUMBER),
        ("a,x,99999999999999999999999", Skip.BAD_NUMBER),
        ("a,x,٣", Skip.BAD_NUMBER),
    ],
)
def test_rows_left_out(line: str, reason: Skip) -> None:
    assert read(f"artist,track,plays\n{line}\n") == [reason]


def test_quotes_newlines_and_short_rows() -> None:
    rows = read('artist,track,plays\n"A, B","x\ny",2\nonly one cell\n')
    assert [(row.artist, row.title) for row in rows if isinstance(row, StagedRow)] == [
        ("A, B", "x y"),
        ("only one cell", None),
    ]


def test_a_field_beyond_the_bound_costs_its_row_alone() -> None:
    rows = read("artist,track\na," + "x" * 140_000 + "\nb,y\n")
    assert rows[0] is Skip.BAD_ROW
    assert isinstance(rows[1], StagedRow)


def test_the_better_of_two_columns_is_read() -> None:
    text = "uts,utc_time,artist,track,track_mbid\n1714979289,whenever,An Artist,A Song,x\n"
    assert only(text).started_at_ms == 1_714_979_289_000


def test_several_listeners_are_refused_or_named() -> None:
    text = "user,artist\nme,a\nme,b\nyou,c\n"
    with pytest.raises(FileRefusedError, match="several_listeners"):
        read(text)
    rows = read(text, several=True)
    assert [row.listener for row in rows if isinstance(row, StagedRow)] == ["me", "me", "you"]


def test_no_table_without_an_artist() -> None:
    assert header_of("this is, just; text\nartist,track\n") is None
    assert header_of("") is None
