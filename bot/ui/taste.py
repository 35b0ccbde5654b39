"""`/taste`: what is known, what is believed, all of it undoable."""

import discord

from bot.domain.feedback import BlockKind, Verdict
from bot.domain.listening import Source, TasteSummary
from bot.services.taste import Taste
from bot.ui import custom_ids
from bot.ui.layout import Layout, container, line, menu, rule
from bot.ui.safe import plain_label, safe_text
from bot.ui.texts import Markdown, number, plain, plural, text

LISTED = 8
MENU_OPTIONS = 25


def taste_panel(taste: Taste, *, private: bool) -> Layout:
    """Return `/taste`; in public it names only what was picked and voted on here (D14)."""
    parts: list[discord.ui.Item[Layout]] = [line(text("taste.heading"))]
    if private:
        parts += [line(section) for section in _listening(taste.summary)]
    leaning = _leanings(taste)
    if leaning:
        parts.append(line(leaning))
    parts.append(line(_verdicts(taste)))
    if taste.blocks and private:
        names = ", ".join(safe_text(b.subject.full_title, limit=60) for b in taste.blocks[:LISTED])
        parts.append(line(text("taste.blocked", names=Markdown(names))))
    options = undo_options(taste)
    if private and options:
        parts += [
            rule(),
            menu(
                custom_ids.TASTE_MENU,
                placeholder=plain("taste.undo_menu"),
                options=options,
            ),
        ]
    return Layout(container(*parts))


def _listening(summary: TasteSummary) -> list[Markdown]:
    if not summary.listens and not summary.picks:
        return [text("taste.no_listens")]
    sections: list[Markdown] = []
    if summary.top_artists:
        rows = [
            f"{rank}. {safe_text(artist.name, limit=60)} · {number(plays)}"
            for rank, (artist, plays) in enumerate(summary.top_artists, start=1)
        ]
        sections.append(Markdown("\n".join([text("taste.top_artists"), *rows])))
    if summary.top_tags:
        tags = ", ".join(
            f"{safe_text(tag, limit=30)} {round(100 * share)}\u00a0%"
            for tag, share in summary.top_tags
        )
        sections.append(text("taste.top_tags", tags=Markdown(tags)))
    sources = [
        f"{text(f'source.{s.source}')} {number(s.listens)}"
        for s in summary.sources
        if s.source is not Source.PICK
    ]
    if summary.picks:
        names = ", ".join(safe_text(name, limit=60) for _, name in summary.picks)
        sections.append(text("taste.picks", names=Markdown(names)))
    if sources:
        sections.append(
            plural("taste.sources", summary.listens, sources=Markdown(" · ".join(sources)))
        )
    return sections


def _leanings(taste: Taste) -> Markdown | None:
    likes = [safe_text(tag, limit=30) for tag, value in taste.believed if value > 0]
    dislikes = [safe_text(tag, limit=30) for tag, value in taste.believed if value < 0]
    lines = []
    if likes:
        lines.append(text("taste.thinks_like", tags=Markdown(", ".join(likes))))
    if dislikes:
        lines.append(text("taste.thinks_dislike", tags=Markdown(", ".join(dislikes))))
    return Markdown("\n".join(lines)) if lines else None


def _verdicts(taste: Taste) -> Markdown:
    if not taste.verdicts:
        return text("taste.no_verdicts")
    ups = [v for v in taste.verdicts if v.verdict is Verdict.UP]
    downs = [v for v in taste.verdicts if v.verdict is Verdict.DOWN]
    lines = []
    for key, rows in (("taste.ups", ups), ("taste.downs", downs)):
        if rows:
            names = ", ".join(safe_text(v.subject.full_title, limit=60) for v in rows[:LISTED])
            lines.append(text(key, n=len(rows), names=Markdown(names)))
    return Markdown("\n".join(lines))


def undo_options(taste: Taste) -> list[discord.SelectOption]:
    """Return one menu option per thing that can be taken back, newest first, at most 25."""
    options = [
        discord.SelectOption(
            label=plain_label(
                b.subject.artist.name if b.kind is BlockKind.ARTIST else b.subject.full_title,
                limit=100,
            ),
            value=f"block:{b.kind}:{b.id}",
            description=plain("taste.undo_block"),
            emoji="⛔",
        )
        for b in taste.blocks
    ]
    options += [
        discord.SelectOption(
            label=plain_label(v.subject.full_title, limit=100),
            value=f"vote:{v.item_id}",
            description=plain("taste.undo_vote"),
            emoji="👍" if v.verdict is Verdict.UP else "👎",
        )
        for v in taste.verdicts
    ]
    options += [
        discord.SelectOption(
            label=plain_label(name, limit=100),
            value=f"pick:{artist_id}",
            description=plain("taste.undo_pick"),
            emoji="✋",
        )
        for artist_id, name in taste.summary.picks
    ]
    return options[:MENU_OPTIONS]
