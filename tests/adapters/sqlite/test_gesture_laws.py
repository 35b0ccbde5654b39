"""Laws of gestures, against a model of a few lines.

Every log of events, replayed twice or in any order, leads to what the model says.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.sqlite.database import Database
from bot.domain.feedback import Gesture, Verdict, Via
from bot.domain.ids import MemberId
from bot.domain.recommending import Recommendation
from tests.adapters.sqlite.stage import ANA, BEN, at, show, write_atlas

LISTS = (("hey jude", "queen"), ("hey jude",), ("slowdive", "hey jude", "sigur"))
UNDO = 0


@dataclass(frozen=True)
class Event:
    """At `minute` a member says something about a place of a list (None: all of it), or ends it."""

    minute: int
    member: MemberId
    in_list: int
    place: int | None
    via: Via
    sign: str
    says: int


@st.composite
def events(draw: st.DrawFn) -> Event:
    in_list = draw(st.integers(0, len(LISTS) - 1))
    via = draw(st.sampled_from(Via))
    places = st.integers(0, len(LISTS[in_list]) - 1)
    whole = st.none() if via is Via.EMOJI and len(LISTS[in_list]) > 1 else places
    return Event(
        minute=0,
        member=draw(st.sampled_from([ANA, BEN])),
        in_list=in_list,
        place=draw(whole),
        via=via,
        sign=draw(st.sampled_from("👍👎")) if via is Via.EMOJI else "",
        says=draw(st.sampled_from([-1, UNDO, 1])),
    )


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """A log with one event a minute, and the same with repetitions in any order."""
    found = draw(st.lists(events(), min_size=1, max_size=14))
    log = [Event(minute, *list(one.__dict__.values())[1:]) for minute, one in enumerate(found)]
    again = draw(st.lists(st.sampled_from(log), max_size=6))
    return log, draw(st.permutations([*log, *again]))


def model(log: Sequence[Event]) -> dict[tuple[int, str], int]:
    """Return the verdict per member and text: the newest on the thing, else the newest card."""
    last: dict[Any, Event] = {}
    for event in sorted(log, key=lambda one: one.minute):
        last[event.member, event.in_list, event.place, event.via, event.sign] = event
    verdicts: dict[tuple[int, str], tuple[tuple[bool, int], int]] = {}
    for event in last.values():
        if event.says == UNDO:
            continue
        texts = LISTS[event.in_list]
        for text in texts if event.place is None else [texts[event.place]]:
            strength = (event.place is not None, event.minute)
            known = verdicts.get((event.member, text))
            if known is None or strength > known[0]:
                verdicts[event.member, text] = (strength, event.says)
    return {key: says for key, (_, says) in verdicts.items()}


async def feed(database: Database, lists: Sequence[Recommendation], event: Event) -> None:
    shown = lists[event.in_list]
    item = None if event.place is None else shown.items[event.place].id
    if event.says == UNDO:
        await database.gestures.withdraw(
            event.member,
            recommendation_id=shown.id,
            item_id=item,
            via=event.via,
            emoji=event.sign,
            at=at(event.minute),
        )
    else:
        await database.gestures.record(
            Gesture(
                event.member,
                shown.id,
                item,
                event.via,
                event.sign,
                Verdict(event.says),
                at(event.minute),
            )
        )


async def digest(database: Database, lists: Sequence[Recommendation]) -> dict[tuple[int, str], int]:
    texts = {
        item.scored.subject.key: text
        for shown, names in zip(lists, LISTS, strict=True)
        for item, text in zip(shown.items, names, strict=True)
    }
    return {
        (member, texts[one.subject.key]): int(one.verdict)
        for member in (ANA, BEN)
        for one in await database.gestures.verdicts(member, limit=99)
    }


def test_any_order_and_any_repetition_lead_to_what_the_model_says() -> None:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        opening = Database.open(Path(folder) / "data")
        database = runner.run(opening.__aenter__())

        @given(logs())
        @settings(max_examples=120)
        def law(log: tuple[list[Event], list[Event]]) -> None:
            in_order, shuffled = log
            runner.run(check(database, in_order, shuffled))

        try:
            runner.run(database.catalogue.seed_atlas(write_atlas(Path(folder) / "atlas")))
            law()
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def check(database: Database, in_order: list[Event], shuffled: list[Event]) -> None:
    for sequence in (in_order, [*in_order, *in_order], shuffled):
        await database.writer.run(lambda raw: raw.execute("DELETE FROM gestures"))
        lists = [await show(database, *texts) for texts in LISTS]
        for event in sequence:
            await feed(database, lists, event)
        assert await digest(database, lists) == model(in_order)
        standing = await database.readers.run(
            lambda raw: raw.execute("SELECT count(*) FROM gestures WHERE standing = 1").fetchone()
        )
        assert standing[0] >= (1 if model(in_order) else 0)
