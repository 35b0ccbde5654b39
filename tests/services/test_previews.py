"""Waiting for a preview has an end, and who has none is not the last to be asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bot.domain.enrichment import Preview
from bot.errors import GoneError, UpstreamError, UserError
from bot.services import previews
from bot.services.previews import PreviewService
from tests.domain_values import subject

FOUND = Preview(url="https://x.example/1", page="https://x.example/2", service="iTunes")
SILENT = "silent"


@dataclass
class Source:
    answer: Preview | Exception | str | None

    async def preview(self, _about):
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == SILENT:
            await asyncio.Event().wait()
        return self.answer


def service(*answers: Preview | Exception | str | None) -> PreviewService:
    made = PreviewService()
    for answer in answers:
        made.open(Source(answer))
    return made


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "PATIENCE_S", 0.02)


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ((), "preview_off"),
        ((None, None), "preview_none"),
        ((GoneError("Deezer"), None), "preview_none"),
        ((UpstreamError("Deezer"),), "preview_trouble"),
        ((SILENT,), "preview_trouble"),
        ((UpstreamError("Deezer"), None), "preview_trouble"),
        ((None, SILENT), "preview_trouble"),
    ],
)
async def test_nothing_found_is_told_apart_from_trouble(answers, key):
    with pytest.raises(UserError, match=key):
        await service(*answers).of(subject(1))


@pytest.mark.parametrize("first", [None, GoneError("Deezer"), UpstreamError("Deezer"), SILENT])
async def test_the_second_is_asked_where_the_first_has_none_or_trouble(first):
    assert await service(first, FOUND).of(subject(1)) == FOUND


async def test_the_second_is_not_asked_where_the_first_has_it():
    found = Preview(url="https://d.example/1", page="https://d.example/2", service="Deezer")
    assert await service(found, UpstreamError("never asked")).of(subject(1)) == found
