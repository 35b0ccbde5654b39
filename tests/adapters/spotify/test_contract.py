"""Every call that the bot makes is one that a new application may make, in the described shape."""

import json
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.spotify.client import SpotifyClient
from bot.covers import cover_for
from bot.demo.spotify.world import Asked
from bot.domain.spotify import SCOPES
from bot.ports.spotify import SpotifyApi
from tests.adapters.spotify.conftest import Line

CONTRACT = json.loads(
    (Path(__file__).parents[2] / "data" / "spotify_contract.json").read_text(encoding="utf-8")
)
OPERATIONS: dict[str, dict[str, Any]] = CONTRACT["operations"]
PLAYLIST = "A" * 22

CALLS: dict[str, Callable[[SpotifyClient, str], Awaitable[object]]] = {
    "me": lambda c, t: c.me(t),
    "recently_played": lambda c, t: c.recently_played(t),
    "top_tracks": lambda c, t: c.top_tracks(t, time_range="short_term"),
    "top_artists": lambda c, t: c.top_artists(t, time_range="long_term"),
    "saved_tracks": lambda c, t: c.saved_tracks(t, offset=50),
    "followed_artists": lambda c, t: c.followed_artists(t),
    "playlists": lambda c, t: c.playlists(t),
    "playlist_tracks": lambda c, t: c.playlist_tracks(t, PLAYLIST),
    "search_tracks": lambda c, t: c.search_tracks(t, title='"Song" 2', artist="A & B"),
    "create_playlist": lambda c, t: c.create_playlist(t, name="Mix", description="Ours"),
    "rename_playlist": lambda c, t: c.rename_playlist(t, PLAYLIST, name="M", description="O"),
    "replace_items": lambda c, t: c.replace_items(t, PLAYLIST, []),
    "add_items": lambda c, t: c.add_items(t, PLAYLIST, [], position=0),
    "upload_cover": lambda c, t: c.upload_cover(t, PLAYLIST, cover_for("list:1")),
    "queue": lambda c, t: c.queue(t, f"spotify:track:{PLAYLIST}"),
    "save_track": lambda c, t: c.save_track(t, f"spotify:track:{PLAYLIST}"),
}


def described(asked: Asked) -> dict[str, Any]:
    """Return the description of a request, which must exist and not be deprecated."""
    for operation in OPERATIONS.values():
        pattern = re.sub(r"\{\w+\}", "[A-Za-z0-9]+", operation["path"])
        if operation["method"] == asked.method and re.fullmatch(pattern, asked.path):
            return operation
    raise AssertionError(f"{asked.method} {asked.path} is not described")


def check(asked: Asked) -> None:
    operation = described(asked)
    assert operation["deprecated"] is False
    known = operation["query"]
    assert set(asked.query) <= set(known)
    for name, rule in known.items():
        assert name in asked.query or not rule.get("required"), name
    for name, value in asked.query.items():
        rule = known[name]
        if rule["type"] == "integer":
            assert 0 <= int(value) <= rule.get("max", 10**9)
        assert value in rule.get("enum", [value])
    if "text" in operation:
        assert isinstance(asked.body, str)
        assert len(asked.body) <= 256 * 1024
        assert b64decode(asked.body).startswith(b"\xff\xd8\xff")
        return
    shapes = operation.get("body", {})
    assert (asked.body is None) or isinstance(asked.body, dict)
    body = asked.body or {}
    assert set(body) <= set(shapes)
    for name, shape in shapes.items():
        if name in body:
            fits(body[name], shape)
        else:
            assert not shape.endswith("!")
    assert not operation["scopes"] or set(operation["scopes"]) & set(SCOPES)


def fits(value: Any, shape: str) -> None:
    kind = {"string": str, "boolean": bool, "integer": int}.get(shape.rstrip("!"))
    if kind is not None:
        assert isinstance(value, kind)
    else:
        assert shape == "strings<=100"
        assert len(value) <= 100
        assert all(isinstance(one, str) for one in value)


def test_every_call_of_the_port_is_checked_here() -> None:
    offered = {name for name in vars(SpotifyApi) if not name.startswith("_")}
    assert set(CALLS) == offered
    assert {n for n in vars(SpotifyClient) if not n.startswith("_")} == offered


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_described_and_not_deprecated(line: Line, name: str) -> None:
    line.fake.world.track("Song", "Band")
    made = line.fake.world.playlists
    await line.client.create_playlist(line.token, name="x", description="")
    made[PLAYLIST] = next(iter(made.values()))
    line.fake.world.asked.clear()
    await CALLS[name](line.client, line.token)
    assert line.fake.world.asked
    for asked in line.fake.world.asked:
        check(asked)


@pytest.mark.parametrize(("name", "operation"), OPERATIONS.items())
async def test_the_fake_has_what_is_described_and_nothing_that_is_gone(
    line: Line, name: str, operation: dict[str, Any]
) -> None:
    import aiohttp

    path = re.sub(r"\{\w+\}", "0" * 22, operation["path"])
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {line.token}"}
        url = line.fake.api_url + path
        async with session.request(operation["method"], url, headers=headers) as response:
            said = (await response.text()).strip()
    assert (response.status == 403 and "Forbidden" in said) == operation["deprecated"], name


def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    needed = {s for o in OPERATIONS.values() if not o["deprecated"] for s in o["scopes"]}
    assert set(SCOPES) <= needed
