"""Access tokens: sealed, renewed once, and gone together with the grant."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.sqlite.database import Database
from bot.adapters.vault import KeyRing, as_line, key_of, new_key, write_keys
from bot.domain.ids import MemberId
from bot.domain.spotify import LoginState, SpotifyProfile
from bot.errors import (
    AccessRefusedError,
    LinkExpiredError,
    SettingsError,
    UpstreamError,
    UserError,
)
from bot.key_rotation import rotate
from bot.services.spotify_tokens import SpotifyTokens
from bot.settings import Settings
from bot.spotify_door import token_key_file, token_keys
from tests.fakes_spotify import FakeAuth, FixedClock, tokens

ANA, BEN, CLEO = MemberId(10**18 + 1), MemberId(10**18 + 2), MemberId(10**18 + 3)


class Desk:
    """A database, two seats, and a service over both."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FixedClock()
        self.auth = FakeAuth(self.clock)
        self.ring = KeyRing([new_key()])
        self.told: list[MemberId] = []
        self.service = self.start()

    def start(self) -> SpotifyTokens:
        service = SpotifyTokens(
            store=self.database.spotify, vault=self.ring, auth=self.auth, clock=self.clock, seats=2
        )

        async def tell(member_id: MemberId) -> None:
            self.told.append(member_id)

        service.on_end(tell)
        return service

    async def link(self, member: MemberId, account: str | None = None) -> bool:
        profile = SpotifyProfile(account or f"account {member}", "Name")
        return await self.service.keep(
            member, profile, tokens(f"access {member}", f"refresh {member}")
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Database.open(tmp_path / "data") as database:
        yield Desk(database)


async def test_a_token_is_handed_out_until_shortly_before_its_end(desk: Desk) -> None:
    await desk.link(ANA)
    assert await desk.service.access(ANA) == f"access {ANA}"
    desk.clock.pass_time(minutes=58)
    assert await desk.service.access(ANA) == f"access {ANA}"
    desk.clock.pass_time(minutes=1)
    assert await desk.service.access(ANA) == "access 1"
    assert desk.auth.refreshes == [f"refresh {ANA}"]


async def test_no_token_is_readable_in_the_database(desk: Desk, tmp_path: Path) -> None:
    await desk.link(ANA)
    await desk.database.erasure.scrub()
    files = b"".join(p.read_bytes() for p in (tmp_path / "data").glob("auxcord*"))
    assert f"account {ANA}".encode() in files
    assert f"access {ANA}".encode() not in files
    assert f"refresh {ANA}".encode() not in files


async def test_many_callers_make_one_refresh(desk: Desk) -> None:
    """F15: one lock per member."""
    await desk.link(ANA)
    desk.clock.pass_time(hours=2)
    got = await asyncio.gather(*(desk.service.access(ANA) for _ in range(20)))
    assert set(got) == {"access 1"}
    assert len(desk.auth.refreshes) == 1


async def test_an_answer_without_a_new_refresh_token_keeps_the_old_one(desk: Desk) -> None:
    desk.auth.rotates = False
    await desk.link(ANA)
    for _ in range(2):
        desk.clock.pass_time(hours=2)
        await desk.service.access(ANA)
    assert desk.auth.refreshes == [f"refresh {ANA}"] * 2


async def test_a_grant_that_is_over_is_asked_for_once_also_after_a_restart(desk: Desk) -> None:
    """F13: `invalid_grant` is one request and one notice, also for a bot that starts anew."""
    await desk.link(ANA)
    desk.clock.pass_time(hours=2)

    def over() -> None:
        raise LinkExpiredError("Spotify")

    desk.auth.before_answer = over
    for service in (desk.service, desk.service, desk.start()):
        with pytest.raises(LinkExpiredError):
            await service.access(ANA)
    assert len(desk.auth.refreshes) == 1
    assert desk.told == [ANA]
    login = await desk.database.spotify.login(ANA)
    assert login is not None
    assert login.state is LoginState.RELINK
    assert (await desk.database.spotify.seats(total=2)).used == 1


async def test_trouble_of_the_service_changes_nothing(desk: Desk) -> None:
    """F14: the tokens stay as they are."""
    await desk.link(ANA)
    desk.clock.pass_time(hours=2)

    def down() -> None:
        raise UpstreamError("Spotify")

    desk.auth.before_answer = down
    with pytest.raises(UpstreamError):
        await desk.service.access(ANA)
    desk.auth.before_answer = None
    assert await desk.service.access(ANA) == "access 2"
    assert desk.auth.refreshes == [f"refresh {ANA}"] * 2
    assert desk.told == []


async def test_a_kill_between_answer_and_save_costs_one_new_consent_at_most(desk: Desk) -> None:
    """F15: the rotated token is lost, so the next refresh is refused as in F13."""
    await desk.link(ANA)
    desk.clock.pass_time(hours=2)

    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    desk.auth.before_answer = kill  # the answer is lost: Spotify has rotated, we have not
    with pytest.raises(KilledError):
        await desk.service.access(ANA)

    def used_up() -> None:
        raise LinkExpiredError("Spotify")

    desk.auth.before_answer = used_up
    with pytest.raises(LinkExpiredError):
        await desk.start().access(ANA)
    assert desk.told == [ANA]


async def test_a_refused_token_is_renewed_once(desk: Desk) -> None:
    """F12: 401 in the middle costs one refresh, then the call is made once more."""
    await desk.link(ANA)
    seen: list[str] = []

    async def ask(token: str) -> str:
        seen.append(token)
        if len(seen) == 1:
            raise AccessRefusedError("Spotify")
        return "answer"

    assert await desk.service.call(ANA, ask) == "answer"
    assert seen == [f"access {ANA}", "access 1"]


async def test_a_token_refused_twice_ends_the_grant(desk: Desk) -> None:
    await desk.link(ANA)

    async def ask(_token: str) -> None:
        raise AccessRefusedError("Spotify")

    with pytest.raises(LinkExpiredError):
        await desk.service.call(ANA, ask)
    assert desk.told == [ANA]
    assert len(desk.auth.refreshes) == 1


async def test_who_never_linked_is_told_so(desk: Desk) -> None:
    with pytest.raises(UserError) as caught:
        await desk.service.access(ANA)
    assert caught.value.key == "error.spotify_not_linked"


async def test_swapped_rows_break_both_links_and_leak_neither(desk: Desk) -> None:
    await desk.link(ANA)
    await desk.link(BEN)

    def swap(raw: sqlite3.Connection) -> None:
        rows = raw.execute(
            "SELECT access_token, refresh_token, member_id FROM spotify_logins"
        ).fetchall()
        for (access, refresh, _), (_, _, member) in zip(rows, reversed(rows), strict=True):
            raw.execute(
                "UPDATE spotify_logins SET access_token = ?, refresh_token = ? WHERE member_id = ?",
                (access, refresh, member),
            )

    await desk.database.writer.run(swap)
    for member in (ANA, BEN):
        with pytest.raises(LinkExpiredError):
            await desk.service.access(member)
    assert sorted(desk.told) == [ANA, BEN]
    assert desk.auth.refreshes == []


async def test_one_account_belongs_to_one_member(desk: Desk) -> None:
    await desk.link(ANA, "one")
    with pytest.raises(UserError) as caught:
        await desk.link(BEN, "one")
    assert caught.value.key == "error.spotify_taken"
    assert await desk.database.spotify.holder("one") == ANA


async def test_seats_are_counted_and_linking_again_needs_none(desk: Desk) -> None:
    await desk.link(ANA)
    await desk.link(BEN)
    assert (await desk.database.spotify.seats(total=2)).full
    with pytest.raises(UserError) as caught:
        await desk.link(CLEO)
    assert caught.value.key == "error.spotify_full"
    assert not await desk.link(ANA)
    assert await desk.link(ANA, "another account")


async def test_reminders_come_once_each(desk: Desk) -> None:
    await desk.link(ANA)
    store = desk.database.spotify
    assert [await store.remind(ANA, day=day) for day in (150, 150, 170, 150)] == [
        True,
        False,
        True,
        False,
    ]
    await desk.link(ANA)
    assert await store.remind(ANA, day=150)


async def prepare(settings: Settings, *, ring: KeyRing) -> None:
    async with Database.open(settings.data_dir) as database:
        desk = Desk(database)
        desk.ring = ring
        desk.service = desk.start()
        await desk.link(ANA)
        await desk.link(BEN)


def settings_in(folder: Path, **changes: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder / "data", **changes)  # type: ignore[arg-type]


async def test_rotation_seals_anew_and_drops_the_old_key(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    old = token_keys(settings)
    await prepare(settings, ring=KeyRing(old))
    said = await rotate(settings)
    assert "2 accounts" in said[0]
    (new,) = token_keys(settings)
    assert new not in old
    async with Database.open(settings.data_dir) as database:
        desk = Desk(database)
        desk.ring = KeyRing([new])
        desk.service = desk.start()
        assert await desk.service.access(ANA) == f"access {ANA}"
        assert {key_of(row[2]) for row in await database.spotify.all_sealed()} == {desk.ring.active}


async def test_where_there_is_no_key_none_is_made_and_none_is_gone(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    (line,) = await rotate(settings)
    assert line.startswith("There is no key yet")
    assert not (settings.data_dir / "token.key").exists()


async def test_rotation_after_a_kill_goes_on(tmp_path: Path) -> None:
    """The key file then holds both keys, and rows may be sealed with either."""
    settings = settings_in(tmp_path)
    old = token_keys(settings)
    await prepare(settings, ring=KeyRing(old))
    write_keys(token_key_file(settings), [new_key(), *old])
    assert "2 accounts" in (await rotate(settings))[0]
    assert len(token_keys(settings)) == 1


async def test_a_key_in_a_variable_is_changed_in_two_steps(tmp_path: Path) -> None:
    old = new_key()
    settings = settings_in(tmp_path, token_key=as_line(old))
    await prepare(settings, ring=KeyRing([old]))
    (_, line, _) = await rotate(settings)
    both = line.removeprefix("AUXCORD_TOKEN_KEY=")
    said = await rotate(settings_in(tmp_path, token_key=both))
    assert "2 accounts" in said[0]
    assert said[-1].endswith("AUXCORD_TOKEN_KEY=" + both.split(",")[0])


async def test_what_no_key_opens_has_to_be_linked_again(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    await prepare(settings, ring=KeyRing([new_key()]))
    said = await rotate(settings)
    assert "2 could not be opened" in said[1]


def test_an_unreadable_key_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("nonsense")
    with pytest.raises(SettingsError, match="AUXCORD_TOKEN_KEY_FILE"):
        token_keys(settings_in(tmp_path, token_key_file=tmp_path / "key"))
