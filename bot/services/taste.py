"""`/taste` and `/why`: what is known, what is believed, and the reasons for a pick."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.candidates import Provenance
from bot.domain.feedback import Block, StandingVerdict
from bot.domain.ids import ArtistId, ItemKey, MemberId, ShownItemId
from bot.domain.listening import Level, TasteSummary
from bot.domain.music import Subject
from bot.domain.recommending import EvidenceShare, ShownItem, Why
from bot.errors import NotFoundError, NothingToGoOnError
from bot.ports import (
    CatalogueStore,
    Compute,
    GestureStore,
    ListenStore,
    RecommendationStore,
)
from bot.ports.candidates import CandidateStore
from bot.services.consent import ConsentService
from bot.services.profiles import Listener, Profiles, seed_evidence
from bot.services.reasons import key_of, name_shares
from bot.services.serving import ServingModel
from recsys import UnknownItemError
from recsys.leanings import tag_leanings

TOP = 8
SHARES = 6
"""Pieces of evidence named in a why; the rest is summed up in words."""
SEEDS_NAMED = 2
WHY_CHOICES = 25


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
        candidates: CandidateStore,
        consent: ConsentService,
        serving: ServingModel,
        compute: Compute,
    ) -> None:
        self._candidates = candidates
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
        subjects = await self._catalogue.subjects([key_of(listener.rows[r]) for r, _ in strongest])
        named = name_shares(listener, strongest, subjects)
        return Why(
            subject=subject,
            score=explanation.score,
            probability=explanation.probability,
            calibration=explanation.calibration,
            parts={part.name: part.value for part in explanation.parts},
            rest=explanation.score - sum(share.share for share in named),
            shares=named,
            rank=item.scored.rank if own else None,
            score_rank=item.scored.score_rank if own else None,
            rerank=item.scored.rerank if own else None,
            elsewhere=await self._elsewhere(subject, listener, named),
            from_stored=own,
            policy=item.scored.policy if own else None,
        )

    async def _elsewhere(
        self, subject: Subject, listener: Listener, named: Sequence[EvidenceShare]
    ) -> Provenance | None:
        """Return what sources say of a pick's artist; of the artists asked about only one's own."""
        vouched = await self._candidates.vouched(subject.artist.id)
        if not vouched:
            return None
        mine = [share.subject.artist.id for share in named if share.share > 0]
        mine += [ArtistId(row.id) for row in listener.rows if row.level is Level.ARTIST]
        names = {one.seed_id: one.seed_name for one in vouched}
        return Provenance(
            services=tuple(dict.fromkeys(one.origin.service for one in vouched)),
            brought=vouched[0].brought,
            seeds=tuple(names[id_] for id_ in dict.fromkeys(mine) if id_ in names)[:SEEDS_NAMED],
        )
