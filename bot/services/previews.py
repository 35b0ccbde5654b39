"""Half a minute of a track for whoever asks: fetched then and there, never stored."""

import asyncio
from typing import Final

from bot.domain.enrichment import Preview
from bot.domain.music import Subject
from bot.errors import GoneError, UpstreamError, UserError
from bot.ports.enrichment import PreviewSource

PATIENCE_S: Final = 8.0
"""For all sources together."""


class PreviewService:
    """Asks while somebody waits, one source after the other, so it gives up soon and says so."""

    def __init__(self) -> None:
        self._sources: list[PreviewSource] = []

    @property
    def on(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self._sources)

    def open(self, source: PreviewSource) -> None:
        """Ask this source, too, where those before it have nothing; the wiring says which."""
        self._sources.append(source)

    async def of(self, subject: Subject) -> Preview:
        """Return a preview of a track.

        Raises
        ------
        UserError
            Where there is none, or whoever might have one doesn't answer in time.
        """
        if not self._sources:
            raise UserError("error.preview_off")
        trouble = False
        for source in self._sources:
            try:
                async with asyncio.timeout(PATIENCE_S / len(self._sources)):
                    found = await source.preview(subject)
            except GoneError:
                continue
            except (UpstreamError, TimeoutError):
                trouble = True
                continue
            if found is not None:
                return found
        if trouble:
            raise UserError("error.preview_trouble")
        raise UserError("error.preview_none", title=subject.full_title)
