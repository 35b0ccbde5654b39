"""The card of `/recommend`: linked titles, one evidence line, 👍 👎 ⋯ per track."""

from collections.abc import Sequence

import discord

from bot.domain.feedback import Verdict
from bot.domain.ids import ShownItemId
from bot.domain.listening import EvidenceKind
from bot.domain.members import MemberSettings
from bot.domain.music import LinkService, Subject
from bot.domain.recommending import EvidenceShare, Policy, Recommendation, ShownItem
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, row, rule
from bot.ui.links import linked
from bot.ui.safe import safe_text
from bot.ui.texts import Markdown, text

TAGS_SHOWN = 3
TAG = 24
NAMED = 45
"""Longest title in a heading or a reason."""


def recommendation_card(
    recommendation: Recommendation,
    *,
    owner_name: str,
    like: Subject | None,
    settings: MemberSettings,
) -> Layout:
    """Return the card of a list of one to five tracks."""
    single = len(recommendation.items) == 1
    parts: list[discord.ui.Item[Layout]] = [line(_heading(recommendation, owner_name, like))]
    for item in recommendation.items:
        parts.append(line(_entry(item, settings.link_service, single)))
        parts.append(vote_row(item.id))
    parts.append(rule())
    parts.append(line(_footer(recommendation, single=single)))
    return Layout(container(*parts))


def vote_row(item_id: ShownItemId) -> discord.ui.ActionRow[Layout]:
    """Return the three buttons under a track."""
    return row(
        button(custom_ids.vote(item_id, Verdict.UP), emoji="👍"),
        button(custom_ids.vote(item_id, Verdict.DOWN), emoji="👎"),
        button(custom_ids.more(item_id), label="⋯"),
    )


def _heading(recommendation: Recommendation, owner_name: str, like: Subject | None) -> Markdown:
    if like is not None:
        return text("card.heading_like", name=_short(owner_name), like=_short(like.full_title))
    key = "card.heading_single" if len(recommendation.items) == 1 else "card.heading"
    return text(key, name=_short(owner_name))


def _entry(item: ShownItem, service: LinkService, single: bool) -> str:
    subject = item.scored.subject
    number = "" if single else f"{item.scored.rank}\\. "  # escaped: no list, or all would be 1
    lines = [f"{number}{linked(subject, service)}"]
    about = facts(subject) if subject.track else text("card.artist_only")
    because = reason_line(item.because)
    if item.style is not None:
        because = text("card.style", style=Markdown(safe_text(item.style, limit=TAG)))
    if item.scored.policy is Policy.EXPLORE:
        because = text("card.exploring")
    lines += [f"-# {part}" for part in (because, about) if part]
    return "\n".join(lines)


def facts(subject: Subject) -> Markdown:
    """Return what anybody may know of a track: its artist's tags and country."""
    tags = ", ".join(safe_text(t, limit=TAG) for t in subject.artist.tags[:TAGS_SHOWN])
    return Markdown(" · ".join(p for p in (tags, subject.artist.country or "") if p))


def reason_line(reasons: Sequence[EvidenceShare]) -> Markdown:
    """Return "because you …" from the strongest pieces of evidence."""
    named = [share for share in reasons if share.share > 0][:2]
    if not named:
        return Markdown("")
    if len({_phrase_key(share) for share in named}) == 1:  # one verb for both
        titles = _joined([_short(share.subject.title) for share in named])
        return text("card.because", what=text(_phrase_key(named[0]), title=titles))
    phrases = [text(_phrase_key(one), title=_short(one.subject.title)) for one in named]
    return text("card.because", what=_joined(phrases))


def _short(name: str) -> Markdown:
    return Markdown(safe_text(name, limit=NAMED))


def _joined(phrases: Sequence[Markdown]) -> Markdown:
    return Markdown(f" {text('card.and')} ".join(phrases))


def _phrase_key(share: EvidenceShare) -> str:
    keys = {
        EvidenceKind.PLAY: "card.you_play",
        EvidenceKind.PICK: "card.you_picked",
        EvidenceKind.LIKE: "card.you_liked",
    }
    return keys.get(EvidenceKind(share.kind), "card.you_know")


def _footer(recommendation: Recommendation, *, single: bool) -> Markdown:
    key = "card.footer_single" if single and not recommendation.private else "card.footer"
    return text(key, adventure=recommendation.adventure, version=recommendation.model_version)
