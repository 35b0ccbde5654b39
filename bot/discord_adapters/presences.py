"""Discord's activities as songs that run: fields come from a member's own machine, so any may be wrong."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import discord

from bot.domain.activity import Shown, Song
from bot.domain.untrusted import artist_name, clean_text, spotify_uri

LONGEST: Final = timedelta(hours=6)


def shown_in(activities: Iterable[object]) -> Shown | None:
    """Return the song among activities, None without one or when its fields make no sense."""
    for activity in activities:
        if isinstance(activity, discord.Spotify):
            return _shown(activity)
    return None


def _shown(activity: discord.Spotify) -> Shown | None:
    try:
        started_at, length = activity.start, activity.duration
        artist, title = artist_name(activity.artists[0]), clean_text(activity.title)
        uri = spotify_uri(f"spotify:track:{activity.track_id}")
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        return None  # fields that are missing or of another type
    if artist is None or title is None or not timedelta(0) < length <= LONGEST:
        return None
    return Shown(Song(artist, title, round(length.total_seconds() * 1000), uri), started_at)
