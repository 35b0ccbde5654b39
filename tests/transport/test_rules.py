"""What Discord refuses with 400, sent past the library's own checks."""

from __future__ import annotations

import pytest
from discord import HTTPException
from discord.http import Route

V2 = 1 << 15


def text(content="x"):
    return {"type": 10, "content": content}


def button(custom_id="a", **more):
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, **more}


def row(*children):
    return {"type": 1, "components": list(children)}


def v2(*components, **more):
    return {"flags": V2, "components": list(components), **more}


LONG = {"type": 2, "style": 5, "label": "x", "url": "https://example.org/" + "x" * 500}

REFUSED = {
    "content next to components v2": v2(text(), content="hello"),
    "embeds next to components v2": v2(text(), embeds=[{"title": "x"}]),
    "41 components": v2(*(row(*(button(f"{n}-{m}") for m in range(5))) for n in range(7))),
    "4001 characters": v2(text("x" * 2000), text("x" * 2001)),
    "empty text": v2(text("")),
    "the same custom id twice": v2(row(button("a")), row(button("a"))),
    "a custom id of 101 characters": v2(row(button("x" * 101))),
    "a button without custom id": v2(row(button(None))),
    "a button without label": v2(row(button(label=""))),
    "a link of more than 512 characters": v2(row(LONG)),
    "six buttons in a row": v2(row(*(button(str(n)) for n in range(6)))),
    "an empty row": v2(row()),
    "a section without accessory": v2({"type": 9, "components": [text()]}),
    "a section of four texts": v2({"type": 9, "components": [text()] * 4, "accessory": button()}),
    "a container in a container": v2(
        {"type": 17, "components": [{"type": 17, "components": [text()]}]}
    ),
    "a bare button": v2(button()),
    "an attachment that is not there": v2(
        {"type": 12, "items": [{"media": {"url": "attachment://taste.png"}}]}
    ),
    "v2 components without the flag": {"components": [text()]},
    "content of 2001 characters": {"content": "x" * 2001},
    "an embed of 4097 characters": {"embeds": [{"description": "x" * 4097}]},
    "two options with one value": v2(
        row({"type": 3, "custom_id": "s", "options": [{"label": "x", "value": "1"}] * 2})
    ),
}


@pytest.fixture
def post(club, bot):
    async def post(payload):
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=club.channel.id)
        return await bot.http.request(route, json=payload)

    return post


async def test_broken_messages_are_refused(club, post):
    for what, payload in REFUSED.items():
        with pytest.raises(HTTPException) as caught:
            await post(payload)
        assert (caught.value.status, caught.value.code) == (400, 50035), what
    with pytest.raises(HTTPException) as caught:
        await post({})
    assert caught.value.code == 50006
    assert not club.channel.messages


async def test_the_largest_allowed_message_is_taken(post):
    rows = [row(*(button(f"{n}-{m}") for m in range(5))) for n in range(6)]
    message = await post(v2(*rows, text("x" * 3999), thumbnail_section()))
    assert len(message["components"]) == 8


def thumbnail_section():
    thumbnail = {"type": 11, "media": {"url": "https://example.org/cover.png"}}
    return {"type": 9, "components": [{"type": 10, "content": "y"}], "accessory": thumbnail}


async def test_v2_stays_and_a_refused_edit_changes_nothing(discord, club, bot):
    done = await discord.slash(club.ada, club.channel, "recommend")
    message = bot.get_channel(club.channel.id).get_partial_message(done.message.id)
    with pytest.raises(HTTPException) as caught:
        await message.edit(content="plain")
    assert caught.value.code == 50035
    assert done.text == "Track 1"


async def test_twenty_reactions_are_enough(discord, club, bot):
    done = await discord.slash(club.ada, club.channel, "recommend")
    for number in range(20):
        await discord.react(club.ada, done.message, chr(0x1F400 + number))
    message = bot.get_channel(club.channel.id).get_partial_message(done.message.id)
    with pytest.raises(HTTPException) as caught:
        await message.add_reaction("👍")
    assert caught.value.code == 30010


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Upper", "description": "x"},
        {"name": "x" * 33, "description": "x"},
        {"name": "x", "description": ""},
        {"name": "x", "description": "x" * 101},
        {
            "name": "x",
            "description": "x",
            "options": [{"name": "a b", "type": 3, "description": "x"}],
        },
    ],
)
async def test_broken_commands_are_refused(bot, command):
    with pytest.raises(HTTPException) as caught:
        await bot.http.bulk_upsert_global_commands(bot.application_id, [command])
    assert caught.value.code == 50035
