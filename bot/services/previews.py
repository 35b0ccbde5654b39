"""Half a minute of a track for whoever asks: fetched then and there, never stored."""

import asyncio
from typing import Final

from bot.domain.enrichment import Preview
from bot.domain.music import Subject
from bot.errors import UpstreamError, UserError
from bot.ports.enrichment import PreviewSource

PATIENCE_S: Final = 8.0


class PreviewService:
    """Asks while somebody waits, so it gives up soon and says so."""

    def __init__(self) -> None:
        self._source: PreviewSource | None = None

    @property
    def on(self) -> bool:
        """Whether there is anybody to ask."""
        return self._source is not None

    def open(self, source: PreviewSource) -> None:
        """Ask this source from now on; the wiring says which."""
        self._source = source

    async def of(self, subject: Subject) -> Preview:
        """Return a preview of a track.

        Raises
        ------
        UserError
            Where there is none, or the service doesn't answer in time.
        """
        if self._source is None:
            raise UserError("error.preview_off")
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._source.preview(subject)
        except (UpstreamError, TimeoutError):
            raise UserError("error.preview_trouble") from None
        if found is None:
            raise UserError("error.preview_none", title=subject.full_title)
        return found
