"""A data folder with people in it: the demo's community, and some who only picked artists."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.app import App, atlas_folder, open_app
from bot.demo.atlas import read_tracks
from bot.demo.community import draw_community
from bot.demo.seeding import bring_in, first_model, upload_of
from bot.domain.ids import MemberId
from bot.settings import Settings

MEMBERS = 60
FIRST_ID = 700_000_000_000_000_000
PICKS = 5
KNOWN_ARTISTS = 400


def member_id(number: int) -> MemberId:
    """Return the Discord id of a person by number."""
    return MemberId(FIRST_ID + number)


def settings_for(data_dir: Path) -> Settings:
    """Return settings that read nothing from this machine."""
    return Settings(_env_file=None, data_dir=data_dir, backup_hours=0, refit_changes=100_000)


async def prepare(data_dir: Path) -> None:
    """Bring everybody in and wait for a model that has seen them."""
    tracks = read_tracks(atlas_folder())
    listeners = draw_community(tracks, now=datetime.now(UTC))
    ids = {one.name: member_id(number) for number, one in enumerate(listeners)}
    async with open_app(settings_for(data_dir), min_refit_pause_s=0.2) as app:
        await bring_in(app, [upload_of(one, tracks) for one in listeners], ids)
        await _pick(app, range(len(listeners), MEMBERS))
        await first_model(app, listeners=MEMBERS)


async def _pick(app: App, numbers: range) -> None:
    random = np.random.default_rng(7)
    for number in numbers:
        await app.services.consent.agree(member_id(number))
        artists = random.choice(np.arange(1, KNOWN_ARTISTS + 1), size=PICKS, replace=False)
        found = await app.database.catalogue.artists([int(a) for a in artists])
        await app.services.onboarding.pick(member_id(number), list(found))
