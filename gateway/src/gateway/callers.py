"""Who is behind a request, surface by surface, and what of that goes on to the service."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from gateway.answers import Header
from gateway.calls import Call
from gateway.headers import cookie_value, sets_cookie
from gateway.identities import Exchange, Identity, bearer
from gateway.routes import Operation
from shared import clock
from shared.identity import InvalidToken, Verifier

SESSION_COOKIE = b"session"
_LONGEST_SECRET = 4_096
_VERIFY_SECONDS = 0.5
_CACHED = 20_000


class IssuerAwayError(Exception):
    """Nobody can say now whom the caller's cookie or key names."""


class Callers:
    """Identifies callers; sets `call.identity` (for limits and logs) and `call.authorization` (for the service)."""

    def __init__(self, verifier: Verifier, sessions: Exchange, keys: Exchange) -> None:
        self._verifier = verifier
        self._sessions = sessions
        self._keys = keys
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    async def identify(self, call: Call, operation: Operation) -> None:
        """Raises IssuerAwayError when the operation needs an identity that cannot be had now."""
        if operation.surface == "native":
            token = bearer(call.authorization)
            if token is not None:
                call.identity = await self._verified(token)
        elif operation.surface == "pro":
            call.authorization = None
            if operation.secured:
                await self._exchange(call, self._sessions, self.session(call))
        else:
            secret = bearer(call.authorization)
            call.authorization = None
            await self._exchange(call, self._keys, secret)

    @staticmethod
    def session(call: Call) -> bytes | None:
        """The portal's cookie."""
        return cookie_value(call.fields.get(b"cookie"), SESSION_COOKIE)

    async def look_at_answer(self, call: Call, status: int, headers: list[Header]) -> None:
        """Forget a session that its issuer has just set or cleared, or whose token a service no longer takes."""
        if status == 401 or sets_cookie(headers, SESSION_COOKIE):
            session = self.session(call)
            if session is not None and len(session) <= _LONGEST_SECRET:
                await self._sessions.drop(session)

    async def _exchange(self, call: Call, exchange: Exchange, secret: bytes | None) -> None:
        if secret is None or len(secret) > _LONGEST_SECRET:
            return
        outcome = await exchange.identify(secret)
        if isinstance(outcome, Identity):
            call.identity = outcome.subject
            call.authorization = b"Bearer " + outcome.token.encode()
        elif outcome == "unavailable":
            raise IssuerAwayError

    async def _verified(self, token: bytes) -> str | None:
        """Whom the app's token names; None when it is not, or cannot be known to be, a good one."""
        known = self._known.get(token)
        now = clock.now().timestamp()
        if known is not None:
            if known[1] > now:
                return known[0]
            del self._known[token]
            return None
        try:
            async with asyncio.timeout(_VERIFY_SECONDS):
                principal = await self._verifier.verify(token.decode("latin-1"))
        except (InvalidToken, TimeoutError):
            return None
        subject = f"{principal.kind}:{principal.id}"
        self._known[token] = (subject, principal.expires_at)
        if len(self._known) > _CACHED:
            self._known.popitem(last=False)
        return subject
