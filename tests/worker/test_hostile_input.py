"""Whatever is uploaded, the answer is rows or one typed error: laws and a mutation fuzz."""

import contextlib
import json
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadFileError
from bot.worker.formats import shape_of
from bot.worker.limits import Limits
from bot.worker.notes import Note, Skip, short_name
from bot.worker.rows import (
    EARLIEST_MS,
    StagedRow,
    clean_text,
    instant_ms,
    number_in_text,
    whole_number,
)
from recsys.names import name_key
from tests.worker import exports
from tests.worker.staging_area import NOW_MS, parse, staged

MUTATIONS = 5_000
SMALL = Limits(entries=20, file_bytes=200_000, total_bytes=400_000, row_bytes=50_000)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
FIELDS = (
    *("ts", "ms_played", "master_metadata_album_artist_name", "master_metadata_track_name"),
    *("reason_end", "skipped", "spotify_track_uri", "incognito_mode", "episode_name"),
    *("endTime", "msPlayed", "artistName", "trackName"),
    *("listened_at", "track_metadata", "artist_name", "additional_info", "mbid_mapping"),
)


@given(st.dictionaries(st.sampled_from(FIELDS), values))
def test_any_object_is_a_row_or_a_reason(row: dict[str, Any]) -> None:
    track = row.get("track_metadata")
    if track is None:
        row = row | {"track_metadata": {**row}}
    if (reader := shape_of(row)) is not None:
        read = reader(row, NOW_MS)
        assert isinstance(read, StagedRow | Skip)


@given(st.text())
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    clean = clean_text(text)
    if clean is not None:
        assert clean_text(clean) == clean
        assert clean.encode("utf-8")
        assert not set(clean) & set("\n\r\t\0\u202e")
        assert 0 < len(clean) <= 500
        assert name_key(clean)


@given(st.text(alphabet="0123456789-:T Z+.", max_size=45) | st.text(max_size=45))
def test_times_are_milliseconds_or_nothing(text: str) -> None:
    at = instant_ms(text)
    assert at is None or abs(at) < 10**15


@given(st.text(max_size=30) | st.floats().map(str) | st.integers().map(str))
def test_numbers_in_text_stay_within_bounds(text: str) -> None:
    number = number_in_text(text, most=1000)
    assert number is None or 0 <= number <= 1000


@given(values)
def test_numbers_are_numbers(value: object) -> None:
    number = whole_number(value, most=10)
    assert number is None or (type(number) is int and 0 <= number <= 10)


@given(st.text(), st.sampled_from(Skip), st.integers(0, 10**9))
def test_notes_survive_any_file_name(name: str, key: Skip, n: int) -> None:
    note = Note(short_name(name), key.value, n)
    assert Note.parse(str(note)) == note
    assert str(note).isprintable()


@settings(max_examples=40)
@given(data=st.binary(max_size=3_000), name=st.sampled_from(["a.json", "a.zip", "b.csv"]))
def test_any_bytes(tmp_path_factory: Any, data: bytes, name: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    with contextlib.suppress(BadFileError):
        parse(folder / "x", (name, data), limits=SMALL)


def test_mutated_exports_never_escape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes flipped, cut, doubled, spliced and replaced by what is known to break parsers."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # only to be quick
    rng = random.Random(11)  # noqa: S311  # drawn, not secret
    names, seeds = zip(*_seeds(), strict=True)
    ends: dict[str, int] = {}
    for i in range(MUTATIONS):
        k = rng.randrange(len(seeds))
        data = _mutated(rng, seeds[k], seeds)
        folder = tmp_path / "x"
        try:
            parse(folder, (names[k], data), limits=SMALL)
            if i % 50 == 0:
                _check(folder)
            ends["rows"] = ends.get("rows", 0) + 1
        except BadFileError as error:
            ends[error.key] = ends.get(error.key, 0) + 1
        shutil.rmtree(folder)
    assert ends["rows"] > MUTATIONS / 10
    assert len(ends) >= 5


def _seeds() -> list[tuple[str, bytes]]:
    plays = exports.fake_plays(6)
    lines = b"\n".join(json.dumps(row).encode() for row in exports.listenbrainz_rows(plays))
    return [
        ("endsong_0.json", json.dumps(exports.extended_rows(plays)).encode()),
        ("StreamingHistory0.json", json.dumps(exports.account_rows(plays)).encode()),
        ("5.jsonl", lines),
        ("all.csv", exports.csv_table(8)),
        ("utf16.csv", exports.csv_table(8).decode().encode("utf-16")),
        ("account.zip", exports.spotify_account_zip(8)),
        ("brainz.zip", exports.listenbrainz_zip(8)),
    ]


_HELL = (
    *(b"NaN", b"1e999", b"-1", b"9" * 25, b"9" * 5_000, b"true", b"null", b"[", b"{", b'"', b"\\"),
    *(b"\\ud800", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"[" * 3_000, b"PK\x03\x04", b",", b"\n"),
    *(b"1e99999999999999999999", b"0000-00-00", b"2016-12-31T23:59:60Z", b"<html>"),
)


def _mutated(rng: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        at = rng.randrange(len(data))
        size = rng.choice((1, 1, 2, 8, 64))
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + size :]
        elif kind == 2:
            data = data[:at] + data[at : at + size] * 2 + data[at + size :]
        elif kind == 3:
            data = data[:at] + rng.choice(_HELL) + data[at + size :]
        elif kind == 4:
            other = rng.choice(others)
            cut = rng.randrange(len(other))
            data = data[:at] + other[cut : cut + 200] + data[at:]
        elif rng.random() < 0.3:
            data = data[:at]
    return data


def _check(folder: Path) -> None:
    rows = staged(folder)
    assert [row["row"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert row["artist"]
        assert row["artist_key"]
        assert row["plays"] > 0
        started = row["started_at_ms"]
        assert started is None or EARLIEST_MS - 8 * 86_400_000 < started < NOW_MS + 86_400_001
