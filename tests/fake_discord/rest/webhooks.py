"""Answers to interactions: the callback, and what the token allows afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import unknown_webhook
from tests.fake_discord.payloads import message_json
from tests.fake_discord.record import Answer
from tests.fake_discord.rest.bodies import answer, nothing, number, read_object

if TYPE_CHECKING:
    from aiohttp import web

    from tests.fake_discord.core import Core
    from tests.fake_discord.model import Message

WITH_MESSAGE = (Answer.MESSAGE, Answer.DEFER, Answer.UPDATE, Answer.DEFER_UPDATE)


class Webhooks:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._book = core.book

    def routes(self) -> list[tuple[str, str, Any]]:
        hook = "/webhooks/{application}/{token}"
        return [
            ("POST", "/interactions/{interaction}/{token}/callback", self.callback),
            ("POST", hook, self.followup),
            ("GET", hook + "/messages/{message}", self.get),
            ("PATCH", hook + "/messages/{message}", self.edit),
            ("DELETE", hook + "/messages/{message}", self.delete),
        ]

    def _answer(self, message: Message) -> web.Response:
        return answer(message_json(message, me=self._core.world.me))

    async def callback(self, request: web.Request) -> web.Response:
        body, uploads = await read_object(request)
        token = request.match_info["token"]
        record = self._book.answer(number(request, "interaction"), token, body, uploads)
        if request.query.get("with_response", "").lower() not in ("1", "true"):
            return nothing()
        interaction: dict[str, Any] = {"id": str(record.id), "type": int(record.kind)}
        resource: dict[str, Any] = {"type": int(record.answer_type or 0)}
        message = record.message
        if message is not None and record.answer_type in WITH_MESSAGE:
            interaction |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.ephemeral,
            }
            if record.answer_type is not Answer.DEFER_UPDATE:
                resource["message"] = message_json(message, me=self._core.world.me)
        return answer({"interaction": interaction, "resource": resource})

    def _token(self, request: web.Request) -> str:
        if number(request, "application") != self._core.world.me.id:
            raise unknown_webhook()
        return request.match_info["token"]

    async def followup(self, request: web.Request) -> web.Response:
        token = self._token(request)
        body, uploads = await read_object(request)
        return self._answer(self._book.followup(token, body, uploads))

    async def get(self, request: web.Request) -> web.Response:
        return self._answer(
            self._book.message(self._token(request), request.match_info["message"])[1]
        )

    async def edit(self, request: web.Request) -> web.Response:
        token = self._token(request)
        body, uploads = await read_object(request)
        return self._answer(self._book.edit(token, request.match_info["message"], body, uploads))

    async def delete(self, request: web.Request) -> web.Response:
        self._book.delete(self._token(request), request.match_info["message"])
        return nothing()
