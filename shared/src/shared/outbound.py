"""Calls to partners outside of the house: one deadline, bounded answers, retries where they are safe, a breaker, metrics.

An adapter owns one `Partner`. A caller of the adapter sees an `Answer`, or one of:
`PartnerUnavailable` (network, deadline, 5xx, open breaker: nothing is known, try later), its case `PartnerBusy` (429, with
the seconds to wait) and `PartnerRefused` (any other 4xx: trying the same again is useless).
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import stamina
import structlog

from shared.telemetry.metrics import PARTNER_BREAKER, PARTNER_CALLS

log = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_CONFIGURED = "no address"
BREAKER_OPEN = "breaker open"
MAX_ANSWER_BYTES = 10 * 1024 * 1024


class PartnerError(Exception):
    """A call that gave no usable answer."""

    def __init__(self, partner: str, operation: str, reason: str) -> None:
        super().__init__(f"{partner} {operation}: {reason}")
        self.partner = partner
        self.operation = operation
        self.reason = reason


class PartnerUnavailable(PartnerError):
    """Nothing is known of the call's effect; the same call may succeed later."""


class PartnerBusy(PartnerUnavailable):
    """The partner asks to slow down. `retry_after` in seconds."""

    def __init__(self, partner: str, operation: str, retry_after: float) -> None:
        super().__init__(partner, operation, "429")
        self.retry_after = retry_after


class PartnerRefused(PartnerError):
    """The partner understood and said no."""

    def __init__(self, partner: str, operation: str, answer: Answer) -> None:
        super().__init__(partner, operation, str(answer.status))
        self.answer = answer

    @property
    def status(self) -> int:
        return self.answer.status


class PartnerNonsense(PartnerError):
    """The answer is not in the shape that the partner promises."""


@dataclass(frozen=True)
class Answer:
    """What a partner answered, read whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.content)


class Breaker:
    """Stops calling a partner that fails: open after `threshold` failures in a row, one trial after `pause` seconds."""

    def __init__(
        self, threshold: int = 5, pause: float = 30.0, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._pause = pause
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    def allows(self) -> bool:
        """Whether a call may be made now; while open, one at a time once the pause is over."""
        if self._opened_at is None:
            return True
        if self._trying or self._monotonic() - self._opened_at < self._pause:
            return False
        self._trying = True
        return True

    def succeeded(self) -> None:
        self._failures, self._opened_at, self._trying = 0, None, False

    def failed(self) -> None:
        self._failures += 1
        if self._trying or self._failures >= self._threshold:
            self._opened_at, self._trying = self._monotonic(), False

    def forgot(self) -> None:
        """A call ended without saying anything of the partner (it was cancelled): another one may try."""
        self._trying = False


class Partner:
    """One partner as an adapter calls it; without an address it is away.

    `deadline` bounds a call with its retries, `timeout` each attempt; seconds.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        deadline: float = 10.0,
        timeout: float = 5.0,
        attempts: int = 3,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        breaker: Breaker | None = None,
        wait_initial: float = 0.1,
    ) -> None:
        self.name = name
        self.breaker = breaker or Breaker()
        self._base_url = base_url.rstrip("/")
        self._deadline = deadline
        self._timeout = timeout
        self._attempts = attempts
        self._headers = dict(headers or {})
        self._auth = auth
        self._tls = tls
        self._transport = transport
        self._wait_initial = wait_initial
        self._client: httpx.AsyncClient | None = None

    def url(self, path: str) -> str:
        """Where a path of the partner is; a whole URL stays itself."""
        return path if path.startswith(("http://", "https://")) else f"{self._base_url}{path}"

    async def call(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        safe: bool | None = None,
        max_bytes: int = MAX_ANSWER_BYTES,
        **options: Any,
    ) -> Answer:
        """Make a call. `safe`: whether making it twice is the same as once (GET is, unless told otherwise).

        `options` are httpx's: `params`, `json`, `data`, `headers`. Redirects are not followed.
        """
        repeatable = method in SAFE_METHODS if safe is None else safe
        attempts = self._attempts if repeatable else 1
        try:
            async with asyncio.timeout(self._deadline):
                async for attempt in stamina.retry_context(
                    on=_worth_retrying, attempts=attempts, timeout=self._deadline, wait_initial=self._wait_initial
                ):
                    with attempt:
                        return await self._once(method, path, operation, max_bytes, options)
        except TimeoutError as error:
            raise PartnerUnavailable(self.name, operation, "deadline") from error
        raise PartnerUnavailable(self.name, operation, "no attempt")

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _once(self, method: str, path: str, operation: str, max_bytes: int, options: dict[str, Any]) -> Answer:
        if not self.url(path).startswith(("http://", "https://")):
            raise PartnerUnavailable(self.name, operation, NOT_CONFIGURED)
        if not self.breaker.allows():
            PARTNER_CALLS.labels(self.name, operation, "refused").observe(0)
            raise PartnerUnavailable(self.name, operation, BREAKER_OPEN)
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            answer = await self._send(method, path, max_bytes, options)
            outcome = str(answer.status)
            self._judge(answer.status)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            outcome = type(error).__name__
            self.breaker.failed()
            raise PartnerUnavailable(self.name, operation, outcome) from error
        except _TooLong as error:
            outcome = "too_long"
            self.breaker.succeeded()
            raise PartnerNonsense(self.name, operation, "the answer is too long") from error
        except asyncio.CancelledError:
            # A deadline is the partner's failure as well: it was too slow.
            self.breaker.failed()
            raise
        finally:
            PARTNER_CALLS.labels(self.name, operation, outcome).observe(time.perf_counter() - started)
            PARTNER_BREAKER.labels(self.name).set(self.breaker.is_open)
        return self._checked(answer, operation)

    def _judge(self, status: int) -> None:
        """A refusal shows that the partner works; an overload says nothing."""
        if status >= 500:
            self.breaker.failed()
        elif status == 429:
            self.breaker.forgot()
        else:
            self.breaker.succeeded()

    def _checked(self, answer: Answer, operation: str) -> Answer:
        if answer.status == 429:
            raise PartnerBusy(self.name, operation, _seconds(answer.headers.get("retry-after")))
        if answer.status >= 500:
            log.warning("partner.failed", partner=self.name, operation=operation, status=answer.status)
            raise PartnerUnavailable(self.name, operation, str(answer.status))
        if answer.status >= 400:
            raise PartnerRefused(self.name, operation, answer)
        return answer

    async def _send(self, method: str, path: str, max_bytes: int, options: dict[str, Any]) -> Answer:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=self._timeout,
                headers=self._headers,
                auth=self._auth,
                verify=self._tls if self._tls is not None else True,
                transport=self._transport,
                follow_redirects=False,
            )
        async with self._client.stream(method, self.url(path), **options) as response:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > max_bytes:
                    raise _TooLong
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, headers, bytes(content))


class _TooLong(Exception):
    """The answer has more bytes than the caller takes."""


def _worth_retrying(error: Exception) -> bool:
    if isinstance(error, PartnerBusy):
        return False
    return isinstance(error, PartnerUnavailable) and error.reason not in (BREAKER_OPEN, NOT_CONFIGURED)


def _seconds(header: str | None, default: float = 60.0) -> float:
    """`Retry-After` in seconds; a date, or nonsense, is a minute."""
    try:
        return min(max(float(header or default), 0.0), 3_600.0)
    except ValueError:
        return default
