"""Members who play songs, as Discord would show it: made up, like all listening in the demo.

Songs last forty seconds here, so that a visitor sees within a minute or two what becomes of them.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.demo.atlas import AtlasTrack
from bot.demo.simulated import Simulation
from bot.demo.spotify.world import id_of
from bot.domain.ids import MemberId
from bot.services.activity import ActivityService

SONG: Final = timedelta(seconds=40)
SKIPPED_EVERY: Final = 4
SKIPPED_AFTER: Final = timedelta(seconds=8)
FILED_EVERY_S: Final = 20.0
TICK_S: Final = 1.0
SEED: Final = 40


class Listening:
    """Changes what the simulated Discord shows of members who let the bot listen along."""

    def __init__(
        self,
        simulation: Simulation,
        activity: ActivityService,
        tracks: Sequence[AtlasTrack],
        ids: Mapping[str, MemberId],
    ) -> None:
        self._simulation = simulation
        self._activity = activity
        self._tracks = tracks
        self._ids = ids
        self._draw = random.Random(SEED)
        self._ends: dict[str, datetime] = {}
        self._played = 0

    async def run(self) -> None:
        """Let songs follow on songs until cancelled, and file what ended soon."""
        filed = 0.0
        while True:
            self.step(datetime.now(UTC))
            await asyncio.sleep(TICK_S)
            filed += TICK_S
            if filed >= FILED_EVERY_S:
                filed = 0.0
                await self._activity.round()

    def step(self, now: datetime) -> None:
        """Begin the next song of everybody whose last one is over, or who skips it."""
        for name, member_id in self._ids.items():
            if not self._activity.follows(member_id):
                self._ends.pop(name, None)
                continue
            ends = self._ends.get(name, now)
            if ends <= now:
                self._play(name, self._draw.choice(self._tracks), started_at=ends)

    def _play(self, name: str, track: AtlasTrack, *, started_at: datetime) -> None:
        self._played += 1
        skipped = self._played % SKIPPED_EVERY == 0
        self._ends[name] = started_at + (SKIPPED_AFTER if skipped else SONG)
        start = round(started_at.timestamp() * 1000)
        song = {
            "type": 2,
            "name": "Spotify",
            "details": track.title,
            "state": track.artist.name,
            "sync_id": id_of("track", f"{track.artist.name}\n{track.title}"),
            "timestamps": {"start": start, "end": start + SONG // timedelta(milliseconds=1)},
            "assets": {"large_text": "An album", "large_image": "spotify:stand-in"},
            "party": {"id": f"spotify:{self._ids[name]}"},
            "session_id": "stand-in",
            "flags": 48,
        }
        self._simulation.show_activity(name, song)
