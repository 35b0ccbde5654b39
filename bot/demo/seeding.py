"""Brings people in the way they would come: consent, imports, picks, a first model, some votes."""

import asyncio
import csv
import io
import time
from collections.abc import Mapping, Sequence
from itertools import islice

from bot.app import App
from bot.demo.atlas import AtlasTrack
from bot.demo.community import SampleListener
from bot.demo.listens import Upload
from bot.domain.feedback import Verdict
from bot.domain.ids import ChannelId, GuildId, MemberId
from bot.domain.recommending import RecommendRequest
from recsys.names import name_key

VOTERS = 4
"""So many of the sample listeners have asked for a list and voted on two of its tracks."""
VOTES_EACH = 2
IMPORTS_AT_ONCE = 4
FIRST_MODEL_S = 120.0
_LOOK_EVERY_S = 0.05


def upload_of(listener: SampleListener, tracks: Sequence[AtlasTrack]) -> Upload:
    """Return a sample listener's history as the CSV that `/import` takes."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["artist", "track", "played_at", "plays"])
    for play in listener.plays:
        track = tracks[play.track]
        writer.writerow([track.artist.name, track.title, play.last_at.isoformat(), play.plays])
    return Upload(listener.name, (("listens.csv", table.getvalue().encode()),))


async def bring_in(app: App, uploads: Sequence[Upload], ids: Mapping[str, MemberId]) -> None:
    """Let every member agree and import their files, a few at a time."""
    places = asyncio.Semaphore(IMPORTS_AT_ONCE)

    async def one(upload: Upload) -> None:
        async with places:
            await app.services.consent.agree(ids[upload.member])
            await app.services.imports.run(ids[upload.member], upload.files)

    tasks = [asyncio.create_task(one(upload)) for upload in uploads]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pick_artists(
    app: App, listeners: Sequence[SampleListener], ids: Mapping[str, MemberId]
) -> None:
    """Store the artists that some sample listeners picked by hand."""
    for listener in listeners:
        if listener.picks:
            artists = await app.services.onboarding.resolve_artists(listener.picks)
            await app.services.onboarding.pick(ids[listener.name], [a.id for a in artists])


async def first_model(app: App, *, listeners: int) -> bool:
    """Wait until a model that has seen this many listeners serves; return whether one does.

    The training service refits by itself when enough came; for a handful of rows it is asked to.
    """
    training, serving = app.services.training, app.services.serving
    end = time.monotonic() + FIRST_MODEL_S
    while time.monotonic() < end:
        if serving.info is not None and serving.info.listeners >= listeners:
            return True
        idle = serving.info is not None and not training.running
        if idle and not await training.due() and await training.refit() is None:
            return False  # the old model, which saw less, was better: then it may stay
        await asyncio.sleep(_LOOK_EVERY_S)
    return False


async def vote(
    app: App,
    listeners: Sequence[SampleListener],
    tracks: Sequence[AtlasTrack],
    ids: Mapping[str, MemberId],
    *,
    guild_id: GuildId,
    channel_id: ChannelId,
) -> None:
    """Let a few sample listeners ask for a list and vote on it by their true taste."""
    for listener in islice((one for one in listeners if not one.picks), VOTERS):
        loved = {_key(tracks[t].artist.name, tracks[t].title) for t in listener.taste}
        member_id = ids[listener.name]
        shown = await app.services.recommend.recommend(
            RecommendRequest(member_id, guild_id, channel_id, private=True)
        )
        for item in shown.items[:VOTES_EACH]:
            subject = item.scored.subject
            pleases = _key(subject.artist.name, subject.title) in loved
            verdict = Verdict.UP if pleases else Verdict.DOWN
            await app.services.feedback.vote(member_id, item.id, verdict)


def _key(artist: str, title: str) -> tuple[str, str]:
    return name_key(artist), name_key(title)
