"""Stand-ins for the Spotify ports that services ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.domain.spotify import Tokens

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@dataclass
class FixedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def pass_time(self, **spans: float) -> None:
        self.at += timedelta(**spans)


@dataclass
class FakeAuth:
    """Hands out numbered tokens; `answer` may raise or change what a refresh gives."""

    clock: FixedClock
    rotates: bool = True
    refreshes: list[str] = field(default_factory=list)
    exchanges: list[tuple[str, str]] = field(default_factory=list)
    before_answer: Callable[[], object] | None = None

    def consent_url(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return f"https://accounts.example/authorize?state={state}&redirect_uri={redirect_uri}&code_challenge={challenge}"

    async def exchange(self, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
        self.exchanges.append((code, verifier))
        return tokens("access 0", "refresh 0", self.clock.at)

    async def refresh(self, refresh_token: str) -> Tokens:
        self.refreshes.append(refresh_token)
        if self.before_answer is not None:
            self.before_answer()
        n = len(self.refreshes)
        new = f"refresh {n}" if self.rotates else refresh_token
        return tokens(f"access {n}", new, self.clock.at)


def tokens(access: str = "access 0", refresh: str = "refresh 0", at: datetime = NOW) -> Tokens:
    return Tokens(access, refresh, at + timedelta(hours=1), frozenset({"user-top-read"}))
