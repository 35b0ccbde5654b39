"""A door without a network, for what reads names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.doors import ListenPage, Totals
from bot.domain.listening import FetchedListen, Source
from bot.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = timedelta(days=1)


@dataclass
class FakeClock:
    time: datetime = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def forward(self, step: timedelta) -> None:
        self.time += step


def listen(at: datetime, title: str = "Song", artist: str = "Zyxband") -> FetchedListen:
    return FetchedListen(
        source_time=str(int(at.timestamp())),
        artist=artist,
        title=title,
        started_at=at,
        precision_ms=1000,
    )


@dataclass
class FakeDoor:
    source: Source = Source.LISTENBRAINZ
    most_rows: int | None = None
    size: int = 10
    history: list[FetchedListen] = field(default_factory=list)
    loved: list[FetchedListen] = field(default_factory=list)
    sums: Totals | None = None
    pages: list[datetime | None] = field(default_factory=list)
    error: Exception | None = None

    async def check(self, name: str) -> str:
        if name == "nobody":
            raise UserError("error.door_nobody", name=name, service="Fake")
        return name

    async def page(self, name: str, *, before: datetime | None) -> ListenPage:
        self.pages.append(before)
        if self.error is not None:
            raise self.error
        rows = sorted(self.history, key=lambda one: one.started_at, reverse=True)
        rows = [one for one in rows if before is None or one.started_at < before][: self.size]
        times = [one.started_at for one in rows if one.started_at]
        return ListenPage(
            tuple(rows), max(times, default=None), min(times, default=None), len(rows) == self.size
        )

    async def extras(self, name: str) -> Sequence[FetchedListen]:
        return self.loved

    async def totals(self, name: str) -> Totals | None:
        return self.sums


class NoTraining:
    """Counts how often training was told of news."""

    woken = 0

    def wake(self) -> None:
        self.woken += 1


class NoCandidates:
    """Remembers whose artists were to be asked about."""

    def __init__(self) -> None:
        self.woken: list[int] = []

    def wake(self, member_id: int) -> None:
        self.woken.append(member_id)
