"""Where the back office sends an agent who acts as a partner."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from shared.errors import ApiError
from shared.web import operation, pro_router
from shared.web.access import anyone
from users.connect_as.actions import use_connect_as
from users.sessions.native import SignInOf
from users.sessions.pro import cookie_of, set_cookie

router = pro_router()


@router.get(
    "/users/connect-as/{token}",
    operation_id="ConnectAs",
    response_class=Response,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def connect_as(request: Request, token: str, sign_in: SignInOf) -> Response:
    """302 to the page that the agent asked for, signed in as the partner."""
    async with sign_in.database.transaction() as session:
        outcome = await use_connect_as(session, sign_in.settings, token, former=cookie_of(request))
    if isinstance(outcome, ApiError):
        raise outcome
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = RedirectResponse(outcome.redirect_link, status_code=302, headers=headers)
    set_cookie(response, sign_in.settings, outcome.secret)
    return response
