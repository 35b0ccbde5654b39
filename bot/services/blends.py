"""`/blend`: invitations, agreement per blend, one list for those who agreed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from secrets import randbelow
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from bot.domain.blending import (
    MAX_MEMBERS,
    MIN_MEMBERS,
    Agreement,
    Blend,
    BlendResult,
    BlendRule,
    PairMatch,
)
from bot.domain.ids import BlendId, ChannelId, GuildId, ItemKey, MemberId, MessageId
from bot.domain.recommending import Draft, Occasion, Policy, Recommendation
from bot.errors import NotFoundError, UserError
from bot.ports import BlendStore, CatalogueStore, Clock, Compute, RecommendationStore
from bot.services.consent import ConsentService
from bot.services.preferences import Preferences
from bot.services.profiles import Listener, Profiles, ids
from bot.services.recommend import scored
from bot.services.serving import ServingModel
from recsys import HybridRecommender, Options, Pick
from recsys.filters import eligible_items
from recsys.group_lists import Match, Rule, group_list, match

VALID_FOR = timedelta(hours=24)
TRACKS = 30
ARTIST_CAP = 1
_RULES = {
    BlendRule.JOY: Rule.JOY,
    BlendRule.FAIR: Rule.FAIR,
    BlendRule.NO_ONE_SUFFERS: Rule.NO_ONE_SUFFERS,
}


@dataclass(frozen=True, slots=True)
class BlendView:
    """A blend, with its list once two members with something to go on agreed."""

    blend: Blend
    result: BlendResult | None
    left_out: tuple[MemberId, ...] = ()
    """Members who agreed but have no evidence."""


class BlendService:
    """Invites, records agreements, blends."""

    def __init__(
        self,
        *,
        blends: BlendStore,
        recommendations: RecommendationStore,
        catalogue: CatalogueStore,
        profiles: Profiles,
        preferences: Preferences,
        consent: ConsentService,
        serving: ServingModel,
        compute: Compute,
        clock: Clock,
    ) -> None:
        self._blends = blends
        self._recommendations = recommendations
        self._catalogue = catalogue
        self._profiles = profiles
        self._preferences = preferences
        self._consent = consent
        self._serving = serving
        self._compute = compute
        self._clock = clock
        self._turns: WeakValueDictionary[BlendId, asyncio.Lock] = WeakValueDictionary()

    def turn(self, blend_id: BlendId) -> asyncio.Lock:
        """Return what answers to one blend wait for, so that the last one is also shown last.

        A list that takes longer to make must not come back over the head of who left meanwhile.
        """
        return self._turns.setdefault(blend_id, asyncio.Lock())

    async def invite(
        self,
        *,
        owner_id: MemberId,
        members: Sequence[MemberId],
        guild_id: GuildId,
        channel_id: ChannelId,
        rule: BlendRule,
    ) -> Blend:
        """Store an invitation to a blend.

        Raises
        ------
        ConsentMissingError
            When the owner never agreed to anything being stored.
        UserError
            When there are too few or too many different people.
        """
        await self._consent.require(owner_id)
        everybody = list(dict.fromkeys([owner_id, *members]))
        if not MIN_MEMBERS <= len(everybody) <= MAX_MEMBERS:
            raise UserError("error.blend_people")
        now = self._clock.now()
        return await self._blends.create(
            guild_id=guild_id,
            channel_id=channel_id,
            owner_id=owner_id,
            rule=rule,
            members=everybody,
            at=now,
            expires_at=now + VALID_FOR,
        )

    async def sent(self, blend_id: BlendId, message_id: MessageId) -> None:
        """Record the message that shows a blend."""
        await self._blends.mark_sent(blend_id, message_id=message_id)

    async def posted_with(self, member_id: MemberId) -> Sequence[Blend]:
        """Return the blends whose cards tell of a member; those that ended are not known any more."""
        return await self._blends.posted_with(member_id)

    async def tastes_in(self, blend_id: BlendId, made: Recommendation) -> Sequence[MemberId]:
        """Return whose tastes are in a list that was made of a blend.

        Raises
        ------
        NotFoundError
            When the blend has ended, so that nobody knows any more, or somebody joined or left
            since: who left wants to be in it no longer.
        """
        found = await self._blends.get(blend_id)
        if found is None:
            raise NotFoundError("error.blend_gone")
        if made.made_at < found.answered_at:
            raise NotFoundError("error.blend_stale")
        return found.agreed

    async def answer(
        self, blend_id: BlendId, member_id: MemberId, agreement: Agreement
    ) -> BlendView:
        """Record an invited member's answer and return the blend as it now stands.

        To agree is to consent; nobody else's answer changes.
        """
        now = self._clock.now()
        standing = await self._blends.get(blend_id)
        if standing is None or standing.expires_at <= now:
            raise NotFoundError("error.blend_gone")
        if standing.standing_of(member_id) is None:
            raise UserError("error.blend_not_invited")
        if agreement is Agreement.AGREED:
            await self._consent.require(member_id)
        changed = await self._blends.answer(blend_id, member_id, agreement, at=now)
        if changed is None:
            raise NotFoundError("error.blend_gone")
        return await self.view(changed)

    async def view(self, blend_now: Blend) -> BlendView:
        """Return a blend with its list, if enough members agreed and have evidence."""
        if len(blend_now.agreed) < MIN_MEMBERS:
            return BlendView(blend_now, None)
        listeners = [await self._profiles.load(member) for member in blend_now.agreed]
        able = [listener for listener in listeners if not listener.is_empty]
        left_out = tuple(x.member_id for x in listeners if x.is_empty)
        if len(able) < MIN_MEMBERS:
            return BlendView(blend_now, None, left_out)
        model = await self._serving.current()
        unwanted = await self._preferences.unwanted(
            [listener.member_id for listener in able], self._catalogue
        )
        mixed = await self._compute.run(
            mix, model, able, _RULES[blend_now.rule], unwanted=ids(unwanted)
        )
        subjects = await self._catalogue.subjects([ItemKey(p.item_id) for p in mixed.picks])
        now = self._clock.now()
        stored = await self._recommendations.save(
            Draft(
                member_id=blend_now.owner_id,
                guild_id=blend_now.guild_id,
                channel_id=blend_now.channel_id,
                private=False,
                occasion=Occasion.BLEND,
                model_version=model.version,
                adventure=0,
                seed=randbelow(2**31),
                like=None,
                made_at=now,
                items=scored(mixed.picks, subjects),
            )
        )
        result = BlendResult(
            blend=blend_now,
            items=stored.items,
            shares=_per_member(able, mixed.shares),
            satisfaction=_per_member(able, mixed.satisfaction),
            matches=mixed.matches,
        )
        return BlendView(blend_now, result, left_out)

    async def delete_expired(self) -> int:
        """Forget blends that ran out."""
        return await self._blends.delete_expired(before=self._clock.now())


@dataclass(frozen=True, slots=True)
class Mixed:
    """What the recommender makes of a group."""

    picks: tuple[Pick, ...]
    shares: tuple[float, ...]
    satisfaction: tuple[float, ...]
    matches: tuple[PairMatch, ...]


def mix(
    model: HybridRecommender,
    listeners: Sequence[Listener],
    rule: Rule,
    *,
    unwanted: npt.NDArray[np.int64],
) -> Mixed:
    """Fold every member in, score the same candidates for each, aggregate; runs in the pool."""
    profiles = [model.fold_in(listener.evidence) for listener in listeners]
    scores = [model.score(profile) for profile in profiles]
    allowed = np.ones(model.catalogue.n_items, np.bool_)
    for listener, profile in zip(listeners, profiles, strict=True):
        options = Options(
            exclude_items=np.concatenate([unwanted, listener.blocked_items]),
            exclude_artists=listener.blocked_artists,
        )
        allowed &= eligible_items(model.catalogue, profile, options)
    items = np.flatnonzero(allowed)
    probabilities = np.stack([s.probability[items] for s in scores])
    blended = group_list(
        probabilities,
        rule=rule,
        n=TRACKS,
        artist_of=model.catalogue.artist_of[items],
        artist_cap=ARTIST_CAP,
    )
    chosen = items[blended.items]
    mean_parts = [
        {
            name: float(np.mean([s.of(int(i))[name] for s in scores]))
            for name in scores[0].part_names
        }
        for i in chosen
    ]
    picks = tuple(
        Pick(
            item_id=int(model.catalogue.items.ids[i]),
            artist_id=int(model.catalogue.artists.ids[model.catalogue.artist_of[i]]),
            score=sum(parts.values()),
            parts=parts,
            rerank=0.0,
            score_rank=rank,
            rank=rank,
            policy=Policy.EXPLOIT.value,
            propensity=1.0,
            probability=float(np.mean([s.probability[i] for s in scores])),
            calibration=float(np.mean([s.link.correction(float(s.total[i])) for s in scores])),
        )
        for rank, (i, parts) in enumerate(zip(chosen, mean_parts, strict=True), start=1)
    )
    pairs = combinations(range(len(listeners)), 2)
    matches = tuple(
        _pair(
            listeners[a].member_id, listeners[b].member_id, match(model, profiles[a], profiles[b])
        )
        for a, b in pairs
    )
    return Mixed(
        picks=picks,
        shares=tuple(float(s) for s in blended.totals),
        satisfaction=tuple(float(s) for s in blended.satisfaction),
        matches=matches,
    )


def _per_member(
    listeners: Sequence[Listener], values: Sequence[float]
) -> tuple[tuple[MemberId, float], ...]:
    return tuple((x.member_id, v) for x, v in zip(listeners, values, strict=True))


def _pair(first: MemberId, second: MemberId, found: Match) -> PairMatch:
    return PairMatch(first, second, percent=int(found.percent), confidence=str(found.confidence))
