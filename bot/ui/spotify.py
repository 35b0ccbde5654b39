"""Answers about playlists, library and queue at Spotify: always private."""

from collections import defaultdict

from discord.ui import ActionRow

from bot.domain.ids import MemberId, ShownItemId
from bot.domain.spotify import Written
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, notice, row
from bot.ui.safe import safe_text
from bot.ui.texts import Markdown, plain, text

NAMED = 8
TITLE = 70


def spotify_row(item_id: ShownItemId) -> ActionRow[Layout]:
    """Return the buttons for a linked member in the panel of one pick."""
    return row(
        button(
            custom_ids.spotify("queue", item_id), label=plain("playlist.queue_button"), emoji="⏭️"
        ),
        button(
            custom_ids.spotify("save", item_id), label=plain("playlist.save_button"), emoji="💾"
        ),
        button(
            custom_ids.spotify("list", item_id), label=plain("playlist.list_button"), emoji="📋"
        ),
    )


def where_panel(owner: MemberId, *, own: bool, list_id: int, blend_id: int) -> Layout:
    """Return the choice whose account a playlist goes to, and what that means."""
    words = [text("playlist.where_shared", owner=Markdown(f"<@{owner}>"))]
    buttons = [
        button(
            custom_ids.playlist_on("shared", list_id, blend_id),
            label=plain("playlist.on_shared"),
            emoji="📋",
        )
    ]
    words.append(text("playlist.where_own" if own else "playlist.where_no_own"))
    if own:
        mine = custom_ids.playlist_on("own", list_id, blend_id)
        buttons.insert(0, button(mine, label=plain("playlist.on_own"), emoji="📋"))
    return notice("\n".join(words), row(*buttons))


def written_panel(written: Written, *, owner: MemberId | None = None) -> Layout:
    """Return what a playlist holds now: "47 of 50 placed, 3 skipped: …"."""
    key = "playlist.created" if written.created else "playlist.updated"
    lines = [text(key, url=Markdown(written.url))]
    if owner is not None:
        lines = [text("playlist.shared", url=Markdown(written.url), owner=Markdown(f"<@{owner}>"))]
    if not written.skipped:
        lines.append(text("playlist.all_placed", n=written.placed))
        return notice("\n".join(lines))
    lines.append(
        text(
            "playlist.placed",
            placed=written.placed,
            wanted=written.wanted,
            skipped=len(written.skipped),
        )
    )
    by_reason = defaultdict(list)
    for title, reason in written.skipped:
        by_reason[reason].append(Markdown(safe_text(title, limit=TITLE)))
    for reason, titles in by_reason.items():
        more = len(titles) - NAMED
        names = Markdown(", ".join(titles[:NAMED]) + (f" … +{more}" if more > 0 else ""))
        lines.append(text(reason, titles=names))
    return notice("\n".join(lines))
