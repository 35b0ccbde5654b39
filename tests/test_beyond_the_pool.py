"""A brand-new server, one member, five artists: a good list from day one, whatever stands outside."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.adapters.http.candidates.deezer import Deezer, DeezerRadio, DeezerRelated
from bot.adapters.http.candidates.listenbrainz import (
    Labs,
    ListenBrainzArtists,
    ListenBrainzRecordings,
)
from bot.adapters.http.manners import Manners
from bot.adapters.http.polite import PoliteClient, new_session, user_agent
from bot.app import App, atlas_folder, open_app
from bot.demo.atlas import read_tracks
from bot.demo.stand_ins import stand_ins
from bot.domain.ids import MemberId
from bot.domain.music import LinkService
from bot.domain.recommending import Recommendation, RecommendRequest
from bot.domain.sources import OpenSource
from bot.settings import Settings
from bot.ui.links import url_of
from bot.ui.panels import why_panel
from tests.conftest import settings_for
from tests.fake_sources.server import FakeSources, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.demo.sources.world import SourceWorld

ANA, BEN = MemberId(10**18 + 1), MemberId(10**18 + 2)
LOVED = ("Radiohead", "Portishead", "Björk", "Massive Attack", "Boards of Canada")
REFIT_S = 60.0


async def no_nap(_seconds: float) -> None:
    return


def fill(world: SourceWorld) -> None:
    """Let the sources know the atlas, and before it artists in the very style of the loved ones."""
    tracks = read_tracks(atlas_folder())
    styles = {one.artist.name: one.artist.tags for one in tracks}
    for number, name in enumerate(LOVED * 2):
        beyond = world.artist(f"Zyxband {number}", *styles[name])
        for title in ("First", "Second"):
            world.track(beyond, f"{title} of Zyxband {number}")
    for one in tracks:
        world.track(world.artist(one.artist.name, *one.artist.tags), one.title)


@pytest.fixture
async def fake() -> AsyncIterator[FakeSources]:
    async with FakeSources() as running:
        fill(running.world)
        yield running


@asynccontextmanager
async def server(data_dir: Path, fake: FakeSources) -> AsyncIterator[App]:
    """A brand-new server whose keyless sources are asked without a pace."""
    async with (
        new_session(user_agent("1", "ana@example.org")) as session,
        open_app(settings_for(data_dir), min_refit_pause_s=0.01) as app,
    ):

        def client(base: str, name: str) -> PoliteClient:
            manners = Manners(name, 1000, 1, pause_s=900)
            return PoliteClient(session=session, base=base, manners=manners, sleep=no_nap)

        labs = Labs(client(fake.addresses.labs, "labs"))
        deezer = Deezer(client(fake.addresses.deezer, "Deezer"))
        radio = client(fake.addresses.listenbrainz, "ListenBrainz")
        for source in (
            ListenBrainzArtists(labs, radio),
            ListenBrainzRecordings(labs),
            DeezerRelated(deezer),
            DeezerRadio(deezer),
        ):
            app.services.candidates.open(source)
        yield app


async def pick_five(app: App) -> None:
    await app.services.consent.agree(ANA)
    artists = await app.services.onboarding.resolve_artists(LOVED)
    await app.services.onboarding.pick(ANA, [one.id for one in artists])


async def a_list(app: App) -> Recommendation:
    request = RecommendRequest(member_id=ANA, guild_id=None, channel_id=None, private=True)
    return await app.services.recommend.recommend(request)


def artists_of(shown: Recommendation) -> list[str]:
    return [item.scored.subject.artist.name for item in shown.items]


async def model_after(app: App, version: str) -> None:
    """Wait until the model that the answers asked for serves."""
    async with asyncio.timeout(REFIT_S):
        while (info := app.services.serving.info) is None or info.version == version:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # the model comes from a child process


def version_of(app: App) -> str:
    info = app.services.serving.info
    assert info is not None
    return info.version


async def test_keyless_sources_bring_music_beyond_the_atlas_into_the_next_list(
    data_dir: Path, fake: FakeSources
) -> None:
    async with server(data_dir, fake) as app:
        before = version_of(app)
        await pick_five(app)
        first = await a_list(app)
        assert len(first.items) == 5, "the first list waits for nobody"
        assert not fake.asked
        await app.services.candidates.serve_woken()
        await model_after(app, before)

        shown = await a_list(app)
        assert len(shown.items) == 5
        beyond = [item for item in shown.items if "Zyxband" in item.scored.subject.artist.name]
        assert beyond, artists_of(shown)
        subject = beyond[0].scored.subject
        assert subject.track is not None, "a card shows a track that can be played"
        assert url_of(subject, LinkService.YOUTUBE).startswith("https://")
        assert beyond[0].scored.parts["similar_elsewhere"] > 0

        why = await app.services.taste.why(ANA, beyond[0].id)
        assert why.elsewhere is not None
        assert set(why.elsewhere.services) <= {OpenSource.LISTENBRAINZ, OpenSource.DEEZER}
        assert why.elsewhere.brought
        assert set(why.elsewhere.seeds) <= set(LOVED)
        panel = why_panel(why, beyond[0].id, service=LinkService.YOUTUBE)
        words = "".join(i.content for i in panel.walk_children() if hasattr(i, "content"))
        assert "Found through" in words
        assert f"elsewhere also play {subject.artist.name}" in words
        assert "played together elsewhere" in words

        await app.services.consent.agree(BEN)
        (queen,) = await app.services.onboarding.resolve_artists(["Queen"])
        await app.services.onboarding.pick(BEN, [queen.id])
        theirs = await app.services.taste.why(BEN, beyond[0].id)
        assert theirs.elsewhere is not None
        assert theirs.elsewhere.seeds == (), "whom others love is nobody's business"


async def test_with_every_source_down_the_atlas_answers_and_nothing_is_lost(
    data_dir: Path, fake: FakeSources
) -> None:
    fake.down = True
    async with server(data_dir, fake) as app:
        await pick_five(app)
        await app.services.candidates.serve_woken()
        shown = await a_list(app)
        assert len(shown.items) == 5
        assert not any("Zyxband" in name for name in artists_of(shown))
    fake.mend()
    async with server(data_dir, fake) as app:
        before = version_of(app)
        await app.services.candidates.round()  # what was picked is still known after a restart
        await model_after(app, before)
        assert any("Zyxband" in name for name in artists_of(await a_list(app)))
    fake.down = True
    asked = len(fake.asked)
    async with server(data_dir, fake) as app:
        shown = await a_list(app)
        assert any("Zyxband" in name for name in artists_of(shown)), "from what is stored"
        assert len(fake.asked) == asked


@pytest.mark.parametrize(
    "fault",
    [
        Fault.DROP,
        Fault.LATER,
        Fault.LATER_DATE,
        Fault.LATER_UNSAID,
        Fault.BUSY,
        Fault.GATEWAY,
        Fault.TRUNCATED,
        Fault.HTML,
        Fault.WRONG_TYPE,
        Fault.NULLS,
        Fault.QUOTA_INSIDE,
        Fault.BUSY_INSIDE,
        Fault.REFUSED,
    ],
    ids=lambda fault: fault.name,
)
@pytest.mark.parametrize("broken", ["deezer", "labs"])
async def test_one_source_in_trouble_costs_only_what_it_would_have_said(
    data_dir: Path, fake: FakeSources, fault: Fault, broken: str
) -> None:
    fake.fail(f"/{broken}/", fault, times=10_000, wait="3600")
    async with server(data_dir, fake) as app:
        app.services.training.hurry = lambda: None  # type: ignore[method-assign]  # no model here
        await pick_five(app)
        await app.services.candidates.serve_woken()
        found = await app.services.onboarding.suggest_artists("zyxband")
        assert found, "the others go on"
        vouched = await app.database.candidates.vouched(found[0].id)
        services = {one.origin.service for one in vouched}
        stands = OpenSource.LISTENBRAINZ if broken == "deezer" else OpenSource.DEEZER
        assert services == {stands}
        assert len((await a_list(app)).items) == 5


async def test_nothing_of_the_member_stays(data_dir: Path, fake: FakeSources) -> None:
    async with server(data_dir, fake) as app:
        await pick_five(app)
        await app.services.candidates.serve_woken()
        assert await app.services.onboarding.suggest_artists("zyxband")
        await app.services.privacy.forget(ANA)
        assert await app.services.onboarding.suggest_artists("zyxband") == []
        rows = await app.database.readers.run(
            lambda raw: raw.execute(
                "SELECT (SELECT count(*) FROM similar_lookups), "
                "(SELECT count(*) FROM similar_artists)"
            ).fetchone()
        )
        assert rows == (0, 0)


async def test_the_wiring_opens_what_the_operator_allows_and_the_demo_its_stand_ins(
    data_dir: Path,
) -> None:
    async with stand_ins(read_tracks(atlas_folder())) as services:
        settings = Settings(_env_file=None, data_dir=data_dir, backup_hours=0, **services.settings)
        async with open_app(settings, open_addresses=services.open_addresses) as app:
            assert len(app.services.candidates.sources) == 6, "with Last.fm's key"
        keyless = settings.model_copy(
            update={"lastfm_key": None, "sources": frozenset({OpenSource.DEEZER})}
        )
        async with open_app(keyless, open_addresses=services.open_addresses) as app:
            assert {one.service for one in app.services.candidates.sources} == {OpenSource.DEEZER}
        async with open_app(settings_for(data_dir)) as app:
            assert not app.services.candidates.sources
