"""`/taste` and `/why`: what is known, what is believed, and the reasons for a pick."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.feedback import Block, StandingVerdict
from bot.domain.ids import ArtistId, ItemKey, MemberId, ShownItemId, key_of_artist
from bot.domain.listening import EvidenceRow, Level, TasteSummary
from bot.domain.recommending import EvidenceShare, Recommendation, ShownItem, Why
from bot.errors import NotFoundError, NothingToGoOnError
from bot.ports import (
    CatalogueStore,
    Compute,
    GestureStore,
    ListenStore,
    RecommendationStore,
)
from bot.services.consent import ConsentService
from bot.services.profiles import Listener, Profiles, seed_evidence
from bot.services.serving import ServingModel
from recsys import HybridRecommender, UnknownItemError
from recsys.leanings import tag_leanings

TOP = 8
SHARES = 6
"""Pieces of evidence named in a why; the rest is summed up in words."""
WHY_CHOICES = 25
REASONS = 2
"""Pieces of evidence named under a pick."""
REASONS_SEEN = 12
"""Pieces looked at for that: in public most of them may not be named."""
REMEMBERED = 15
"""Newest votes that a public card may name."""

Reasons = Mapping[ShownItemId, Sequence[EvidenceShare]]


@dataclass(frozen=True, slots=True)
class Taste:
    """All that `/taste` shows."""

    summary: TasteSummary
    verdicts: tuple[StandingVerdict, ...]
    blocks: tuple[Block, ...]
    believed: tuple[tuple[str, float], ...]
    """Tags and how the model leans on them, -1 to 1, strongest first."""


class TasteService:
    """Reads a member's taste and explains single picks."""

    def __init__(
        self,
        *,
        listens: ListenStore,
        gestures: GestureStore,
        recommendations: RecommendationStore,
        catalogue: CatalogueStore,
        profiles: Profiles,
        consent: ConsentService,
        serving: ServingModel,
        compute: Compute,
    ) -> None:
        self._listens = listens
        self._gestures = gestures
        self._recommendations = recommendations
        self._catalogue = catalogue
        self._profiles = profiles
        self._consent = consent
        self._serving = serving
        self._compute = compute

    async def taste(self, member_id: MemberId) -> Taste:
        """Return everything `/taste` shows.

        Raises
        ------
        NothingToGoOnError
            When nothing is known of the member yet.
        """
        await self._consent.require(member_id)
        listener = await self._profiles.load(member_id)
        summary = await self._listens.taste(member_id, top=TOP)
        verdicts = await self._gestures.verdicts(member_id, limit=50)
        if listener.is_empty and not listener.blocks:
            raise NothingToGoOnError
        model = await self._serving.current()
        believed = await self._compute.run(
            lambda: tag_leanings(model.catalogue, model.fold_in(listener.evidence), n=TOP)
        )
        return Taste(
            summary=summary,
            verdicts=tuple(verdicts),
            blocks=listener.blocks,
            believed=tuple((name, float(value)) for name, value in believed),
        )

    async def recent(self, member_id: MemberId) -> Sequence[ShownItem]:
        """Return what a member was shown last, for `/why`'s choices."""
        return await self._recommendations.latest(member_id, limit=WHY_CHOICES)

    async def why(self, member_id: MemberId, item_id: ShownItemId | None = None) -> Why:
        """Explain a shown item for whoever asks, from their own evidence alone.

        Without an item: the first pick of the member's newest list. The owner of the list also
        gets the numbers it was shown with.
        """
        await self._consent.require(member_id)
        if item_id is None:
            latest = await self._recommendations.latest(member_id, limit=1)
            if not latest:
                raise NotFoundError("error.nothing_shown")
            item_id = latest[0].id
        recommendation = await self._recommendations.of_item(item_id)
        if recommendation is None:
            raise NotFoundError("error.card_gone")
        item = next(i for i in recommendation.items if i.id == item_id)
        own = recommendation.member_id == member_id
        return await self._explain(
            member_id, item, like=recommendation.like if own else None, own=own
        )

    async def _explain(
        self, member_id: MemberId, item: ShownItem, *, like: ItemKey | None, own: bool
    ) -> Why:
        subject = item.scored.subject
        listener = await self._profiles.load(member_id)
        seed = None
        if like is not None:
            liked = (await self._catalogue.subjects([like])).get(like)
            seed = seed_evidence(like, liked.artist.id) if liked else None
        model = await self._serving.current()
        try:
            explanation = await self._compute.run(
                lambda: model.explain(model.fold_in(listener.evidence), subject.key, like=seed)
            )
        except UnknownItemError as error:
            raise NotFoundError("error.why_unknown") from error
        strongest = explanation.strongest(SHARES) + explanation.strongest(2, positive=False)
        named = await self._named([(listener.rows[row], share) for row, share in strongest])
        return Why(
            subject=subject,
            score=explanation.score,
            probability=1 / (1 + math.exp(-explanation.score)),
            parts={part.name: part.value for part in explanation.parts},
            rest=explanation.score - sum(share.share for share in named),
            shares=named,
            rank=item.scored.rank if own else None,
            score_rank=item.scored.score_rank if own else None,
            rerank=item.scored.rerank if own else None,
            from_stored=own,
        )

    async def reasons(self, recommendation: Recommendation) -> Reasons:
        """Return the evidence that may be named under each pick of a list (decision D14).

        On a private list: whatever of the member's speaks most for the pick. On a public one: only
        votes that the member made on public cards of the same server.
        """
        listener = await self._profiles.load(recommendation.member_id)
        model = await self._serving.current()
        keys = [item.scored.subject.key for item in recommendation.items]
        strongest = await self._compute.run(_strongest, model, listener, keys)
        if not recommendation.private:
            here = await self._voted_here(recommendation)
            strongest = [
                [(row, share) for row, share in rows if _key(listener.rows[row]) in here]
                for rows in strongest
            ]
        return {
            item.id: await self._named([(listener.rows[row], s) for row, s in rows[:REASONS]])
            for item, rows in zip(recommendation.items, strongest, strict=True)
        }

    async def _voted_here(self, recommendation: Recommendation) -> set[ItemKey]:
        here: set[ItemKey] = set()
        for verdict in await self._gestures.verdicts(recommendation.member_id, limit=REMEMBERED):
            card = await self._recommendations.of_item(verdict.item_id)
            if card and not card.private and card.guild_id == recommendation.guild_id:
                here.add(verdict.subject.key)
        return here

    async def _named(self, rows: Sequence[tuple[EvidenceRow, float]]) -> tuple[EvidenceShare, ...]:
        keys = [_key(row) for row, _ in rows]
        subjects = await self._catalogue.subjects(keys)
        return tuple(
            EvidenceShare(subject=subjects[key], kind=row.kind, value=row.value, share=share)
            for key, (row, share) in zip(keys, rows, strict=True)
            if key in subjects
        )


def _key(row: EvidenceRow) -> ItemKey:
    return ItemKey(row.id) if row.level is Level.TRACK else key_of_artist(ArtistId(row.id))


def _strongest(
    model: HybridRecommender, listener: Listener, keys: Sequence[ItemKey]
) -> list[list[tuple[int, float]]]:
    profile = model.fold_in(listener.evidence)
    return [model.explain(profile, key).strongest(REASONS_SEEN) for key in keys]
