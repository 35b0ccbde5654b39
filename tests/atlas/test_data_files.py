"""The atlas is written by hand, so its shape is checked as a whole."""

import csv
import re
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from recsys.names import name_key

FOLDER = Path(str(resources.files("bot.atlas").joinpath("data")))
EARLIEST_WORK, LATEST_WORK = 1600, 2026


def rows(kind: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(FOLDER.glob(f"{kind}-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


@pytest.fixture(scope="module")
def artists() -> list[dict[str, str]]:
    return rows("artists")


@pytest.fixture(scope="module")
def tracks() -> list[dict[str, str]]:
    return rows("tracks")


def test_it_is_as_large_as_promised(artists, tracks):
    assert len(artists) >= 1_500
    assert len(tracks) >= 2_000


def test_every_artist_is_complete(artists):
    for row in artists:
        assert row["name"].strip() == row["name"] != ""
        assert re.fullmatch(r"[A-Z]{2}", row["country"]), row
        assert row["tier"] in {"1", "2", "3", "4", "5"}, row
        assert all(re.fullmatch(r"\d{3}0s", d) for d in row["decades"].split(";")), row
        tags = row["tags"].split(";")
        assert 3 <= len(set(tags)) == len(tags) <= 6, row
        assert all(tag == tag.strip().lower() != "" for tag in tags), row


def test_no_artist_and_no_track_stands_twice(artists, tracks):
    names = Counter(name_key(row["name"]) for row in artists)
    assert [name for name, n in names.items() if n > 1] == []
    titles = Counter((name_key(row["artist"]), name_key(row["title"])) for row in tracks)
    assert [title for title, n in titles.items() if n > 1] == []


def test_every_track_has_its_artist_and_a_year(artists, tracks):
    known = {row["name"] for row in artists}
    assert {row["artist"] for row in tracks} <= known
    assert all(EARLIEST_WORK <= int(row["year"]) <= LATEST_WORK for row in tracks)


def test_a_tag_has_one_spelling(artists):
    spellings: dict[str, set[str]] = {}
    for row in artists:
        for tag in row["tags"].split(";"):
            spellings.setdefault("".join(filter(str.isalnum, tag)), set()).add(tag)
    assert [s for s in spellings.values() if len(s) > 1] == []


ONE_NAME = {
    "tone poem": "symphonic poem",
    "electronic body music": "ebm",
    "alternative": "alternative rock",
    "glam": "glam rock",
    "fusion": "jazz fusion",
    "crossover": "classical crossover",
    "roots": "roots rock",
    "political": "political hip hop",
    "pipe organ": "organ",
    "sampling": "sampledelia",
    "musical theatre": "show tunes",
    "rhythm and blues": "r&b",
    "french touch": "french house",
}
"""Tags that said the same as another one, and what they are called now."""


def test_a_style_has_one_name(artists):
    tags = {tag for row in artists for tag in row["tags"].split(";")}
    assert tags & ONE_NAME.keys() == set()
    assert set(ONE_NAME.values()) <= tags


def test_it_is_spread_over_the_world(artists):
    countries = Counter(row["country"] for row in artists)
    assert len(countries) >= 60
    assert countries.most_common(1)[0][1] < len(artists) / 2


def test_explicit_tracks_are_in_it_and_in_order(tracks):
    with (FOLDER / "explicit.csv").open(encoding="utf-8", newline="") as file:
        labelled = [(row["artist"], row["title"]) for row in csv.DictReader(file)]
    assert labelled == sorted(set(labelled), key=lambda row: tuple(map(str.casefold, row)))
    assert set(labelled) <= {(row["artist"], row["title"]) for row in tracks}
