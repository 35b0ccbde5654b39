"""`/my-data` and `/forget-me`."""

import json
import logging
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

from bot.domain.ids import MemberId
from bot.domain.members import ErasureReport
from bot.errors import UserError
from bot.ports import Clock, Compute, MemberStore
from bot.services.activity import ActivityService
from bot.services.consent import ConsentService
from bot.services.preferences import Preferences
from bot.services.training import TrainingService

log = logging.getLogger(__name__)

FILE: Final = "auxcord-my-data"


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
        compute: Compute,
        clock: Clock,
    ) -> None:
        self._members = members
        self._consent = consent
        self._preferences = preferences
        self._training = training
        self._activity = activity
        self._compute = compute
        self._clock = clock

    async def export(self, member_id: MemberId) -> bytes:
        """Return everything stored about a member as JSON, ids as text."""
        return await self._compute.run(as_json, await self._members.export(member_id))

    async def hand_over(self, member_id: MemberId, *, limit: int) -> tuple[str, bytes] | None:
        """Return the export as a file by its name, zipped if it is larger than may be sent.

        None for somebody about whom nothing at all is stored.

        Raises
        ------
        UserError
            When it is too large even so.
        """
        found = await self._members.export(member_id)
        if not any(found.values()):
            return None
        data = await self._compute.run(as_json, found)
        if len(data) <= limit:
            return f"{FILE}.json", data
        packed = await self._compute.run(zipped, data)
        if len(packed) > limit:
            raise UserError("mydata.file_too_large", size=f"{len(packed) / 2**20:.0f}")
        return f"{FILE}.zip", packed

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


def as_json(data: Mapping[str, Any]) -> bytes:
    """Return tables as JSON, a row a line; in one call it would hold the interpreter for seconds."""

    def lines() -> Iterator[str]:
        for table, rows in data.items():
            body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            yield f"{json.dumps(table)}: [\n{body}\n]" if body else f"{json.dumps(table)}: []"

    return ("{\n" + ",\n".join(lines()) + "\n}\n").encode()


def zipped(data: bytes) -> bytes:
    """Return an export as a ZIP archive."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{FILE}.json", data)
    return packed.getvalue()
