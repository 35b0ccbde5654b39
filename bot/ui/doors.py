"""`/doors`: always private."""

from datetime import datetime

import discord

from bot.domain.doors import DoorsView, DoorSync, DoorView
from bot.domain.listening import Source
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, notice, row
from bot.ui.texts import Markdown, number, plain, plural, text


def doors_panel(view: DoorsView, *, spotify: bool) -> Layout:
    """Return every door: connected or not, how fresh, how many listens, what failed and why."""
    parts: list[discord.ui.Item[Layout]] = [line(text("doors.heading"))]
    parts += [line("\n".join(_named(door))) for door in view.doors]
    parts.append(line("\n".join(_activity(view.activity))))
    parts.append(line("\n".join(_others(view.others, spotify=spotify))))
    all_doors = (*view.doors, view.activity)
    buttons = [_button(door) for door in all_doors if door.offered or door.sync is not None]
    if buttons:
        parts.append(row(*buttons))
    parts.append(line(text("doors.footer")))
    return Layout(container(*parts))


def reading(state: DoorSync, listens: int) -> Layout:
    """Return how a history comes in; the last of these says that it is in."""
    params = {"service": _name(state.source), "name": state.account, "listens": number(listens)}
    if state.error_key is not None:
        return notice(
            text("doors.reading_trouble", what=text(state.error_key), **params), warning=True
        )
    return notice(text("doors.reading" if state.reading else "doors.read", **params))


def close_question(source: Source) -> Layout:
    """Return the question before a door is closed."""
    return notice(
        text("doors.question", service=_name(source)),
        row(
            button(
                custom_ids.door("delete", source),
                label=plain("doors.delete"),
                style=discord.ButtonStyle.danger,
            ),
            button(custom_ids.door("keep", source), label=plain("doors.keep")),
            button(custom_ids.door("stay", source), label=plain("doors.stay")),
        ),
        warning=True,
    )


def closed(source: Source, removed: int | None) -> Layout:
    """Return what closing a door did."""
    if removed is None:
        return notice(text("doors.kept", service=_name(source)))
    return notice(plural("doors.deleted", removed, service=_name(source)))


def _named(door: DoorView) -> list[Markdown]:
    name, sync = _name(door.source), door.sync
    if sync is None:
        key = "doors.free" if door.offered else "doors.closed"
        lines = [text(key, service=name)]
        if door.listens:
            lines.append(text("doors.listens", n=number(door.listens), newest=_when(door.last_at)))
        return lines
    lines = [text("doors.connected", service=name, name=sync.account)]
    if door.listens:
        lines.append(text("doors.listens", n=number(door.listens), newest=_when(door.last_at)))
    if not door.offered:
        lines.append(text("doors.closed_now"))
    elif sync.synced_at is None or sync.reading:
        lines.append(text("doors.state_reading"))
    else:
        state = text("doors.state", synced=_when(sync.synced_at), next=_when(sync.next_at))
        lines.append(state)
    if sync.cut_at is not None:
        lines.append(text("doors.cut", since=_day(sync.cut_at)))
    elif door.gaps:
        lines.append(plural("doors.gaps", door.gaps))
    if sync.error_key is not None and sync.failed_at is not None:
        what = text(sync.error_key)
        lines.append(text("doors.state_trouble", when=_when(sync.failed_at), what=what))
    return lines


def _activity(door: DoorView) -> list[Markdown]:
    name = _name(door.source)
    if door.sync is not None:
        lines = [text("doors.activity_on", service=name)]
        if not door.offered:
            lines.append(text("doors.closed_now"))
    elif door.offered:
        lines = [text("doors.activity_off", service=name)]
    else:
        lines = [text("doors.closed", service=name)]
    if door.listens:
        lines.append(text("doors.listens", n=number(door.listens), newest=_when(door.last_at)))
    elif door.sync is not None and door.offered:
        lines.append(text("doors.activity_nothing"))
    return lines


def _others(others: tuple[DoorView, ...], *, spotify: bool) -> list[str]:
    lines: list[str] = [
        text(
            "doors.other",
            service=_name(door.source),
            n=number(door.listens),
            newest=_when(door.last_at),
        )
        for door in others
    ]
    lines.append(text("doors.spotify" if spotify else "doors.no_spotify"))
    return lines


def _button(door: DoorView) -> discord.ui.Button[Layout]:
    if door.sync is None:
        return button(
            custom_ids.door("connect", door.source),
            label=plain(f"doors.connect_{door.source}"),
            style=discord.ButtonStyle.primary,
        )
    return button(custom_ids.door("ask", door.source), label=plain(f"doors.close_{door.source}"))


def _name(source: Source) -> Markdown:
    return text(f"source.{source}")


def _when(at: datetime | None) -> Markdown:
    return text("doors.undated") if at is None else Markdown(f"<t:{int(at.timestamp())}:R>")


def _day(at: datetime) -> Markdown:
    return Markdown(f"<t:{int(at.timestamp())}:D>")
