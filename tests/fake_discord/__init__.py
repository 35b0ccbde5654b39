"""A small, strict Discord on 127.0.0.1 for tests of the bot's transport.

It speaks HTTP API and gateway v10 to an unpatched discord.py, keeps state, and refuses what the real
one refuses: late or second first answers (3 s, 15 min), changed visibility after a defer, ephemeral
messages on channel routes, events without their intent, broken components, commands never synced.
::

    async with FakeDiscord() as discord:             # discord.py now talks to it, until the exit
        guild = discord.add_guild("Club")            # bot_present=False: user installs only
        channel = discord.add_channel(guild, "music")          # denied=Permission.ADD_REACTIONS
        ada = discord.add_member(guild, "ada")       # a name or a user; permissions=...
        eve = discord.add_user("eve", accepts_dms=False)       # dm(eve) is their channel
        await bot.login(discord.token)               # or a process: discord.launch_command("run")
        await discord.wait_ready(); await discord.wait_synced("recommend")

        done = await discord.slash(ada, channel, "recommend", {"count": 3})   # "group sub" too
        done.seconds_to_acknowledge, done.seconds_to_complete, done.ephemeral, done.text
        done.answer_type, done.message, done.reply, done.followups, done.modal, done.refused
        done.message.text, .buttons, .selects, .reactions, .versions, .ephemeral, .loading

        vote = await discord.click(ada, done.message, "👍")     # custom id, its start, label, emoji
        pick = await discord.select(ada, done.message, "rec:why", ["3"])      # or users, channels
        sent = await discord.submit_modal(ada, vote, {"reason": "too loud"})  # vote showed a modal
        tips = await discord.autocomplete(ada, channel, "recommend", "seed", "radioh")
        await discord.react(ada, done.message, "👎"); await discord.unreact(ada, done.message, "👎")
        file = discord.upload("history.zip", data)   # for attachment options and upload fields

People's actions raise `NotPossibleError` where a person would be stuck. `until="sent"` or
`"acknowledged"` returns earlier than the default `"completed"`, `within=` sets the patience in seconds.

Waiting, each with a `NotSeenError` that tells what happened instead: `wait_ready`, `wait_synced`,
`wait_disconnected`, `wait_message(channel, "text", after=...)`, `wait_text(message, "text")`,
`wait_reaction(message, emoji, by=...)`, `wait_request("PUT", "/channels/*/reactions/*", count=2)`,
`wait_for(condition, "what")`. Looking back: `interactions`, `requests`, `requests_to`,
`commands.syncs` and `.created`, `gateway.dropped` (events without intent), `.identified`,
`.sessions`, `.close_codes`, `.presence`.

Trouble: `fail("POST", "/interactions/*/callback", status=502, count=1)` plans a `Fault` (status, code,
retry_after, via, delay_s, drop="before"|"after", count); `faults.clear()` ends them all.
`drop_sockets()`, `with gateway_offline():`, `reconnect()` (op 7), `invalidate_session()` (op 9),
`emit(event, data, guild=...)`, `advance_time(seconds)` ages tokens without waiting.
`FakeDiscord(reaction_interval_s=0.25)` limits the bot's reactions as the real one does, `shards=2`
asks for two shards, `privileged=Intent.GUILD_MEMBERS` allows an intent.

A route the fake lacks answers 404, is listed in `unknown_routes` and fails the `async with` at its end.
aiohttp's client itself repeats a GET, PUT or DELETE once when a kept-alive connection is cut, so
dropping such a request for good takes `count=2`.
"""

from tests.fake_discord.components import Button, Select
from tests.fake_discord.errors import ApiError, FakeDiscordError, NotPossibleError, NotSeenError
from tests.fake_discord.faults import Fault, RequestLog
from tests.fake_discord.intents import Intent
from tests.fake_discord.model import (
    ORDINARY,
    Attachment,
    Channel,
    Guild,
    Member,
    Message,
    MessageFlag,
    Permission,
    User,
)
from tests.fake_discord.pointing import point_client_at
from tests.fake_discord.record import Answer, Choice, InteractionRecord, Kind, Modal
from tests.fake_discord.server import TOKEN, FakeDiscord

__all__ = [
    "ORDINARY",
    "TOKEN",
    "Answer",
    "ApiError",
    "Attachment",
    "Button",
    "Channel",
    "Choice",
    "FakeDiscord",
    "FakeDiscordError",
    "Fault",
    "Guild",
    "Intent",
    "InteractionRecord",
    "Kind",
    "Member",
    "Message",
    "MessageFlag",
    "Modal",
    "NotPossibleError",
    "NotSeenError",
    "Permission",
    "RequestLog",
    "Select",
    "User",
    "point_client_at",
]
