"""Every command as members meet it."""

import json
import sqlite3
from typing import Any

import pytest

from bot.demo.simulated import buttons_of
from bot.domain.feedback import Verdict
from tests.cogs.conftest import Room, words

PRIVATE = ("start", "settings", "privacy", "my-data", "forget-me", "help", "about", "why")
ALL = (*PRIVATE, "recommend", "taste")


@pytest.mark.parametrize("command", ALL)
async def test_every_command_is_acknowledged_and_says_something(room: Room, command):
    result = await room.run("Ada", command)
    assert result.acknowledged
    assert len(words(result)) > 20


@pytest.mark.parametrize("command", PRIVATE)
async def test_what_is_about_a_person_is_private(room: Room, command):
    assert (await room.run("Ada", command)).ephemeral


@pytest.mark.parametrize("command", ["recommend", "taste", "why"])
async def test_somebody_who_never_agreed_is_asked_in_private_and_nothing_is_stored(
    room: Room, command
):
    result = await room.run("Nova", command)
    assert "agree" in words(result)
    export = json.loads(await room.app.services.privacy.export(room.id_of("Nova")))
    assert not any(export[table] for table in export if isinstance(export[table], list))


async def test_two_members_get_different_lists(room: Room):
    first, second = await room.run("Ada", "recommend"), await room.run("Bruno", "recommend")
    assert words(first).splitlines()[1:] != words(second).splitlines()[1:]


async def test_a_public_card_names_no_picks(room: Room):
    result = await room.run("Ada", "recommend")
    assert not result.ephemeral
    assert "you picked" not in words(result)


async def test_a_private_card_gives_the_reason(room: Room):
    result = await room.run("Ada", "recommend", private=True)
    assert result.ephemeral
    assert "because you picked" in words(result)


async def test_a_public_card_may_name_a_vote_made_on_a_public_card_of_the_same_server(room: Room):
    first = await room.run("Ada", "recommend")
    await room.press("Ada", first.response, "aux1:vote:")
    # which picks come is partly drawn by lot, so a single list may hold none that the vote speaks for
    named = [words(await room.run("Ada", "recommend")).count("because you 👍") for _ in range(5)]
    assert any(named)
    assert max(named) <= 2, "one vote doesn't explain the whole list"


async def test_a_public_card_does_not_name_a_vote_made_in_private(room: Room):
    first = await room.run("Ada", "recommend", private=True)
    await room.press("Ada", first.response, "aux1:vote:")
    assert "because you" in words(await room.run("Ada", "recommend", private=True))
    assert "because you" not in words(await room.run("Ada", "recommend"))


async def test_a_vote_answers_privately_and_changes_the_next_list(room: Room):
    first = await room.run("Ada", "recommend", private=True)
    receipt = await room.press("Ada", first.response, "aux1:vote:")
    assert receipt.ephemeral
    assert "is saved" in words(receipt)
    assert "→" in words(receipt)
    second = await room.run("Ada", "recommend", private=True)
    assert words(second) != words(first)
    assert "👍" in words(second)


async def test_undo_takes_the_vote_back(room: Room):
    card = await room.run("Ada", "recommend")
    receipt = await room.press("Ada", card.response, "aux1:vote:")
    assert len(await room.app.database.gestures.verdicts(room.id_of("Ada"), limit=9)) == 1
    undone = await room.press("Ada", receipt.response, "aux1:vote:")
    assert "taken back" in words(undone)
    assert not await room.app.database.gestures.verdicts(room.id_of("Ada"), limit=9)


async def test_anybody_may_vote_for_their_own_profile(room: Room):
    card = await room.run("Ada", "recommend")
    await room.press("Bruno", card.response, "aux1:vote:")
    gestures = room.app.database.gestures
    assert len(await gestures.verdicts(room.id_of("Bruno"), limit=9)) == 1
    assert not await gestures.verdicts(room.id_of("Ada"), limit=9)


async def test_the_first_vote_of_a_stranger_counts_after_their_ok(room: Room):
    card = await room.run("Ada", "recommend")
    asked = await room.press("Nova", card.response, "aux1:vote:")
    assert "once you agree" in words(asked)
    gestures = room.app.database.gestures
    assert not await gestures.verdicts(room.id_of("Nova"), limit=9)
    await room.press("Nova", asked.response, "aux1:agree:vote")
    stored = await gestures.verdicts(room.id_of("Nova"), limit=9)
    assert [v.verdict for v in stored] == [Verdict.UP]


@pytest.mark.parametrize("emoji", ["👍", "👍🏽"])
async def test_reactions_on_a_single_pick_count_and_can_be_taken_off(room: Room, emoji):
    result = await room.run("Ada", "recommend", count=1)
    message = result.response
    gestures = room.app.database.gestures
    await room.person("Bruno").react(message, emoji)
    assert [v.verdict for v in await gestures.verdicts(room.id_of("Bruno"), limit=9)] == [
        Verdict.UP
    ]
    await room.person("Nova").react(message, emoji)
    assert not await gestures.verdicts(room.id_of("Nova"), limit=9)
    await room.person("Bruno").unreact(message, emoji)
    assert not await gestures.verdicts(room.id_of("Bruno"), limit=9)


async def test_more_opens_the_full_why_and_a_block_keeps_the_artist_away(room: Room):
    card = await room.run("Ada", "recommend", private=True)
    panel = await room.press("Ada", card.response, "aux1:more:")
    assert "part by part" in words(panel)
    custom_id = next(
        i
        for i in buttons_of(panel.response)
        if i.startswith("aux1:block:") and i.endswith(":artist")
    )
    blocked = await room.person("Ada").click(panel.response, custom_id=custom_id)
    assert "Never again" in words(blocked)
    (block,) = await room.app.database.blocks.blocks(room.id_of("Ada"))
    for _ in range(3):
        again = await room.run("Ada", "recommend", private=True)
        assert f"\n{block.subject.artist.name} ·" not in words(again)
    lifted = await room.press("Ada", blocked.response, "aux1:unblock:")
    assert "lifted" in words(lifted)
    assert not await room.app.database.blocks.blocks(room.id_of("Ada"))


async def test_start_stores_picks_after_the_ok_and_answers_with_a_list(room: Room):
    asked = await room.run("Nova", "start", artist_1="Miles Davis", artist_2="John Coltrane")
    assert "Miles Davis" in words(asked)
    listed = await room.press("Nova", asked.response, "aux1:agree:picks")
    assert "because you picked" in words(listed)
    taste = await room.run("Nova", "taste")
    assert "John Coltrane" in words(taste)


async def test_start_suggests_artists_while_typing_and_says_who_is_unknown(room: Room):
    nova = room.person("Nova")
    choices = await nova.autocomplete(room.sim.channel, "start", "artist_1", "radioh")
    assert choices[0]["name"].startswith("Radiohead")
    result = await room.run("Nova", "start", artist_1="Zzyzx Qqq Unknown Band")
    assert "I don't know an artist" in words(result)
    assert "Did you mean Radiohead" in words(await room.run("Nova", "start", artist_1="Radiohed"))


@pytest.mark.parametrize("name", ["Nova", "Ada"], ids=["before the OK", "after it"])
async def test_start_goes_on_with_the_artists_it_knows(room: Room, name: str):
    asked = await room.run(name, "start", artist_1="Radiohed", artist_2="Miles Davis")
    assert "Did you mean Radiohead" in words(asked)
    assert "I went on with the others" in words(asked)
    if name == "Nova":
        await room.press("Nova", asked.response, "aux1:agree:picks")
    taste = words(await room.run(name, "taste"))
    assert "Miles Davis" in taste
    assert "Radiohead" not in taste


async def test_recommend_like_starts_from_a_name(room: Room):
    choices = await room.person("Ada").autocomplete(
        room.sim.channel, "recommend", "like", "fela kuti"
    )
    result = await room.run("Ada", "recommend", like=choices[0]["value"])
    assert "Fela Kuti" in words(result).splitlines()[0]


async def test_import_brings_plays_in_and_again_adds_nothing(room: Room):
    table = b"artist,track,played_at\nNeu!,Hallogallo,2025-05-01T10:00:00Z\nCan,Vitamin C,2025-05-02T10:00:00Z\n"
    first = await room.run("Ada", "import", file=("mine.csv", table))
    assert "2 new plays" in words(first)
    second = await room.run("Ada", "import", file=("mine.csv", table))
    assert "nothing was added" in words(second)
    bad = await room.run("Ada", "import", file=("page.json", b"<html>not an export</html>"))
    assert "don't recognise" in words(bad)


async def test_taste_takes_things_back(room: Room):
    panel = await room.run("Ada", "taste")
    artist = (await room.app.services.onboarding.resolve_artists(["Pixies"]))[0]
    await room.person("Ada").select(
        panel.response, [f"pick:{artist.id}"], custom_id="aux1:taste:undo"
    )
    taste = await room.app.services.taste.taste(room.id_of("Ada"))
    assert "Pixies" not in [name for _, name in taste.summary.picks]


async def test_settings_change_in_place_and_decide_visibility(room: Room):
    panel = await room.run("Ada", "settings")
    await room.person("Ada").click(panel.response, custom_id="aux1:set:private")
    assert (await room.run("Ada", "recommend")).ephemeral


async def test_who_is_unknown_hears_that_nothing_is_stored(room: Room):
    assert "nothing about you" in words(await room.run("Nova", "my-data"))
    question = await room.run("Nova", "forget-me")
    done = await room.person("Nova").click(question.response, custom_id="aux1:forget:yes")
    assert "nothing about you to delete" in words(done)


async def test_privacy_tells_that_there_are_no_backups_where_they_are_off(room: Room):
    assert room.app.settings.backup_hours == 0
    assert "no backups by myself" in words(await room.run("Ada", "privacy"))


async def test_forget_me_erases_and_says_what(room: Room):
    await room.run("Ada", "recommend")
    question = await room.run("Ada", "forget-me")
    done = await room.person("Ada").click(question.response, custom_id="aux1:forget:yes")
    assert "- picked artists: 5" in words(done)
    assert "- tracks on those lists: 5" in words(done)
    assert "- your Discord id: 1" in words(done)
    export = json.loads(await room.app.services.privacy.export(room.id_of("Ada")))
    assert not any(export[table] for table in export if isinstance(export[table], list))
    assert "agree" in words(await room.run("Ada", "recommend"))


async def test_a_card_of_somebody_forgotten_says_why_it_takes_no_vote(room: Room):
    card = await room.run("Ada", "recommend")
    question = await room.run("Ada", "forget-me")
    await room.person("Ada").click(question.response, custom_id="aux1:forget:yes")
    refused = await room.press("Ada", card.response, "aux1:vote:")
    assert "too old, or its owner had them deleted" in words(refused)


async def test_a_blend_needs_agreement_and_then_shows_list_shares_and_match(room: Room):
    asked = await room.run("Ada", "blend", member=room.person("Bruno"))
    message = asked.response
    assert f"<@{room.id_of('Bruno')}>" in words(asked)
    stranger = await room.press("Nova", message, "aux1:blend:")
    assert "people named in it" in words(stranger)
    await room.press("Bruno", message, "aux1:blend:")
    shown = await room.run("Ada", "help")  # lets the edit settle
    assert shown.acknowledged
    text = words(asked)
    assert "Whose list is it?" in text
    assert "%" in text
    assert "Match" in text


RAPPERS = ("Eminem", "Dr. Dre", "50 Cent", "Snoop Dogg", "DMX")


async def test_who_hides_explicit_tracks_gets_none_alone_or_in_a_blend(room: Room):
    for name in ("Ada", "Bruno"):
        artists = await room.app.services.onboarding.resolve_artists(RAPPERS)
        await room.app.services.onboarding.pick(room.id_of(name), [a.id for a in artists])
    labelled = set(await room.app.database.catalogue.explicit_keys())
    allowed: set[int] = set()
    for _ in range(5):  # some picks are drawn by lot
        allowed |= await shown(room, await room.run("Bruno", "recommend"))
    assert labelled & allowed
    panel = await room.run("Ada", "settings")
    await room.person("Ada").click(panel.response, custom_id="aux1:set:explicit")
    alone = await shown(room, await room.run("Ada", "recommend"))
    asked = await room.run("Bruno", "blend", member=room.person("Ada"))
    await room.press("Ada", asked.response, "aux1:blend:")
    together = await shown(room, asked)
    assert len(alone) == 5
    assert len(together) >= 10
    assert not labelled & (alone | together)


async def shown(room: Room, result: Any) -> set[int]:
    """Return the keys of the tracks that a message's latest list shows."""

    def read(raw: sqlite3.Connection) -> set[int]:
        found = raw.execute(
            "SELECT track_id FROM recommendation_items WHERE recommendation_id = "
            "(SELECT max(recommendation_id) FROM recommendation_items)"
        )
        return {track_id for (track_id,) in found}

    assert words(result)
    return await room.app.database.readers.run(read)
