from __future__ import annotations

import asyncio

import pytest
from discord import HTTPException, Interaction, NotFound, app_commands

from tests.fake_discord import Answer, NotPossibleError, NotSeenError, Permission


@pytest.fixture
def handle(bot):
    """Replace what /ask does by the given coroutine function, and collect what it raised."""
    raised = []

    def install(handler):
        async def call(interaction):
            try:
                await handler(interaction)
            except HTTPException as error:
                raised.append((error.status, error.code))

        bot.tree.remove_command("ask")
        bot.tree.add_command(
            app_commands.Command(name="ask", description="-", callback=_typed(call))
        )
        return raised

    return install


def _typed(call):
    async def callback(interaction):
        await call(interaction)

    callback.__annotations__["interaction"] = Interaction
    return callback


async def test_a_command_defers_then_fills_the_placeholder(discord, club, bot):
    done = await discord.slash(club.ada, club.channel, "recommend", {"count": 2})
    assert done.answer_type is Answer.DEFER
    assert done.text == "Track 1\nTrack 2"
    assert done.message.is_v2
    assert not done.ephemeral
    assert 0 <= done.seconds_to_acknowledge <= done.seconds_to_complete < 3
    assert club.channel.visible_messages == [done.message]


async def test_a_button_works_by_emoji_and_by_custom_id(discord, club, bot):
    done = await discord.slash(club.ada, club.channel, "recommend")
    first = await discord.click(club.ada, done.message, "👍")
    await discord.click(club.bob, done.message, "rec:1:down")
    assert first.ephemeral
    assert first.reply.text == "Noted: up"
    assert bot.votes == [(club.ada.id, 1, "up"), (club.bob.id, 1, "down")]


async def test_a_button_works_after_a_restart(discord, club, start_bot):
    bot = await start_bot()
    done = await discord.slash(club.ada, club.channel, "recommend")
    await bot.close()
    await discord.wait_disconnected()
    with pytest.raises(NotPossibleError, match="offline"):
        await discord.click(club.ada, done.message, "👍")
    successor = await start_bot()
    await discord.click(club.ada, done.message, "👍")
    assert successor.votes == [(club.ada.id, 1, "up")]


async def test_a_form_opens_and_is_sent(discord, club, bot):
    opened = await discord.slash(club.ada, club.channel, "ask")
    assert opened.modal.title == "Why?"
    with pytest.raises(NotPossibleError, match="1 to 50"):
        await discord.submit_modal(club.ada, opened, {})
    sent = await discord.submit_modal(club.ada, opened, {"reason": "too loud"})
    assert sent.text == "Because: too loud"


async def test_files_travel_both_ways_and_options_complete(discord, club, bot):
    file = discord.upload("in.txt", b"four", "text/plain")
    done = await discord.slash(club.ada, club.channel, "echo", {"file": file})
    (back,) = done.message.attachments
    assert done.text == "in.txt: 4 bytes"
    assert (back.filename, back.data, back.description) == ("back.txt", b"four", "the same")
    choices = await discord.autocomplete(club.ada, club.channel, "echo", "seed", "radio")
    assert [choice.value for choice in choices] == ["radiohead"]


async def test_a_command_works_in_direct_messages(discord, club, bot):
    done = await discord.slash(club.ada, discord.dm(club.ada), "recommend")
    await discord.react(club.ada, done.message, "👍")
    await discord.wait_for(lambda: bot.reactions, "the reaction")


async def test_people_cannot_do_what_discord_does_not_offer(discord, club, bot):
    stranger = discord.add_user("eve")
    for impossible in (
        discord.slash(club.ada, club.channel, "missing"),
        discord.slash(club.ada, club.channel, "recommend", {"count": 9}),
        discord.slash(club.ada, club.channel, "recommend", {"size": 1}),
        discord.slash(stranger, club.channel, "recommend"),
        discord.autocomplete(club.ada, club.channel, "recommend", "count", "1"),
    ):
        with pytest.raises(NotPossibleError):
            await impossible


async def test_the_first_answer_comes_within_three_seconds(discord, club, handle):
    async def late(interaction):
        discord.advance_time(3.1)
        await interaction.response.defer()

    raised = handle(late)
    record = await discord.slash(club.ada, club.channel, "ask", until="sent")
    await discord.wait_for(lambda: raised, "the refusal")
    assert raised == [(404, 10062)]
    assert record.refused == ["404 (10062): Unknown interaction"]


async def test_a_bot_that_never_answers_is_reported(discord, club, handle):
    async def sleep(interaction):
        await asyncio.sleep(0)

    handle(sleep)
    with pytest.raises(NotSeenError, match="/ask was not acknowledged"):
        await discord.slash(club.ada, club.channel, "ask", within=0.1)


async def test_the_token_dies_after_a_quarter_of_an_hour(discord, club, handle):
    async def slow(interaction):
        await interaction.response.defer()
        discord.advance_time(15 * 60 + 1)
        await interaction.edit_original_response(content="too late")

    raised = handle(slow)
    await discord.slash(club.ada, club.channel, "ask", until="acknowledged")
    await discord.wait_for(lambda: raised, "the refusal")
    assert raised == [(401, 50027)]


async def test_there_is_one_first_answer(discord, club, handle):
    async def twice(interaction):
        await interaction.response.send_message("one")
        interaction.response._response_type = None
        await interaction.response.send_message("two")

    raised = handle(twice)
    record = await discord.slash(club.ada, club.channel, "ask")
    await discord.wait_for(lambda: raised, "the refusal")
    assert raised == [(400, 40060)]
    assert record.text == "one"


async def test_the_defer_fixes_who_sees_the_answer(discord, club, handle):
    async def undecided(interaction):
        await interaction.response.defer(ephemeral=False)
        await interaction.followup.send("secret?", ephemeral=True)
        await interaction.followup.send("yes", ephemeral=True)

    handle(undecided)
    record = await discord.slash(club.ada, club.channel, "ask")
    await discord.wait_for(lambda: record.followups, "the second message")
    assert not record.ephemeral
    assert record.message.text == "secret?"
    assert record.followups[0].ephemeral


async def test_an_ephemeral_message_is_on_no_channel_route(discord, club, bot):
    done = await discord.slash(club.ada, club.channel, "recommend", {"private": True})
    assert done.ephemeral
    assert not club.channel.visible_messages
    channel = bot.get_channel(club.channel.id)
    message = channel.get_partial_message(done.message.id)
    for refused in (message.fetch(), message.add_reaction("👍"), message.edit(content="x")):
        with pytest.raises(NotFound) as caught:
            await refused
        assert caught.value.code == 10008
    assert [each.id async for each in channel.history()] == []
    with pytest.raises(NotPossibleError, match="cannot see"):
        await discord.click(club.bob, done.message, "👍")
    with pytest.raises(NotPossibleError, match="ephemeral"):
        await discord.react(club.ada, done.message, "👍")
    await discord.click(club.ada, done.message, "👍")


async def test_a_user_install_has_five_followups_and_no_channel(discord, club, bot, handle):
    async def chatty(interaction):
        await interaction.response.send_message("0")
        for number in range(1, 7):
            await interaction.followup.send(str(number))

    raised = handle(chatty)
    app_commands.allowed_installs(guilds=True, users=True)(bot.tree.get_command("ask"))
    await bot.tree.sync()
    elsewhere = discord.add_channel(discord.add_guild("Elsewhere", bot_present=False))
    traveller = discord.add_user("traveller", has_installed=True)
    discord.add_member(elsewhere.guild, traveller)
    with pytest.raises(NotPossibleError, match="not installed"):
        await discord.slash(traveller, elsewhere, "recommend")
    record = await discord.slash(traveller, elsewhere, "ask")
    await discord.wait_for(lambda: raised, "the refusal")
    assert len(record.followups) == 5
    with pytest.raises(HTTPException) as caught:
        await bot.get_partial_messageable(elsewhere.id).send("hello")
    assert caught.value.code == 50001


async def test_a_denied_permission_and_closed_direct_messages(discord, club, bot):
    quiet = discord.add_channel(club.guild, "quiet", denied=Permission.SEND_MESSAGES)
    eve = discord.add_user("eve", accepts_dms=False)
    channel = await bot.fetch_channel(quiet.id)
    with pytest.raises(HTTPException) as no_permission:
        await channel.send("hello")
    with pytest.raises(HTTPException) as no_dms:
        await (await bot.fetch_user(eve.id)).send("hello")
    assert (no_permission.value.code, no_dms.value.code) == (50013, 50007)
    await (await bot.fetch_user(club.ada.id)).send("hello ada")
    assert (await discord.wait_message(discord.dm(club.ada), "hello")).text == "hello ada"


async def test_three_hundred_interactions_at_once(discord, club, bot):
    patience = 60.0  # that all of them are answered is the matter, not how fast this machine is
    discord.book.first_answer_s = patience
    people = [discord.add_member(club.guild, f"member{number}") for number in range(300)]
    done = await asyncio.gather(
        *(discord.slash(person, club.channel, "recommend", within=patience) for person in people)
    )
    assert all(each.text == "Track 1" for each in done)
    assert len(club.channel.visible_messages) == 300
