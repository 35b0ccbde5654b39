"""Private panels: the full why, what a vote moved, what was blocked."""

from collections.abc import Mapping, Sequence

import discord

from bot.domain.candidates import Provenance
from bot.domain.feedback import BlockKind
from bot.domain.ids import ShownItemId
from bot.domain.listening import EvidenceKind
from bot.domain.music import LinkService, Subject
from bot.domain.recommending import EvidenceShare, Moved, Policy, Receipt, Why
from bot.domain.sources import NAMES
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, notice, row, rule
from bot.ui.links import linked
from bot.ui.preview import preview_row
from bot.ui.safe import safe_text
from bot.ui.spotify import spotify_row
from bot.ui.texts import Markdown, catalogue, number, text

BAR_CELLS = 10
EVIDENCE_TITLE = 80
SMALL_LOG_ODDS = 0.005
"""Parts and shares smaller than this round to nothing and are left out."""


def why_panel(
    why: Why,
    item_id: ShownItemId | None,
    *,
    service: LinkService,
    spotify: bool = False,
    preview: bool = False,
) -> Layout:
    """Return the full reason for a pick, with what can be done about it."""
    parts: list[discord.ui.Item[Layout]] = [
        _heading(why.subject, service),
        line(_verdict_of_model(why)),
    ]
    shares = [share for share in why.shares if abs(share.share) >= SMALL_LOG_ODDS]
    if shares:
        parts.append(line("\n".join([text("why.evidence"), *map(_share_line, shares)])))
    else:
        parts.append(line(text("why.no_evidence")))
    if why.elsewhere is not None:
        parts.append(line(_elsewhere(why.elsewhere, why.subject)))
    held = text("why.held", term=Markdown(f"`{why.calibration:+.2f}`"))
    parts.append(line("\n".join([text("why.parts"), *_part_lines(why.parts), held])))
    if item_id is not None:
        parts += [rule(), _panel_buttons(why.subject, item_id)]
        if preview and why.subject.track is not None:
            parts.append(preview_row(item_id))
        if spotify:
            parts.append(spotify_row(item_id))
    return Layout(container(*parts))


def _heading(subject: Subject, service: LinkService) -> discord.ui.Item[Layout]:
    """Return the title, with its cover where one is known: linked to, and its source named."""
    words = f"{text('why.heading')}\n{linked(subject, service)}"
    artwork = subject.track.artwork if subject.track else None
    if artwork is None:
        return line(words)
    credit = text(f"why.cover.{artwork.source}")
    return discord.ui.Section(
        line(f"{words}\n{credit}"), accessory=discord.ui.Thumbnail(artwork.url)
    )


def _panel_buttons(subject: Subject, item_id: ShownItemId) -> discord.ui.ActionRow[Layout]:
    buttons = [
        button(custom_ids.like_this(subject.key), label=text("why.more_like_this"), emoji="🔎")
    ]
    if subject.track is not None:
        buttons.append(
            button(
                custom_ids.block(item_id, BlockKind.TRACK), label=text("why.not_this"), emoji="🚫"
            )
        )
    buttons.append(
        button(
            custom_ids.block(item_id, BlockKind.ARTIST), label=text("why.never_artist"), emoji="⛔"
        )
    )
    return row(*buttons)


def _verdict_of_model(why: Why) -> Markdown:
    lines = [text("why.probability", percent=round(100 * why.probability))]
    if why.from_stored and why.rank is not None and why.score_rank is not None:
        ranks = {"score_rank": number(why.score_rank), "rank": why.rank}
        moved = Markdown(f"{why.rerank or 0.0:+.2f}")
        explored = why.policy is Policy.EXPLORE
        lines.append(
            text("why.explored", **ranks) if explored else text("why.ranks", rerank=moved, **ranks)
        )
    return Markdown("\n".join(lines))


def _listed(names: Sequence[str]) -> Markdown:
    head = ", ".join(names[:-1])
    return Markdown(f"{head} {text('card.and')} {names[-1]}" if head else names[-1])


def _elsewhere(known: Provenance, subject: Subject) -> Markdown:
    services = _listed([NAMES[one] for one in known.services])
    key = "why.found_through" if known.brought else "why.vouched_by"
    lines = [text(key, services=services)]
    if known.seeds:
        seeds = _listed([safe_text(s, limit=60) for s in known.seeds])
        name = Markdown(safe_text(subject.artist.name, limit=60))
        lines.append(text("why.played_elsewhere", seeds=seeds, name=name))
    return Markdown("\n".join(lines))


def _share_line(share: EvidenceShare) -> str:
    keys = {
        EvidenceKind.PLAY: "why.played",
        EvidenceKind.PICK: "why.picked",
        EvidenceKind.LIKE: "why.liked",
        EvidenceKind.DISLIKE: "why.disliked",
        EvidenceKind.SKIP: "why.skipped",
    }
    what = text(
        keys[EvidenceKind(share.kind)],
        title=Markdown(safe_text(share.subject.full_title, limit=EVIDENCE_TITLE)),
        plays=number(max(1, round(share.value))),
    )
    return f"`{share.share:+.2f}` {what}"


def _part_lines(parts: Mapping[str, float]) -> list[str]:
    largest = max((abs(v) for v in parts.values()), default=0.0) or 1.0
    rows = sorted(parts.items(), key=lambda p: -abs(p[1]))
    return [
        f"`{value:+.2f}` {_bar(abs(value) / largest)} {part_name(name)}"
        for name, value in rows
        if abs(value) >= SMALL_LOG_ODDS
    ]


def part_name(name: str) -> str:
    """Return a part of the score in words; a part without a sentence keeps its name."""
    key = f"part.{name}"
    return text(key) if key in catalogue() else safe_text(name.replace("_", " "))


def _bar(share: float) -> str:
    filled = round(BAR_CELLS * min(1.0, max(0.0, share)))
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def receipt_panel(receipt: Receipt, item_id: ShownItemId) -> Layout:
    """Return what a vote moved, with an undo."""
    if not receipt.changed:
        key = "receipt.nothing_to_undo" if receipt.verdict == 0 else "receipt.unchanged"
        return notice(text(key, title=receipt.subject.full_title))
    key = {1: "receipt.up", -1: "receipt.down", 0: "receipt.undone"}[receipt.verdict]
    lines = [text(key, title=receipt.subject.full_title)]
    lines += [_moved(m) for m in receipt.moved]
    lines.append(text("receipt.footer") if receipt.moved else text("receipt.nothing_moved"))
    if receipt.verdict == 0:
        return notice("\n".join(lines))
    undo = row(button(custom_ids.vote(item_id, None), label=text("receipt.undo"), emoji="↩️"))
    return notice("\n".join(lines), undo)


def _moved(moved: Moved) -> Markdown:
    arrow = "▲" if moved.after < moved.before else "▼"
    return Markdown(
        f"{arrow} {safe_text(moved.name, limit=60)} {number(moved.before)} → {number(moved.after)}"
    )


def blocked_panel(subject: Subject, kind: BlockKind) -> Layout:
    """Return the answer to a block, with an undo."""
    artist = kind is BlockKind.ARTIST or subject.track is None
    target = subject.artist.id if artist else subject.key
    kind = BlockKind.ARTIST if artist else BlockKind.TRACK
    undo = row(button(custom_ids.unblock(kind, target), label=text("receipt.undo"), emoji="↩️"))
    if artist:
        return notice(text("block.artist", name=subject.artist.name), undo)
    return notice(text("block.track", title=subject.full_title), undo)


def consent_panel(custom_id: str, intro: str) -> Layout:
    """Return the question that comes before anything is stored."""
    return notice(
        f"{intro}\n\n{text('consent.text')}",
        row(
            button(
                custom_id,
                label=text("consent.ok"),
                emoji="✅",
                style=discord.ButtonStyle.success,
            )
        ),
    )
