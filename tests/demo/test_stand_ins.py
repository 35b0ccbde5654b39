"""The demo's `/link`, page by page as in a browser, with stand-ins that say what they are."""

import re
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import atlas_folder, open_app
from bot.demo.atlas import read_tracks
from bot.demo.stand_ins import ACCOUNTS, name_at_sources, stand_ins
from bot.domain.ids import MemberId
from bot.domain.listening import Source
from bot.settings import Settings

ANA = MemberId(10**17 + 1)


async def press(http: aiohttp.ClientSession, page: Any, button: str) -> Any:
    """Send the form of a page by the button with these words; return the next page."""
    html = page["html"]
    action = unescape(re.search(r'action="([^"]*)"', html)[1])  # type: ignore[index]
    chosen = re.search(rf'<button name="(\w+)" value="([^"]*)">{re.escape(button)}<', html)
    hidden = re.search(r'type="hidden" name="(\w+)" value="([^"]*)"', html)
    fields = dict([found.groups() for found in (chosen, hidden) if found])
    assert f">{button}<" in html
    target = page["url"].join(type(page["url"])(action))
    return await show(await http.post(target, data=fields))


async def show(response: aiohttp.ClientResponse) -> dict[str, Any]:
    async with response:
        return {"url": response.url, "html": await response.text(), "status": response.status}


async def test_link_works_in_the_demo_from_the_button_to_the_listens(data_dir: Path) -> None:
    tracks = read_tracks(atlas_folder())
    async with stand_ins(tracks) as services:
        settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **services.settings)
        async with open_app(settings, addresses=services.addresses) as app:
            services.identity.people = {ANA: "Ana"}

            async def nobody(*_: object) -> bool:
                return False

            app.services.notices.attach(nobody, application_id=1)
            await app.services.consent.agree(ANA)
            spotify = app.services.spotify
            assert spotify is not None
            offer = await spotify.links.begin(ANA, "Ana")
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as http:
                page = await show(await http.get(offer.url))
                assert "stand-ins" in page["html"]
                page = await press(http, page, "Continue with Discord")
                assert "This is a stand-in for Discord" in page["html"]
                page = await press(http, page, "I am Ana")
                assert "Connect a Spotify account to the Discord user Ana?" in page["html"]
                page = await press(http, page, "Continue with Spotify")
                assert "This is a stand-in for Spotify" in page["html"]
                page = await press(http, page, f"Agree as {ACCOUNTS[0][0]}")
                assert page["status"] == 200
                assert "is linked" in page["html"]
            await spotify.links.watch.settle()
            login, _ = await spotify.links.status(ANA)
            assert login is not None
            assert login.name == ACCOUNTS[0][0]
            taste = await app.database.listens.taste(ANA, top=5)
            assert taste.listens >= 50
            assert taste.top_tags


async def test_the_stand_ins_mean_the_same_track_by_an_id_at_spotify() -> None:
    async with stand_ins(read_tracks(atlas_folder())) as services:
        told = {one.spotify_id for one in services.sources.world.tracks if one.analysed}
        assert told
        assert told <= services.spotify.world.tracks.keys()


async def test_every_made_up_account_has_something_to_read() -> None:
    async with stand_ins(read_tracks(atlas_folder())) as services:
        for account in services.spotify.world.accounts.values():
            assert len(account.plays) == 50
            assert max(at for at, _ in account.plays) <= datetime.now(UTC)
            assert account.saved
            assert all(account.top_tracks.values())


@pytest.mark.parametrize("source", [Source.LISTENBRAINZ, Source.LASTFM])
async def test_a_made_up_name_at_an_open_source_can_be_read(data_dir: Path, source: Source) -> None:
    async with stand_ins(read_tracks(atlas_folder())) as services:
        settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **services.settings)
        async with open_app(
            settings, addresses=services.addresses, open_addresses=services.open_addresses
        ) as app:
            await app.services.consent.agree(ANA)
            name = name_at_sources(ACCOUNTS[1][0])
            await app.services.doors.connect(ANA, source, name)
            (state,) = await app.database.door_syncs.of_member(ANA)
            while state.synced_at is None or state.reading:
                await app.services.doors.reader.turn(state)
                (state,) = await app.database.door_syncs.of_member(ANA)
            taste = await app.database.listens.taste(ANA, top=5)
            assert taste.listens >= 380
            assert {"soul", "jazz", "funk"} & {tag for tag, _ in taste.top_tags}


async def test_what_listen_in_links_to_is_a_page_that_says_what_it_is(data_dir: Path) -> None:
    """Also where only the second source has the track."""
    tracks = read_tracks(atlas_folder())
    async with stand_ins(tracks) as services:
        settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **services.settings)
        async with (
            open_app(
                settings, addresses=services.addresses, open_addresses=services.open_addresses
            ) as app,
            aiohttp.ClientSession() as http,
        ):
            known = [t for t in services.sources.world.tracks if t.artist.fans > 100]
            at_both = next(one for one in known if one.sold)
            at_itunes = next(one for one in known if not one.sold)
            for song, service in ((at_both, "Deezer"), (at_itunes, "iTunes")):
                (about,) = await app.database.catalogue.search_subjects(
                    f"{song.artist.name} {song.title}", limit=1
                )
                found = await app.services.previews.of(about)
                assert found.service == service
                for address in (found.url, found.page):
                    page = await show(await http.get(address))
                    assert page["status"] == 200
                    assert "This is a stand-in" in page["html"]
                    assert escape(song.title) in page["html"]
            for address in ("pages/listen/0", "pages/listen/x", "pages/nobody/track/1"):
                async with http.get(f"{services.sources.url}/{address}") as response:
                    assert response.status == 404
