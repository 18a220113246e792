"""The portal's account."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Depends, Request, Response

from shared.errors import ApiError, field_error, forbidden
from shared.identity import Principal, ProUser
from shared.web import Session, operation, pro_router
from shared.web.access import partners
from users.accounts.actions import lock_account, mark_rgs_seen, mark_tutorial_seen
from users.accounts.edition import checked_portal_phone, edit_profile
from users.accounts.queries import Partner, acts_for_offerer, partner_by_id
from users.accounts.rules import may_edit_portal_account
from users.accounts.schemas import (
    SharedCurrentUserResponseModel,
    SubmitReviewRequestModel,
    UserIdentityBodyModel,
    UserIdentityResponseModel,
    UserPhoneBodyModel,
    UserPhoneResponseModel,
    current_response,
)
from users.features import Flag, flags
from users.sessions.actions import portal_session_lives

log = structlog.get_logger(__name__)
router = pro_router()


async def signed_in_partner(principal: ProUser, session: Session) -> Partner:
    """The caller, whose session and account are both still open."""
    partner = await partner_by_id(session, principal.id)
    lives = principal.session_id is None or await portal_session_lives(session, principal.session_id, principal.id)
    if partner is None or not partner.account.is_active or not lives:
        raise ApiError(401, {"global": ["Authentification requise."]}, {"WWW-Authenticate": "Bearer"})
    return partner


SignedInPartner = Annotated[Partner, Depends(signed_in_partner)]


def is_impersonated(principal: Principal) -> bool:
    """Whether an agent is signed in as the partner: what they see, the partner has not seen."""
    return "impersonator" in principal.claims


def themself(principal: ProUser) -> None:
    """403 for an agent who is signed in as the partner: some things are the person's own."""
    if is_impersonated(principal):
        raise forbidden("Seule la personne elle-même peut faire cela.")


Themself = Depends(themself)


def author_of(principal: Principal) -> int:
    """Who really acts: the agent, when somebody is signed in as a partner."""
    return int(principal.claims.get("impersonator", principal.id))


def refuse_unattached(partner: Partner, field: str) -> None:
    if not may_edit_portal_account(partner.account.roles):
        raise field_error(field, "Ce compte n'est rattaché à aucune structure.")


@router.get(
    "/users/current",
    operation_id="GetProfile",
    response_model=SharedCurrentUserResponseModel,
    openapi_extra=operation(access=partners()),
)
async def get_profile(principal: ProUser, partner: SignedInPartner) -> SharedCurrentUserResponseModel:
    return current_response(partner, is_impersonated=is_impersonated(principal))


@router.patch(
    "/users/tuto-seen",
    operation_id="PatchUserTutoSeen",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners()),
)
async def patch_user_tuto_seen(principal: ProUser, partner: SignedInPartner, session: Session) -> Response:
    if not is_impersonated(principal):
        await mark_tutorial_seen(session, partner.account.id)
    return Response(status_code=204)


@router.patch(
    "/users/rgs-seen",
    operation_id="PatchProUserRgsSeen",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners()),
)
async def patch_pro_user_rgs_seen(principal: ProUser, partner: SignedInPartner, session: Session) -> Response:
    if not is_impersonated(principal):
        await mark_rgs_seen(session, partner.account.id)
    return Response(status_code=204)


@router.patch(
    "/users/identity",
    operation_id="PatchUserIdentity",
    response_model=UserIdentityResponseModel,
    openapi_extra=operation(access=partners()),
)
async def patch_user_identity(
    body: UserIdentityBodyModel, principal: ProUser, partner: SignedInPartner, session: Session
) -> UserIdentityResponseModel:
    refuse_unattached(partner, "firstName")
    account = await lock_account(session, partner.account.id)
    names = {"first_name": body.first_name, "last_name": body.last_name}
    await edit_profile(session, account, names, author_id=author_of(principal))
    return UserIdentityResponseModel(first_name=body.first_name, last_name=body.last_name)


@router.patch(
    "/users/phone",
    operation_id="PatchUserPhone",
    response_model=UserPhoneResponseModel,
    openapi_extra=operation(access=partners()),
)
async def patch_user_phone(
    request: Request, body: UserPhoneBodyModel, principal: ProUser, partner: SignedInPartner, session: Session
) -> UserPhoneResponseModel:
    refuse_unattached(partner, "phoneNumber")
    number = checked_portal_phone(request.app.state.settings, body.phone_number)
    account = await lock_account(session, partner.account.id)
    await edit_profile(session, account, {"phone_number": number}, author_id=author_of(principal))
    return UserPhoneResponseModel(phone_number=number)


@router.post(
    "/users/log-user-review",
    operation_id="SubmitUserReview",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners(other=403)),
)
async def submit_user_review(body: SubmitReviewRequestModel, partner: SignedInPartner, session: Session) -> Response:
    """What a partner thinks of a page goes where the data team reads it: the log."""
    if not flags.is_active(Flag.ENABLE_PRO_FEEDBACK):
        raise ApiError(503, {"global": ["Les avis ne sont pas recueillis en ce moment."]})
    if not await acts_for_offerer(session, partner.account, body.offerer_id):
        raise ApiError(403, {"global": ["Vous n'avez pas accès à cette structure."]})
    log.info(
        "User review",
        technical_message_id="user_review",
        account_id=partner.account.id,
        offerer_id=body.offerer_id,
        user_satisfaction=body.user_satisfaction,
        user_comment=body.user_comment,
        location=body.location,
        page_title=body.page_title,
    )
    return Response(status_code=204)
