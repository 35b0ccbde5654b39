"""Synced commands, and turning what a person types into option data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_discord.errors import NotPossibleError
from tests.fake_discord.model import Attachment, Channel, Permission, User
from tests.fake_discord.payloads import attachment_json, channel_json, member_json, user_json
from tests.fake_discord.rules.commands import GROUP, SLASH, SUBCOMMAND, check_commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fake_discord.clock import Snowflakes
    from tests.fake_discord.model import Guild

STRING, INTEGER, BOOLEAN, USER, CHANNEL, MENTIONABLE, NUMBER, ATTACHMENT = 3, 4, 5, 6, 7, 9, 10, 11
ACCEPTS: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (User,),
    CHANNEL: (Channel,),
    MENTIONABLE: (User,),
    NUMBER: (int, float),
    ATTACHMENT: (Attachment,),
}
GUILD_INSTALL, USER_INSTALL = 0, 1
IN_GUILD, IN_BOT_DM = 0, 1


class CommandBook:
    """The commands people can see; unsynced ones do not exist."""

    def __init__(self, snowflakes: Snowflakes) -> None:
        self._snowflakes = snowflakes
        self._scopes: dict[int | None, dict[tuple[int, str], dict[str, Any]]] = {None: {}}
        self.syncs = 0
        self.created = 0
        """How many definitions were new; Discord allows 200 of these a day."""

    def replace(
        self, application_id: int, guild_id: int | None, commands: Any
    ) -> list[dict[str, Any]]:
        """Overwrite all commands of a scope; known ones keep their id."""
        before = self._scopes.get(guild_id, {})
        after = {}
        for command in check_commands(commands):
            key = (command.get("type", SLASH), command["name"])
            if key not in before:
                self.created += 1
            after[key] = {
                "description": "",
                "options": [],
                **command,
                "id": before[key]["id"] if key in before else str(self._snowflakes.next()),
                "application_id": str(application_id),
                "version": str(self._snowflakes.next()),
                "type": key[0],
            } | ({} if guild_id is None else {"guild_id": str(guild_id)})
        self._scopes[guild_id] = after
        self.syncs += 1
        return list(after.values())

    def listed(self, guild_id: int | None = None) -> list[dict[str, Any]]:
        return list(self._scopes.get(guild_id, {}).values())

    def names(self) -> set[str]:
        """Names of all global commands."""
        return {name for _, name in self._scopes[None]}

    def find(self, name: str, user: User, channel: Channel, kind: int = SLASH) -> dict[str, Any]:
        """Find the command as this person would in this channel."""
        guild = channel.guild
        here = self._scopes.get(guild.id, {}) if guild else {}
        command = here.get((kind, name)) or self._scopes[None].get((kind, name))
        if command is None:
            known = ", ".join(sorted(self.names())) or "none"
            raise NotPossibleError(f"there is no command {name!r}; synced: {known}")
        self._require_installed(command, user, guild)
        self._require_context(command, guild)
        self._require_permission(command, user, guild)
        return command

    def _require_installed(self, command: dict[str, Any], user: User, guild: Guild | None) -> None:
        installs = command.get("integration_types") or [GUILD_INSTALL]
        by_user = USER_INSTALL in installs and user.has_installed
        by_guild = GUILD_INSTALL in installs and (guild is None or guild.bot_present)
        if not by_user and not by_guild:
            raise NotPossibleError(f"/{command['name']} is not installed for {user.name} here")

    def _require_context(self, command: dict[str, Any], guild: Guild | None) -> None:
        contexts = command.get("contexts")
        if contexts is None:
            contexts = [IN_GUILD, IN_BOT_DM] if command.get("dm_permission", True) else [IN_GUILD]
        if (IN_BOT_DM if guild is None else IN_GUILD) not in contexts:
            where = "direct messages" if guild is None else "servers"
            raise NotPossibleError(f"/{command['name']} does not exist in {where}")

    def _require_permission(self, command: dict[str, Any], user: User, guild: Guild | None) -> None:
        needed = command.get("default_member_permissions")
        if guild is None or needed is None:
            return
        has = guild.members[user.id].permissions
        if Permission.ADMINISTRATOR not in has and (int(needed) == 0 or int(needed) & ~int(has)):
            raise NotPossibleError(f"{user.name} lacks the permission for /{command['name']}")


@dataclass
class Filled:
    """Options as they go into the interaction, with the objects they refer to."""

    guild: Guild | None
    resolved: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def extra(self) -> dict[str, Any]:
        """What to add to the interaction's data; nothing unless something was referred to."""
        return {"resolved": self.resolved} if self.resolved else {}

    def refer(self, value: User | Channel | Attachment) -> str:
        """Add an object to `resolved` and return its id."""
        key = str(value.id)
        if isinstance(value, User):
            self.resolved.setdefault("users", {})[key] = user_json(value)
            if self.guild is not None and value.id in self.guild.members:
                member = self.guild.members[value.id]
                body = member_json(member) | {"permissions": str(int(member.permissions))}
                del body["user"]
                self.resolved.setdefault("members", {})[key] = body
        elif isinstance(value, Channel):
            self.resolved.setdefault("channels", {})[key] = channel_json(value) | {
                "permissions": "0"
            }
        else:
            self.resolved.setdefault("attachments", {})[key] = attachment_json(
                value, ephemeral=True
            )
        return key


def fill_options(
    command: dict[str, Any],
    path: list[str],
    given: Mapping[str, Any],
    filled: Filled,
    *,
    focused: str | None = None,
) -> list[dict[str, Any]]:
    """Check the given options against the definition and shape them for the wire."""
    definitions = {option["name"]: option for option in command.get("options") or ()}
    is_parent = any(each["type"] in (SUBCOMMAND, GROUP) for each in definitions.values())
    if is_parent or path:
        child = definitions.get(path[0]) if path else None
        if child is None or child["type"] not in (SUBCOMMAND, GROUP):
            raise NotPossibleError(f"choose a subcommand of {command['name']}: {list(definitions)}")
        inner = fill_options(child, path[1:], given, filled, focused=focused)
        return [{"name": child["name"], "type": child["type"], "options": inner}]
    if unknown := set(given) - set(definitions):
        raise NotPossibleError(f"no such option: {sorted(unknown)}; there are {list(definitions)}")
    if focused is None:
        for name, definition in definitions.items():
            if definition.get("required") and name not in given:
                raise NotPossibleError(f"the option {name!r} is required")
    return [
        _fill(definitions[name], value, filled, is_focused=name == focused)
        for name, value in given.items()
    ]


def _fill(
    definition: dict[str, Any], value: Any, filled: Filled, *, is_focused: bool
) -> dict[str, Any]:
    kind, name = definition["type"], definition["name"]
    if is_focused:
        if not definition.get("autocomplete"):
            raise NotPossibleError(f"the option {name!r} has no autocomplete")
        return {"name": name, "type": kind, "value": value, "focused": True}
    if not isinstance(value, ACCEPTS[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
        raise NotPossibleError(f"the option {name!r} does not take a {type(value).__name__}")
    choices = [choice["value"] for choice in definition.get("choices") or ()]
    if choices and value not in choices:
        raise NotPossibleError(f"the option {name!r} offers {choices}, not {value!r}")
    size = len(value) if isinstance(value, str) else value
    suffix = "length" if isinstance(value, str) else "value"
    low, high = definition.get(f"min_{suffix}"), definition.get(f"max_{suffix}")
    if (low is not None and size < low) or (high is not None and size > high):
        raise NotPossibleError(f"the option {name!r} takes {low} to {high}, not {value!r}")
    if isinstance(value, (User, Channel, Attachment)):
        value = filled.refer(value)
    return {"name": name, "type": kind, "value": value}
