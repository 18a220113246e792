"""A link of thirty seconds with which an agent signs in as a partner, once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import ApiError, not_found
from users.accounts.actions import lock_account, note_action
from users.accounts.models import Account
from users.accounts.queries import account_by_id
from users.connect_as.rules import leads_to_portal, why_not
from users.permissions.queries import may_connect_as, require
from users.permissions.rules import Permission
from users.sessions.actions import close_portal_session, open_portal_session
from users.settings import Settings
from users.tokens.actions import Issued, consume_token, issue_token
from users.tokens.rules import TokenType


@dataclass(frozen=True)
class Connected:
    """The cookie of the session as somebody else, and where the browser goes."""

    secret: str
    redirect_link: str


async def issue_connect_as(
    session: AsyncSession, settings: Settings, agent_id: int, target_id: int, redirect_link: str
) -> Issued:
    """The token with which an agent acts as a partner; the one that the agent had ends. For the back office."""
    await require(session, agent_id, Permission.CONNECT_AS_PRO)
    agent, target = await account_by_id(session, agent_id), await account_by_id(session, target_id)
    if agent is None or target is None:
        raise not_found()
    refusal = _refusal(target)
    if refusal is not None:
        raise refusal
    if not leads_to_portal(redirect_link, settings.portal_url):
        raise ApiError(400, {"redirect_link": ["Cette page n'est pas du portail."]})
    data = {"user_id": target_id, "internal_admin_email": agent.email, "redirect_link": redirect_link}
    return await issue_token(session, settings, TokenType.CONNECT_AS, agent_id, data=data)


def _refusal(target: Account) -> ApiError | None:
    why = why_not(target.roles, is_active=target.is_active)
    return ApiError(403, {"user": [why]}) if why else None


async def use_connect_as(
    session: AsyncSession, settings: Settings, token: str, *, former: str | None
) -> Connected | ApiError:
    """Sign in as the token says, in the place of the session `former`.

    A refusal is returned, not raised: the token was shown, so it is used up, and that must be committed. The agent's
    permission is asked again. The partner's last connection stays: it was not them.
    """
    known = await consume_token(session, TokenType.CONNECT_AS, token)
    if known is None or known.account_id is None:
        return ApiError(403, {"global": ["Ce lien n'est plus valide."]})
    if not await may_connect_as(session, known.account_id):
        return ApiError(403, {"global": ["Ce lien n'est plus valide."]})
    target_id = int(known.data["user_id"])
    if await account_by_id(session, target_id) is None:
        return ApiError(404, {"user": ["Ce compte n'existe pas."]})
    target = await lock_account(session, target_id)
    refusal = _refusal(target)
    if refusal is not None:
        return refusal
    await close_portal_session(session, secret=former)
    secret = await open_portal_session(session, settings, target, impersonator_id=known.account_id)
    await note_action(session, target.id, "CONNECT_AS_USER", author_id=known.account_id)
    return Connected(secret, known.data["redirect_link"])
