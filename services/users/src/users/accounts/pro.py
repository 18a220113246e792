"""The portal's account."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from shared.errors import ApiError
from shared.identity import ProUser
from shared.web import Session, pro_router
from users.accounts.actions import mark_rgs_seen, mark_tutorial_seen
from users.accounts.queries import Partner, partner_by_id
from users.accounts.schemas import SharedCurrentUserResponseModel, current_response
from users.sessions.actions import portal_session_lives

router = pro_router()


async def signed_in_partner(principal: ProUser, session: Session) -> Partner:
    """The caller, whose session and account are both still open."""
    partner = await partner_by_id(session, principal.id)
    lives = principal.session_id is None or await portal_session_lives(session, principal.session_id, principal.id)
    if partner is None or not partner.account.is_active or not lives:
        raise ApiError(401, {"global": ["Authentification requise."]}, {"WWW-Authenticate": "Bearer"})
    return partner


SignedInPartner = Annotated[Partner, Depends(signed_in_partner)]


@router.get("/users/current", operation_id="GetProfile", response_model=SharedCurrentUserResponseModel)
async def get_profile(principal: ProUser, partner: SignedInPartner) -> SharedCurrentUserResponseModel:
    return current_response(partner, is_impersonated="impersonator" in principal.claims)


@router.patch("/users/tuto-seen", operation_id="PatchUserTutoSeen", status_code=204, response_class=Response)
async def patch_user_tuto_seen(partner: SignedInPartner, session: Session) -> Response:
    await mark_tutorial_seen(session, partner.account.id)
    return Response(status_code=204)


@router.patch("/users/rgs-seen", operation_id="PatchProUserRgsSeen", status_code=204, response_class=Response)
async def patch_pro_user_rgs_seen(partner: SignedInPartner, session: Session) -> Response:
    await mark_rgs_seen(session, partner.account.id)
    return Response(status_code=204)
