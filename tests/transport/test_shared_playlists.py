"""A blend to Spotify where nobody but the operator has an account: the choice, and what is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.ids import MemberId
from bot.domain.spotify import SCOPES, SpotifyProfile, Tokens
from tests.transport.real import Real, real_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.fake_discord import Message, User
    from tests.fake_discord.record import InteractionRecord


@pytest.fixture
async def real(data_dir: Path) -> AsyncIterator[Real]:
    async with real_bot(data_dir, spotify_shared_playlists=True) as running:
        yield running


async def link(real: Real, user: User) -> None:
    """Let somebody have linked an account of their name."""
    await real.app.services.consent.agree(MemberId(user.id))
    account = real.spotify.world.add_account(user.name)
    grant, token = real.spotify.grant(account, frozenset(SCOPES))
    ends = real.clock.now() + timedelta(hours=9)
    real.spotify.world.access[token] = (grant, ends)
    assert real.app.services.spotify is not None
    await real.app.services.spotify.playlists._tokens.keep(
        MemberId(user.id),
        SpotifyProfile(account.account_id, user.name),
        Tokens(token, f"refresh of {user.name}", ends, frozenset(SCOPES)),
    )


async def blend(real: Real) -> Message:
    """A blend of Ada and Bruno, its tracks known at Spotify."""
    done = await real.discord.slash(real.ada, real.channel, "blend", {"member": real.bruno})
    agree = next(b.custom_id for b in done.message.buttons if b.custom_id.endswith(":agree"))
    await real.discord.click(real.bruno, done.message, agree, until="acknowledged")
    await real.discord.wait_for(lambda: done.message.attachments, "the list")

    def titles(raw):
        return raw.execute(
            "SELECT a.name, t.title FROM tracks AS t JOIN artists AS a ON a.id = t.artist_id"
        ).fetchall()

    for artist, title in await real.app.database.readers.run(titles):
        real.spotify.world.track(title, artist)
    return done.message


async def to_spotify(real: Real, user: User, message: Message) -> InteractionRecord:
    button = next(b.custom_id for b in message.buttons if ":playlist:" in b.custom_id)
    return await real.discord.click(user, message, button)


async def choose(real: Real, user: User, asked: InteractionRecord, where: str) -> str:
    button = next(b.custom_id for b in asked.message.buttons if f":{where}:" in b.custom_id)
    await real.discord.click(user, asked.message, button, until="acknowledged")
    await real.discord.wait_for(lambda: "open.spotify.com" in asked.message.text, "the playlist")
    return asked.message.text


async def test_who_has_no_account_may_choose_the_operators(real: Real):
    await link(real, real.guild.owner)
    message = await blend(real)
    asked = await to_spotify(real, real.bruno, message)
    assert asked.message.ephemeral
    assert f"On the account of <@{real.guild.owner.id}>" in asked.text
    assert "only they can rename or delete it" in asked.text
    assert "You have no Spotify linked" in asked.text
    said = await choose(real, real.bruno, asked, "shared")
    assert f"on the account of <@{real.guild.owner.id}>" in said
    (playlist,) = real.spotify.world.playlists.values()
    assert playlist.uris
    again = await to_spotify(real, real.ada, message)
    await choose(real, real.ada, again, "shared")
    assert len(real.spotify.world.playlists) == 1


async def test_who_has_an_account_is_asked_which(real: Real):
    await link(real, real.guild.owner)
    await link(real, real.ada)
    message = await blend(real)
    asked = await to_spotify(real, real.ada, message)
    assert "it is yours to keep" in asked.text
    said = await choose(real, real.ada, asked, "own")
    assert "Your playlist" in said
    (playlist,) = real.spotify.world.playlists.values()
    assert real.spotify.world.accounts[playlist.owner].name == real.ada.name


async def test_where_the_operator_has_no_account_all_is_as_before(real: Real):
    message = await blend(real)
    refused = await to_spotify(real, real.bruno, message)
    await real.discord.wait_for(lambda: "/link" in refused.message.text, "the refusal")
    assert not refused.message.buttons


async def test_where_it_is_off_nobody_is_offered_it(data_dir: Path):
    async with real_bot(data_dir) as real:
        await link(real, real.guild.owner)
        message = await blend(real)
        refused = await to_spotify(real, real.bruno, message)
        await real.discord.wait_for(lambda: "/link" in refused.message.text, "the refusal")
        assert not refused.message.buttons


async def test_who_left_since_the_question_was_asked_is_in_no_playlist(real: Real):
    """The old list still has their taste in it, and nobody would know to empty it for them."""
    await link(real, real.guild.owner)
    message = await blend(real)
    asked = await to_spotify(real, real.ada, message)
    revoke = next(b.custom_id for b in message.buttons if b.custom_id.endswith(":revoke"))
    await real.discord.click(real.bruno, message, revoke, until="acknowledged")
    await real.discord.wait_for(lambda: not message.attachments, "the blend without Bruno")
    button = next(b.custom_id for b in asked.message.buttons if ":shared:" in b.custom_id)
    refused = await real.discord.click(real.ada, asked.message, button, until="acknowledged")
    await real.discord.wait_for(
        lambda: any("joined or left" in each.text for each in refused.followups), "the refusal"
    )
    assert not real.spotify.world.playlists
