"""The portal's change of address."""

from __future__ import annotations

from fastapi import Response

from shared.errors import ApiError, field_error
from shared.identity import ProUser
from shared.web import DatabaseOf, Session, operation, pro_router
from shared.web.access import anyone, partners
from users.accounts.actions import lock_account
from users.accounts.pro import SignedInPartner, Themself, signed_in_partner
from users.accounts.rules import may_edit_portal_account
from users.credentials.addresses import checked_form, refuse_blocked, refuse_undeliverable
from users.credentials.pro import WRONG, knows_password
from users.credentials.timing import even_time
from users.email_change.actions import validate_change
from users.email_change.partner import may_request, pending_email, request_change
from users.email_change.schemas import ChangeProEmailBody, UserEmailValidationResponseModel, UserResetEmailBodyModel
from users.sessions.native import SignInOf

router = pro_router()


@router.post(
    "/users/email",
    operation_id="PostUserEmail",
    dependencies=[Themself],
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners()),
)
async def post_user_email(
    body: UserResetEmailBodyModel, principal: ProUser, sign_in: SignInOf, database: DatabaseOf
) -> Response:
    settings = sign_in.settings
    async with database.transaction() as session:
        account = (await signed_in_partner(principal, session)).account
        former_hash, former_email = account.password_hash, account.email
    if not may_edit_portal_account(account.roles):
        raise field_error("email", "Ce compte n'est rattaché à aucune structure.")
    email = checked_form(body.email, "email")
    if email == former_email:
        raise field_error("email", "Cette adresse e-mail est déjà celle de votre compte.")
    async with database.transaction() as session:
        await refuse_blocked(session, email, "email")
    await refuse_undeliverable(settings, email, "email")
    if not await knows_password(sign_in, account.id, body.password, former_hash):
        raise field_error("password", WRONG)
    async with database.transaction() as session:
        # The count must last, so that nothing is raised in here.
        is_allowed = await may_request(session, settings, account.id)
    if not is_allowed:
        raise field_error("email", "Vous avez demandé trop de changements d'adresse. Réessayez demain.")
    async with even_time(settings), database.transaction() as session:
        account = await lock_account(session, principal.id)
        if account.password_hash != former_hash or account.email != former_email:
            raise field_error("password", WRONG)
        await request_change(session, settings, account, email)
    return Response(status_code=204)


@router.patch(
    "/users/validate_email",
    operation_id="PatchValidateEmail",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def patch_validate_email(body: ChangeProEmailBody, session: Session) -> Response:
    """The link of the mail to the new address. One that was taken meanwhile is answered alike, and nothing changes."""
    dead = ApiError(400, {"global": ["Ce lien n'est plus valide."]})
    try:
        account = await validate_change(session, body.token, tells_holder=False)
    except ApiError as error:
        raise dead from error
    if account is None:
        raise dead
    return Response(status_code=204)


@router.get(
    "/users/email_pending_validation",
    operation_id="GetUserEmailPendingValidation",
    response_model=UserEmailValidationResponseModel,
    openapi_extra=operation(access=partners()),
)
async def get_user_email_pending_validation(
    partner: SignedInPartner, session: Session
) -> UserEmailValidationResponseModel:
    return UserEmailValidationResponseModel(new_email=await pending_email(session, partner.account.id))
