"""The wrapper around spotipy: what comes back, and what never happens."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.spotify import client as module
from bot.adapters.spotify import mapping
from bot.adapters.spotify.client import FAILURES_TO_OPEN, SpotifyClient
from bot.adapters.spotify.faults import MalformedError
from bot.adapters.spotify.sessions import BoundedSession
from bot.domain.spotify import SCOPES
from bot.errors import (
    AccessRefusedError,
    ForbiddenError,
    GoneError,
    NotAllowlistedError,
    PremiumRequiredError,
    RateLimitedError,
    UpstreamError,
)
from tests.adapters.spotify.conftest import Line
from tests.fake_spotify import Fault
from tests.fakes_spotify import NOW

URI = "spotify:track:{}"
PLAYLIST = "0" * 22
CALLS: dict[str, Callable[[Line], Awaitable[object]]] = {
    "me": lambda line: line.client.me(line.token),
    "plays": lambda line: line.client.recently_played(line.token),
    "top tracks": lambda line: line.client.top_tracks(line.token, time_range="short_term"),
    "top artists": lambda line: line.client.top_artists(line.token, time_range="short_term"),
    "saved tracks": lambda line: line.client.saved_tracks(line.token),
    "followed artists": lambda line: line.client.followed_artists(line.token),
    "playlists": lambda line: line.client.playlists(line.token),
    "playlist tracks": lambda line: line.client.playlist_tracks(line.token, PLAYLIST),
    "search": lambda line: line.client.search_tracks(line.token, title="a", artist="b"),
    "create": lambda line: line.client.create_playlist(line.token, name="a", description="b"),
    "replace": lambda line: line.client.replace_items(line.token, PLAYLIST, []),
    "add": lambda line: line.client.add_items(line.token, PLAYLIST, [], position=0),
}
WORDS = st.sampled_from(
    ["items", "track", "item", "artists", "name", "id", "uri", "played_at", "added_at", "next",
     "duration_ms", "tracks", "owner", "external_ids", "isrc", "snapshot_id", "description",
     "external_urls", "spotify", "display_name", "account_id", "is_local", "type"]
)  # fmt: skip


async def test_plays_come_newest_first_with_their_starts(line: Line) -> None:
    song = line.fake.world.track("Alison", "Slowdive", 240_000)
    for n in range(60):
        line.ada.plays.append((NOW - timedelta(minutes=5 * n), song))
    plays = await line.client.recently_played(line.token)
    assert len(plays.listens) == 50
    assert (plays.newest, plays.oldest) == (NOW, NOW - timedelta(minutes=245))
    first = plays.listens[0]
    assert (first.artist, first.title, first.uri) == ("Slowdive", "Alison", URI.format(song.id))
    assert first.started_at == NOW - timedelta(minutes=4)
    assert first.precision_ms == 240_000
    assert first.source_time == "2026-06-01T12:00:00.000Z"


async def test_top_lists_stand_for_a_few_plays_by_rank(line: Line) -> None:
    songs = [line.fake.world.track(f"Song {n}", "Band") for n in range(50)]
    line.ada.top_tracks["short_term"] = songs
    line.ada.top_artists["long_term"] = ["Slowdive"]
    fetched = await line.client.top_tracks(line.token, time_range="short_term")
    assert [one.plays for one in fetched.listens] == [3] * 10 + [2] * 15 + [1] * 25
    assert {one.source_time for one in fetched.listens} == {"top short_term"}
    (artist,) = (await line.client.top_artists(line.token, time_range="long_term")).listens
    assert (artist.artist, artist.title, artist.plays) == ("Slowdive", None, 3)


async def test_pages_are_counted_never_followed(line: Line) -> None:
    for n in range(120):
        song = line.fake.world.track(f"Song {n}", "Band")
        line.ada.saved.append((NOW - timedelta(days=n), song))
    seen, offset = [], 0
    while True:
        page = await line.client.saved_tracks(line.token, offset=offset)
        seen += page.listens
        if page.next_offset is None:
            break
        offset = page.next_offset
    assert len({one.uri for one in seen}) == 120
    assert seen[0].source_time == "saved 2026-06-01T12:00:00Z"
    assert len(line.fake.asked("GET", "/me/tracks")) == 3


async def test_a_playlist_is_made_filled_and_read(line: Line) -> None:
    songs = [line.fake.world.track(f"Song {n}", "Band") for n in range(120)]
    uris = [URI.format(s.id) for s in songs]
    made = await line.client.create_playlist(line.token, name="Mix", description="ours")
    await line.client.replace_items(line.token, made.id, uris[:100])
    await line.client.add_items(line.token, made.id, uris[100:], position=100)
    page = await line.client.playlist_tracks(line.token, made.id, offset=100)
    assert [one.uri for one in page.listens] == uris[100:]
    assert line.fake.world.playlists[made.id].uris == uris
    assert not line.fake.world.playlists[made.id].public
    (info,), following = await line.client.playlists(line.token)
    assert (info.name, info.owned, info.description, following) == ("Mix", True, "ours", None)


async def test_search_finds_by_title_and_artist(line: Line) -> None:
    line.fake.world.track("Alison", "Slowdive")
    line.fake.world.track("Alison", "Elvis Costello")
    (found,) = await line.client.search_tracks(line.token, title="Alison", artist="Slowdive")
    assert (found.title, found.artists) == ("Alison", ("Slowdive",))


async def test_queue_and_library_answer_with_nothing(line: Line) -> None:
    song = line.fake.world.track("Alison", "Slowdive")
    await line.client.queue(line.token, URI.format(song.id))
    await line.client.save_track(line.token, URI.format(song.id))
    assert line.ada.queue == line.ada.library == [URI.format(song.id)]


async def test_refusals_have_names(line: Line) -> None:
    """F12: 401, 403 in all its kinds and 404 are told apart."""
    line.ada.premium = False
    with pytest.raises(PremiumRequiredError):
        await line.client.queue(line.token, URI.format("1"))
    line.ada.premium, line.ada.device = True, False
    with pytest.raises(GoneError):
        await line.client.queue(line.token, URI.format("1"))
    with pytest.raises(GoneError):
        await line.client.replace_items(line.token, "0" * 22, [])
    _, narrow = line.fake.grant(line.ada, frozenset({"user-top-read"}))
    with pytest.raises(ForbiddenError):
        await line.client.recently_played(narrow)
    line.ada.allowlisted = False
    with pytest.raises(NotAllowlistedError):
        await line.client.me(line.token)
    line.fake.world.owner_premium = False
    with pytest.raises(PremiumRequiredError):
        await line.client.me(line.token)
    with pytest.raises(AccessRefusedError):
        await line.client.me("nobody's token")


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HTML,
        Fault.TRUNCATED,
        Fault.EMPTY,
        Fault.WRONG_TYPE,
        Fault.ODD_ERROR,
        Fault.HUGE,
        Fault.REDIRECT,
    ],
)
@pytest.mark.parametrize("name", sorted(CALLS))
async def test_an_answer_that_is_none_is_one_clear_error(
    line: Line, name: str, fault: Fault
) -> None:
    """F12: every kind of body to every call; the next call goes as if nothing had been."""
    line.fake.fail("/v1/", fault)
    with pytest.raises(UpstreamError) as caught:
        await CALLS[name](line)
    assert not isinstance(caught.value, RateLimitedError)
    assert line.fake.api_calls == 1
    await line.client.me(line.token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=24,
)
READERS: dict[str, Callable[[Any], object]] = {
    "profile": mapping.profile,
    "plays": mapping.plays,
    "top tracks": lambda value: mapping.top_tracks(value, "short_term"),
    "top artists": lambda value: mapping.top_artists(value, "short_term"),
    "followed artists": mapping.followed_artists,
    "saved tracks": mapping.saved_tracks,
    "playlist tracks": lambda value: mapping.playlist_tracks(value, "7"),
    "playlists": lambda value: mapping.playlists(value, owner_of="ada"),
    "found tracks": mapping.found_tracks,
    "snapshot": mapping.snapshot,
    "next": lambda value: mapping.next_offset(value, offset=0, limit=50),
}


@pytest.mark.parametrize("name", sorted(READERS))
@given(value=JSON)
def test_any_json_is_read_or_refused(name: str, value: Any) -> None:
    """F12: whatever stands in an answer, reading it ends in values or in one error of ours."""
    with contextlib.suppress(MalformedError):
        READERS[name](value)


async def test_odd_items_are_passed_over_and_counted(line: Line) -> None:
    """F12: null items cost themselves alone."""
    line.fake.fail("/v1/", Fault.NULLS, times=2)
    assert (await line.client.recently_played(line.token)).passed_over == 4
    assert (await line.client.saved_tracks(line.token)).passed_over == 4


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.GATEWAY, Fault.DROP])
async def test_a_read_is_tried_three_times_in_all(line: Line, fault: Fault) -> None:
    line.fake.fail("/v1/", fault, times=2)
    await line.client.recently_played(line.token)
    assert line.fake.api_calls == 3
    line.fake.fail("/v1/", fault, times=3)
    with pytest.raises(UpstreamError):
        await line.client.recently_played(line.token)
    assert line.fake.api_calls == 6


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.GATEWAY, Fault.DROP, Fault.LOSE_ANSWER])
async def test_a_write_is_never_repeated(line: Line, fault: Fault) -> None:
    line.fake.fail("/v1/", fault)
    with pytest.raises(UpstreamError):
        await line.client.create_playlist(line.token, name="Mix", description="")
    assert line.fake.api_calls == 1
    assert len(line.fake.world.playlists) == (fault is Fault.LOSE_ANSWER)


async def test_after_many_failures_nothing_is_sent_for_a_while(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.fake.fail("/v1/", Fault.ERROR, times=99)
    for _ in range(2):
        with pytest.raises(UpstreamError):
            await line.client.recently_played(line.token)
    before = line.fake.api_calls
    assert before == FAILURES_TO_OPEN
    with pytest.raises(UpstreamError) as caught:
        await line.client.me(line.token)
    assert line.fake.api_calls == before
    assert 1 <= (caught.value.retry_after_s or 0) <= module.OPEN_FOR_S
    line.fake.mend()
    monkeypatch.setattr(line.client._breaker, "_recovery_timeout", 0)
    await line.client.me(line.token)
    assert not line.client._breaker.opened


async def test_refusals_do_not_open_the_breaker(line: Line) -> None:
    for _ in range(2 * FAILURES_TO_OPEN):
        with pytest.raises(AccessRefusedError):
            await line.client.me("wrong")
    await line.client.me(line.token)


async def test_the_same_read_under_way_is_shared(line: Line) -> None:
    answers = await asyncio.gather(*(line.client.recently_played(line.token) for _ in range(20)))
    assert len(line.fake.asked("GET", "/me/player/recently-played")) == 1
    assert all(one is not None for one in answers)
    _, other = line.fake.grant(line.fake.world.add_account("Ben"), frozenset(SCOPES))
    await asyncio.gather(line.client.me(line.token), line.client.me(other))
    assert len(line.fake.asked("GET", "/me")) == 2


async def test_a_caller_that_goes_away_stops_nobody_else(line: Line) -> None:
    first = asyncio.create_task(line.client.recently_played(line.token))
    second = asyncio.create_task(line.client.recently_played(line.token))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).listens == ()


async def test_calls_run_in_a_small_pool_of_their_own(line: Line) -> None:
    await asyncio.gather(
        *(line.client.search_tracks(line.token, title=str(n), artist="x") for n in range(9))
    )
    names = [t.name for t in threading.enumerate() if t.name.startswith("spotify")]
    assert 1 <= len(names) <= module.THREADS


async def test_stuck_calls_take_no_thread_that_others_need(line: Line) -> None:
    """F11: names are resolved in the loop's own pool, which Spotify's calls never enter."""
    line.fake.fail("/v1/", Fault.HANG, times=99)
    stuck = [
        asyncio.ensure_future(
            line.client.search_tracks(line.token, title=str(n), artist="x", urgent=n % 2 == 0)
        )
        for n in range(40)
    ]
    while not line.fake.hits:  # noqa: ASYNC110  # the fake has no event to offer
        await asyncio.sleep(0.01)
    async with asyncio.timeout(1):
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
    assert not any(task.done() for task in stuck)
    line.fake.mend()
    await asyncio.gather(*stuck)


async def test_nothing_secret_is_logged(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("spotipy").setLevel(logging.DEBUG)
    gate = line.new_gate()
    async with SpotifyClient(base=line.fake.api_url, gate=gate) as fresh:
        with caplog.at_level(logging.DEBUG):
            await fresh.me(line.token)
            with pytest.raises(AccessRefusedError):
                await fresh.me("canary-token")
    assert line.token not in caplog.text
    assert "canary-token" not in caplog.text


def test_a_session_trusts_nothing_around_it() -> None:
    session = BoundedSession()
    assert not session.trust_env
    assert session.get_adapter("https://x").max_retries.total == 0
    session.close()
