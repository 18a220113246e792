"""The portal's page with which partners erase their account."""

from __future__ import annotations

from fastapi import Request, Response

from shared.errors import forbidden, not_found
from shared.web import Session, operation, pro_router
from shared.web.access import partners
from users.accounts.actions import lock_account
from users.accounts.pro import SignedInPartner, Themself
from users.anonymization.partners import eligibility_of, erase_partner
from users.anonymization.schemas import ProAnonymizationEligibilityResponseModel
from users.features import Flag, flags
from users.sessions.pro import drop_cookie

router = pro_router()


@router.get(
    "/users/anonymize/eligibility",
    operation_id="GetProAnonymizationEligibility",
    response_model=ProAnonymizationEligibilityResponseModel,
    openapi_extra=operation(access=partners()),
)
async def get_eligibility(partner: SignedInPartner, session: Session) -> ProAnonymizationEligibilityResponseModel:
    return ProAnonymizationEligibilityResponseModel.model_validate(await eligibility_of(session, partner.account))


@router.post(
    "/users/anonymize",
    operation_id="Anonymize",
    dependencies=[Themself],
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners()),
)
async def anonymize_partner(request: Request, partner: SignedInPartner, session: Session) -> Response:
    """At once and for ever; never by an agent who is signed in as the partner."""
    if not flags.is_active(Flag.WIP_PRO_AUTONOMOUS_ANONYMIZATION):
        raise not_found()
    account = await lock_account(session, partner.account.id)
    if not await erase_partner(session, account):
        raise forbidden("Ce compte ne peut pas être anonymisé.")
    response = Response(status_code=204)
    drop_cookie(response, request.app.state.settings)
    return response
