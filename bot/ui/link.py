"""`/link` and `/unlink`: always private."""

from datetime import datetime

import discord
from discord import ui

from bot.domain.spotify import LoginState, Seats, SpotifyLogin, SyncState
from bot.services.link_watch import LinkEvent
from bot.services.linking import LinkOffer
from bot.services.notices import Notice
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, notice, row
from bot.ui.texts import Markdown, number, plain, plural, text

LONGEST_NAME = 60


def link_offer(offer: LinkOffer, *, paste_start: str) -> Layout:
    """Return the private message with the one button that begins."""
    parts: list[discord.ui.Item[Layout]] = [line(text("link.heading"))]
    if offer.login is None:
        parts.append(line(text("link.offer")))
    elif offer.login.state is LoginState.RELINK:
        parts.append(line(text("link.ended_again", name=offer.login.name)))
    else:
        since = _when(offer.login.consented_at)
        parts.append(line(text("link.again", name=offer.login.name, since=since)))
    key = "link.button" if offer.login is None else "link.button_again"
    buttons: list[ui.Item[Layout]] = [ui.Button(label=plain(key), url=offer.url, emoji="🔗")]
    if not offer.pages:
        parts.append(line(text("link.paste", start=Markdown(paste_start))))
        buttons.append(
            button(
                custom_ids.link("finish"),
                label=plain("link.finish_button"),
                style=discord.ButtonStyle.success,
            )
        )
    parts.append(row(*buttons))
    if not offer.pages:
        parts.append(line(text("link.paste_warning")))
    parts.append(line(seats_line(offer.seats)))
    return Layout(container(*parts))


def seats_line(seats: Seats) -> Markdown:
    """Return the seat meter."""
    return text("link.seats", used=seats.used, total=seats.total)


def link_event(event: LinkEvent) -> Layout:
    """Return what has become of an attempt."""
    words = text(
        event.key,
        **event.params,
        listens=number(event.listens),
        steps=event.steps,
        of=event.of,
    )
    return notice(words, warning=not event.linked)


def link_state(login: SpotifyLogin, state: SyncState | None) -> Layout:
    """Return how a standing link is."""
    since = _when(login.consented_at)
    if state is None or state.polled_at is None:
        lines = [text("link.state_never", name=login.name, since=since)]
    else:
        lines = [
            text(
                "link.state",
                name=login.name,
                since=since,
                polled=_when(state.polled_at),
                next=_when(state.next_at),
            )
        ]
    if state is not None and state.error_key is not None and state.failed_at is not None:
        lines.append(
            text("link.state_trouble", when=_when(state.failed_at), what=text(state.error_key))
        )
    lines.append(text("link.state_ends", ends=_when(login.ends_at())))
    return notice(
        "\n".join(lines),
        row(
            button(custom_ids.link("begin"), label=plain("link.button_again"), emoji="🔗"),
            button(
                custom_ids.unlink("ask"),
                label=plain("link.unlink_button"),
                style=discord.ButtonStyle.danger,
            ),
        ),
    )


def unlink_question() -> Layout:
    """Return the question before unlinking."""
    return notice(
        text("unlink.question"),
        row(
            button(
                custom_ids.unlink("yes"),
                label=plain("unlink.yes"),
                style=discord.ButtonStyle.danger,
            ),
            button(custom_ids.unlink("no"), label=plain("unlink.no")),
        ),
        warning=True,
    )


def unlinked(listens: int) -> Layout:
    """Return what unlinking deleted."""
    return notice(plural("unlink.done", listens))


def notice_panel(told: Notice) -> Layout:
    """Return a notice as a message."""
    words = text(told.key, **told.params)
    if not told.relink:
        return notice(words)
    again = button(custom_ids.link("begin"), label=plain("link.button_again"), emoji="🔗")
    return notice(words, row(again))


def _when(at: datetime) -> Markdown:
    return Markdown(f"<t:{int(at.timestamp())}:R>")
