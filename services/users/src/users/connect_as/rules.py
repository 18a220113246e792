"""Agents who sign in as a partner: as whom, and where it leads. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from users.accounts.rules import Role, has_any_pro_role


def why_not(roles: Iterable[Role | str], *, is_active: bool) -> str | None:
    """Why nobody may act as this person, else None (users rules: connect-as)."""
    held = set(roles)
    if Role.ANONYMIZED in held:
        return "Ce compte a été anonymisé."
    if not is_active:
        return "Ce compte est inactif."
    if Role.ADMIN in held:
        return "Ce compte est celui d'un agent."
    if not has_any_pro_role(held):
        return "Ce compte n'est pas celui d'un partenaire."
    return None


def leads_to_portal(link: str, portal_url: str) -> bool:
    """Whether a link is a page of the portal: agents are sent nowhere else."""
    if not link.isprintable() or "\\" in link:
        return False
    try:
        asked, portal = urlsplit(link), urlsplit(portal_url)
        return (asked.scheme, asked.netloc) == (portal.scheme, portal.netloc)
    except ValueError:
        return False
