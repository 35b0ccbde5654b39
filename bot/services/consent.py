"""Nothing about a person is stored before they said yes."""

from collections.abc import Iterator
from contextlib import contextmanager

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
        self._leaving: set[MemberId] = set()

    async def given(self, member_id: MemberId) -> bool:
        """Return whether a member agreed to the present version of the privacy text."""
        if member_id in self._leaving:
            return False
        if member_id in self._agreed:
            return True
        consent = await self._members.consent(member_id)
        if consent is None or consent.version < CONSENT_VERSION or member_id in self._leaving:
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

    @contextmanager
    def withdrawn(self, member_id: MemberId) -> Iterator[None]:
        """Let nobody store anything about a member while they are being erased."""
        self._leaving.add(member_id)
        try:
            yield
        finally:
            self._leaving.discard(member_id)
            self._agreed.discard(member_id)
