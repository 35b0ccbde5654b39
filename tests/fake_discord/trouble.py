"""Trouble on purpose: broken sockets, broken requests, time that flies."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from tests.fake_discord.core import Core
from tests.fake_discord.faults import Fault
from tests.fake_discord.gateway import INVALID_SESSION, RECONNECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_discord.model import Guild


class Trouble(Core):
    def fail(self, method: str, path: str, **how: Any) -> Fault:
        """Plan a `Fault`: `fail("POST", "/interactions/*/callback", status=502, count=1)`."""
        fault = Fault(method, path, **how)
        self.faults.append(fault)
        return fault

    def drop_sockets(self) -> None:
        """Cut all gateway connections; sessions live on and collect events for RESUME."""
        for session in self.gateway.live:
            socket, session.socket = session.socket, None
            assert socket is not None, "live sessions have a socket"
            socket.abort()

    @contextlib.contextmanager
    def gateway_offline(self) -> Iterator[None]:
        """Cut all connections and refuse new ones meanwhile."""
        self.gateway.offline = True
        self.drop_sockets()
        try:
            yield
        finally:
            self.gateway.offline = False

    def reconnect(self) -> None:
        """Ask all shards to connect anew (opcode 7)."""
        for session in self.gateway.live:
            if session.socket is not None:
                session.socket.send(RECONNECT)

    def invalidate_session(self) -> None:
        """End all sessions (opcode 9, not resumable); events in between are lost."""
        for session in self.gateway.live:
            if session.socket is not None:
                session.socket.send(INVALID_SESSION, d=False)
                session.socket.session = None
        self.gateway.sessions.clear()

    def emit(self, event: str, data: dict[str, Any], *, guild: Guild | None = None) -> int:
        """Send any event to the shards it concerns; returns how many got it."""
        return self.gateway.dispatch(event, data, guild_id=None if guild is None else guild.id)

    def advance_time(self, seconds: float) -> None:
        """Let the server's clock jump, so that tokens age: 3 s to answer, 15 min to follow up."""
        self.clock.advance(seconds)
