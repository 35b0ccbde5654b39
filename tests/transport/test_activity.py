"""Listening along on Discord: the whole bot, the unpatched client, presence events as Discord sends them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.app import open_app
from bot.domain.ids import MemberId
from bot.domain.listening import FetchedListen, Source
from bot.errors import SettingsError
from bot.run import serve
from bot.settings import Settings
from tests.fake_discord import FakeDiscord
from tests.fake_discord.waiting import PATIENCE_S
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from tests.fake_discord import Guild, User

SONG_MS = 240_000


@dataclass
class Evening:
    """The bot, and a second server that both Ada and the bot are in."""

    real: Real
    second: Guild

    @property
    def ada(self) -> MemberId:
        return MemberId(self.real.ada.id)

    async def shows(
        self, user: User, activities: Iterable[dict[str, Any]], *, guild: Guild | None = None
    ) -> None:
        """Send presences, and wait until a later event of the same socket has been taken in."""
        here = guild or self.real.guild
        body = {
            "user": {"id": str(user.id)},
            "guild_id": str(here.id),
            "status": "online",
            "activities": list(activities),
            "client_status": {"desktop": "online"},
        }
        assert self.real.discord.emit("PRESENCE_UPDATE", body, guild=here) == 1
        await self.real.bot.wait_for(
            "raw_presence_update", check=lambda event: event.user_id == user.id, timeout=PATIENCE_S
        )

    def song(self, title: str, *, track: str = "a" * 22, **changes: Any) -> dict[str, Any]:
        start = int(self.real.clock.now().timestamp() * 1000)
        return {
            "type": 2,
            "name": "Spotify",
            "details": title,
            "state": "Slowdive; A Guest",
            "sync_id": track,
            "session_id": "s" * 32,
            "timestamps": {"start": start, "end": start + SONG_MS},
            "assets": {"large_text": "Souvlaki", "large_image": "spotify:x"},
            "party": {"id": f"spotify:{self.real.ada.id}"},
            "flags": 48,
        } | changes

    def later(self, seconds: float) -> None:
        self.real.clock.ahead += timedelta(seconds=seconds)

    async def switch_on(self, user: User) -> Any:
        panel = await self.real.discord.slash(user, self.real.channel, "doors", {})
        return await self.real.discord.click(user, panel.message, "Listen along on Discord")

    async def plays(self, user: User) -> list[tuple[str, str, int, int]]:
        """Return artist, title, plays and skips as they count for the member."""

        def read(raw: Any) -> Any:
            return raw.execute(
                "SELECT a.name, t.title, p.plays, p.skips FROM play_sums AS p "
                "JOIN tracks AS t ON t.id = p.subject_id JOIN artists AS a ON a.id = t.artist_id "
                "WHERE member_id = ? AND of_artist = 0 ORDER BY 2",
                (user.id,),
            ).fetchall()

        await self.real.app.services.activity.round()  # type: ignore[union-attr]
        return list(await self.real.app.database.readers.run(read))


@pytest.fixture
async def evening(data_dir: Path) -> AsyncIterator[Evening]:
    async with real_bot(data_dir, activity=True) as real:
        second = real.discord.add_guild("Second")
        real.discord.add_member(second, real.ada)
        yield Evening(real, second)


async def two_songs(evening: Evening, user: User) -> None:
    first = evening.song("Alison")
    await evening.shows(user, [first])
    await evening.shows(user, [first], guild=evening.second)
    evening.later(240)
    second = evening.song("Machine Gun", track="b" * 22)
    await evening.shows(user, [second], guild=evening.second)
    await evening.shows(user, [second])
    evening.later(20)
    await evening.shows(user, [evening.song("40 Days", track="c" * 22)])


async def test_plays_and_skips_come_in_once_over_shared_servers(evening: Evening):
    done = await evening.switch_on(evening.real.ada)
    assert "I listen along" in done.text
    assert done.ephemeral
    await two_songs(evening, evening.real.ada)
    assert await evening.plays(evening.real.ada) == [
        ("Slowdive", "Alison", 1, 0),
        ("Slowdive", "Machine Gun", 0, 1),
    ]
    panel = await evening.real.discord.slash(evening.real.ada, evening.real.channel, "doors", {})
    assert "2 listens" in panel.text


async def test_nothing_is_kept_of_who_did_not_switch_it_on(evening: Evening):
    await two_songs(evening, evening.real.ada)
    assert await evening.plays(evening.real.ada) == []
    rows = await evening.real.app.database.readers.run(
        lambda raw: raw.execute("SELECT count(*) FROM activity_now").fetchone()
    )
    assert rows == (0,)


async def test_who_never_agreed_is_asked_first(evening: Evening):
    refused = await evening.real.discord.slash(evening.real.nova, evening.real.channel, "doors", {})
    assert "agree" in refused.text
    services = evening.real.app.services
    assert services.activity is not None
    assert not services.activity.follows(MemberId(evening.real.nova.id))


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamps": {}},
        {"timestamps": {"start": 1, "end": "x"}},
        {"timestamps": {"start": 10**30, "end": 10**30 + 5}},
        {"details": None},
        {"state": None},
        {"details": "x" * 5000},
        {"state": "Various Artists"},
        {"timestamps": {"start": 1000, "end": 1000}},
    ],
    ids=str,
)
async def test_fields_that_make_no_sense_are_no_song(evening: Evening, changes: dict[str, Any]):
    await evening.switch_on(evening.real.ada)
    await evening.shows(evening.real.ada, [evening.song("Alison") | changes])
    evening.later(240)
    await evening.shows(evening.real.ada, [])
    assert await evening.plays(evening.real.ada) == []


async def test_the_same_play_from_last_fm_counts_once(evening: Evening):
    await evening.switch_on(evening.real.ada)
    database = evening.real.app.database
    now = evening.real.clock.now()
    await database.door_syncs.connect(evening.ada, Source.LASTFM, "ada", at=now)
    scrobble = FetchedListen(
        source_time=str(int(now.timestamp())),
        artist="Slowdive",
        title="Alison",
        started_at=now + timedelta(seconds=4),
        precision_ms=1000,
    )
    await two_songs(evening, evening.real.ada)
    await database.doors.add(evening.ada, Source.LASTFM, [scrobble], at=evening.real.clock.now())
    assert ("Slowdive", "Alison", 1, 0) in await evening.plays(evening.real.ada)


@pytest.mark.parametrize(("answer", "left"), [("keep", 2), ("delete", 0)])
async def test_switching_it_off_asks_and_ends_it(evening: Evening, answer: str, left: int):
    real = evening.real
    await evening.switch_on(real.ada)
    await two_songs(evening, real.ada)
    panel = await real.discord.slash(real.ada, real.channel, "doors", {})
    question = await real.discord.click(real.ada, panel.message, "Stop listening along")
    await real.discord.click(real.ada, question.message, f"aux1:door:{answer}:discord_activity")
    evening.later(240)
    await evening.shows(real.ada, [evening.song("Catch the Breeze", track="d" * 22)])
    evening.later(240)
    await evening.shows(real.ada, [])
    assert len(await evening.plays(real.ada)) == left
    data = json.loads(await real.app.services.privacy.export(evening.ada))
    assert data["activity_now"] == []
    assert not data["links"]


async def test_it_is_exported_and_forgotten_with_everything_else(evening: Evening):
    real = evening.real
    await evening.switch_on(real.ada)
    await two_songs(evening, real.ada)
    assert real.app.services.activity is not None
    await real.app.services.activity.store()
    data = json.loads(await real.app.services.privacy.export(evening.ada))
    (row,) = data["activity_now"]
    assert row["under_way"]["song"]["title"] == "40 Days"
    assert [one["title"] for one in row["waiting"]] == ["Alison", "Machine Gun"]
    await real.app.services.privacy.forget(evening.ada)
    evening.later(240)
    await evening.shows(real.ada, [])
    assert await evening.plays(real.ada) == []
    assert json.loads(await real.app.services.privacy.export(evening.ada))["activity_now"] == []


async def test_after_a_new_session_nothing_is_guessed(evening: Evening):
    real = evening.real
    await evening.switch_on(real.ada)
    await evening.shows(real.ada, [evening.song("Alison")])
    ready = real.bot.wait_for("shard_ready", timeout=PATIENCE_S)
    real.discord.invalidate_session()
    await ready
    evening.later(100)
    await evening.shows(real.ada, [evening.song("Machine Gun", track="b" * 22)])
    assert await evening.plays(real.ada) == []


async def test_a_restart_goes_on_with_the_play_under_way(data_dir: Path):
    async with real_bot(data_dir, activity=True) as real:
        evening = Evening(real, real.guild)
        await evening.switch_on(real.ada)
        await evening.shows(real.ada, [evening.song("Alison")])
        ada, clock = evening.ada, real.clock
    settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, discord_activity=True)
    clock.ahead += timedelta(seconds=240)
    async with open_app(settings, clock=clock) as app:
        assert app.services.activity is not None
        (state,) = await app.database.activity.followed()
    assert state.member_id == ada
    assert state.under_way is not None
    assert state.under_way.song.title == "Alison"


async def test_switched_off_there_is_no_button_and_no_privileged_intent(data_dir: Path):
    async with real_bot(data_dir) as real:
        panel = await real.discord.slash(real.ada, real.channel, "doors", {})
        assert not real.bot.intents.presences
        assert "Listen along on Discord" not in [b.label for b in panel.message.buttons]
        assert "not opened by whoever runs me" in panel.text


async def test_a_refused_intent_ends_the_start_with_what_to_do(data_dir: Path):
    settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, discord_activity=True)
    async with FakeDiscord() as discord, open_app(settings) as app:
        with pytest.raises(SettingsError, match="Presence Intent"):
            await serve(app, discord.token, asyncio.Event())
