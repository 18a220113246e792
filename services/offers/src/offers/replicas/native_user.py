"""Who is calling from the app, when `users` did not say that the account was closed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from offers.replicas.queries import is_deactivated
from shared.errors import ApiError
from shared.identity import NativeUser, Principal
from shared.web import Session


async def _active(principal: NativeUser, session: Session) -> Principal:
    if await is_deactivated(session, principal.id):
        raise ApiError(403, {"email": ["Ce compte n’est pas actif."]})
    return principal


ActiveNativeUser = Annotated[Principal, Depends(_active)]
"""401 without a valid token, 403 `email` for an account that is known to be closed."""
