"""Each format on a page: one value in, one staged row or one reason out."""

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.listening import Source
from bot.worker.formats import Read, listenbrainz, shape_of, spotify_account, spotify_extended
from bot.worker.formats.fields import Row
from bot.worker.notes import Skip
from bot.worker.rows import StagedRow
from tests.worker import exports
from tests.worker.staging_area import NOW_MS

URI = "spotify:track:4cOdK2wGLETKBW3PvgPWqT"
MBID = "897d620b-93d9-5c92-cf08-d040f951bed0"


def extended(**changes: object) -> Read:
    row = {
        "ts": "2024-05-06T07:08:09Z",
        "ms_played": 200_000,
        "master_metadata_track_name": "A Song",
        "master_metadata_album_artist_name": "An Artist",
        "spotify_track_uri": URI,
        "reason_end": "trackdone",
        "skipped": False,
    }
    return spotify_extended.read_row(row | changes, NOW_MS)


def account(**changes: object) -> Read:
    row = {
        "endTime": "2024-05-06 07:08",
        "artistName": "An Artist",
        "trackName": "A Song",
        "msPlayed": 200_000,
    }
    return spotify_account.read_row(row | changes, NOW_MS)


def brainz(listened_at: object = 1_714_979_289, **changes: object) -> Read:
    track = {"artist_name": "An Artist", "track_name": "A Song", **changes}
    return listenbrainz.read_row({"listened_at": listened_at, "track_metadata": track}, NOW_MS)


def test_an_extended_row_starts_when_it_ended_minus_what_was_played() -> None:
    assert extended() == StagedRow(
        source=Source.SPOTIFY_EXTENDED,
        source_time="2024-05-06T07:08:09Z",
        started_at_ms=1_714_979_289_000 - 200_000,
        precision_ms=1000,
        ms_played=200_000,
        plays=1,
        skipped=False,
        artist="An Artist",
        title="A Song",
        uri=URI,
        mbid=None,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spotify_episode_uri": "spotify:episode:1"}, Skip.PODCAST),
        ({"episode_name": "Talk"}, Skip.PODCAST),
        ({"audiobook_title": "Book"}, Skip.AUDIOBOOK),
        ({"incognito_mode": True}, Skip.PRIVATE),
        ({"master_metadata_album_artist_name": None}, Skip.NO_ARTIST),
        ({"master_metadata_album_artist_name": "Various Artists"}, Skip.NO_ARTIST),
        ({"master_metadata_album_artist_name": "x" * 501}, Skip.NO_ARTIST),
        ({"ts": None}, Skip.BAD_TIME),
        ({"ts": 1_714_979_289}, Skip.BAD_TIME),
        ({"ts": "0000-01-01T00:00:00Z"}, Skip.BAD_TIME),
        ({"ts": "1970-01-01T00:00:00Z"}, Skip.BAD_TIME),
        ({"ts": "2024-05-06\ud80007:08:09Z"}, Skip.BAD_TIME),
        ({"ts": "2024-13-06T07:08:09Z"}, Skip.BAD_TIME),
        ({"ts": "2096-05-06T07:08:09Z"}, Skip.FUTURE),
        ({"ms_played": True}, Skip.BAD_NUMBER),
        ({"ms_played": 2**63}, Skip.BAD_NUMBER),
        ({"ms_played": -1}, Skip.BAD_NUMBER),
        ({"ms_played": float("nan")}, Skip.BAD_NUMBER),
        ({"ms_played": float("inf")}, Skip.BAD_NUMBER),
        ({"ms_played": Decimal("1e999")}, Skip.BAD_NUMBER),
        ({"ms_played": Decimal("1.5")}, Skip.BAD_NUMBER),
        ({"ms_played": "200000"}, Skip.BAD_NUMBER),
        ({"ms_played": None}, Skip.BAD_NUMBER),
        ({"ms_played": 29_999, "reason_end": "endplay"}, Skip.SHORT),
        ({"ms_played": 29_999, "reason_end": "trackdone", "skipped": True}, Skip.SHORT),
    ],
)
def test_extended_rows_left_out(changes: dict[str, object], reason: Skip) -> None:
    assert extended(**changes) is reason


@pytest.mark.parametrize(
    ("changes", "skipped"),
    [
        ({"ms_played": 5_000, "reason_end": "fwdbtn"}, True),
        ({"ms_played": 5_000, "reason_end": "backbtn", "skipped": None}, True),
        ({"ms_played": 5_000, "reason_end": "unknown", "skipped": True}, True),
        ({"ms_played": 30_000, "reason_end": "fwdbtn", "skipped": True}, False),
    ],
)
def test_a_skip_is_by_hand_and_early(changes: dict[str, object], skipped: bool) -> None:
    row = extended(**changes)
    assert isinstance(row, StagedRow)
    assert row.skipped is skipped


def test_a_leap_second_is_the_next_second() -> None:
    row = extended(ts="2016-12-31T23:59:60Z")
    assert isinstance(row, StagedRow)
    assert row.started_at_ms == 1_483_228_800_000 - 200_000


def test_names_lose_control_characters_and_lone_surrogates() -> None:
    row = extended(
        master_metadata_album_artist_name="  Half\ud800 \x00a\u202e Name\n",
        master_metadata_track_name="\t",
        spotify_track_uri="spotify:local:a:b:c:1",
    )
    assert isinstance(row, StagedRow)
    assert (row.artist, row.title, row.uri) == ("Half? a Name", None, None)


def test_an_account_row_is_known_to_the_minute() -> None:
    row = account()
    assert isinstance(row, StagedRow)
    assert row.source_time == "2024-05-06 07:08"
    assert row.started_at_ms == 1_714_979_280_000 - 200_000
    assert (row.precision_ms, row.source, row.uri) == (60_000, Source.SPOTIFY_ACCOUNT, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"podcastName": "P"}, Skip.PODCAST),
        ({"artistName": ""}, Skip.NO_ARTIST),
        ({"endTime": "yesterday"}, Skip.BAD_TIME),
        ({"endTime": "2096-05-06 07:08"}, Skip.FUTURE),
        ({"msPlayed": "1"}, Skip.BAD_NUMBER),
        ({"msPlayed": 10_000}, Skip.SHORT),
    ],
)
def test_account_rows_left_out(changes: dict[str, object], reason: Skip) -> None:
    assert account(**changes) is reason


def test_a_listenbrainz_row_prefers_what_the_server_matched() -> None:
    row = brainz(
        additional_info={
            "recording_mbid": "",
            "duration_played": 180,
            "spotify_id": "https://open.spotify.com/track/4cOdK2wGLETKBW3PvgPWqT",
        },
        mbid_mapping={"recording_mbid": MBID.upper()},
    )
    assert isinstance(row, StagedRow)
    assert (row.mbid, row.uri, row.ms_played) == (MBID, URI, 180_000)
    assert (row.source_time, row.started_at_ms) == ("1714979289", 1_714_979_289_000)


@pytest.mark.parametrize(
    ("listened_at", "changes", "reason"),
    [
        (None, {}, Skip.BAD_TIME),
        (True, {}, Skip.BAD_TIME),
        (0, {}, Skip.BAD_TIME),
        (-5, {}, Skip.BAD_TIME),
        (10**30, {}, Skip.BAD_TIME),
        (float("nan"), {}, Skip.BAD_TIME),
        (4_000_000_000, {}, Skip.FUTURE),
        (1_714_979_289, {"artist_name": ["x"]}, Skip.NO_ARTIST),
    ],
)
def test_listenbrainz_rows_left_out(
    listened_at: object, changes: dict[str, object], reason: Skip
) -> None:
    assert brainz(listened_at, **changes) is reason


def test_fractions_of_seconds_are_dropped_and_odd_objects_ignored() -> None:
    row = brainz(Decimal("1714979289.75"), additional_info=[1], mbid_mapping="x")
    assert isinstance(row, StagedRow)
    assert (row.started_at_ms, row.mbid) == (1_714_979_289_000, None)


def test_shapes_are_told_apart_by_their_fields() -> None:
    plays = exports.fake_plays(1)
    assert shape_of(exports.extended_rows(plays)[0]) is spotify_extended.read_row
    assert shape_of(exports.account_rows(plays)[0]) is spotify_account.read_row
    assert shape_of(exports.listenbrainz_rows(plays)[0]) is listenbrainz.read_row
    assert shape_of({"ts": 1}) is None
    assert shape_of([1]) is None


@pytest.mark.parametrize(
    "rows_of", [exports.extended_rows, exports.account_rows, exports.listenbrainz_rows]
)
def test_no_reader_looks_at_a_field_that_is_passed_over(rows_of: Any) -> None:
    """What the quick JSON reader leaves out must be of no interest to anybody."""
    looked_at: set[str] = set()

    class Watched(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            looked_at.add(key)
            return super().get(key, default)

        def __getitem__(self, key: str) -> Any:
            looked_at.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            looked_at.add(str(key))
            return super().__contains__(key)

    for row in rows_of(exports.fake_plays(60)):
        watched = Watched(row)
        reader = shape_of(watched)
        assert reader is not None
        kept = {name: value for name, value in row.items() if name in Row.__annotations__}
        assert reader(watched, NOW_MS) == reader(kept, NOW_MS)
    assert looked_at <= Row.__annotations__.keys()
