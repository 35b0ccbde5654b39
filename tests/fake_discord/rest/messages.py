"""Messages on the channel routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import ApiError, missing_permissions
from tests.fake_discord.model import MessageFlag, Permission
from tests.fake_discord.payloads import message_json
from tests.fake_discord.rest.bodies import answer, nothing, number, read_object

if TYPE_CHECKING:
    from aiohttp import web

    from tests.fake_discord.core import Core
    from tests.fake_discord.model import Channel, Message

SEND = Permission.SEND_MESSAGES
READ = Permission.READ_MESSAGE_HISTORY
DEFAULT_PAGE = 50
MAX_PAGE = 100


class Messages:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._world = core.world

    def routes(self) -> list[tuple[str, str, Any]]:
        many, one = "/channels/{channel}/messages", "/channels/{channel}/messages/{message}"
        return [
            ("GET", many, self.history),
            ("POST", many, self.create),
            ("GET", one, self.get),
            ("PATCH", one, self.edit),
            ("DELETE", one, self.delete),
            ("POST", "/channels/{channel}/typing", self.typing),
        ]

    def _channel(self, request: web.Request, needed: Permission) -> Channel:
        return self._world.channel_for_bot(number(request, "channel"), needed)

    def _message(self, request: web.Request, needed: Permission) -> Message:
        channel = self._channel(request, needed)
        return self._world.message_for_bot(channel, number(request, "message"))

    def _answer(self, message: Message) -> web.Response:
        return answer(message_json(message, me=self._world.me))

    async def history(self, request: web.Request) -> web.Response:
        messages = self._channel(request, READ).visible_messages
        query = {name: int(value) for name, value in request.query.items()}
        limit = query.get("limit", DEFAULT_PAGE)
        if not 1 <= limit <= MAX_PAGE:
            raise ApiError(400, 50035, "Invalid Form Body")
        if "after" in query:
            page = [each for each in messages if each.id > query["after"]][:limit]
        else:
            before = query.get("before")
            page = [each for each in messages if before is None or each.id < before][-limit:]
        return answer([message_json(each, me=self._world.me) for each in reversed(page)])

    async def get(self, request: web.Request) -> web.Response:
        return self._answer(self._message(request, READ))

    async def create(self, request: web.Request) -> web.Response:
        channel = self._channel(request, SEND)
        body, uploads = await read_object(request)
        if uploads and Permission.ATTACH_FILES not in channel.bot_permissions:
            raise missing_permissions()
        # Only interactions make ephemeral messages; elsewhere the flag is ignored.
        body["flags"] = (body.get("flags") or 0) & ~MessageFlag.EPHEMERAL
        message = self._world.blank_message(channel, self._world.me)
        self._world.write(message, body, uploads, edit=False)
        self._core.announce("MESSAGE_CREATE", message)
        return self._answer(message)

    async def edit(self, request: web.Request) -> web.Response:
        message = self._message(request, Permission.VIEW_CHANNEL)
        if message.author is not self._world.me:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        body, uploads = await read_object(request)
        self._world.write(message, body, uploads, edit=True)
        self._core.announce("MESSAGE_UPDATE", message)
        return self._answer(message)

    async def delete(self, request: web.Request) -> web.Response:
        message = self._message(request, Permission.VIEW_CHANNEL)
        mine = message.author is self._world.me
        if not mine and Permission.MANAGE_MESSAGES not in message.channel.bot_permissions:
            raise missing_permissions()
        self._world.delete(message)
        self._core.announce("MESSAGE_DELETE", message)
        return nothing()

    async def typing(self, request: web.Request) -> web.Response:
        self._channel(request, SEND)
        return nothing()
