"""One interaction from the side of the person who made it."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_discord import components as kinds

if TYPE_CHECKING:
    from tests.fake_discord.model import Channel, Message, User


class Kind(enum.IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Answer(enum.IntEnum):
    """Types of a first answer."""

    MESSAGE = 4
    DEFER = 5
    DEFER_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


ANSWERS = {
    Kind.COMMAND: {Answer.MESSAGE, Answer.DEFER, Answer.MODAL},
    Kind.COMPONENT: set(Answer) - {Answer.CHOICES},
    Kind.AUTOCOMPLETE: {Answer.CHOICES},
    Kind.MODAL: {Answer.MESSAGE, Answer.DEFER, Answer.DEFER_UPDATE, Answer.UPDATE},
}


@dataclass(frozen=True)
class Choice:
    """A suggestion of an autocomplete."""

    name: str
    value: str | int | float


@dataclass(frozen=True)
class Modal:
    """A form that was opened."""

    custom_id: str
    title: str
    components: list[dict[str, Any]]

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The inputs by custom id, in reading order."""
        return {
            each["custom_id"]: each for each in kinds.walk(self.components) if "custom_id" in each
        }

    @property
    def text(self) -> str:
        lines = [self.title, *kinds.texts(self.components)]
        lines += [each["label"] for each in kinds.walk(self.components) if each.get("label")]
        return "\n".join(lines)


@dataclass(eq=False)
class InteractionRecord:
    """What was done, what the bot answered, and when (seconds of the server's clock)."""

    id: int
    token: str
    kind: Kind
    name: str
    """For messages: `/recommend`, `click rec:1:up`, ..."""
    user: User
    channel: Channel
    sent_at: float
    payload: dict[str, Any] = field(default_factory=dict)
    source: Message | None = None
    """The message whose button was clicked, or that led to the modal."""
    only_user_installed: bool = False
    acknowledged_at: float | None = None
    completed_at: float | None = None
    answer_type: Answer | None = None
    answer: dict[str, Any] | None = None
    """The first answer's data as sent."""
    deferred_ephemeral: bool = False
    message: Message | None = None
    """`@original`: the answer, or for an update the clicked message itself."""
    followups: list[Message] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    modal: Modal | None = None
    refused: list[str] = field(default_factory=list)
    """Answers that Discord refused, such as `404 (10062): Unknown interaction`."""
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    completed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def deferred(self) -> bool:
        """Whether the first answer was a defer, also after it was filled."""
        return self.answer_type in (Answer.DEFER, Answer.DEFER_UPDATE)

    @property
    def reply(self) -> Message | None:
        """The message that is new to the user: the answer, or the first follow-up of an update."""
        if self.answer_type in (Answer.MESSAGE, Answer.DEFER):
            return self.message
        return self.followups[0] if self.followups else None

    @property
    def ephemeral(self) -> bool:
        seen = self.reply or self.message
        return self.deferred_ephemeral if seen is None else seen.ephemeral

    @property
    def text(self) -> str:
        """All that this interaction put on the screen, follow-ups included."""
        shown = [self.message, *self.followups]
        return "\n".join(each.text for each in shown if each is not None and not each.deleted)

    @property
    def seconds_to_acknowledge(self) -> float:
        if self.acknowledged_at is None:
            raise AssertionError(f"{self.name} was never acknowledged")
        return self.acknowledged_at - self.sent_at

    @property
    def seconds_to_complete(self) -> float:
        if self.completed_at is None:
            raise AssertionError(f"{self.name} was never completed")
        return self.completed_at - self.sent_at

    def acknowledge(self, now: float, answer_type: Answer) -> None:
        self.acknowledged_at, self.answer_type = now, answer_type
        self.acknowledged.set()

    def complete(self, now: float) -> None:
        """Note that the final thing is on the screen; later edits do not move the time."""
        if self.completed_at is None:
            self.completed_at = now
            self.completed.set()

    def __str__(self) -> str:
        state = (
            "completed" if self.completed_at else "acknowledged" if self.acknowledged_at else "open"
        )
        refused = f", refused: {self.refused}" if self.refused else ""
        return f"{self.name} by {self.user.name}: {state}{refused}"
