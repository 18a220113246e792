"""Whose address a request comes from. Pure."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def client_address(peer: str, forwarded_for: bytes | None, trusted_proxies: int) -> str:
    """The client's address.

    `peer` is who opened the connection, `forwarded_for` the X-Forwarded-For header. As many entries at its end are
    believed as proxies of ours stand before us, the nearest of which is `peer` itself.
    """
    if trusted_proxies == 0 or not forwarded_for:
        return peer
    chain = [entry.strip() for entry in forwarded_for.decode("latin-1").split(",")]
    candidate = chain[max(0, len(chain) - trusted_proxies)]
    try:
        return str(ip_address(candidate))
    except ValueError:
        return peer


def counted_address(address: str) -> str:
    """What of an address is counted by rate limits: of IPv6 the /64, since one caller has all of it."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address
