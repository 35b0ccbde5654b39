"""Nothing about a person is stored before they said yes."""

from bot.domain.ids import MemberId
from bot.domain.members import CONSENT_VERSION
from bot.errors import ConsentMissingError
from bot.ports import Clock, MemberStore


class ConsentService:
    """Asks once, remembers in memory who agreed."""

    def __init__(self, *, members: MemberStore, clock: Clock) -> None:
        self._members = members
        self._clock = clock
        self._agreed: set[MemberId] = set()

    async def given(self, member_id: MemberId) -> bool:
        """Return whether a member agreed to the present version of the privacy text."""
        if member_id in self._agreed:
            return True
        consent = await self._members.consent(member_id)
        if consent is None or consent.version < CONSENT_VERSION:
            return False
        self._agreed.add(member_id)
        return True

    async def require(self, member_id: MemberId) -> None:
        """Raise `ConsentMissingError` unless the member agreed."""
        if not await self.given(member_id):
            raise ConsentMissingError

    async def agree(self, member_id: MemberId) -> None:
        """Record that a member agreed."""
        await self._members.agree(member_id, version=CONSENT_VERSION, at=self._clock.now())
        self._agreed.add(member_id)

    def forget(self, member_id: MemberId) -> None:
        """Drop a member from memory after an erasure."""
        self._agreed.discard(member_id)
