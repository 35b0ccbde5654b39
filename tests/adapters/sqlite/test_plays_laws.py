"""Laws of the view that collapses plays over doors (decision D16)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.sqlite.migrations import migrate
from bot.domain.listening import Source

DOORS = {"listenbrainz": 3, "spotify_extended": 4}


@pytest.fixture(scope="module")
def raw() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection)
        connection.executescript(
            "INSERT INTO members VALUES (1); INSERT INTO artists (name, name_key) VALUES ('a', 'a');"
            "INSERT INTO tracks (artist_id, title, title_key) VALUES (1, 't', 't');"
        )
        yield connection


def test_every_door_of_the_domain_has_its_row(raw: sqlite3.Connection) -> None:
    known = {name for (name,) in raw.execute("SELECT name FROM sources")}
    assert {source.value for source in Source} <= known


seconds = st.lists(st.integers(0, 900), max_size=8)


def kept(raw: sqlite3.Connection, doors: dict[int, list[int]]) -> list[tuple[int, int]]:
    raw.execute("DELETE FROM listens")
    raw.executemany(
        "INSERT INTO listens (member_id, source_id, source_time, text_key, track_id, started_at, "
        "plays, skipped, recorded_at) VALUES (1, ?, ?, 'x', 1, ?, 1, 0, 0)",
        [
            (door, f"{place}", 1000 * second)
            for door, starts in doors.items()
            for place, second in enumerate(starts)
        ],
    )
    return raw.execute("SELECT source_id, started_at FROM plays").fetchall()


@given(first=seconds, second=seconds)
@settings(max_examples=300)
def test_no_play_of_any_door_is_lost_and_none_counted_twice(
    raw: sqlite3.Connection, first: list[int], second: list[int]
) -> None:
    preferred, other = DOORS.values()
    left = kept(raw, {preferred: first, other: second})
    assert sorted(at for door, at in left if door == preferred) == sorted(1000 * s for s in first)
    assert max(len(first), len(second)) <= len(left) <= len(first) + len(second)
    for _, at in (one for one in left if one[0] == other):
        near = [s for s in first if abs(1000 * s - at) <= 30_000]
        rivals = [s for s in second if any(abs(s - n) <= abs(1000 * n - at) / 1000 for n in near)]
        assert not near or len(rivals) > 1, "a row with a partner stays only for a nearer sibling"


@given(starts=seconds)
@settings(max_examples=100)
def test_one_door_alone_is_never_collapsed(raw: sqlite3.Connection, starts: list[int]) -> None:
    for door in range(1, 7):
        assert len(kept(raw, {door: starts})) == len(starts)


@given(starts=seconds, shift=st.integers(-30, 30))
@settings(max_examples=200)
def test_a_second_door_that_is_only_late_adds_nothing(
    raw: sqlite3.Connection, starts: list[int], shift: int
) -> None:
    apart = [200 * n for n in range(len(starts))]
    preferred, other = DOORS.values()
    left = kept(raw, {preferred: apart, other: [s + shift for s in apart]})
    assert len(left) == len(apart)
