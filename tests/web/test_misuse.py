"""Twelve ways to misuse linking; each is refused, and Spotify's token endpoint hears of none."""

import asyncio
import logging
import random
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.errors import UserError
from bot.services.linking import LinkRefusedError
from tests.web.conftest import ANA, BEN, Browser, House


async def callback(house: House, consent: str) -> str:
    """Return the address that Spotify sends the browser back to."""
    account = house.fake.world.add_account("Somebody on Spotify")
    return house.fake.consent_to(consent, account)


async def refused(house: House, browser: Browser, outcome: tuple[int, str, str]) -> str:
    status, words = await browser.result(outcome)
    assert status in (400, 403)
    assert house.fake.token_calls == 0
    assert (await house.spotify.links.status(ANA))[0] is None
    assert (await house.spotify.links.status(BEN))[0] is None
    return words


async def test_1_a_victim_who_opens_an_attackers_link_is_stopped_and_both_are_told(
    house: House,
) -> None:
    address = await house.ask(ANA, "Ana")
    victim = await house.browser()
    words = await refused(house, victim, await house.identify(victim, address, BEN))
    assert "Ana" in words
    assert "tried to get at your listening" in words
    assert [e.key for e in house.events[ANA]] == ["link.somebody_else"]
    assert (await victim.get(address))[0] == 400  # the attempt is void for everybody


async def test_2_a_callback_without_a_cookie(house: House) -> None:
    browser = await house.browser()
    consent = await house.to_consent(browser, await house.ask(ANA, "Ana"), ANA)
    victim = await house.browser()
    await refused(house, victim, await victim.get(await callback(house, consent)))


async def test_3_a_callback_with_a_foreign_cookie(house: House) -> None:
    attacker = await house.browser()
    consent = await house.to_consent(attacker, await house.ask(ANA, "Ana"), ANA)
    victim = await house.browser()
    await house.to_consent(victim, await house.ask(BEN, "Ben"), BEN)
    await refused(house, victim, await victim.get(await callback(house, consent)))


async def test_4_a_state_is_taken_once(house: House) -> None:
    browser = await house.browser()
    consent = await house.to_consent(browser, await house.ask(ANA, "Ana"), ANA)
    back = house.fake.consent_to(consent, None)  # declined: uses the attempt up
    await refused(house, browser, await browser.get(back))
    again = await callback(house, consent)
    await refused(house, browser, await browser.get(again))


async def test_4b_of_many_at_the_same_time_one_wins(house: House) -> None:
    browser = await house.browser()
    consent = await house.to_consent(browser, await house.ask(ANA, "Ana"), ANA)
    back = await callback(house, consent)
    outcomes = await asyncio.gather(*(browser.get(back) for _ in range(20)))
    assert sum(location.endswith("/linked") for _, location, _ in outcomes) == 1
    assert house.fake.token_calls == 1


async def test_5_ten_minutes_later_it_is_over_at_every_step(house: House) -> None:
    address = await house.ask(ANA, "Ana")
    browser = await house.browser()
    consent = await house.to_consent(browser, address, ANA)
    house.clock.pass_time(minutes=10)
    await refused(house, browser, await browser.get(await callback(house, consent)))
    await refused(house, browser, await browser.get(address))
    await refused(house, browser, await browser.post(address))
    await refused(house, browser, await browser.get("/link/confirm"))


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=unknown&code=x", "?state=&code=x", "?error=x"]
)
async def test_6_an_unknown_or_missing_state(house: House, query: str) -> None:
    browser = await house.browser()
    await house.to_consent(browser, await house.ask(ANA, "Ana"), ANA)
    await refused(house, browser, await browser.get(f"/spotify/callback{query}"))


@pytest.mark.parametrize("csrf", ["", "wrong", "a" * 64])
async def test_7_a_form_sent_from_elsewhere(house: House, csrf: str) -> None:
    browser = await house.browser()
    await house.identify(browser, await house.ask(ANA, "Ana"), ANA)
    await refused(house, browser, await browser.post("/link/confirm", csrf=csrf))


async def test_7b_a_forms_token_is_taken_once_and_for_its_own_attempt(house: House) -> None:
    ana, ben = await house.browser(), await house.browser()
    await house.identify(ana, await house.ask(ANA, "Ana"), ANA)
    await house.identify(ben, await house.ask(BEN, "Ben"), BEN)
    token = await house.csrf(ana)
    await refused(house, ben, await ben.post("/link/confirm", csrf=token))
    assert (await ana.post("/link/confirm", csrf=token))[0] == 303
    await refused(house, ana, await ana.post("/link/confirm", csrf=token))


async def test_8_confirming_before_saying_who_one_is(house: House) -> None:
    browser = await house.browser()
    await browser.post(await house.ask(ANA, "Ana"))
    await refused(house, browser, await browser.get("/link/confirm"))
    await refused(house, browser, await browser.post("/link/confirm", csrf="x"))


async def test_9_a_second_browser_can_not_take_an_attempt_over(house: House) -> None:
    address = await house.ask(ANA, "Ana")
    first, second = await house.browser(), await house.browser()
    await house.identify(first, address, ANA)
    await refused(house, second, await second.post(address))
    assert await house.csrf(first)


async def test_10_a_newer_attempt_voids_the_older_one(house: House) -> None:
    browser = await house.browser()
    old = await house.ask(ANA, "Ana")
    consent = await house.to_consent(browser, old, ANA)
    await house.ask(ANA, "Ana")
    await refused(house, browser, await browser.get(await callback(house, consent)))
    await refused(house, browser, await browser.get(old))


async def test_11_discords_answer_belongs_to_its_own_browser_and_counts_once(house: House) -> None:
    ana, ben = await house.browser(), await house.browser()
    _, location, _ = await ana.post(await house.ask(ANA, "Ana"))
    await ben.post(await house.ask(BEN, "Ben"))
    query = parse_qs(urlsplit(location).query)
    back = house.discord.answer(query["redirect_uri"][0], query["state"][0], ANA)
    await refused(house, ben, await ben.get(back))
    assert house.discord.asked == 0
    assert (await ana.get(back))[1] == "/link/confirm"
    await refused(house, ana, await ana.get(back))
    assert house.discord.asked == 1


async def test_12_a_pasted_address_of_somebody_else(small_house: House) -> None:
    house = small_house
    consent = await house.ask(ANA, "Ana")
    await house.ask(BEN, "Ben")
    back = await callback(house, consent)
    with pytest.raises(LinkRefusedError):
        await house.spotify.links.pasted(BEN, back)
    assert house.fake.token_calls == 0
    login = await house.spotify.links.pasted(ANA, f"  {back}\n")
    assert login.member_id == ANA
    with pytest.raises(LinkRefusedError):
        await house.spotify.links.pasted(ANA, back)
    assert house.fake.token_calls == 1
    await house.spotify.links.watch.settle()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        "https://evil.example/spotify/callback?state={state}&code=x",
        "{base}/spotify/callback",
        "{base}/spotify/other?state={state}&code=x",
        "{base}/spotify/callback?code=x",
        "http://127.0.0.1:1@evil.example/spotify/callback?state={state}&code=x",
    ],
)
async def test_12b_what_is_not_the_address_uses_nothing_up(
    small_house: House, address: str
) -> None:
    house = small_house
    consent = await house.ask(ANA, "Ana")
    state = await house.state_of(consent)
    with pytest.raises(UserError):
        await house.spotify.links.pasted(ANA, address.format(base=house.base, state=state))
    assert house.fake.token_calls == 0
    await house.spotify.links.pasted(ANA, await callback(house, consent))
    await house.spotify.links.watch.settle()


async def test_a_declined_consent_ends_the_attempt(small_house: House) -> None:
    house = small_house
    consent = await house.ask(ANA, "Ana")
    with pytest.raises(LinkRefusedError) as caught:
        await house.spotify.links.pasted(ANA, house.fake.consent_to(consent, None))
    assert caught.value.key == "link.refused.declined"
    assert house.fake.token_calls == 0


async def test_no_guessed_state_is_ever_taken(house: House) -> None:
    """In the store itself, where guessing is fastest."""
    await house.to_consent(await house.browser(), await house.ask(ANA, "Ana"), ANA)
    draw = random.Random(5)  # noqa: S311  # guesses, not secrets
    requests = house.app.database.link_requests
    guesses = (f"{draw.getrandbits(256):064x}" for _ in range(2000))
    found = await asyncio.gather(
        *(requests.consume(g, at=house.clock.at, member_id=ANA) for g in guesses)
    )
    assert not any(found)
    assert house.fake.token_calls == 0


async def test_no_secret_reaches_a_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        address = await house.ask(ANA, "Ana")
        browser = await house.browser()
        consent = await house.to_consent(browser, address, ANA)
        back = await callback(house, consent)
        await browser.get(back)
        await house.spotify.links.watch.settle()
    world = house.fake.world
    hidden = [*world.access, *world.refresh, address.rpartition("/")[2]]
    hidden += [await house.state_of(consent), parse_qs(urlsplit(back).query)["code"][0]]
    logged = "\n".join(
        f"{r.getMessage()} {r.exc_text or ''}"
        for r in caplog.records
        if not r.name.startswith(("aiohttp.client", "asyncio"))
    )
    assert world.refresh
    for secret in hidden:
        assert secret not in logged


async def test_nothing_of_an_attempt_is_readable_in_the_database(house: House) -> None:
    address = await house.ask(ANA, "Ana")
    browser = await house.browser()
    consent = await house.to_consent(browser, address, ANA)
    folder = house.app.settings.data_dir
    stored = b"".join(p.read_bytes() for p in folder.glob("auxcord*"))
    for shown in (address.rpartition("/")[2], await house.state_of(consent)):
        assert shown.encode() not in stored


def test_secrets_are_long_enough() -> None:
    from bot.services.linking import secret

    assert len({secret() for _ in range(100)}) == 100
    assert len(secret()) == len(secrets.token_urlsafe(32)) == 43
