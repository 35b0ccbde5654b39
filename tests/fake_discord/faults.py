"""Faults on purpose, and the log of what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from tests.fake_discord.errors import ApiError

# Tokens of interactions are long and tell nothing.
SHOWN_PART = 40
MESSAGES = {
    429: "You are being rate limited.",
    500: "500: Internal Server Error",
    502: "Bad Gateway",
}


@dataclass(eq=False)
class Fault:
    """Disturb requests whose method and path (below `/api/v10`, `*` matches anything) fit.

    `delay_s` alone slows the request down. `status` answers instead of the route; with 429 give
    `retry_after`, and `via=False` makes it look like a ban by Cloudflare, which clients must not
    retry. `drop` cuts the connection: "before" the route acted, or "after" it, so that only the
    answer is lost. A fault is used up after `count` requests; None means never.
    """

    method: str
    path: str
    status: int | None = None
    code: int = 0
    message: str | None = None
    retry_after: float = 0.1
    via: bool = True
    delay_s: float = 0.0
    drop: Literal["before", "after"] | None = None
    count: int | None = 1
    hits: int = field(default=0, init=False)

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is disturbed; if so, count it."""
        if self.count is not None and self.hits >= self.count:
            return False
        if not fnmatchcase(method, self.method) or not fnmatchcase(path, self.path):
            return False
        self.hits += 1
        return True

    def error(self) -> ApiError | None:
        if self.status is None:
            return None
        return ApiError(
            self.status,
            self.code,
            self.message or MESSAGES.get(self.status, f"{self.status}: fault"),
            retry_after=self.retry_after if self.status == 429 else None,
            via=self.via,
        )


@dataclass(eq=False)
class RequestLog:
    """One request of the bot."""

    method: str
    path: str
    at: float
    status: int | None = None
    """None while it runs, and when the connection was cut."""
    body: dict[str, Any] | list[Any] | None = None
    fault: Fault | None = None

    def __str__(self) -> str:
        parts = [
            part if len(part) <= SHOWN_PART else f"{part[:8]}…" for part in self.path.split("/")
        ]
        return f"{self.method} {'/'.join(parts)} -> {self.status or 'no answer'}"
