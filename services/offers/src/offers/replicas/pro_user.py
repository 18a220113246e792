"""Who is calling from the portal, when `users` did not say that the account was closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from offers.replicas.queries import is_deactivated
from shared.errors import ApiError
from shared.identity import Principal, ProUser
from shared.web import Session


async def _active(principal: ProUser, session: Session) -> Principal:
    # The session ended with the account; the token that was given for it lives on for some minutes.
    if await is_deactivated(session, principal.id):
        raise ApiError(401, {"global": ["Authentification requise."]}, {"WWW-Authenticate": "Bearer"})
    return principal


ActiveProUser = Annotated[Principal, Depends(_active)]
"""401 without a valid token, and for an account that is known to be closed."""
