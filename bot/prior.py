"""`python -m bot prior fetch|build|status`: what an operator does about the background prior."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bot import __version__
from bot.adapters.http.downloads import Downloads
from bot.adapters.http.listening_dumps import DUMP_NAME, DUMPS, LICENCE, SOURCE, newest_dumps
from bot.adapters.http.polite import new_session, user_agent
from bot.adapters.sqlite.artist_names import read_artist_names
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.adapters.worker_process import WorkerProcess
from bot.domain.prior import downloads as downloads_folder
from bot.domain.prior import installed
from bot.errors import DownloadError, SettingsError
from bot.settings import Settings
from recsys.background_file import read_background, read_provenance
from recsys.errors import RecsysError

Ask = Callable[[str], bool]
_DUMP_MIB: Final = 350
"""About what one day of ListenBrainz takes, where the server doesn't say."""
_PRIORS: Final = (".prior", ".zip")
_SAID_EVERY: Final = 25 * 2**20


@dataclass(frozen=True, slots=True)
class Fetch:
    """What is to be fetched: an operator's own address, or so many days of ListenBrainz."""

    address: str | None = None
    sha256: str | None = None
    days: int = 1
    most_mib: int = 2048
    dumps: str = DUMPS


@dataclass(frozen=True, slots=True)
class Build:
    """What a prior is learned from, and what has to be known of it."""

    files: tuple[Path, ...] = ()
    source: str | None = None
    licence: str | None = None
    tags: Path | None = None
    listeners: int = 20_000
    artists: int = 50_000


async def fetch(settings: Settings, wanted: Fetch, *, ask: Ask) -> int:
    """Download listening to learn from, or a finished prior, which is installed."""
    if settings.contact is None:
        raise SettingsError(
            "AUXCORD_CONTACT: set your e-mail address or web page first; it is told to whoever is asked."
        )
    async with new_session(user_agent(__version__, settings.contact)) as session:
        downloads = Downloads(session)
        if wanted.address is not None:
            return await _fetch_own(settings, wanted, wanted.address, downloads, ask)
        folder = downloads_folder(settings.data_dir)
        dumps = await newest_dumps(downloads, wanted.dumps, wanted.days)
        missing = [dump for dump in dumps if not (folder / dump.name).is_file()]
        sizes = [await downloads.size(dump.url) for dump in missing]
        mib = sum(size // 2**20 if size else _DUMP_MIB for size in sizes)
        _say(f"{SOURCE}, {LICENCE}: {len(missing)} of {len(dumps)} days to fetch, {mib} MiB.")
        _say(
            "They stay on this machine; no listener of theirs is in the prior that is made of them."
        )
        if missing and not ask("Fetch them?"):
            return 1
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        for dump in missing:
            await downloads.fetch(
                dump.url,
                folder / dump.name,
                most_bytes=wanted.most_mib * 2**20,
                sha256=dump.sha256,
                on_progress=_progress(dump.name),
            )
            _say(f"{dump.name}: here, and its hash is right.")
    _say("Next: python -m bot prior build")
    return 0


async def _fetch_own(
    settings: Settings, wanted: Fetch, address: str, downloads: Downloads, ask: Ask
) -> int:
    name = Path(unquote(urlsplit(address).path)).name
    if not name or name.startswith("."):
        raise DownloadError(f"{address} names no file")
    size = await downloads.size(address)
    told = "of unknown size" if size is None else f"{size / 2**20:.1f} MiB"
    _say(f"{address}: {told}. Its licence is for you to know; a prior names its own.")
    if wanted.sha256 is None:
        _say("Without --sha256 nothing tells whether it is the file that you mean.")
    if not ask("Fetch it?"):
        return 1
    folder = downloads_folder(settings.data_dir)
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    await downloads.fetch(
        address,
        folder / name,
        most_bytes=wanted.most_mib * 2**20,
        sha256=wanted.sha256,
        on_progress=_progress(name),
    )
    if Path(name).suffix not in _PRIORS:
        _say(f"{folder / name}: here. Next: python -m bot prior build {folder / name} --source …")
        return 0
    return await asyncio.to_thread(install, settings, folder / name, ask=ask)


def install(settings: Settings, file: Path, *, ask: Ask) -> int:
    """Check a finished prior and put it where refits read it."""
    try:
        prior = read_background(file)
    except RecsysError as error:
        raise DownloadError(f"It is not installed: {error}") from error
    about = prior.about
    _say(f"{about.source}; licence: {about.licence}; made on {about.created}.")
    _say(f"{about.n_listeners} listeners, {len(prior.keys)} artists.")
    if not ask("Use it under this licence?"):
        return 1
    target = installed(settings.data_dir)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.replace(target)
    _say("Installed; the next refit uses it.")
    return 0


async def build(settings: Settings, wanted: Build) -> int:
    """Learn a prior in a child process and install it."""
    files = wanted.files or tuple(sorted(downloads_folder(settings.data_dir).glob("*.tar.zst")))
    if not files:
        raise SettingsError("There is nothing to learn from: name a file, or `prior fetch` first.")
    dumped = all(DUMP_NAME.fullmatch(file.name) for file in files)
    source, licence = wanted.source, wanted.licence
    if dumped:
        source, licence = source or SOURCE, licence or LICENCE
    if not source or not licence:
        raise SettingsError(
            "Say whose listening it is and under which licence: --source, --licence."
        )
    target = installed(settings.data_dir)
    await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        new = Path(folder) / target.name
        request = Path(folder) / "request.json"
        asked = {
            "files": [str(file.absolute()) for file in files],
            "out": str(new.absolute()),
            "source": source,
            "licence": licence,
            "tags": None if wanted.tags is None else str(wanted.tags.absolute()),
            "listeners": wanted.listeners,
            "artists": wanted.artists,
        }
        await asyncio.to_thread(request.write_text, json.dumps(asked), encoding="utf-8")

        async def on_progress(rows: int) -> None:
            _say(f"{rows:,} plays read")

        async with WorkerProcess(
            settings.data_dir, serving=_nobody, refit_threads=os.cpu_count() or 1
        ) as worker:
            result = await worker.learn_prior(request, on_progress=on_progress)
        await asyncio.to_thread(new.replace, target)
    _say(
        f"{result['rows']:,} plays of {result['listeners']:,} listeners taught {result['artists']:,} "
        f"artists; {source}, {licence}. Installed; the next refit uses it."
    )
    return status(settings)


def status(settings: Settings) -> int:
    """Say what is installed and how many of our artists it knows."""
    for sentence in in_words(settings.data_dir):
        _say(sentence)
    return 0


def in_words(data_dir: Path) -> list[str]:
    """Describe the installed prior, for `status` and `doctor`.

    Raises
    ------
    RecsysError
        When it can't be read.
    StorageError
        When the database can't be.
    """
    path = installed(data_dir)
    if not path.is_file():
        return ["no background prior is installed; the atlas alone says what is known in general"]
    about, n_artists = read_provenance(path)
    said = [
        f"background prior: {about.source}, {about.licence}, made on {about.created} of "
        f"{about.n_listeners:,} listeners; {n_artists:,} artists, {path.stat().st_size / 2**20:.1f} MiB"
    ]
    database = data_dir / DATABASE_NAME
    if database.is_file():
        names, mbids = read_artist_names(database)
        known = int((read_background(path).places(names, mbids) >= 0).sum())
        said.append(f"it knows {known:,} of our {len(names):,} artists")
    return said


async def _nobody() -> Path | None:
    return None


def _progress(name: str) -> Callable[[int, int | None], None]:
    said = 0

    def say(here: int, whole: int | None) -> None:
        nonlocal said
        if here - said >= _SAID_EVERY:
            said = here
            of = "" if whole is None else f" of {whole // 2**20}"
            _say(f"{name}: {here // 2**20}{of} MiB")

    return say


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def asking(*, yes: bool) -> Ask:
    """Return how an operator agrees: by `--yes`, else by typing y; with neither it is a no."""

    def ask(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            _say(f"{question} Nobody is there to say so; add --yes.")
            return False
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")

    return ask
