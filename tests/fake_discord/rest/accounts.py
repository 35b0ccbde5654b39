"""Routes of the application, its commands, users, guilds and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fake_discord.errors import missing_access, unknown_user
from tests.fake_discord.model import Permission
from tests.fake_discord.payloads import channel_json, guild_json, member_json, user_json
from tests.fake_discord.rest.bodies import answer, number, read_body, read_object

if TYPE_CHECKING:
    from tests.fake_discord.core import Core
    from tests.fake_discord.model import Guild


class Accounts:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._world = core.world

    def routes(self) -> list[tuple[str, str, Any]]:
        commands = "/applications/{application}/commands"
        guild_commands = "/applications/{application}/guilds/{guild}/commands"
        return [
            ("GET", "/users/@me", self.me),
            ("POST", "/users/@me/channels", self.open_dm),
            ("GET", "/users/{user}", self.user),
            ("GET", "/applications/@me", self.application),
            ("GET", "/oauth2/applications/@me", self.application),
            ("GET", "/applications/{application}/emojis", self.emojis),
            ("GET", commands, self.list_commands),
            ("PUT", commands, self.sync_commands),
            ("GET", guild_commands, self.list_commands),
            ("PUT", guild_commands, self.sync_commands),
            ("GET", "/gateway", self.gateway),
            ("GET", "/gateway/bot", self.gateway_for_bot),
            ("GET", "/guilds/{guild}", self.guild),
            ("GET", "/guilds/{guild}/channels", self.guild_channels),
            ("GET", "/guilds/{guild}/members/{user}", self.member),
            ("GET", "/channels/{channel}", self.channel),
            ("GET", "/attachments/{file}/{name}", self.download),
        ]

    async def me(self, _: web.Request) -> web.Response:
        return answer(
            user_json(self._world.me) | {"verified": True, "mfa_enabled": False, "flags": 0}
        )

    async def user(self, request: web.Request) -> web.Response:
        return answer(user_json(self._world.user(number(request, "user"))))

    async def application(self, _: web.Request) -> web.Response:
        guilds = [guild for guild in self._world.guilds.values() if guild.bot_present]
        return answer(
            {
                "id": str(self._world.me.id),
                "name": self._world.me.name,
                "icon": None,
                "description": "",
                "summary": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "owner": user_json(self._world.owner),
                "team": None,
                "flags": self._core.gateway.application_flags,
                "approximate_guild_count": len(guilds),
                "integration_types_config": {"0": {}, "1": {}},
            }
        )

    async def emojis(self, _: web.Request) -> web.Response:
        return answer({"items": []})

    def _scope(self, request: web.Request) -> int | None:
        if number(request, "application") != self._world.me.id:
            raise missing_access()
        return number(request, "guild") if "guild" in request.match_info else None

    async def list_commands(self, request: web.Request) -> web.Response:
        return answer(self._core.commands.listed(self._scope(request)))

    async def sync_commands(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        commands, _ = await read_body(request)
        return answer(self._core.commands.replace(self._world.me.id, scope, commands))

    async def gateway(self, _: web.Request) -> web.Response:
        return answer({"url": self._core.gateway.url})

    async def gateway_for_bot(self, _: web.Request) -> web.Response:
        identified = self._core.gateway.identified
        return answer(
            {
                "url": self._core.gateway.url,
                "shards": self._core.shards,
                "session_start_limit": {
                    "total": 1000,
                    "remaining": 1000 - identified,
                    "reset_after": 86_400_000,
                    "max_concurrency": 1,
                },
            }
        )

    def _guild(self, request: web.Request) -> Guild:
        guild = self._world.guilds.get(number(request, "guild"))
        if guild is None or not guild.bot_present:
            raise missing_access()
        return guild

    async def guild(self, request: web.Request) -> web.Response:
        return answer(guild_json(self._guild(request)))

    async def guild_channels(self, request: web.Request) -> web.Response:
        return answer([channel_json(channel) for channel in self._guild(request).channels])

    async def member(self, request: web.Request) -> web.Response:
        guild, user_id = self._guild(request), number(request, "user")
        if user_id == self._world.me.id:
            return answer(member_json(self._world.my_member(guild)))
        if user_id not in guild.members:
            raise unknown_user()
        return answer(member_json(guild.members[user_id]))

    async def channel(self, request: web.Request) -> web.Response:
        needed = Permission.VIEW_CHANNEL
        return answer(channel_json(self._world.channel_for_bot(number(request, "channel"), needed)))

    async def open_dm(self, request: web.Request) -> web.Response:
        # Some clients send this one id as a number.
        body, _ = await read_object(request)
        return answer(channel_json(self._world.dm(self._world.user(int(body["recipient_id"])))))

    async def download(self, request: web.Request) -> web.Response:
        file = self._world.files.get(number(request, "file"))
        if file is None or file.filename != request.match_info["name"]:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, headers={"Content-Type": file.content_type})
