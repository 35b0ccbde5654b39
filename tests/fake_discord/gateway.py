"""The gateway: sessions that outlive their sockets, and what is sent over them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fake_discord import intents
from tests.fake_discord.payloads import channel_json, guild_json, user_json

if TYPE_CHECKING:
    from tests.fake_discord.clock import Pulse
    from tests.fake_discord.model import Channel, Guild, Member
    from tests.fake_discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11
IGNORED = frozenset({VOICE_STATE, REQUEST_MEMBERS})

CLOSE_UNKNOWN_OPCODE = 4001
CLOSE_NOT_AUTHENTICATED = 4003
CLOSE_AUTHENTICATION_FAILED = 4004
CLOSE_ALREADY_AUTHENTICATED = 4005
CLOSE_INVALID_SEQUENCE = 4007
CLOSE_INVALID_SHARD = 4010
CLOSE_INVALID_INTENTS = 4013
CLOSE_DISALLOWED_INTENTS = 4014
ENDS_SESSION = frozenset({1000, 1001})

HEARTBEAT_INTERVAL_MS = 41_250


class Socket:
    """One websocket, with the compression the client asked for."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._transport = request.transport
        self._outgoing: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        wants_zlib = request.query.get("compress") == "zlib-stream"
        self._compressor = zlib.compressobj() if wants_zlib else None
        self.session: Session | None = None
        self.closed_with: int | None = None

    def send(self, op: int, d: Any = None, *, s: int | None = None, t: str | None = None) -> None:
        self._outgoing.put_nowait({"op": op, "d": d, "s": s, "t": t})

    def close(self, code: int) -> None:
        """Close after everything that was sent before."""
        self.closed_with = code
        self._outgoing.put_nowait(code)

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        while not isinstance(frame := await self._outgoing.get(), int):
            text = json.dumps(frame)
            with contextlib.suppress(ConnectionError):
                if self._compressor is None:
                    await self._ws.send_str(text)
                else:
                    data = self._compressor.compress(text.encode())
                    await self._ws.send_bytes(data + self._compressor.flush(zlib.Z_SYNC_FLUSH))
        await self._ws.close(code=frame)


@dataclass(eq=False)
class Session:
    """What IDENTIFY opened; it collects events even while no socket is attached."""

    id: str
    shard: tuple[int, int]
    intents: intents.Intent
    socket: Socket | None = None
    sequence: int = 0
    sent: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    resumed: int = 0

    def push(self, event: str, data: dict[str, Any]) -> None:
        self.sequence += 1
        self.sent.append((self.sequence, event, data))
        if self.socket is not None:
            self.socket.send(DISPATCH, data, s=self.sequence, t=event)

    def covers(self, guild_id: int | None) -> bool:
        """Whether this shard gets the events of that guild; direct messages go to shard 0."""
        shard, count = self.shard
        return (0 if guild_id is None else (guild_id >> 22) % count) == shard


@dataclass(frozen=True)
class DroppedEvent:
    """An event that no session got, for want of an intent."""

    event: str
    needs: intents.Intent


class Gateway:
    def __init__(
        self, world: World, pulse: Pulse, *, token: str, privileged: intents.Intent
    ) -> None:
        self._world = world
        self._pulse = pulse
        self._token = token
        self._privileged = privileged
        self.application_flags = intents.application_flags(privileged)
        self.url = ""
        self.offline = False
        self.refused = 0
        """Connections turned away while offline."""
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.identified = 0
        self.close_codes: list[int | None] = []
        """How connections ended, oldest first; None when one was cut."""
        self.dropped: list[DroppedEvent] = []
        self.presence: dict[str, Any] | None = None

    @property
    def live(self) -> list[Session]:
        return [session for session in self.sessions.values() if session.socket is not None]

    @property
    def complete(self) -> bool:
        """Whether every shard of the bot is connected."""
        shards = {session.shard for session in self.live}
        return bool(shards) and len(shards) == next(iter(shards))[1]

    def dispatch(self, event: str, data: dict[str, Any], *, guild_id: int | None) -> int:
        """Queue an event for all it concerns and return how many sessions that was."""
        needed = intents.intent_for(event, in_guild=guild_id is not None)
        concerned = [each for each in self.sessions.values() if each.covers(guild_id)]
        reached = [each for each in concerned if needed in each.intents]
        for session in reached:
            session.push(event, data)
        if concerned and not reached:
            self.dropped.append(DroppedEvent(event, needed))
        self._pulse.touch()
        return len(reached)

    def announce_guild(self, guild: Guild, me: Member) -> None:
        self.dispatch("GUILD_CREATE", guild_json(guild, me=me), guild_id=guild.id)

    def announce_channel(self, channel: Channel) -> None:
        self.dispatch("CHANNEL_CREATE", channel_json(channel), guild_id=channel.guild_id)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        if self.offline:
            self.refused += 1
            self._pulse.touch()
            return web.Response(status=503)
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self.sockets.add(socket)
        writer = asyncio.create_task(socket.write())
        socket.send(HELLO, {"heartbeat_interval": HEARTBEAT_INTERVAL_MS})
        try:
            async for frame in ws:
                if frame.type is WSMsgType.TEXT:
                    self._receive(socket, json.loads(frame.data))
                    self._pulse.touch()
        finally:
            self._detach(socket, ws.close_code)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._pulse.touch()
        return ws

    def _detach(self, socket: Socket, code: int | None) -> None:
        self.sockets.discard(socket)
        ended = socket.closed_with or code
        self.close_codes.append(None if ended == 1006 else ended)
        session = socket.session
        if session is not None and session.socket is socket:
            session.socket = None
            if code in ENDS_SESSION:
                self.sessions.pop(session.id, None)

    def _receive(self, socket: Socket, frame: dict[str, Any]) -> None:
        op, data = frame.get("op"), frame.get("d")
        if op == HEARTBEAT:
            socket.send(HEARTBEAT_ACK)
        elif op in (IDENTIFY, RESUME):
            if socket.session is not None:
                socket.close(CLOSE_ALREADY_AUTHENTICATED)
            elif not isinstance(data, dict) or data.get("token") != self._token:
                socket.close(CLOSE_AUTHENTICATION_FAILED)
            elif op == IDENTIFY:
                self._identify(socket, data)
            else:
                self._resume(socket, data)
        elif socket.session is None:
            socket.close(CLOSE_NOT_AUTHENTICATED)
        elif op == PRESENCE:
            self.presence = data
        elif op not in IGNORED:
            socket.close(CLOSE_UNKNOWN_OPCODE)

    def _identify(self, socket: Socket, data: dict[str, Any]) -> None:
        shard, count = data.get("shard", (0, 1))
        wanted = data.get("intents")
        if not 0 <= shard < count:
            return socket.close(CLOSE_INVALID_SHARD)
        if not isinstance(wanted, int) or wanted & ~intents.KNOWN_BITS:
            return socket.close(CLOSE_INVALID_INTENTS)
        granted = intents.Intent(wanted)
        if granted & intents.PRIVILEGED & ~self._privileged:
            return socket.close(CLOSE_DISALLOWED_INTENTS)
        session = Session(secrets.token_hex(16), (shard, count), granted, socket)
        self.sessions[session.id] = session
        socket.session = session
        self.identified += 1
        me = self._world.me
        guilds = [
            guild
            for guild in self._world.guilds.values()
            if guild.bot_present and session.covers(guild.id)
        ]
        session.push(
            "READY",
            {
                "v": 10,
                "user": user_json(me) | {"verified": True, "mfa_enabled": False, "flags": 0},
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [shard, count],
                "application": {"id": str(me.id), "flags": self.application_flags},
            },
        )
        if intents.Intent.GUILDS in granted:
            for guild in guilds:
                session.push("GUILD_CREATE", guild_json(guild, me=self._world.my_member(guild)))
        return None

    def _resume(self, socket: Socket, data: dict[str, Any]) -> None:
        session = self.sessions.get(data.get("session_id", ""))
        if session is None:
            return socket.send(INVALID_SESSION, d=False)
        last = data.get("seq") or 0
        if last > session.sequence:
            return socket.close(CLOSE_INVALID_SEQUENCE)
        session.socket = socket
        socket.session = session
        session.resumed += 1
        for number, event, body in session.sent:
            if number > last:
                socket.send(DISPATCH, body, s=number, t=event)
        session.push("RESUMED", {})
        return None
