"""Members, servers, blocks, blends, meta: each with the promises of its port."""

from datetime import timedelta

import pytest

from bot.adapters.sqlite.database import Database
from bot.domain.blending import Agreement, Blend, BlendRule
from bot.domain.feedback import BlockKind, Verdict
from bot.domain.ids import BlendId, ChannelId, GuildId, MemberId, MessageId
from bot.domain.members import MemberSettings
from bot.domain.music import LinkService
from bot.errors import NotFoundError
from tests.adapters.sqlite.stage import ANA, BEN, CLEO, HOME, NOW, at, find, held, press, show


async def test_consent_is_given_once_per_version(database: Database) -> None:
    assert await database.members.consent(ANA) is None
    await database.members.agree(ANA, version=1, at=NOW)
    await database.members.agree(ANA, version=1, at=at(5))
    first = await database.members.consent(ANA)
    await database.members.agree(ANA, version=2, at=at(9))
    second = await database.members.consent(ANA)
    assert first is not None
    assert second is not None
    assert (first.version, first.given_at) == (1, NOW)
    assert (second.version, second.given_at) == (2, at(9))


async def test_settings_have_defaults_and_are_kept(database: Database) -> None:
    assert await database.members.settings(ANA) == MemberSettings()
    mine = MemberSettings(True, 9, LinkService.TIDAL, explicit=False, notices=False)
    for settings in (MemberSettings(), mine):
        await database.members.save_settings(ANA, settings)
    assert await database.members.settings(ANA) == mine
    assert await database.members.all_settings() == {ANA: mine}


async def test_meta_keeps_the_last_value(database: Database) -> None:
    assert await database.meta.get("commands.hash") is None
    for value in ("a", "b"):
        await database.meta.set("commands.hash", value)
    assert await database.meta.get("commands.hash") == "b"


async def test_a_server_comes_goes_and_comes_back(database: Database) -> None:
    first = await database.guilds.joined(HOME, at=NOW)
    await database.guilds.mark_greeted(HOME)
    await database.guilds.removed(HOME, at=at(1))
    await database.guilds.removed(HOME, at=at(9))
    assert await database.guilds.present() == frozenset()
    assert await database.guilds.due_for_purge(removed_before=at(1)) == []
    assert await database.guilds.due_for_purge(removed_before=at(2)) == [HOME]
    back = await database.guilds.joined(HOME, at=at(20))
    assert (first.greeted, back.greeted, back.joined_at) == (False, True, NOW)
    assert await database.guilds.present() == {HOME}
    assert await database.guilds.due_for_purge(removed_before=at(99)) == []


async def test_a_purge_keeps_verdicts_and_cuts_their_items_loose(database: Database) -> None:
    await database.guilds.joined(HOME, at=NOW)
    voted = await show(database, "queen", "hey jude", message=1)
    silent = await show(database, "slowdive", message=2)
    elsewhere = await show(database, "daft punk", guild_id=GuildId(9))
    await database.gestures.record(press(voted, 1, Verdict.UP))
    blend = await make_blend(database)
    await database.guilds.removed(HOME, at=at(1))

    removed = await database.guilds.purge(HOME)

    assert removed == 2 + 1 + 2 + 1 + 3 + 1  # messages, list, items, blend, its members, server
    assert await held(database) == {voted.items[1].scored.subject.key: Verdict.UP}
    assert await database.recommendations.get(silent.id) is None
    assert await database.blends.get(blend.id) is None
    kept = await database.recommendations.get(voted.id)
    assert kept is not None
    assert (kept.guild_id, kept.message_id, [i.id for i in kept.items]) == (
        None,
        None,
        [voted.items[1].id],
    )
    in_private = await database.recommendations.shown_keys(ANA, guild_id=None, since=at(-99))
    assert in_private == frozenset()
    assert await database.recommendations.get(elsewhere.id) is not None
    assert await database.guilds.due_for_purge(removed_before=at(99)) == []
    assert await database.guilds.purge(HOME) == 0


async def test_blocks_are_kept_once_newest_first(database: Database) -> None:
    song, band = await find(database, "hey jude", "slowdive")
    assert song.track is not None
    assert await database.blocks.add(ANA, BlockKind.TRACK, song.track.id, at=NOW) is True
    assert await database.blocks.add(ANA, BlockKind.ARTIST, band.artist.id, at=at(1)) is True
    assert await database.blocks.add(ANA, BlockKind.TRACK, song.track.id, at=at(2)) is False
    found = await database.blocks.blocks(ANA)
    assert [(b.kind, b.subject, b.made_at) for b in found] == [
        (BlockKind.ARTIST, band, at(1)),
        (BlockKind.TRACK, song, NOW),
    ]
    assert found[0].id == band.artist.id
    assert await database.blocks.remove(ANA, BlockKind.ARTIST, band.artist.id) is True
    assert await database.blocks.remove(ANA, BlockKind.ARTIST, band.artist.id) is False
    assert len(await database.blocks.blocks(ANA)) == 1
    assert await database.blocks.blocks(BEN) == []
    with pytest.raises(NotFoundError):
        await database.blocks.add(ANA, BlockKind.TRACK, 10**9, at=NOW)


async def make_blend(database: Database, **changes: object) -> Blend:
    return await database.blends.create(
        guild_id=HOME,
        channel_id=ChannelId(3),
        owner_id=ANA,
        rule=BlendRule.FAIR,
        members=[BEN, ANA, CLEO],
        at=NOW,
        expires_at=at(60),
    )


async def test_a_blend_remembers_who_answered_how(database: Database) -> None:
    blend = await make_blend(database)
    assert blend.members == (
        (ANA, Agreement.AGREED),
        (BEN, Agreement.INVITED),
        (CLEO, Agreement.INVITED),
    )
    await database.blends.mark_sent(blend.id, message_id=MessageId(8))
    answered = await database.blends.answer(blend.id, CLEO, Agreement.AGREED, at=at(1))
    assert answered is not None
    assert answered.agreed == (ANA, CLEO)
    assert answered.message_id == MessageId(8)
    assert await database.blends.get(blend.id) == answered
    assert await database.blends.answer(blend.id, MemberId(5), Agreement.AGREED, at=NOW) is None
    assert await database.blends.answer(BlendId(99), CLEO, Agreement.AGREED, at=NOW) is None
    with pytest.raises(NotFoundError):
        await database.blends.mark_sent(BlendId(99), message_id=MessageId(8))


async def test_blends_run_out(database: Database) -> None:
    blend = await make_blend(database)
    assert await database.blends.delete_expired(before=blend.expires_at) == 0
    later = blend.expires_at + timedelta(milliseconds=1)
    assert await database.blends.delete_expired(before=later) == 1
    assert await database.blends.get(blend.id) is None
