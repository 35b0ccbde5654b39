"""Votes: stored first, then shown what they moved."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.feedback import BlockKind, Gesture, Verdict, Via
from bot.domain.ids import ArtistId, MemberId, MessageId, ShownItemId
from bot.domain.music import Subject
from bot.domain.recommending import Moved, Receipt, Recommendation, ShownItem
from bot.errors import NotFoundError
from bot.ports import (
    BlockStore,
    CatalogueStore,
    Clock,
    Compute,
    GestureStore,
    RecommendationStore,
)
from bot.services.candidates import CandidateService
from bot.services.consent import ConsentService
from bot.services.profiles import Listener, Profiles
from bot.services.receipts import moved_artists
from bot.services.serving import ServingModel
from bot.services.training import TrainingService

Look = Callable[[], Awaitable[Mapping[tuple[MemberId, str], Verdict]]]
"""Reads which reactions stand on a message."""


class FeedbackService:
    """Records gestures and blocks; answers with a receipt made of two fold-ins.

    A gesture counts from when it came in: whatever is looked up first may take longer for one than
    for the one after it.
    """

    def __init__(
        self,
        *,
        gestures: GestureStore,
        recommendations: RecommendationStore,
        blocks: BlockStore,
        catalogue: CatalogueStore,
        profiles: Profiles,
        consent: ConsentService,
        serving: ServingModel,
        candidates: CandidateService,
        training: TrainingService,
        compute: Compute,
        clock: Clock,
    ) -> None:
        self._gestures = gestures
        self._recommendations = recommendations
        self._blocks = blocks
        self._catalogue = catalogue
        self._profiles = profiles
        self._consent = consent
        self._serving = serving
        self._candidates = candidates
        self._training = training
        self._compute = compute
        self._clock = clock

    async def vote(self, member_id: MemberId, item_id: ShownItemId, verdict: Verdict) -> Receipt:
        """Store a button vote of whoever pressed it and say what it moved.

        Raises
        ------
        ConsentMissingError
            When the member never agreed to anything being stored.
        NotFoundError
            When the card is no longer on record.
        """
        at = self._clock.now()
        await self._consent.require(member_id)
        recommendation, item = await self._shown(item_id)
        before = await self._profiles.load(member_id)
        changed = await self._gestures.record(
            Gesture(
                member_id=member_id,
                recommendation_id=recommendation.id,
                item_id=item_id,
                via=Via.BUTTON,
                emoji="",
                verdict=verdict,
                made_at=at,
            )
        )
        if changed and verdict is Verdict.UP:
            self._candidates.wake(member_id)
        return await self._receipt(item.scored.subject, verdict, before, changed=changed)

    async def take_back(self, member_id: MemberId, item_id: ShownItemId) -> Receipt:
        """End every vote of a member on what a shown item stands for."""
        at = self._clock.now()
        await self._consent.require(member_id)
        _, item = await self._shown(item_id)
        before = await self._profiles.load(member_id)
        changed = await self._gestures.clear(member_id, item_id, at=at)
        return await self._receipt(item.scored.subject, 0, before, changed=changed)

    async def reacted(
        self,
        member_id: MemberId,
        message_id: MessageId,
        emoji: str,
        verdict: Verdict,
        *,
        added: bool,
    ) -> bool:
        """Store or end a reaction; people who never agreed, and other messages, are ignored."""
        at = self._clock.now()
        recommendation = await self._recommendations.of_message(message_id)
        if recommendation is None or not await self._consent.given(member_id):
            return False
        single = recommendation.items[0].id if len(recommendation.items) == 1 else None
        if added:
            changed = await self._gestures.record(
                Gesture(
                    member_id=member_id,
                    recommendation_id=recommendation.id,
                    item_id=single,
                    via=Via.EMOJI,
                    emoji=emoji,
                    verdict=verdict,
                    made_at=at,
                )
            )
        else:
            changed = await self._gestures.withdraw(
                member_id,
                recommendation_id=recommendation.id,
                item_id=single,
                via=Via.EMOJI,
                emoji=emoji,
                at=at,
            )
        if changed:
            self._training.wake()
            if added and verdict is Verdict.UP:
                self._candidates.wake(member_id)
        return changed

    async def reconcile(self, message_id: MessageId, look: Look) -> int:
        """Make stored reactions on one message equal to what Discord shows when looked at now.

        What is told while the look is under way is newer than what it sees, and stands.
        """
        at = self._clock.now()
        changes = await self._gestures.reconcile(message_id, await look(), at=at)
        if changes:
            self._training.wake()
        return changes

    async def block(self, member_id: MemberId, item_id: ShownItemId, kind: BlockKind) -> Subject:
        """Never show a track, or anything by its artist, to this member again."""
        await self._consent.require(member_id)
        _, item = await self._shown(item_id)
        subject = item.scored.subject
        if kind is BlockKind.TRACK and subject.track is None:
            kind = BlockKind.ARTIST
        target = subject.artist.id if kind is BlockKind.ARTIST else subject.key
        await self._blocks.add(member_id, kind, target, at=self._clock.now())
        return subject

    async def unblock(self, member_id: MemberId, kind: BlockKind, target: int) -> bool:
        """Lift a block."""
        return await self._blocks.remove(member_id, kind, target)

    async def _shown(self, item_id: ShownItemId) -> tuple[Recommendation, ShownItem]:
        recommendation = await self._recommendations.of_item(item_id)
        if recommendation is None:
            raise NotFoundError("error.card_gone")
        return recommendation, next(i for i in recommendation.items if i.id == item_id)

    async def _receipt(
        self, subject: Subject, verdict: int, before: Listener, *, changed: bool
    ) -> Receipt:
        if not changed:
            return Receipt(subject=subject, verdict=verdict, changed=False)
        self._training.wake()
        after = await self._profiles.load(before.member_id)
        model = await self._serving.current()
        rows = await self._compute.run(
            moved_artists, model, before.evidence, after.evidence, subject.artist.id
        )
        names = await self._catalogue.artists([ArtistId(row.artist_id) for row in rows])
        moved = tuple(
            Moved(
                artist_id=ArtistId(row.artist_id),
                name=names[ArtistId(row.artist_id)].name,
                before=row.before,
                after=row.after,
            )
            for row in rows
            if row.artist_id in names
        )
        return Receipt(subject=subject, verdict=verdict, changed=True, moved=moved)
