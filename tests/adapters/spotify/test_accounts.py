"""Exchange and refresh: once each, and only `invalid_grant` means that a grant is over."""

import hashlib
import logging
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.adapters.spotify import accounts as accounts_module
from bot.adapters.spotify.accounts import SpotifyAccounts
from bot.demo.spotify.world import Account
from bot.domain.spotify import SCOPES, Tokens
from bot.errors import LinkExpiredError, RateLimitedError, UpstreamError
from tests.fake_spotify import FakeSpotify, Fault
from tests.fakes_spotify import NOW, FixedClock

VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "http://127.0.0.1:8787/spotify/callback"


@dataclass
class Office:
    fake: FakeSpotify
    clock: FixedClock
    accounts: SpotifyAccounts
    ada: Account

    async def link(self) -> Tokens:
        address = self.accounts.consent_url(redirect_uri=BACK, state="s", challenge=CHALLENGE)
        back = self.fake.consent_to(address, self.ada)
        code = parse_qs(urlsplit(back).query)["code"][0]
        return await self.accounts.exchange(code=code, verifier=VERIFIER, redirect_uri=BACK)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with FakeSpotify() as fake, aiohttp.ClientSession() as session:
        clock = FixedClock()
        fake.world.now = clock.now
        accounts = SpotifyAccounts(
            session=session, base=fake.accounts_url, client_id=fake.world.client_id, clock=clock
        )
        yield Office(fake, clock, accounts, fake.world.add_account("Ada"))


async def test_consent_exchange_refresh(office: Office) -> None:
    tokens = await office.link()
    assert tokens.scopes == frozenset(SCOPES)
    assert tokens.expires_at == NOW + timedelta(hours=1)
    again = await office.accounts.refresh(tokens.refresh)
    assert again.refresh == tokens.refresh
    assert again.access != tokens.access


async def test_a_rotated_refresh_token_is_taken_over(office: Office) -> None:
    tokens = await office.link()
    office.fake.world.rotates = True
    again = await office.accounts.refresh(tokens.refresh)
    assert again.refresh != tokens.refresh
    with pytest.raises(LinkExpiredError):
        await office.accounts.refresh(tokens.refresh)


async def test_a_wrong_verifier_is_refused(office: Office) -> None:
    address = office.accounts.consent_url(redirect_uri=BACK, state="s", challenge=CHALLENGE)
    code = parse_qs(urlsplit(office.fake.consent_to(address, office.ada)).query)["code"][0]
    with pytest.raises(LinkExpiredError):
        await office.accounts.exchange(code=code, verifier="w" * 64, redirect_uri=BACK)


async def test_six_months_after_consent_it_is_over_whatever_was_done(office: Office) -> None:
    tokens = await office.link()
    for _ in range(5):
        office.clock.pass_time(days=30)
        tokens = await office.accounts.refresh(tokens.refresh)
    office.clock.pass_time(days=30)
    with pytest.raises(LinkExpiredError):
        await office.accounts.refresh(tokens.refresh)


@pytest.mark.parametrize(
    "fault", [Fault.ERROR, Fault.GATEWAY, Fault.DROP, Fault.HTML, Fault.TRUNCATED, Fault.EMPTY,
              Fault.WRONG_TYPE, Fault.NULLS, Fault.ODD_ERROR, Fault.REDIRECT],
)  # fmt: skip
async def test_other_trouble_never_means_that_it_is_over(office: Office, fault: Fault) -> None:
    """F14: only `invalid_grant` ends a grant."""
    tokens = await office.link()
    office.fake.hits.clear()
    office.fake.fail("/api/token", fault)
    with pytest.raises(UpstreamError) as caught:
        await office.accounts.refresh(tokens.refresh)
    assert not isinstance(caught.value, LinkExpiredError)
    assert office.fake.token_calls == 1
    await office.accounts.refresh(tokens.refresh)


async def test_a_service_that_says_nothing_ends_no_grant(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F14: a timeout is trouble like any other."""
    tokens = await office.link()
    monkeypatch.setattr(accounts_module, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    office.fake.fail("/api/token", Fault.HANG)
    with pytest.raises(UpstreamError) as caught:
        await office.accounts.refresh(tokens.refresh)
    assert not isinstance(caught.value, LinkExpiredError)
    await office.accounts.refresh(tokens.refresh)


async def test_later_is_passed_on(office: Office) -> None:
    tokens = await office.link()
    office.fake.fail("/api/token", Fault.RATE, seconds=7)
    with pytest.raises(RateLimitedError) as caught:
        await office.accounts.refresh(tokens.refresh)
    assert caught.value.retry_after_s == 7


async def test_a_wrong_client_is_the_operators_to_mend(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """F14: `invalid_client` stands in the log; no token does."""
    tokens = await office.link()
    office.fake.world.client_id = "another"
    with caplog.at_level(logging.DEBUG), pytest.raises(UpstreamError) as caught:
        await office.accounts.refresh(tokens.refresh)
    assert not isinstance(caught.value, LinkExpiredError)
    assert "invalid_client" in caplog.text
    assert tokens.refresh not in caplog.text


def test_tokens_do_not_show_themselves() -> None:
    shown = repr(Tokens("canary-access", "canary-refresh", NOW, frozenset()))
    assert "canary" not in shown
