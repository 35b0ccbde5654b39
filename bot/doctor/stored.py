"""What the database says of the services that are asked: quotas, coverage, troubles."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot import prior
from bot.adapters.sqlite.candidates import read_reach
from bot.adapters.sqlite.coverage import read_coverage, read_troubles
from bot.adapters.sqlite.database import DATABASE_NAME
from bot.adapters.sqlite.spotify_quota import spent
from bot.doctor.check import Check
from bot.domain.enrichment import SOURCE_OF
from bot.domain.sources import NAMES
from bot.errors import (
    SettingsError,
    StorageError,
)
from bot.open_sources import in_words, open_sources
from bot.settings import Settings
from recsys.errors import RecsysError


def quota(settings: Settings) -> Iterator[Check]:
    """Say what is left of the day at Spotify."""
    path = settings.data_dir / DATABASE_NAME
    if settings.spotify_client_id is None or not path.is_file():
        return
    now = datetime.now(UTC)
    found = spent(path, now=now)
    if found is None:
        return  # the database's own line says what is wrong with it
    calls, until = found
    of = settings.spotify_daily_calls
    if until is not None:
        yield (
            False,
            (
                f"Spotify wants no calls until {until:%Y-%m-%d %H:%M} UTC; nothing is lost meanwhile. If "
                "this comes back, make AUXCORD_SPOTIFY_DAILY_CALLS smaller."
            ),
        )
    yield True, f"Spotify: {calls} of {of} calls made today, {max(0, of - calls)} left"


def sources(settings: Settings) -> Check:
    """Say which open sources are asked."""
    try:
        chosen = open_sources(settings)
    except SettingsError as error:
        return False, str(error)
    if chosen is None:
        return True, "no open source is asked (AUXCORD_CONTACT is not set)"
    return True, f"open sources that are asked: {in_words(chosen)}"


def coverage(settings: Settings) -> Iterator[Check]:
    """Say how much is known of the catalogue; that little is known is nothing to mend."""
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return
    try:
        found = read_coverage(path)
        troubles = read_troubles(path, at=datetime.now(UTC))
    except StorageError as error:
        yield True, f"what is known of the catalogue can't be counted ({error})"
        return
    for what, shares in (
        ("catalogue", found.everything),
        ("of it, what members met", found.touched),
    ):
        known = "; ".join(str(share) for share in shares if share.all)
        yield True, f"{what}: {known or 'nothing yet'}"
    for task, state in troubles.items():
        words = task.replace("_", " ")
        yield (
            True,
            (
                f"{NAMES[SOURCE_OF[task]]} is not asked for {words} until {state.paused_until:%Y-%m-%d %H:%M} "
                f"UTC, after {state.strikes} failures in a row ({state.trouble}); what is stored stays"
            ),
        )


def candidates(settings: Settings) -> Iterator[Check]:
    """Say how far the questions about similar artists got, and what they brought."""
    path = settings.data_dir / DATABASE_NAME
    if not path.is_file():
        return
    try:
        reach = read_reach(path, day=datetime.now(UTC).date().isoformat())
    except StorageError:
        return  # the database's own line says what is wrong with it
    today = ", ".join(f"{origin.value} {n}" for origin, n in reach.questions.items())
    yield (
        True,
        (
            f"beyond the pool: {reach.artists} artists and {reach.tracks} tracks found by asking about "
            f"{reach.asked} artists; questions today: {today or 'none'}"
        ),
    )


def background(settings: Settings) -> Iterator[Check]:
    """Say whether refits start from a background prior; that they don't is nothing to mend."""
    try:
        for sentence in prior.in_words(settings.data_dir):
            yield True, sentence
    except RecsysError as error:
        yield False, f"{error}; refits go on without it. Run `python -m bot prior build` again."
    except StorageError as error:
        yield True, f"what the background prior knows can't be counted ({error})"
