"""`/my-data` and `/forget-me`."""

import json
import logging

from bot.domain.ids import MemberId
from bot.domain.members import ErasureReport
from bot.ports import Clock, MemberStore
from bot.services.activity import ActivityService
from bot.services.consent import ConsentService
from bot.services.preferences import Preferences
from bot.services.training import TrainingService

log = logging.getLogger(__name__)


class PrivacyService:
    """Hands out and deletes what is stored about one person."""

    def __init__(
        self,
        *,
        members: MemberStore,
        consent: ConsentService,
        preferences: Preferences,
        training: TrainingService,
        activity: ActivityService | None,
        clock: Clock,
    ) -> None:
        self._members = members
        self._consent = consent
        self._preferences = preferences
        self._training = training
        self._activity = activity
        self._clock = clock

    async def export(self, member_id: MemberId) -> bytes:
        """Return everything stored about a member as JSON, ids as text."""
        data = await self._members.export(member_id)
        return json.dumps(data, ensure_ascii=False, indent=1).encode()

    async def is_stranger(self, member_id: MemberId) -> bool:
        """Return whether nothing at all is stored about a member."""
        if await self._consent.given(member_id):
            return False
        return not any((await self._members.export(member_id)).values())

    async def forget(self, member_id: MemberId) -> ErasureReport:
        """Delete a member for good; the next refit is published without their listens."""
        if self._activity is not None:
            self._activity.dismiss(member_id)
        with self._consent.withdrawn(member_id):
            report = await self._members.erase(member_id, at=self._clock.now())
        self._preferences.forget(member_id)
        self._training.wake()
        log.info("a member was erased: %d rows", sum(report.removed.values()))
        return report
