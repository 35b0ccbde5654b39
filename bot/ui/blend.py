"""Blends: the invitation and the list made of those who agreed."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

import discord

from bot.domain.blending import Agreement, Blend, BlendResult, PairMatch
from bot.domain.feedback import Verdict
from bot.domain.ids import MemberId, RecommendationId
from bot.domain.music import LinkService
from bot.domain.recommending import ShownItem
from bot.ui import custom_ids
from bot.ui.layout import Layout, button, container, line, menu, notice, row, rule
from bot.ui.links import linked_in_line, url_of
from bot.ui.safe import plain_label, safe_text
from bot.ui.texts import Markdown, plain, text

ON_CARD = 10
BAR_CELLS = 10
NAME = 24
FILE_NAME = "blend.txt"
Names = Mapping[MemberId, str]


def call_to(members: Iterable[MemberId]) -> Layout:
    """Return the call that pings the invited (and nobody else)."""
    return notice(text("blend.call", names=Markdown(" ".join(f"<@{m}>" for m in members))))


def invitation(
    blend: Blend, names: Names, *, ended: bool = False, left_out: Sequence[MemberId] = ()
) -> Layout:
    """Return the invitation, and who agreed but has nothing to go on."""
    others = [m for m, _ in blend.members if m != blend.owner_id]
    parts: list[discord.ui.Item[Layout]] = [
        line(text("blend.heading", n=len(blend.members))),
        line(
            text(
                "blend.invite",
                names=Markdown(" ".join(f"<@{m}>" for m in others)),
                owner=_name(names, blend.owner_id),
            )
        ),
        line("\n".join([text(f"blend.rule_{blend.rule}"), standings(blend, names)])),
    ]
    if ended:
        parts.append(line(text("blend.ended")))
        return Layout(container(*parts))
    parts += _without_evidence(left_out, names)
    until = Markdown(f"<t:{int(blend.expires_at.timestamp())}:R>")
    parts += [line(text("blend.waiting", until=until)), answer_row(blend)]
    return Layout(container(*parts))


def _without_evidence(left_out: Sequence[MemberId], names: Names) -> list[discord.ui.Item[Layout]]:
    if not left_out:
        return []
    who = Markdown(", ".join(_name(names, m) for m in left_out))
    return [line(text("blend.no_evidence", names=who))]


def standings(blend: Blend, names: Names) -> Markdown:
    """Return who agreed, who is asked, who is out."""
    rows = [
        text(f"blend.standing_{state}", name=_name(names, member))
        for member, state in blend.members
    ]
    return Markdown(" · ".join(rows))


def _name(names: Names, member: MemberId) -> Markdown:
    return Markdown(safe_text(names.get(member, str(member)), limit=NAME))


def answer_row(
    blend: Blend, *, playlist_of: RecommendationId | None = None
) -> discord.ui.ActionRow[Layout]:
    """Return the answer buttons, with one to Spotify where that door is open."""
    buttons = [
        button(
            custom_ids.blend(blend.id, "agree"),
            label=plain("blend.agree"),
            style=discord.ButtonStyle.success,
        ),
        button(custom_ids.blend(blend.id, "decline"), label=plain("blend.decline")),
        button(custom_ids.blend(blend.id, "revoke"), label=plain("blend.revoke")),
    ]
    if playlist_of is not None:
        custom_id = custom_ids.blend_to_spotify(blend.id, playlist_of)
        buttons.append(button(custom_id, label=plain("playlist.blend_button"), emoji="📋"))
    return row(*buttons)


def blend_card(
    result: BlendResult,
    names: Names,
    *,
    left_out: Sequence[MemberId],
    service: LinkService = LinkService.YOUTUBE,
    spotify: bool = False,
) -> tuple[Layout, discord.File]:
    """Return the card with up to ten tracks, and the file with all of them."""
    blend = result.blend
    shown = result.items[:ON_CARD]
    parts: list[discord.ui.Item[Layout]] = [
        line(text("blend.heading", n=len(blend.agreed))),
        line("\n".join([text(f"blend.rule_{blend.rule}"), standings(blend, names)])),
        line("\n".join(_short(item, service) for item in shown)),
        line("\n".join([text("blend.shares"), *_shares(result, names)])),
    ]
    if result.matches:
        parts.append(line("\n".join([text("blend.matches"), *_matches(result.matches, names)])))
    parts += _without_evidence(left_out, names)
    parts += [
        rule(),
        _vote_menu(shown, Verdict.UP),
        _vote_menu(shown, Verdict.DOWN),
        answer_row(blend, playlist_of=shown[0].recommendation_id if spotify else None),
        line(text("blend.file_more", n=len(result.items))),
        discord.ui.File(f"attachment://{FILE_NAME}"),
    ]
    return Layout(container(*parts)), listing(result, service)


def _short(item: ShownItem, service: LinkService) -> str:
    return f"{item.scored.rank}\\. {linked_in_line(item.scored.subject, service)}"


def _shares(result: BlendResult, names: Names) -> list[Markdown]:
    return [
        text(
            "blend.share",
            name=_name(names, member),
            bar=Markdown(
                "█" * round(BAR_CELLS * share) + "░" * (BAR_CELLS - round(BAR_CELLS * share))
            ),
            percent=round(100 * share),
        )
        for member, share in result.shares
    ]


def _matches(matches: Sequence[PairMatch], names: Names) -> list[Markdown]:
    best = sorted(matches, key=lambda m: -m.percent)[:6]
    return [
        text(
            "blend.match",
            first=_name(names, m.first),
            second=_name(names, m.second),
            percent=m.percent,
            confidence=text(f"blend.confidence_{m.confidence}"),
        )
        for m in best
    ]


def _vote_menu(items: Sequence[ShownItem], verdict: Verdict) -> discord.ui.ActionRow[Layout]:
    key = "blend.vote_up" if verdict is Verdict.UP else "blend.vote_down"
    return menu(
        custom_ids.vote_menu(items[0].recommendation_id, verdict),
        placeholder=plain(key),
        options=[
            discord.SelectOption(
                label=plain_label(f"{i.scored.rank}. {i.scored.subject.full_title}", limit=100),
                value=str(i.id),
            )
            for i in items
        ],
    )


def listing(result: BlendResult, service: LinkService) -> discord.File:
    """Return all tracks as a text file, one per line with its link."""
    rows = [
        f"{i.scored.rank}. {plain_label(i.scored.subject.full_title, limit=200)}\t{url_of(i.scored.subject, service)}"
        for i in result.items
    ]
    return discord.File(BytesIO("\n".join(rows).encode() + b"\n"), filename=FILE_NAME)


def answer_key(agreement: Agreement) -> str:
    """Return the key of the sentence that confirms an answer."""
    return {
        Agreement.AGREED: "blend.answered_agree",
        Agreement.DECLINED: "blend.answered_decline",
        Agreement.REVOKED: "blend.answered_revoke",
    }[agreement]
