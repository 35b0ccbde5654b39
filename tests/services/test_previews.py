"""Waiting for a preview has an end."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import UpstreamError, UserError
from bot.services import previews
from bot.services.previews import PreviewService
from tests.domain_values import subject


class Source:
    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def preview(self, _about):
        if self._error is not None:
            raise self._error
        await asyncio.Event().wait()


@pytest.mark.parametrize("error", [UpstreamError("Deezer"), None])
async def test_trouble_and_silence_become_words(error, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(previews, "PATIENCE_S", 0.01)
    service = PreviewService()
    with pytest.raises(UserError, match="preview_off"):
        await service.of(subject(1))
    service.open(Source(error))
    with pytest.raises(UserError, match="preview_trouble"):
        await service.of(subject(1))
