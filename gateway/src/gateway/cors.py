"""Which pages may call which surface from a browser. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gateway.answers import Answer, Header, global_error

ALLOWED_METHODS = b"GET, POST, PATCH, PUT, DELETE"
ALLOWED_HEADERS = (
    b"accept, accept-language, app-version, authorization, baggage, code-push-id, commit-hash, content-type, device-id, "
    b"platform, request-id, sentry-trace, traceparent, x-request-id, x-requested-with"
)
# What a page may read of an answer, beside its body; `x-country-ban` leads the app to its country page and
# `educonnect-redirect` to ÉduConnect.
EXPOSED_HEADERS = b"content-disposition, educonnect-redirect, retry-after, x-country-ban, x-request-id"
PREFLIGHT_SECONDS = 600

_VARY: Header = (b"vary", b"origin")


class CorsPolicy:
    """The origins of each surface. A pattern must match the whole origin; `public` is open to all, without cookies."""

    def __init__(self, origins: Mapping[str, Iterable[str]]) -> None:
        self._patterns = {
            surface: re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)")
            for surface, patterns in origins.items()
        }
        self._granted: dict[tuple[str, bytes], tuple[Header, ...]] = {}

    def headers(self, surface: str, origin: bytes | None) -> tuple[Header, ...]:
        """What an answer of this surface says to a page of this origin."""
        if surface == "public":
            return (
                (b"access-control-allow-origin", b"*"),
                (b"access-control-expose-headers", EXPOSED_HEADERS),
            )
        if origin is None or not self.allows(surface, origin):
            return (_VARY,)
        known = self._granted.get((surface, origin))
        if known is None:
            known = (
                (b"access-control-allow-origin", origin),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", EXPOSED_HEADERS),
                _VARY,
            )
            if len(self._granted) < 256:
                self._granted[surface, origin] = known
        return known

    def allows(self, surface: str, origin: bytes) -> bool:
        """Whether a page of this origin may call the surface."""
        if surface == "public":
            return True
        pattern = self._patterns.get(surface)
        return pattern is not None and pattern.fullmatch(origin.decode("latin-1")) is not None

    def preflight(self, surface: str, origin: bytes) -> Answer:
        """The answer to a browser that asks before it calls; its grants are in `headers`."""
        if not self.allows(surface, origin):
            return global_error(403, "Cette origine n'est pas autorisée.")
        return Answer(
            204,
            b"",
            (
                (b"access-control-allow-methods", ALLOWED_METHODS),
                (b"access-control-allow-headers", ALLOWED_HEADERS),
                (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
            ),
        )


def surface_of_path(path: str) -> str:
    """The surface that a path belongs to by its prefix, for paths that lead nowhere."""
    for prefix in ("/mock/native", "/mock/pro", "/mock/public"):
        if path.startswith(prefix):
            return prefix.removeprefix("/mock/")
    if path.startswith("/native/"):
        return "native"
    if path.startswith(("/public/", "/v2/")):
        return "public"
    return "pro"
