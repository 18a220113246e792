"""Which headers pass, in either direction."""

from __future__ import annotations

from gateway.answers import Header
from gateway.calls import Call

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

# Written by the gateway itself, or believed from our own proxies alone.
_REQUEST_DROPPED = _HOP_BY_HOP | {
    b"authorization",
    b"content-length",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"http2-settings",
    b"traceparent",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-server",
    b"x-original-url",
    b"x-real-ip",
    b"x-request-id",
    b"x-rewrite-url",
    b"x-session",
}
# Where the caller is, as found by a proxy of ours: without one, anybody could claim to be anywhere.
_REQUEST_DROPPED_AT_THE_EDGE = _REQUEST_DROPPED | {b"x-city", b"x-country"}

_RESPONSE_DROPPED = _HOP_BY_HOP | {
    b"access-control-allow-credentials",
    b"access-control-allow-headers",
    b"access-control-allow-methods",
    b"access-control-allow-origin",
    b"access-control-expose-headers",
    b"access-control-max-age",
    b"date",
    b"server",
    b"strict-transport-security",
    b"x-content-type-options",
    b"x-frame-options",
    b"x-request-id",
    b"x-xss-protection",
}
_BODYLESS_DROPPED = _RESPONSE_DROPPED | {b"content-length"}

SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"1; mode=block"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload"),
)


def _named_by_connection(value: bytes) -> frozenset[bytes]:
    """Headers that the `Connection` header declares to be meant for this hop alone."""
    return frozenset(token.strip().lower() for token in value.split(b",")) - {b"close", b"keep-alive", b""}


def request_head(
    call: Call,
    authority: bytes,
    *,
    method: str | None = None,
    session: bytes | None = None,
    behind_proxies: bool = False,
) -> bytes:
    """The head of the request to a service, up to and without the framing headers and the empty line.

    `session` is the portal's raw cookie value, for the users service alone; `behind_proxies` says that proxies of
    ours stand in front, so that the place they found the caller at is believed.
    """
    fields = call.fields
    target = call.path.encode("latin-1")
    if call.query:
        target = b"%b?%b" % (target, call.query)
    parts = [
        b"%b %b HTTP/1.1\r\nhost: %b\r\nx-request-id: %b\r\ntraceparent: %b\r\nx-forwarded-for: %b\r\n"
        b"x-forwarded-proto: %b\r\nx-forwarded-host: %b\r\n"
        % (
            (method or call.method).encode(),
            target,
            authority,
            call.request_id.encode(),
            call.traceparent,
            call.address.encode(),
            (behind_proxies and fields.get(b"x-forwarded-proto")) or call.scope["scheme"].encode(),
            fields.get(b"host", b""),
        )
    ]
    if call.authorization is not None:
        parts.append(b"authorization: %b\r\n" % call.authorization)
    if session is not None:
        parts.append(b"x-session: %b\r\n" % session)
    dropped = _REQUEST_DROPPED if behind_proxies else _REQUEST_DROPPED_AT_THE_EDGE
    connection = fields.get(b"connection")
    if connection is not None and connection.lower() not in (b"keep-alive", b"close"):
        dropped = dropped | _named_by_connection(connection)
    for name, value in call.scope["headers"]:
        if name not in dropped:
            parts.append(b"%b: %b\r\n" % (name, value))
    return b"".join(parts)


def response_headers(status: int, headers: list[Header]) -> list[Header]:
    """The service's headers that go on to the client."""
    dropped = _BODYLESS_DROPPED if status in (204, 304) else _RESPONSE_DROPPED
    for name, value in headers:
        if name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            dropped = dropped | _named_by_connection(value)
    return [header for header in headers if header[0] not in dropped]


def cookie_value(header: bytes | None, name: bytes) -> bytes | None:
    """The value of the first cookie of that name."""
    if not header:
        return None
    for part in header.split(b";"):
        key, separator, value = part.strip().partition(b"=")
        if separator and key == name:
            return value.strip(b'"') or None
    return None


def sets_cookie(headers: list[Header], name: bytes) -> bool:
    """Whether an answer sets or clears the cookie of that name."""
    prefix = name + b"="
    return any(key == b"set-cookie" and value.lstrip().startswith(prefix) for key, value in headers)
