"""Half a minute of a track: the button that fetches it, and the answer."""

import discord
from discord import ui

from bot.domain.enrichment import Preview
from bot.domain.ids import ShownItemId
from bot.domain.music import Subject
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, notice, row
from bot.ui.texts import plain, text


def preview_row(item_id: ShownItemId) -> ui.ActionRow[Layout]:
    """Return the button; what it fetches is stored nowhere."""
    return row(button(custom_ids.preview(item_id), label=plain("preview.button"), emoji="🎧"))


def preview_panel(subject: Subject, found: Preview) -> Layout:
    """Return links to listen and to the service that lends it, which its terms ask for."""
    return notice(
        text("preview.found", title=subject.full_title, service=found.service),
        row(
            _link(found.url, plain("preview.listen")),
            _link(found.page, plain("preview.page", service=found.service)),
        ),
    )


def _link(url: str, label: str) -> ui.Button[Layout]:
    return ui.Button(style=discord.ButtonStyle.link, url=url, label=label)
