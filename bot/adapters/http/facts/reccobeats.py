"""ReccoBeats: how recordings sound, by ISRC, and their ids at Spotify."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.adapters.http.polite import PoliteClient
from bot.adapters.http.shapes import Record, record, records
from bot.domain.enrichment import SOUND_SHARES, Facts, Sound, Task, Wanted
from bot.domain.untrusted import spotify_uri

LOUDNESS_DB: Final = (-80.0, 10.0)
BEATS: Final = (20.0, 400.0)


class Sounds:
    """Implements `FactSource`; answers come in any order and leave out what isn't known."""

    task = Task.SOUND
    batch = 40

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    async def ask(self, wanted: Sequence[Wanted]) -> Mapping[int, Facts]:
        """Return the sound of each recording with an ISRC that is known there."""
        isrcs = dict.fromkeys(one.isrc for one in wanted if one.isrc)
        answer = record(
            await self._client.get("/audio-features", {"ids": ",".join(isrcs)}),
            self._client.service,
        )
        by_isrc: dict[str, Facts] = {}
        for row in records(answer.get("content"), self._client.service):
            isrc, sound = row.get("isrc"), _sound(row)
            if isinstance(isrc, str) and sound is not None:
                uri = spotify_uri(row.get("href"))
                id_ = uri.removeprefix("spotify:track:") if uri else None
                by_isrc.setdefault(isrc.upper(), Facts(sound=sound, spotify_id=id_))
        return {one.id: by_isrc[one.isrc] for one in wanted if one.isrc in by_isrc}


def _sound(row: Record) -> Sound | None:
    """Return what was measured; None where nothing usable was."""
    shares = {name: _within(row.get(name), 0.0, 1.0) for name in SOUND_SHARES}
    if all(value is None for value in shares.values()):
        return None
    key, mode = _within(row.get("key"), 0, 11), _within(row.get("mode"), 0, 1)
    return Sound(
        **shares,
        loudness=_within(row.get("loudness"), *LOUDNESS_DB),
        tempo=_within(row.get("tempo"), *BEATS),
        key=None if key is None else int(key),
        mode=None if mode is None else int(mode),
    )


def _within(value: Any, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if least <= value <= most else None
