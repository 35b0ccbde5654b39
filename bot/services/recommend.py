"""`/recommend`: from evidence to a stored list."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from secrets import randbelow

import numpy as np
import numpy.typing as npt

from bot.domain.ids import ItemKey
from bot.domain.music import Subject
from bot.domain.recommending import (
    Draft,
    Occasion,
    Policy,
    Recommendation,
    RecommendRequest,
    Scored,
)
from bot.errors import NotFoundError, NothingToGoOnError
from bot.ports import (
    CatalogueStore,
    Clock,
    Compute,
    DoorStore,
    GestureStore,
    RecommendationStore,
)
from bot.services.consent import ConsentService
from bot.services.preferences import Preferences
from bot.services.profiles import Listener, Profiles, ids, seed_evidence
from bot.services.reasons import SEEN, Nameable, Speaking, key_of, name_shares, shared_styles
from bot.services.serving import ServingModel
from recsys import Evidence, Explanation, HybridRecommender, Options, Pick

EXPLORE_SHARE = 0.1
"""Chance that one slot of a list is given to a taste drawn by Thompson sampling; its propensity is
logged with it."""
MAX_ADVENTURE = 10
STYLE = "content"
"""The part of a score that speaks of tags."""
ONE_SOURCE = 0.6
"""Share of a list that one source outside may fill with artists nobody else vouches for."""


class RecommendService:
    """Makes lists and stores them before anybody sees them (decision D12)."""

    def __init__(
        self,
        *,
        profiles: Profiles,
        catalogue: CatalogueStore,
        doors: DoorStore,
        gestures: GestureStore,
        recommendations: RecommendationStore,
        preferences: Preferences,
        consent: ConsentService,
        serving: ServingModel,
        compute: Compute,
        clock: Clock,
        shown_days: int,
    ) -> None:
        self._profiles = profiles
        self._catalogue = catalogue
        self._doors = doors
        self._gestures = gestures
        self._recommendations = recommendations
        self._preferences = preferences
        self._consent = consent
        self._serving = serving
        self._compute = compute
        self._clock = clock
        self._shown_days = shown_days

    async def recommend(self, request: RecommendRequest) -> Recommendation:
        """Return a stored list for one member, with what may be named under each pick.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        NothingToGoOnError
            When there is neither evidence nor `like`, or every candidate is used up.
        """
        await self._consent.require(request.member_id)
        now = self._clock.now()
        listener, shown, known, unwanted, nameable = await asyncio.gather(
            self._profiles.load(request.member_id),
            self._recommendations.shown_keys(
                request.member_id,
                guild_id=request.guild_id,
                since=now - timedelta(days=self._shown_days),
            ),
            self._doors.known(request.member_id),
            self._preferences.unwanted([request.member_id], self._catalogue),
            Nameable.on(request, self._gestures),
        )
        if listener.is_empty and request.like is None:
            raise NothingToGoOnError
        adventure = request.adventure
        if adventure is None:
            adventure = self._preferences.of(request.member_id).adventure
        seed = randbelow(2**31)
        model = await self._serving.current()
        like = await self._like(request.like)
        chosen = await self._compute.run(
            choose,
            model,
            listener,
            n=request.count,
            like=like,
            shown=ids({*shown, *known, *unwanted}),
            adventure=adventure / MAX_ADVENTURE,
            seed=seed,
            reasons=nameable.anything,
        )
        if not chosen:
            raise NothingToGoOnError("error.used_up", days=self._shown_days)
        picks = [one for one, _ in chosen]
        allowed = {
            ItemKey(one.item_id): nameable.among(listener, speaking) for one, speaking in chosen
        }
        liked = nameable.liked(listener)
        named = {key_of(listener.rows[row]) for rows in allowed.values() for row, _ in rows}
        subjects = await self._catalogue.subjects([*allowed, *((named | liked) - allowed.keys())])
        by_style = [ItemKey(one.item_id) for one in picks if one.parts.get(STYLE, 0) > 0]
        reasons = nameable.choose(allowed, shared_styles(subjects, by_style, liked))
        stored = await self._recommendations.save(
            Draft(
                member_id=request.member_id,
                guild_id=request.guild_id,
                channel_id=request.channel_id,
                private=request.private,
                occasion=Occasion.RECOMMEND,
                model_version=model.version,
                adventure=adventure,
                seed=seed,
                like=request.like,
                made_at=now,
                items=scored(picks, subjects),
            )
        )
        items = (
            replace(
                item,
                because=name_shares(listener, reasons[item.scored.subject.key].rows, subjects),
                style=reasons[item.scored.subject.key].style,
            )
            for item in stored.items
        )
        return replace(stored, items=tuple(items))

    async def _like(self, key: ItemKey | None) -> Evidence | None:
        if key is None:
            return None
        subject = (await self._catalogue.subjects([key])).get(key)
        if subject is None:
            raise NotFoundError("error.like_unknown")
        return seed_evidence(key, subject.artist.id)


def choose(
    model: HybridRecommender,
    listener: Listener,
    *,
    n: int,
    like: Evidence | None,
    shown: npt.NDArray[np.int64],
    adventure: float,
    seed: int,
    explore: float = EXPLORE_SHARE,
    reasons: bool = True,
) -> list[tuple[Pick, Speaking]]:
    """Fold one listener in, rank, and find what speaks most for each pick; runs in the pool.

    Finding the reasons takes as long as the rest; a card that may name none goes without.
    """
    profile = model.fold_in(listener.evidence)
    options = Options(
        exclude_items=np.concatenate([shown, listener.blocked_items]),
        exclude_artists=listener.blocked_artists,
        exclude_known_artists=adventure > 0,
        adventure=adventure,
        like=like,
        seed=seed,
        explore=explore,
        origin_cap=max(1, int(ONE_SOURCE * n)),
    )
    picks = model.recommend(profile, n=n, options=options)
    if not reasons:
        return [(one, Speaking()) for one in picks]
    found = model.explain_all(profile, [one.item_id for one in picks])
    return [(one, _speaking(reason)) for one, reason in zip(picks, found, strict=True)]


def _speaking(reason: Explanation) -> Speaking:
    shares = reason.evidence
    return Speaking(tuple(reason.strongest(SEEN)), float(shares[shares > 0].sum()))


def scored(picks: Sequence[Pick], subjects: Mapping[ItemKey, Subject]) -> tuple[Scored, ...]:
    """Return picks with what they are; those without a title are left out, ranks closed up."""
    keys = [ItemKey(int(p.item_id)) for p in picks]
    known = [(subjects[key], p) for key, p in zip(keys, picks, strict=True) if key in subjects]
    return tuple(
        Scored(
            subject=subject,
            rank=rank,
            score_rank=int(p.score_rank),
            score=float(p.score),
            rerank=float(p.rerank + p.explored),
            parts={name: float(value) for name, value in p.parts.items()},
            policy=Policy(p.policy),
            propensity=float(p.propensity),
            calibration=float(p.calibration),
        )
        for rank, (subject, p) in enumerate(known, start=1)
    )
