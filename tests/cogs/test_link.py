"""`/link` and `/unlink` as members meet them."""

from __future__ import annotations

import asyncio
import contextvars
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.spotify.addresses import Addresses
from bot.app import open_app
from bot.demo.simulated import buttons_of, simulated
from bot.services.notices import Notice
from bot.settings import Settings
from bot.ui.link import notice_panel
from tests.cogs.conftest import PICKS, Room, words
from tests.fake_spotify import FakeSpotify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class LinkRoom(Room):
    fake: FakeSpotify

    async def link(self, name: str = "Ada") -> Any:
        """Go the whole way; return the answer to the form."""
        shown = await self.run(name, "link")
        account = self.fake.world.add_account(f"{name} on Spotify")
        address = self.fake.consent_to(url_of(shown), account)
        form = await self.press(name, shown.response, "aux1:link:finish")
        done = await self.person(name).submit_modal(form, {"address": address})
        assert self.app.services.spotify is not None
        await self.app.services.spotify.links.watch.settle()
        return done


def url_of(result: Any) -> str:
    stack = list(result.response.components)
    while stack:
        part = stack.pop()
        if part.get("url"):
            return str(part["url"])
        stack += part.get("components", [])
    raise AssertionError("no button leads anywhere")


@pytest.fixture
async def linked_room(data_dir: Path) -> AsyncIterator[LinkRoom]:
    opened: asyncio.Future[LinkRoom] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()
    task = asyncio.create_task(_hold(data_dir, opened, over))
    await asyncio.wait([task, opened], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    yield opened.result()
    over.set()
    await task


async def _hold(data_dir: Path, opened: asyncio.Future[LinkRoom], over: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(FakeSpotify())
        settings = Settings(
            _env_file=None,
            data_dir=data_dir,
            backup_hours=0,
            spotify_client_id=fake.world.client_id,
        )
        addresses = Addresses(api=fake.api_url, accounts=fake.accounts_url)
        app = await stack.enter_async_context(open_app(settings, addresses=addresses))
        bot = app.make_bot(guild_ready_timeout=0.05)
        sim = await stack.enter_async_context(
            simulated(bot, members=["Ada", "Nova"], check_errors=False)
        )
        room = LinkRoom(app, sim)
        room.fake = fake
        await app.services.consent.agree(room.id_of("Ada"))
        opened.set_result(room)
        await over.wait()


async def test_where_it_is_off_link_says_so_in_one_sentence(room: Room):
    for command in ("link", "unlink"):
        result = await room.run("Ada", command)
        assert result.ephemeral
        assert "not switched Spotify on" in words(result)


async def test_link_is_private_and_shows_the_seats(linked_room: LinkRoom):
    shown = await linked_room.run("Ada", "link")
    assert shown.ephemeral
    assert "0 of 5 Spotify seats" in words(shown)
    assert "http://127.0.0.1:8787/spotify/callback" in words(shown)
    assert "Never hand that address to anybody" in words(shown)


async def test_the_pasted_address_links_and_the_message_follows(linked_room: LinkRoom):
    done = await linked_room.link()
    assert done.ephemeral
    assert "Linked as **Ada on Spotify**" in words(done)
    state = await linked_room.run("Ada", "link")
    assert "Ada on Spotify" in words(state)
    assert "six months" in words(state)


async def test_a_wrong_address_is_answered_in_words(linked_room: LinkRoom):
    shown = await linked_room.run("Ada", "link")
    form = await linked_room.press("Ada", shown.response, "aux1:link:finish")
    done = await linked_room.person("Ada").submit_modal(form, {"address": "https://x.example"})
    assert "not the address I need" in words(done)


async def test_unlink_asks_first_and_then_deletes(linked_room: LinkRoom):
    nothing = await linked_room.run("Ada", "unlink")
    assert "no Spotify account linked" in words(nothing)
    await linked_room.link()
    question = await linked_room.run("Ada", "unlink")
    kept = await linked_room.press("Ada", question.response, "aux1:unlink:no")
    assert "Nothing was changed" in words(kept)
    question = await linked_room.run("Ada", "unlink")
    done = await linked_room.press("Ada", question.response, "aux1:unlink:yes")
    assert "Unlinked" in words(done)
    assert "no Spotify account linked" in words(await linked_room.run("Ada", "unlink"))


async def test_who_never_agreed_is_asked_to_first(linked_room: LinkRoom):
    result = await linked_room.run("Nova", "link")
    assert result.ephemeral
    assert "agree" in words(result)


async def test_a_notice_arrives_as_a_private_message(linked_room: LinkRoom):
    told = await linked_room.app.services.notices.tell(
        linked_room.id_of("Ada"), Notice("link.notice.soon", {"when": 1_800_000_000}, relink=True)
    )
    assert told
    assert notice_panel(Notice("link.notice.ended", relink=True))


async def ask_for_a_list(room: LinkRoom) -> Any:
    artists = await room.app.services.onboarding.resolve_artists(PICKS)
    await room.app.services.onboarding.pick(room.id_of("Ada"), [a.id for a in artists])
    card = await room.run("Ada", "recommend", private=True)
    for item in await room.app.services.recommendations.latest(room.id_of("Ada"), limit=5):
        subject = item.scored.subject
        if subject.track is not None:
            room.fake.world.track(subject.track.title, subject.artist.name)
    return card


async def test_the_panel_of_a_pick_leads_to_spotify_for_who_is_linked(linked_room: LinkRoom):
    card = await ask_for_a_list(linked_room)
    panel = await linked_room.press("Ada", card.response, "aux1:more:")
    assert not any(i.startswith("aux1:spotify") for i in buttons_of(panel.response))
    await linked_room.link()
    panel = await linked_room.press("Ada", card.response, "aux1:more:")
    queued = await linked_room.press("Ada", panel.response, "aux1:spotify:queue")
    assert "plays next on Spotify" in words(queued)
    saved = await linked_room.press("Ada", panel.response, "aux1:spotify:save")
    assert "in your Spotify library" in words(saved)
    (account,) = linked_room.fake.world.accounts.values()
    assert account.queue == account.library
    account.device = False
    nowhere = await linked_room.press("Ada", panel.response, "aux1:spotify:queue")
    assert "plays nowhere right now" in words(nowhere)


async def test_a_list_becomes_a_playlist_and_what_is_missing_is_named(
    linked_room: LinkRoom, monkeypatch: pytest.MonkeyPatch
):
    assert linked_room.app.services.spotify is not None
    gate = linked_room.app.services.spotify.playlists._api._gate  # type: ignore[attr-defined]
    monkeypatch.setattr(gate, "_gap_s", 0.0)
    await linked_room.link()
    card = await ask_for_a_list(linked_room)
    gone = next(iter(linked_room.fake.world.tracks))
    del linked_room.fake.world.tracks[gone]
    panel = await linked_room.press("Ada", card.response, "aux1:more:")
    done = await linked_room.press("Ada", panel.response, "aux1:spotify:list")
    assert "4 of 5 placed, 1 skipped" in words(done)
    assert "Not on Spotify as far as I can tell" in words(done)
    (playlist,) = linked_room.fake.world.playlists.values()
    assert playlist.id in words(done)
    assert len(playlist.uris) == 4
    again = await linked_room.press("Ada", panel.response, "aux1:spotify:list")
    assert "up to date" in words(again)
    assert len(linked_room.fake.world.playlists) == 1


async def test_a_link_that_has_ended_is_named_as_such(linked_room: LinkRoom):
    await linked_room.link()
    card = await ask_for_a_list(linked_room)
    panel = await linked_room.press("Ada", card.response, "aux1:more:")
    (account,) = linked_room.fake.world.accounts.values()
    linked_room.fake.world.revoke(account)
    ended = await linked_room.press("Ada", panel.response, "aux1:spotify:save")
    assert "has ended your link" in words(ended)
    offer = await linked_room.run("Ada", "link")
    assert "has ended" in words(offer)


async def test_the_message_follows_what_happens_on_a_page(linked_room: LinkRoom):
    """A page's task knows nothing of the command's context, as the web server's don't."""
    assert linked_room.app.services.spotify is not None
    links = linked_room.app.services.spotify.links
    shown = await linked_room.run("Ada", "link")
    account = linked_room.fake.world.add_account("Ada on Spotify")
    address = linked_room.fake.consent_to(url_of(shown), account)
    finish = links.pasted(linked_room.id_of("Ada"), address)
    await asyncio.create_task(finish, context=contextvars.Context())
    await links.watch.settle()
    message = linked_room.sim.env.backend.get_message(shown.response.channel_id, shown.response.id)
    assert "Linked as **Ada on Spotify**, 0 listens are in" in str(message.components)
