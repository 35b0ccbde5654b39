"""`make demo`: the real bot in a simulated server, with people in it, until Ctrl-C."""

import asyncio
import contextlib
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App, atlas_folder, open_app
from bot.demo.atlas import AtlasTrack, read_tracks
from bot.demo.community import draw_community
from bot.demo.listening import Listening
from bot.demo.listens import Upload, read_listens
from bot.demo.personas import NEWCOMER, YOU
from bot.demo.seeding import bring_in, first_model, pick_artists, upload_of, vote
from bot.demo.simulated import PortTakenError, Simulation, Window, simulated
from bot.demo.stand_ins import ACCOUNTS, StandIns, name_at_sources, stand_ins
from bot.domain.ids import ChannelId, GuildId, MemberId
from bot.errors import BadFileError, SettingsError
from bot.run import set_up_logging
from bot.settings import Settings
from bot.ui.texts import plain

REFIT_CHANGES = 12
"""The shared model is trained anew after so many votes: soon enough to be seen."""
REFIT_PAUSE_S = 0.2
TICK_S = 1.0
SEPARATOR = "─" * 72


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready to be shown."""

    app: App
    simulation: Simulation
    sample: bool
    """Whether the sample community is in it."""


async def run_demo(listens: list[Path], *, port: int | None, data_dir: Path | None) -> None:
    """Show the bot in the browser until Ctrl-C or SIGTERM.

    `data_dir` keeps the data; without it everything goes into a folder that is deleted at the end.

    Raises
    ------
    SettingsError
        With one sentence, when a file of `listens` or the port cannot be used.
    """
    uploads = read_listens(listens)
    set_up_logging("WARNING")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # not on Windows
            loop.add_signal_handler(number, stop.set)
    show = asyncio.create_task(_show(uploads, port=port, data_dir=data_dir), name="demo")
    wait = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait([show, wait], return_when=asyncio.FIRST_COMPLETED)
    finally:
        wait.cancel()
        show.cancel()
        await asyncio.wait([show, wait])
    if not show.cancelled():
        show.result()
    _say("The demo has ended.")


async def _show(uploads: Sequence[Upload], *, port: int | None, data_dir: Path | None) -> None:
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        if data_dir is None:
            temporary = tempfile.TemporaryDirectory(
                prefix="auxcord-demo-", ignore_cleanup_errors=True
            )
            data_dir = Path(stack.enter_context(temporary))
        many = f", {len(uploads)} listeners are coming in" if len(uploads) > 1 else ""
        _say(f"Auxcord is tuning up{many} …")
        async with open_demo(data_dir, uploads) as demo:
            try:
                async with demo.simulation.preview(port=port) as window:
                    _say(_welcome(demo, window.address, time.monotonic() - started))
                    await _until_closed(window)
            except PortTakenError:
                raise SettingsError(
                    f"Port {port} is in use; name another one or leave --port out."
                ) from None


@asynccontextmanager
async def open_demo(data_dir: Path, uploads: Sequence[Upload] = ()) -> AsyncIterator[Demo]:
    """Open the app, bring the people in, wait for the first model.

    Raises
    ------
    SettingsError
        When nothing in a file of `uploads` can be read.
    """
    tracks = await asyncio.to_thread(read_tracks, atlas_folder())
    async with (
        stand_ins(tracks) as services,
        open_app(
            _settings(data_dir, services),
            min_refit_pause_s=REFIT_PAUSE_S,
            addresses=services.addresses,
            open_addresses=services.open_addresses,
        ) as app,
    ):
        sample = all(upload.member == YOU for upload in uploads)
        drawn = draw_community(tracks, now=datetime.now(UTC)) if sample else ()
        brought = {upload.member: upload for upload in uploads}
        listeners = [one for one in drawn if one.name not in brought]
        everybody = [*brought.values(), *(upload_of(one, tracks) for one in listeners)]
        everybody.sort(key=lambda upload: upload.member != YOU)
        names = [upload.member for upload in everybody]
        async with simulated(
            app.make_bot(), members=[*names, NEWCOMER], check_errors=False
        ) as simulation:
            ids = {name: MemberId(m.id) for name, m in simulation.members.items()}
            services.identity.people = {id_: name for name, id_ in ids.items()}
            try:
                await bring_in(app, everybody, ids)
            except BadFileError as error:
                raise SettingsError(plain(error.key, **error.params)) from None
            await pick_artists(app, listeners, ids)
            await first_model(app, listeners=len(names))
            guild_id, channel_id = GuildId(simulation.guild.id), ChannelId(simulation.channel.id)
            await vote(app, listeners, tracks, ids, guild_id=guild_id, channel_id=channel_id)
            async with _listening(app, simulation, tracks, ids):
                yield Demo(app, simulation, sample)


@asynccontextmanager
async def _listening(
    app: App,
    simulation: Simulation,
    tracks: Sequence[AtlasTrack],
    ids: Mapping[str, MemberId],
) -> AsyncIterator[None]:
    """Let members who switched "listen along" on play songs until the block ends."""
    activity = app.services.activity
    assert activity is not None  # noqa: S101  # the demo's settings switch it on
    playing = asyncio.create_task(
        Listening(simulation, activity, tracks, ids).run(), name="listening"
    )
    try:
        yield
    finally:
        playing.cancel()
        await asyncio.wait([playing])


def _settings(data_dir: Path, services: StandIns) -> Settings:
    return Settings(
        _env_file=None,
        discord_token=None,
        discord_token_file=None,
        data_dir=data_dir,
        refit_changes=REFIT_CHANGES,
        backup_hours=0,
        discord_activity=True,
        **services.settings,
    )


async def _until_closed(window: Window) -> None:
    """Let the simulated clock run until the preview is ended from its page."""
    closed = window.wait_closed()
    while not closed.done():
        await asyncio.wait([closed], timeout=TICK_S)
        window.keep_time()


def _welcome(demo: Demo, address: str, took_s: float) -> str:
    names = [name for name in demo.simulation.members if name != NEWCOMER]
    you, others = names[0], names[1:]
    other = others[0] if others else NEWCOMER
    return f"""
{SEPARATOR}
Ready after {took_s:.0f} s. Open this in your browser:

    {address}

You are {you}, one of {len(names)} listeners. Commands go into the box below the channel, a step at
a time as in Discord: type /recommend, press Enter, then the arrow on the right. To use an option,
choose it from the list that opens, type its value, press Enter, then the arrow. Five to try:

 1. /recommend, press 👍 or 👎 under a few tracks, then /recommend again:
    the new list already knows.
 2. Switch to {NEWCOMER} ("Viewing as", at the top), type /start, choose artist_1 and
    type a name: up to five artists give a first list.
 3. /blend with the option member {other}; then switch to {other} and press "I'm in".
 4. Press ⋯ under a track, or ask /taste, to see what is known and why.
 5. /link a Spotify account (a stand-in with made-up listeners), then ⋯ and "List to Spotify";
    or /doors with the option listenbrainz {name_at_sources(ACCOUNTS[0][0])}, another stand-in.
    "Listen along on Discord" there has you play made-up songs of 40 s; /doors counts them soon.

The bot asks nothing outside this computer, and all of it is deleted at the end. A title's link
opens a search on YouTube; covers and playlists are made up, "Listen in" leads to a page that
says so. Ctrl-C ends the demo.
{SEPARATOR}"""


def _say(text: str) -> None:
    print(text, flush=True)
