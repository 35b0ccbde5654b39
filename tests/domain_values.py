"""Domain values for tests: complete, small, changeable by keyword."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.ids import ArtistId, GuildId, MemberId, RecommendationId, ShownItemId, TrackId
from bot.domain.music import Artist, Subject, Track
from bot.domain.recommending import Occasion, Policy, Recommendation, Scored, ShownItem

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def artist(number: int = 1, **changes: Any) -> Artist:
    values = {"name": f"Artist {number}", "country": "GB", "tags": ("rock", "shoegaze"), "tier": 3}
    return Artist(id=ArtistId(number), **(values | changes))


def subject(number: int = 1, *, title: str | None = None, name: str | None = None) -> Subject:
    by = artist(number, name=name or f"Artist {number}")
    return Subject(by, Track(TrackId(1000 + number), title or f"Song {number}", by, year=1991))


def scored(about: Subject, *, rank: int = 1, **changes: Any) -> Scored:
    values = {
        "score_rank": rank + 2,
        "score": 1.25,
        "rerank": -0.5,
        "parts": {"bias": -1.0, "content": 1.5, "popularity": 0.75},
        "policy": Policy.EXPLOIT,
        "propensity": 1.0,
        "calibration": -0.25,
    }
    return Scored(subject=about, rank=rank, **(values | changes))


def recommendation(*subjects: Subject, **changes: Any) -> Recommendation:
    items = tuple(
        ShownItem(ShownItemId(10 + n), RecommendationId(7), scored(about, rank=n))
        for n, about in enumerate(subjects or [subject(n) for n in range(1, 6)], start=1)
    )
    values: dict[str, Any] = {
        "member_id": MemberId(1),
        "guild_id": GuildId(5),
        "private": False,
        "occasion": Occasion.RECOMMEND,
        "model_version": "2026-06-01.1",
        "adventure": 4,
        "like": None,
        "made_at": NOW,
    }
    return Recommendation(id=RecommendationId(7), items=items, **(values | changes))
