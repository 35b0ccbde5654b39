"""The rules of a command definition."""

from __future__ import annotations

import re
from typing import Any

from tests.fake_discord.errors import ApiError, invalid_form
from tests.fake_discord.rules.fields import require_count, require_length, require_unique

SLASH = 1
SUBCOMMAND = 1
GROUP = 2
MAX_OF_TYPE = {SLASH: 100, 2: 15, 3: 15}
MAX_CHARACTERS = 8000

_NAME = re.compile(r"^[-_'\w]{1,32}$")


def check_commands(commands: Any) -> list[dict[str, Any]]:
    if not isinstance(commands, list):
        raise invalid_form("commands", "Only a list of commands is accepted.")
    for index, command in enumerate(commands):
        _check_command(str(index), command)
    keys = [(command.get("type", SLASH), command["name"]) for command in commands]
    message = "Application command names must be unique"
    require_unique("name", keys, message, "APPLICATION_COMMANDS_DUPLICATE_NAME")
    for kind, most in MAX_OF_TYPE.items():
        if sum(each == kind for each, _ in keys) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")
    return commands


def _check_command(where: str, command: dict[str, Any]) -> None:
    kind = command.get("type", SLASH)
    if kind == SLASH:
        _check_name(where, command)
        require_length(f"{where}.description", command.get("description"), 1, 100)
        _check_options(where, command.get("options", []))
        if (size := _characters(command)) > MAX_CHARACTERS:
            raise invalid_form(
                where, f"Command exceeds {MAX_CHARACTERS}: {size}", "APPLICATION_COMMAND_TOO_LARGE"
            )
    else:
        require_length(f"{where}.name", command.get("name"), 1, 32)
        if command.get("description") or command.get("options"):
            raise invalid_form(where, "Context menu commands cannot have a description or options")


def _check_name(where: str, named: dict[str, Any]) -> None:
    name = named.get("name")
    require_length(f"{where}.name", name, 1, 32)
    if not _NAME.match(str(name)) or name != str(name).lower():
        raise invalid_form(
            f"{where}.name", "Command name is invalid", "APPLICATION_COMMAND_INVALID_NAME"
        )


def _check_options(where: str, options: list[dict[str, Any]]) -> None:
    require_count(f"{where}.options", options, 0, 25)
    names = [option.get("name") for option in options]
    message = "Option names must be unique"
    require_unique(f"{where}.options", names, message, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID")
    optional_seen = False
    for index, option in enumerate(options):
        here = f"{where}.options.{index}"
        _check_name(here, option)
        require_length(f"{here}.description", option.get("description"), 1, 100)
        if option["type"] in (SUBCOMMAND, GROUP):
            _check_options(here, option.get("options", []))
            continue
        if option.get("required") and optional_seen:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            raise invalid_form(here, "Required options must be placed before optional ones", code)
        optional_seen |= not option.get("required")
        choices = require_count(f"{here}.choices", option.get("choices") or [], 0, 25)
        if choices and option.get("autocomplete"):
            raise invalid_form(f"{here}.choices", "Choices and autocomplete exclude each other")
        check_choices(f"{here}.choices", choices)


def check_choices(where: str, choices: Any) -> None:
    """Check fixed choices and the answers of an autocomplete."""
    for index, choice in enumerate(require_count(where, choices, 0, 25)):
        require_length(f"{where}.{index}.name", choice.get("name"), 1, 100)
        if isinstance(choice.get("value"), str):
            require_length(f"{where}.{index}.value", choice["value"], 1, 100)
        elif not isinstance(choice.get("value"), (int, float)):
            raise invalid_form(f"{where}.{index}.value", "This field is required")


def _characters(named: dict[str, Any]) -> int:
    """Count as Discord does: names, descriptions and string values of everything inside."""
    own = len(named.get("name", "")) + len(named.get("description", ""))
    own += sum(
        len(choice["name"]) + len(choice["value"] if isinstance(choice["value"], str) else "")
        for choice in named.get("choices") or ()
    )
    return own + sum(map(_characters, named.get("options") or ()))
