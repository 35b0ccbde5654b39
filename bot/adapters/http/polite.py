"""The client: paced, bounded, honest about who asks, and with one clear error for each trouble."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Self

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter
from circuitbreaker import CircuitBreaker
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from bot.adapters.http.faults import MalformedError, OutageError
from bot.adapters.http.manners import Manners
from bot.errors import AccessRefusedError, GoneError, RateLimitedError, UpstreamError

log = logging.getLogger(__name__)

TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
MOST_BYTES: Final = 5 * 1024 * 1024
ATTEMPTS: Final = 3
FAILURES_TO_OPEN: Final = 5
OPEN_FOR_S: Final = 60.0
PATIENCE_S: Final = 15.0
"""A refusal shorter than this is waited for; who meets a longer one hears when to come back."""
LONGEST_UNSAID_S: Final = 3600.0
LONGEST_PAUSE_S: Final = 24 * 3600.0

Query = Mapping[str, str | int]
Sleep = Callable[[float], Awaitable[None]]
Judge = Callable[[Any], Exception | None]
"""Says what an answer's own error means, for services that put theirs into the body."""


@dataclass(frozen=True, slots=True)
class _Job:
    request: tuple[str, str, dict[str, Any], Any]
    done: "asyncio.Future[Any]"


def user_agent(version: str, contact: str) -> str:
    """Return the line by which operators of a service can reach ours."""
    return f"Auxcord/{version} ( {contact} )"


def new_session(agent: str) -> aiohttp.ClientSession:
    """Return the session that all sources share: no cookies, no proxy from the environment."""
    return aiohttp.ClientSession(
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": agent, "Accept": "application/json"},
        timeout=TIMEOUT,
    )


class PoliteClient:
    """Asks one host. Secrets go into `headers` or `secrets`, which no error and no log repeats."""

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base: str,
        manners: Manners,
        headers: Mapping[str, str] | None = None,
        secrets: Query | None = None,
        judge: Judge | None = None,
        sleep: Sleep = asyncio.sleep,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self.service = manners.service
        self.calls = 0
        """Requests sent since the start."""
        self._session = session
        self._base = base
        self._manners = manners
        self._headers = dict(headers or {})
        self._secrets = dict(secrets or {})
        self.judge = judge
        self._sleep = sleep
        self._timeout = timeout
        self._limiter = AsyncLimiter(manners.calls, manners.per_s)
        self._breaker = CircuitBreaker(
            failure_threshold=FAILURES_TO_OPEN,
            recovery_timeout=OPEN_FOR_S,
            expected_exception=OutageError,
            name=manners.service,
        )
        self._closed_until = 0.0
        self._strikes = 0
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._lane: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the lane: from now on requests are sent one after the other by a task of our own."""
        self._lane = asyncio.create_task(self._work(), name=f"lane to {self.service}")
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close the lane; who still waits hears that the service is away."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.cancel()
            await asyncio.wait([lane])
        while not self._jobs.empty():
            _settle(self._jobs.get_nowait().done, OutageError(self.service))

    async def get(self, path: str, query: Query | None = None) -> Any:
        """Return the JSON of an answer, None for one without content.

        Raises
        ------
        RateLimitedError, AccessRefusedError, GoneError, OutageError, MalformedError
        """
        return await self._ask("GET", path, dict(query or {}), None)

    async def post(self, path: str, body: Any, query: Query | None = None) -> Any:
        """Send JSON to an address that only reads, and return the JSON of its answer."""
        return await self._ask("POST", path, dict(query or {}), body)

    def later(self, wait_s: float | None = None) -> RateLimitedError:
        """Close the host for a while, because an answer said so in its own way; return the error."""
        if wait_s is None:
            wait_s = self._manners.pause_s * 2.0 ** min(self._strikes, 20)
            wait_s = min(wait_s, LONGEST_UNSAID_S)
            self._strikes += 1
        wait_s = min(wait_s, LONGEST_PAUSE_S)
        self._closed_until = max(self._closed_until, time.monotonic() + wait_s)
        log.info("%s says later; nothing is sent for %.0f s", self.service, wait_s)
        return RateLimitedError(self.service, retry_after_s=wait_s)

    async def _ask(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        if self._lane is None:
            return await self._persist(method, path, query, body)
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job((method, path, query, body), done))
        return await done

    async def _work(self) -> None:
        while True:
            job = await self._jobs.get()
            if job.done.done():
                continue  # nobody waits any more
            try:
                answer = await self._persist(*job.request)
            except asyncio.CancelledError:
                _settle(job.done, OutageError(self.service))
                raise
            except Exception as error:  # noqa: BLE001  # handed to whoever asked
                _settle(job.done, error)
            else:
                if not job.done.done():
                    job.done.set_result(answer)

    async def _persist(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        retrying = AsyncRetrying(
            retry=retry_if_exception(_worth_another_try),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.5, max=4),
            sleep=self._sleep,
            reraise=True,
        )
        return await retrying(self._once, method, path, query, body)

    async def _once(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        await self._wait_until_open()
        if self._breaker.opened:
            raise UpstreamError(self.service, retry_after_s=max(1.0, self._breaker.open_remaining))
        async with self._limiter:
            await self._wait_until_open()
            self.calls += 1
            return await self._breaker.call_async(self._send, method, path, query, body)

    async def _wait_until_open(self) -> None:
        wait = self._closed_until - time.monotonic()
        if wait > PATIENCE_S:
            raise RateLimitedError(self.service, retry_after_s=wait)
        if wait > 0:
            await self._sleep(wait)

    async def _send(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any:
        try:
            async with self._session.request(
                method,
                f"{self._base}{path}",
                params=query | self._secrets,
                json=body,
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                raw = await self._body(response)
                kind = response.content_type
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, TimeoutError, OSError):
            # Not `from error`: what aiohttp raises may repeat the address and with it a key.
            raise OutageError(self.service) from None
        self._heed(headers)
        if self.judge is not None and "json" in kind and status < 500:
            error = self.judge(self._parsed(raw, kind))
            if error is not None:
                raise error
        if status in self._manners.later_statuses:
            raise self.later(_said_wait(headers))
        if status >= 500:
            raise OutageError(self.service)
        if status in {401, 403}:
            raise AccessRefusedError(self.service)
        if status == 404:
            raise GoneError(self.service)
        if not 200 <= status < 300:
            raise MalformedError(self.service)
        self._strikes = 0
        return None if status == 204 else self._parsed(raw, kind)

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """Read at most `MOST_BYTES`; a longer body is not what was asked for."""
        parts, size = [], 0
        async for part in response.content.iter_chunked(64 * 1024):
            size += len(part)
            if size > MOST_BYTES:
                raise MalformedError(self.service)
            parts.append(part)
        return b"".join(parts)

    def _parsed(self, raw: bytes, kind: str) -> Any:
        if not any(word in kind for word in self._manners.kinds):
            raise MalformedError(self.service)
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise MalformedError(self.service) from None

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Stop by ourselves when a service says that nothing is left of its window."""
        if headers.get("X-RateLimit-Remaining") == "0":
            wait = _seconds(headers.get("X-RateLimit-Reset-In"))
            if wait is not None:
                self._closed_until = max(self._closed_until, time.monotonic() + wait)


def _settle(done: "asyncio.Future[Any]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, RateLimitedError):
        return (error.retry_after_s or 0) <= PATIENCE_S
    return isinstance(error, OutageError)


def _said_wait(headers: Mapping[str, str]) -> float | None:
    """Return how long a refusal said to wait: seconds, or an HTTP date."""
    for name in ("Retry-After", "X-RateLimit-Reset-In"):
        wait = _seconds(headers.get(name))
        if wait is not None:
            return wait
    try:
        at = parsedate_to_datetime(headers.get("Retry-After", ""))
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _seconds(text: str | None) -> float | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return float(text)
