"""`python -m bot doctor`: what is well, and what to do about what isn't, one line each."""

import asyncio
from collections.abc import Callable, Iterator

from bot import own_pages, spotify_door
from bot.adapters.http.addresses import OpenAddresses
from bot.doctor import machine, network, stored
from bot.doctor.check import Check
from bot.errors import SettingsError
from bot.settings import Settings


def examine(
    settings: Settings | None,
    problem: str | None,
    *,
    offline: bool,
    addresses: OpenAddresses | None = None,
    say: Callable[[str], None],
) -> int:
    """Check one thing after the other; return 0 when nothing is wrong.

    Parameters
    ----------
    settings : Settings or None
        None when they can't be read; `problem` says why.
    offline : bool
        Ask nothing outside this machine.
    addresses : OpenAddresses, optional
        Where the open sources are; their real addresses by default.
    say : callable
        Takes each line.
    """
    well = True
    for good, sentence in _here(settings, problem):
        say(f"{'ok  ' if good else 'FIX '} {sentence}")
        well &= good

    async def outside(settings: Settings) -> bool:
        fine = True
        async for good, sentence in network.outside(settings, addresses or OpenAddresses()):
            say(f"{'ok  ' if good else 'FIX '} {sentence}")
            fine &= good
        return fine

    if settings is not None and not offline:
        well &= asyncio.run(outside(settings))
    return 0 if well else 1


def _here(settings: Settings | None, problem: str | None) -> Iterator[Check]:
    yield _settings(settings, problem)
    yield machine.python()
    yield machine.sqlite()
    if settings is not None:
        yield _token(settings)
        folder = machine.folder(settings)
        yield folder
        if folder[0]:
            yield machine.space(settings)
        yield machine.database(settings)
        yield spotify_door.checked(settings)
        yield own_pages.checked(settings)
        yield from stored.quota(settings)
        yield stored.sources(settings)
        yield from stored.coverage(settings)
        yield from stored.background(settings)
        yield from stored.candidates(settings)


def _settings(settings: Settings | None, problem: str | None) -> Check:
    if settings is None:
        return False, problem or "The settings can't be read."
    return True, f"settings: {len(settings.model_fields_set)} set, the others have their defaults"


def _token(settings: Settings) -> Check:
    try:
        settings.token()
    except SettingsError as error:
        return False, str(error)
    return True, "a Discord token is set"
