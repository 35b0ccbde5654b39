"""Linking by the pages, from the button to the first listens, and what can go wrong honestly."""

import json
from datetime import timedelta

import pytest

from bot.domain.listening import Source
from bot.errors import ConsentMissingError, UserError
from tests.fake_spotify import Fault
from tests.web.conftest import ANA, BEN, House


def listen_to(house: House, name: str, n: int = 12) -> None:
    account = next(a for a in house.fake.world.accounts.values() if a.name == name)
    for minute in range(n):
        song = house.fake.world.track(f"Song {minute}", f"Band {minute % 4}")
        account.plays.append((house.clock.at - timedelta(minutes=10 * minute), song))


async def link(house: House, member=ANA, name: str = "Ana", account=None) -> tuple[int, str]:
    account = account or house.fake.world.add_account(f"{name} on Spotify")
    address = await house.ask(member, name)
    browser = await house.browser()
    consent = await house.to_consent(browser, address, member)
    outcome = await browser.result(await browser.get(house.fake.consent_to(consent, account)))
    await house.spotify.links.watch.settle()
    return outcome


async def test_from_the_button_to_the_first_listens(house: House) -> None:
    account = house.fake.world.add_account("Ana's account")
    listen_to(house, "Ana's account")
    account.top_artists["long_term"] = ["Slowdive"]
    status, words = await link(house, account=account)
    assert status == 200
    assert "is linked" in words
    events = house.events[ANA]
    assert events[0].key == "link.linked"
    assert events[0].params == {"name": "Ana's account"}
    assert [e.steps for e in events if e.key == "link.reading"] == list(range(1, 9))
    assert events[-1].key == "link.ready"
    view = await house.app.services.doors.view(ANA)
    (counted,) = [one.listens for one in view.others if one.source is Source.SPOTIFY_API]
    assert events[-1].listens == counted == 15, "linking and `/doors` count alike"
    assert house.notices == []
    evidence = await house.app.database.listens.evidence(ANA)
    assert sum(e.value for e in evidence) == 12 + 3
    login, seats = await house.spotify.links.status(ANA)
    assert login is not None
    assert login.account_id == account.account_id
    assert login.consented_at == house.clock.at
    assert (seats.used, seats.total) == (1, 2)
    assert house.fake.api_calls == 9


async def test_the_next_list_rests_on_it_in_seconds(house: House) -> None:
    from bot.domain.recommending import RecommendRequest

    account = house.fake.world.add_account("Ana's account")
    song = house.fake.world.track("Alison", "Slowdive")
    account.plays.append((house.clock.at, song))
    await link(house, account=account)
    made = await house.app.services.recommend.recommend(RecommendRequest(ANA, None, None, True))
    assert made.items


async def test_it_is_exported_without_tokens(house: House) -> None:
    await link(house)
    shown = (await house.app.services.privacy.export(ANA)).decode()
    export = json.loads(shown)
    assert export["links"][0]["source"] == "spotify_api"
    assert export["spotify_logins"][0]["name"] == "Ana on Spotify"
    assert all(token not in shown for token in house.fake.world.access)
    assert all(token not in shown for token in house.fake.world.refresh)


async def test_unlinking_deletes_tokens_listens_and_the_seat(house: House) -> None:
    account = house.fake.world.add_account("Ana's account")
    listen_to(house, "Ana's account")
    await link(house, account=account)
    assert await house.spotify.links.unlink(ANA) == 12
    assert not await house.app.database.listens.evidence(ANA)
    assert (await house.spotify.links.status(ANA))[0] is None
    assert await house.app.database.spotify.sealed_tokens(ANA) is None
    assert await house.spotify.links.unlink(ANA) == 0
    before = house.fake.api_calls
    assert await house.spotify.sync.sync(ANA) == 0
    assert house.fake.api_calls == before


async def test_forgetting_a_member_takes_the_link_along(house: House) -> None:
    await link(house)
    await house.app.services.privacy.forget(ANA)
    assert (await house.spotify.links.status(ANA))[0] is None
    assert (await house.spotify.links.status(ANA))[1].used == 0


async def test_another_account_replaces_the_first_with_all_that_came_from_it(house: House) -> None:
    first = house.fake.world.add_account("First")
    listen_to(house, "First")
    await link(house, account=first)
    second = house.fake.world.add_account("Second")
    await link(house, account=second)
    login, seats = await house.spotify.links.status(ANA)
    assert login is not None
    assert login.name == "Second"
    assert seats.used == 1
    assert not await house.app.database.listens.evidence(ANA)


async def test_linking_the_same_account_again_keeps_everything(house: House) -> None:
    account = house.fake.world.add_account("Ana's account")
    listen_to(house, "Ana's account")
    await link(house, account=account)
    house.clock.pass_time(days=160)
    assert (await link(house, account=account))[0] == 200
    login, _ = await house.spotify.links.status(ANA)
    assert login is not None
    assert login.consented_at == house.clock.at
    assert len(await house.app.database.listens.evidence(ANA)) == 12


async def test_who_is_not_on_the_list_hears_what_to_do(house: House) -> None:
    account = house.fake.world.add_account("Ana's account", allowlisted=False)
    status, words = await link(house, account=account)
    assert status == 403
    assert "User Management" in words
    assert house.events[ANA][-1].key == "link.refused.not_listed"
    assert (await house.spotify.links.status(ANA))[1].used == 0


async def test_an_owner_without_premium_is_named_as_the_cause(house: House) -> None:
    house.fake.world.owner_premium = False
    status, words = await link(house)
    assert status == 403
    assert "Premium" in words
    assert house.events[ANA][-1].key == "link.refused.owner_premium"


async def test_when_all_seats_are_taken_nobody_is_led_on(house: House) -> None:
    await link(house)
    await link(house, BEN, "Ben")
    with pytest.raises(UserError) as caught:
        await house.ask(BEN.__class__(99), "Cleo")
    assert caught.value.key == "error.spotify_full"
    assert await house.ask(BEN, "Ben")  # renewing needs no seat


async def test_one_spotify_account_is_one_members(house: House) -> None:
    account = house.fake.world.add_account("Shared")
    await link(house, account=account)
    status, words = await link(house, BEN, "Ben", account)
    assert status == 403
    assert "somebody else" in words
    assert (await house.spotify.links.status(BEN))[0] is None


async def test_nobody_links_before_they_agree(house: House) -> None:
    with pytest.raises(ConsentMissingError):
        await house.spotify.links.begin(ANA, "Ana")


async def test_reminders_come_on_day_150_170_and_179_only(house: House) -> None:
    await link(house)
    told = []
    for day in range(1, 180):
        house.clock.pass_time(days=1)
        told += [day] * sum([await house.spotify.links.watch.remind() for _ in range(3)])
    assert told == [150, 170, 179]
    assert {n.key for _, n in house.notices} == {"link.notice.soon"}
    assert all(n.relink for _, n in house.notices)


async def test_after_six_months_it_is_one_notice_and_silence(house: House) -> None:
    await link(house)
    house.clock.pass_time(days=181)
    for _ in range(3):
        await house.spotify.sync.sync(ANA)
        house.clock.pass_time(hours=25)
    assert [n.key for _, n in house.notices] == ["link.notice.ended"]
    assert house.notices[0][1].relink
    assert house.fake.token_calls == 2  # the exchange, and the one refresh that was refused


async def test_what_is_not_renewed_is_deleted_after_five_days(house: House) -> None:
    account = house.fake.world.add_account("Ana's account")
    listen_to(house, "Ana's account")
    await link(house, account=account)
    house.fake.world.revoke(account)
    house.clock.pass_time(hours=2)
    await house.spotify.sync.sync(ANA)
    house.clock.pass_time(days=4, hours=23)
    assert await house.spotify.links.watch.forget_ended() == 0
    house.clock.pass_time(hours=2)
    assert await house.spotify.links.watch.forget_ended() == 1
    assert not await house.app.database.listens.evidence(ANA)
    assert [n.key for _, n in house.notices] == ["link.notice.ended", "link.notice.deleted"]


async def test_listens_of_the_api_do_not_train_by_default(house: House) -> None:
    account = house.fake.world.add_account("Ana's account")
    listen_to(house, "Ana's account")
    await link(house, account=account)
    rows = await house.app.database.readers.run(
        lambda raw: raw.execute("SELECT count(*) FROM trainable").fetchone()[0]
    )
    assert rows == 0
    summary = await house.app.database.listens.taste(ANA, top=3)
    assert [s.source for s in summary.sources] == [Source.SPOTIFY_API]


@pytest.mark.parametrize(("path", "calls"), [("/api/token", 1), ("/v1/me", 3)])
async def test_trouble_at_the_end_is_told_and_nothing_is_linked(
    house: House, path: str, calls: int
) -> None:
    house.fake.fail(path, Fault.ERROR, times=calls)
    status, words = await link(house)
    assert status == 502
    assert "did not answer" in words
    assert house.events[ANA][-1].key == "web.trouble"
    assert (await house.spotify.links.status(ANA))[1].used == 0
    house.fake.mend()
    assert (await link(house))[0] == 200
