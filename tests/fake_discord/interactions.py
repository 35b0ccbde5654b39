"""The life of interactions: the clock, the one first answer, and what the token allows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.fake_discord import errors
from tests.fake_discord.model import MessageFlag
from tests.fake_discord.record import ANSWERS, Answer, Choice, InteractionRecord, Modal
from tests.fake_discord.rules.commands import check_choices
from tests.fake_discord.rules.modals import check_modal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_discord.clock import Clock, Snowflakes
    from tests.fake_discord.model import Message
    from tests.fake_discord.world import World

    Uploads = dict[int, tuple[str, bytes, str]]
    Announce = Callable[[str, Message], None]

FIRST_ANSWER_S = 3.0
TOKEN_LIVES_S = 15 * 60.0
USER_INSTALL_FOLLOWUPS = 5


class Interactions:
    def __init__(
        self, world: World, clock: Clock, snowflakes: Snowflakes, announce: Announce
    ) -> None:
        self._world = world
        self._clock = clock
        self._snowflakes = snowflakes
        self._announce = announce
        self.first_answer_s = FIRST_ANSWER_S
        """Discord's patience; a test whose matter is something else may have more."""
        self.records: list[InteractionRecord] = []
        self._by_id: dict[int, InteractionRecord] = {}
        self._by_token: dict[str, InteractionRecord] = {}

    def open(self, **properties: Any) -> InteractionRecord:
        """Start the clock of a new interaction."""
        record = InteractionRecord(
            id=self._snowflakes.next(),
            token=f"aW50ZXJhY3Rpb24{secrets.token_urlsafe(48)}",
            sent_at=self._clock.now(),
            **properties,
        )
        self.records.append(record)
        self._by_id[record.id] = record
        self._by_token[record.token] = record
        return record

    def answer(
        self, interaction_id: int, token: str, body: dict[str, Any], uploads: Uploads
    ) -> InteractionRecord:
        """Take the first answer, or refuse it."""
        record = self._by_id.get(interaction_id)
        if record is None or record.token != token:
            raise errors.unknown_interaction()
        try:
            self._answer(record, body, uploads)
        except errors.ApiError as error:
            record.refused.append(str(error))
            raise
        return record

    def _answer(self, record: InteractionRecord, body: dict[str, Any], uploads: Uploads) -> None:
        now = self._clock.now()
        if record.acknowledged_at is not None:
            raise errors.already_acknowledged()
        if now - record.sent_at > self.first_answer_s:
            raise errors.unknown_interaction()
        kind = body.get("type")
        if kind not in ANSWERS[record.kind]:
            raise errors.invalid_form("type", f"{kind} cannot answer a {record.kind.name.lower()}")
        answer, data = Answer(kind), body.get("data") or {}
        if answer in (Answer.UPDATE, Answer.DEFER_UPDATE) and record.source is None:
            raise errors.invalid_form("type", "There is no message to update.")
        if answer is Answer.CHOICES:
            check_choices("data.choices", data.get("choices"))
            record.choices = [Choice(each["name"], each["value"]) for each in data["choices"]]
        elif answer is Answer.MODAL:
            check_modal(data)
            record.modal = Modal(data["custom_id"], data["title"], data["components"])
        elif answer in (Answer.UPDATE, Answer.DEFER_UPDATE):
            record.message = record.source
            if answer is Answer.UPDATE:
                self._edit(record.message, data, uploads)
        else:
            self._first_message(record, answer, data, uploads)
        record.answer = data
        record.acknowledge(now, answer)
        if not record.deferred:
            record.complete(now)

    def _first_message(
        self, record: InteractionRecord, answer: Answer, data: dict[str, Any], uploads: Uploads
    ) -> None:
        message = self._blank(record, data)
        record.deferred_ephemeral = message.ephemeral
        if answer is Answer.DEFER:
            message.flags |= MessageFlag.LOADING
            record.channel.messages[message.id] = message
        else:
            self._world.write(message, data, uploads, edit=False)
        record.message = message
        self._announce("MESSAGE_CREATE", message)

    def _blank(self, record: InteractionRecord, data: dict[str, Any]) -> Message:
        ephemeral = MessageFlag(data.get("flags") or 0) & MessageFlag.EPHEMERAL
        return self._world.blank_message(
            record.channel,
            self._world.me,
            flags=ephemeral,
            visible_to=record.user if ephemeral else None,
            interaction_metadata={
                "id": str(record.id),
                "type": int(record.kind),
                "user": record.payload.get("user") or record.payload["member"]["user"],
                "authorizing_integration_owners": record.payload["authorizing_integration_owners"],
            },
        )

    # What the token allows after the first answer.

    def by_token(self, token: str) -> InteractionRecord:
        record = self._by_token.get(token)
        if record is None or record.acknowledged_at is None:
            raise errors.unknown_webhook()
        if self._clock.now() - record.sent_at > TOKEN_LIVES_S:
            record.refused.append(str(errors.token_expired()))
            raise errors.token_expired()
        return record

    def message(self, token: str, reference: str) -> tuple[InteractionRecord, Message]:
        """Find `@original` or a message by id, among those this token may touch."""
        record = self.by_token(token)
        reachable = [record.message, *record.followups]
        for message in [record.message] if reference == "@original" else reachable:
            if message is None or message.deleted:
                continue
            if reference in ("@original", str(message.id)):
                return record, message
        raise errors.unknown_message()

    def followup(self, token: str, body: dict[str, Any], uploads: Uploads) -> Message:
        record = self.by_token(token)
        original = record.message
        if record.answer_type is Answer.DEFER and original is not None and original.loading:
            # The old way to fill a placeholder: visibility stays what the defer said.
            body = body | {"flags": (body.get("flags") or 0) & ~MessageFlag.EPHEMERAL}
            self._edit(original, body, uploads)
            record.complete(self._clock.now())
            return original
        if record.only_user_installed and len(record.followups) >= USER_INSTALL_FOLLOWUPS:
            raise errors.ApiError(400, 40094, "Follow-ups of this interaction are used up")
        message = self._blank(record, body)
        self._world.write(message, body, uploads, edit=False)
        record.followups.append(message)
        self._announce("MESSAGE_CREATE", message)
        record.complete(self._clock.now())
        return message

    def edit(self, token: str, reference: str, body: dict[str, Any], uploads: Uploads) -> Message:
        record, message = self.message(token, reference)
        try:
            self._edit(message, body, uploads)
        except errors.ApiError as error:
            record.refused.append(str(error))
            raise
        if message is record.message:
            record.complete(self._clock.now())
        return message

    def delete(self, token: str, reference: str) -> None:
        record, message = self.message(token, reference)
        self._world.delete(message)
        self._announce("MESSAGE_DELETE", message)
        record.complete(self._clock.now())

    def _edit(self, message: Message | None, body: dict[str, Any], uploads: Uploads) -> None:
        if message is None or message.deleted:
            raise errors.unknown_message()
        self._world.write(message, body, uploads, edit=True)
        self._announce("MESSAGE_UPDATE", message)
