"""Every layout within Discord's limits, with the longest and nastiest titles."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.demo.sources.world import StoodArtist, StoodTrack
from bot.demo.spotify.world import id_of
from bot.domain.blending import Agreement, Blend, BlendResult, BlendRule, PairMatch
from bot.domain.feedback import Block, BlockKind, StandingVerdict, Verdict
from bot.domain.ids import BlendId, ChannelId, GuildId, MemberId, ShownItemId
from bot.domain.listening import EvidenceKind, Source, SourceSummary, TasteSummary
from bot.domain.members import ErasureReport, MemberSettings
from bot.domain.music import Artwork, ArtworkSource, LinkService, Subject
from bot.domain.recommending import EvidenceShare, Moved, Policy, Receipt, Recommendation, Why
from bot.services.taste import Taste
from bot.ui import account, blend, card, panels, taste
from bot.ui.layout import Layout
from bot.ui.links import url_of
from tests.domain_values import NOW, artist, recommendation, subject

MAX_COMPONENTS = 40
MAX_TEXT = 4000
LONG = "𝔘𝔫𝔡𝔢𝔯 *the* [arch](http://x) `~` <@1> " * 30


def within_limits(layout: Layout) -> None:
    assert layout.total_children_count <= MAX_COMPONENTS
    assert layout.content_length() <= MAX_TEXT
    ids = [item.custom_id for item in layout.walk_children() if getattr(item, "custom_id", None)]
    assert len(ids) == len(set(ids))
    assert all(len(i) <= 100 for i in ids)
    assert layout.is_finished()


def nasty(n: int = 5):
    return [subject(k, title=LONG, name=LONG) for k in range(1, n + 1)]


def share(about, value: float = 0.5, kind: EvidenceKind = EvidenceKind.PLAY) -> EvidenceShare:
    return EvidenceShare(subject=about, kind=kind, value=12, share=value)


def because(shown: Recommendation, shares) -> Recommendation:
    return replace(shown, items=tuple(replace(i, because=tuple(shares)) for i in shown.items))


def test_a_style_takes_the_place_of_evidence_and_is_escaped():
    shown = recommendation(subject(1))
    shown = replace(shown, items=(replace(shown.items[0], style="*post* punk"),))
    layout = card.recommendation_card(shown, owner_name="A", like=None, settings=MemberSettings())
    assert "close in style to what you 👍 here: \\*post\\* punk" in words_of(layout)


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("n", [1, 5])
async def test_the_card_fits_with_the_longest_titles(n, private):
    shown = because(recommendation(*nasty(n), private=private), [share(nasty(1)[0])] * 2)
    layout = card.recommendation_card(
        shown,
        owner_name=LONG,
        like=nasty(1)[0],
        settings=MemberSettings(link_service=LinkService.APPLE_MUSIC),
    )
    within_limits(layout)


async def test_the_card_names_title_artist_reason_and_three_buttons_per_track():
    shown = because(recommendation(), [share(subject(9, title="Alison"))])
    layout = card.recommendation_card(
        shown,
        owner_name="Ada",
        like=None,
        settings=MemberSettings(),
    )
    words = "\n".join(item.content for item in layout.walk_children() if hasattr(item, "content"))
    assert "Five for Ada" in words
    assert "Song 1" in words
    assert "Artist 1" in words
    assert "because you play Alison" in words
    buttons = [i for i in layout.walk_children() if getattr(i, "custom_id", None)]
    assert len(buttons) == 15


async def test_links_lead_where_the_member_wants_and_never_carry_markup():
    for service in LinkService:
        url = card.linked(nasty(1)[0], service)
        target = url.split("](")[1].split(")**")[0]
        assert target.startswith("https://")
        assert not any(c in target for c in " <>[]`\n")


async def test_a_link_is_exact_where_an_id_is_known():
    about = subject(1)
    assert about.track is not None
    known = replace(about, track=replace(about.track, deezer_id="12", spotify_id="s" * 22))
    assert card.linked(known, LinkService.DEEZER).count("https://www.deezer.com/track/12)")
    stood = replace(
        about,
        track=replace(
            about.track,
            deezer_id=str(StoodTrack(7, StoodArtist(1, "A"), "B").deezer_id),
            spotify_id=id_of("track", "A\nB"),
        ),
    )
    for service in LinkService:
        assert url_of(stood, service) == url_of(about, service), "the demo's ids lead astray"
    assert card.linked(known, LinkService.SPOTIFY).count("/track/" + "s" * 22)
    assert "/search/" in card.linked(about, LinkService.DEEZER)


async def test_the_why_panel_fits_and_shows_all_parts():
    why = Why(
        subject=nasty(1)[0],
        score=1.0,
        probability=0.73,
        calibration=-0.5,
        parts={f"part_{n}": 0.1 * n for n in range(12)},
        rest=0.2,
        shares=tuple(share(nasty(1)[0], kind=kind) for kind in EvidenceKind) * 2,
        rank=1,
        score_rank=3,
        rerank=-0.4,
        from_stored=True,
    )
    about = why.subject
    assert about.track is not None
    for source in ArtworkSource:
        track = replace(about.track, artwork=Artwork(source, "https://covers.example/1.jpg"))
        shown = panels.why_panel(
            replace(why, subject=replace(about, track=track)),
            ShownItemId(4),
            service=LinkService.YOUTUBE,
            spotify=True,
            preview=True,
        )
        within_limits(shown)
        assert "covers.example" in str(shown.to_components())
        assert "Cover: " in str(shown.to_components()), "a cover names its source"


def words_of(layout: Layout) -> str:
    return "\n".join(i.content for i in layout.walk_children() if hasattr(i, "content"))


def why_of(**changes) -> Why:
    return replace(
        Why(
            subject=subject(),
            score=1.0,
            probability=0.73,
            calibration=-0.25,
            parts={"content": 1.0, "era": 0.001},
            rest=0.2,
            shares=(share(subject(2, title="Big"), 0.4), share(subject(3, title="Tiny"), -0.001)),
            rank=1,
            score_rank=45,
            rerank=0.35,
            from_stored=True,
        ),
        **changes,
    )


def why_words(**changes) -> str:
    return words_of(panels.why_panel(why_of(**changes), None, service=LinkService.YOUTUBE))


async def test_why_leaves_out_what_rounds_to_nothing():
    assert "Big" in why_words()
    assert "`-0.25`" in why_words(), "parts and calibration are the log-odds of the chance shown"
    assert "for how well such a sum has held before" in why_words().splitlines()[-1]
    assert "Tiny" not in why_words()
    assert "0.00" not in why_words()
    assert "Nothing you did" in why_words(shares=(share(subject(3), 0.001),))


async def test_why_says_when_a_track_was_drawn_by_lot():
    """Variety and adventure did not move it up then."""
    assert "drawn by lot" in why_words(policy=Policy.EXPLORE)
    assert "+0.35 for this one" in why_words(policy=Policy.EXPLOIT)


async def test_reasons_of_one_kind_share_their_verb_and_an_artist_is_called_one():
    shown = recommendation(subject(1), Subject(artist(7, name="Kasabian")))
    picked = [share(subject(n, title=f"Song {n}"), kind=EvidenceKind.PICK) for n in (8, 9)]
    layout = card.recommendation_card(
        because(shown, picked), owner_name="Ada", like=None, settings=MemberSettings()
    )
    assert "because you picked Song 8 and Song 9" in words_of(layout)
    assert "an artist; begin" in words_of(layout)
    mixed = [picked[0], share(subject(9, title="Song 9"))]
    assert card.reason_line(mixed) == "because you picked Song 8 and play Song 9"


async def test_receipts_say_from_and_to():
    receipt = Receipt(
        subject=subject(),
        verdict=1,
        changed=True,
        moved=(Moved(artist(3).id, "Grouper", 19, 4),),
    )
    layout = panels.receipt_panel(receipt, ShownItemId(4))
    within_limits(layout)
    words = "".join(i.content for i in layout.walk_children() if hasattr(i, "content"))
    assert "Grouper 19 → 4" in words
    for verdict in (-1, 0):
        within_limits(panels.receipt_panel(replace(receipt, verdict=verdict), ShownItemId(4)))
    within_limits(panels.receipt_panel(Receipt(subject(), 1, changed=False), ShownItemId(4)))


def full_taste() -> Taste:
    summary = TasteSummary(
        listens=160_000,
        top_artists=tuple((artist(n, name=LONG), 999) for n in range(8)),
        top_tags=tuple((LONG, 0.1) for _ in range(8)),
        sources=tuple(SourceSummary(s, 40_000, NOW, NOW) for s in Source),
        picks=tuple((artist(n).id, LONG) for n in range(1, 6)),
    )
    verdicts = tuple(
        StandingVerdict(nasty(1)[0], v, NOW, ShownItemId(n), weak=False)
        for n, v in enumerate([Verdict.UP, Verdict.DOWN] * 20)
    )
    blocks = tuple(Block(BlockKind.ARTIST, n, nasty(1)[0], NOW) for n in range(1, 12))
    return Taste(summary, verdicts, blocks, believed=((LONG, 1.0), (LONG, -0.4)))


@pytest.mark.parametrize("private", [True, False])
async def test_taste_fits_and_in_public_keeps_listening_to_itself(private):
    layout = taste.taste_panel(full_taste(), private=private)
    within_limits(layout)
    words = "".join(i.content for i in layout.walk_children() if hasattr(i, "content"))
    assert ("Most played" in words) is private
    assert ("Blocked" in words) is private


def a_blend(n: int = 12) -> Blend:
    members = tuple((MemberId(k), Agreement.AGREED) for k in range(1, n + 1))
    return Blend(
        id=BlendId(3),
        guild_id=GuildId(5),
        channel_id=ChannelId(6),
        owner_id=MemberId(1),
        rule=BlendRule.FAIR,
        members=members,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        answered_at=NOW,
    )


async def test_a_blend_of_twelve_fits():
    names = {MemberId(k): LONG[:32] for k in range(1, 13)}
    the_blend = a_blend()
    within_limits(blend.invitation(the_blend, names))
    within_limits(blend.invitation(the_blend, names, ended=True))
    shown = recommendation(*nasty(30))
    result = BlendResult(
        blend=the_blend,
        items=shown.items,
        shares=tuple((m, 1 / 12) for m in names),
        satisfaction=tuple((m, 0.5) for m in names),
        matches=tuple(PairMatch(MemberId(1), m, 50, "low") for m in names),
    )
    layout, file = blend.blend_card(result, names, left_out=list(names)[:3], spotify=True)
    within_limits(layout)
    assert len(file.fp.read().decode().splitlines()) == 30


async def test_the_account_panels_fit():
    within_limits(account.start_panel(agreed=False))
    within_limits(account.start_panel(agreed=True))
    within_limits(account.settings_panel(MemberSettings()))
    within_limits(account.greeting())
    within_limits(account.privacy_panel(backup_hours=0))
    assert "after at most 120 hours" in words_of(account.privacy_panel(backup_hours=120))
    within_limits(account.forget_question())
    within_limits(
        account.forgotten(ErasureReport(MemberId(1), dict.fromkeys(account.ERASED, 5), 0, 0))
    )
    within_limits(account.about_panel(None, version="1", training=True))
    within_limits(account.help_panel([("recommend", "Music for you")] * 15))


async def test_help_begins_with_what_one_needs_first():
    told = words_of(account.help_panel([("zebra", "new"), ("about", "x"), ("start", "y")]))
    assert told.index("/start") < told.index("/about") < told.index("/zebra")
