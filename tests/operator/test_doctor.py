"""`doctor` on the network: Discord, the clock, and each source with one call."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import doctor
from bot.adapters.sqlite.database import Database
from bot.doctor import network
from bot.domain.candidates import Answer, FoundTrack, Neighbour, Origin, Seed
from bot.domain.enrichment import Task, TaskState
from bot.domain.ids import MemberId
from bot.domain.sources import NAMES
from bot.settings import Settings
from tests.adapters.sqlite.stage import write_atlas
from tests.fake_discord import FakeDiscord, Intent
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from pathlib import Path


async def examined(
    data_dir: Path, sources: FakeSources | None, **settings: Any
) -> tuple[int, list[str]]:
    """Run it as the command does, in a thread without a loop."""
    said: list[str] = []
    made = Settings(_env_file=None, data_dir=data_dir, **settings)

    def run() -> int:
        addresses = None if sources is None else sources.addresses
        return doctor.examine(made, None, offline=False, addresses=addresses, say=said.append)

    return await asyncio.to_thread(run), said


def to_mend(said: list[str]) -> list[str]:
    return [line[5:] for line in said if line.startswith("FIX")]


async def test_every_source_is_asked_once_and_all_is_well(tmp_path: Path):
    async with FakeDiscord() as discord, FakeSources() as sources:
        code, said = await examined(
            tmp_path,
            sources,
            discord_token=discord.token,
            contact="me@example.org",
            lastfm_key="canary-key",
            listenbrainz_token="canary-token",
        )
        asked = len(sources.asked)
    assert (code, to_mend(said)) == (0, [])
    assert asked == len(NAMES)
    for name in NAMES.values():
        assert f"ok   {name} answers" in said
    assert any("Discord knows the token" in line for line in said)
    assert not any("canary" in line or discord.token in line for line in said)


async def test_it_says_how_much_of_the_catalogue_is_known(tmp_path: Path):
    async with Database.open(tmp_path) as database:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        later = datetime.now(UTC) + timedelta(hours=1)
        state = TaskState(later, 3, "OutageError")
        await database.enrichment.set_state(Task.DEEZER_TRACK, state)
        over = replace(state, paused_until=datetime.now(UTC) - timedelta(hours=1))
        await database.enrichment.set_state(Task.SOUND, over)
    said: list[str] = []
    doctor.examine(Settings(_env_file=None, data_dir=tmp_path), None, offline=True, say=said.append)
    (line,) = [line for line in said if line.startswith("ok   catalogue: ")]
    assert "tags 6 of 6 (100 %)" in line
    for feature in ("MBID", "ISRC", "year", "audio features", "artwork", "exact link"):
        assert feature in line
    (trouble,) = [line for line in said if "is not asked" in line]
    assert trouble.startswith("ok   Deezer is not asked for deezer track until ")
    assert "3 failures in a row (OutageError)" in trouble


async def test_it_says_what_was_found_beyond_the_pool(tmp_path: Path):
    async with Database.open(tmp_path) as database:
        await database.catalogue.seed_atlas(write_atlas(tmp_path / "atlas"))
        await database.members.agree(MemberId(1), version=1, at=datetime.now(UTC))
        (queen,) = await database.catalogue.search_artists("Queen", limit=1)
        await database.listens.set_picks(MemberId(1), [queen.id], at=datetime.now(UTC))
        await database.candidates.count_question(
            Origin.DEEZER_RADIO, day=datetime.now(UTC).date().isoformat()
        )
        answer = Answer((Neighbour("Zyxband", 1.0, tracks=(FoundTrack("Zyxsong"),)),))
        now = datetime.now(UTC)
        seed = Seed(queen.id, "Queen")
        await database.candidates.keep(Origin.DEEZER_RADIO, seed, answer, at=now, due_at=now)
    said: list[str] = []
    doctor.examine(Settings(_env_file=None, data_dir=tmp_path), None, offline=True, say=said.append)
    assert (
        "ok   beyond the pool: 1 artists and 1 tracks found by asking about 1 artists; "
        "questions today: deezer_radio 1"
    ) in said


def test_an_empty_install_has_nothing_of_nothing(data_dir: Path):
    said: list[str] = []
    doctor.examine(Settings(_env_file=None, data_dir=data_dir), None, offline=True, say=said.append)
    assert "ok   of it, what members met: nothing yet" in said
    assert not any("0 of 0" in line for line in said)


async def test_a_source_that_is_down_is_named_with_what_to_do(tmp_path: Path):
    async with FakeDiscord() as discord, FakeSources() as sources:
        sources.fail("/deezer", Fault.LATER, times=9, wait="7200")
        code, said = await examined(
            tmp_path, sources, discord_token=discord.token, contact="me@example.org"
        )
    (problem,) = to_mend(said)
    assert code == 1
    assert problem.startswith("Deezer refuses")
    assert "AUXCORD_SOURCES" in problem


async def test_a_refused_token_and_a_wrong_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Late(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(UTC) + timedelta(minutes=5)

    monkeypatch.setattr(network, "datetime", Late)
    async with FakeDiscord():
        code, said = await examined(tmp_path, None, discord_token="not.the.token")
    assert code == 1
    clock, token = to_mend(said)
    assert "clock is" in clock
    assert "Reset Token" in token
    assert "not.the.token" not in token


async def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:9/api/v10")
    code, said = await examined(tmp_path, None)
    assert code == 1
    (line,) = to_mend([each for each in said if "Discord" in each])
    assert line.startswith("Discord can't be reached")


async def test_with_a_token_and_without_a_network_it_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:9/api/v10")
    code, said = await examined(tmp_path, None, discord_token="a.b.c")
    assert code == 1
    assert to_mend(said) == [network.UNREACHABLE]


@pytest.mark.parametrize(("granted", "code"), [(Intent.GUILD_PRESENCES, 0), (Intent(0), 1)])
async def test_the_presence_intent_is_checked_where_it_is_needed(
    tmp_path: Path, granted: Intent, code: int
):
    async with FakeDiscord(privileged=granted) as discord:
        found, said = await examined(
            tmp_path, None, discord_token=discord.token, discord_activity=True
        )
    assert found == code
    assert any("Presence Intent" in line for line in said)


@pytest.mark.parametrize("closed", [False, True])
def test_what_is_left_of_the_day_at_spotify(data_dir: Path, closed: bool):
    now = datetime.now(UTC)
    until = now + timedelta(hours=20) if closed else now - timedelta(hours=1)
    with closing(sqlite3.connect(data_dir / "auxcord.sqlite3")) as raw, raw:
        for day, calls in ((now, 30), (now - timedelta(days=1), 900)):
            raw.execute("INSERT INTO spotify_calls VALUES (?, 'me', ?)", (f"{day:%Y-%m-%d}", calls))
        raw.execute(
            "INSERT INTO spotify_gate VALUES (1, ?, 1, 'QUOTA')", (int(until.timestamp() * 1000),)
        )
    said: list[str] = []
    settings = Settings(_env_file=None, data_dir=data_dir, spotify_client_id="id")
    doctor.examine(settings, None, offline=True, say=said.append)
    assert "ok   Spotify: 30 of 400 calls made today, 370 left" in said
    assert any("wants no calls until" in line for line in to_mend(said)) is closed


def test_a_data_folder_that_is_not_there_yet_will_be_made(tmp_path: Path):
    said: list[str] = []
    folder = tmp_path / "a" / "b"
    doctor.examine(Settings(_env_file=None, data_dir=folder), None, offline=True, say=said.append)
    assert f"ok   data folder {folder}: not there yet; the first start makes it" in said
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"


def test_a_data_folder_that_can_not_be_made_is_named_and_no_lack_of_room(tmp_path: Path):
    said: list[str] = []
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "nope"
    doctor.examine(Settings(_env_file=None, data_dir=folder), None, offline=True, say=said.append)
    (line,) = [line for line in to_mend(said) if "AUXCORD_DATA_DIR" in line]
    assert line.startswith(f"AUXCORD_DATA_DIR: {folder} can't be made by this user (")
    assert line.endswith(f"name another folder, or give this user {tmp_path / 'file'}.")
    assert not any("on the data disk" in line for line in said)
