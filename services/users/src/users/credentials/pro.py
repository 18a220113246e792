"""The portal's pages of passwords."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Response

from shared.errors import ApiError, field_error
from shared.identity import ProUser
from shared.web import DatabaseOf, Session, operation, pro_router
from shared.web.access import anyone, partners
from users.accounts.actions import lock_account
from users.accounts.pro import Themself, signed_in_partner
from users.accounts.rules import may_edit_portal_account
from users.credentials.actions import (
    ask_portal_password_reset,
    may_resend,
    reset_password,
    set_password,
    tell_password_changed,
)
from users.credentials.addresses import checked_form
from users.credentials.rules import is_strong
from users.credentials.schemas import (
    ChangePasswordBodyModel,
    CheckTokenBodyModel,
    NewPasswordBodyModel,
    ResetPasswordBodyModel,
)
from users.credentials.timing import even_time
from users.sessions.attempts import attempt_key, clear_attempts, count_attempts, too_many
from users.sessions.native import CaptchaOf, SignInOf
from users.sessions.signin import SignIn
from users.tokens.actions import check_token
from users.tokens.rules import TokenType

router = pro_router()
LIMITS = operation(rate_limit="300/minute", per="address")
WEAK = (
    "Votre mot de passe doit contenir entre 12 et 72 caractères, dont une majuscule, une minuscule, un chiffre et un "
    "caractère spécial."
)
WRONG = "Le mot de passe est incorrect."


def refuse_weak(password: str, field: str = "newPassword") -> None:
    if not is_strong(password):
        raise field_error(field, WEAK)


def dead_link() -> ApiError:
    return field_error("token", "Ce lien n'est plus valide.")


async def knows_password(sign_in: SignIn, account_id: int, password: str, password_hash: str | None) -> bool:
    """Whether it is the person's password; counted, and committed, before it is looked at: a stolen session is no oracle.

    Raises 429 beyond the limit, which the app's pages share.
    """
    settings, key = sign_in.settings, attempt_key("change_password", str(account_id))
    async with sign_in.database.transaction() as session:
        window = timedelta(seconds=settings.signin_window_seconds)
        wait = await count_attempts(session, {key: settings.signin_account_attempts}, window)
    if wait is not None:
        raise too_many(wait)
    if not (await sign_in.passwords.verify(password, password_hash)).is_right:
        return False
    async with sign_in.database.transaction() as session:
        await clear_attempts(session, key)
    return True


@router.post(
    "/users/reset-password",
    operation_id="ResetPassword",
    status_code=204,
    response_class=Response,
    openapi_extra=LIMITS | operation(access=anyone()),
)
async def ask_reset(body: ResetPasswordBodyModel, sign_in: SignInOf, captcha: CaptchaOf) -> Response:
    """The same answer for everybody, also for who asked too often."""
    if not await captcha.verify(body.token, "resetPassword"):
        raise field_error("token", "La vérification anti-robot a échoué.")
    email = checked_form(body.email, "email")
    async with even_time(sign_in.settings), sign_in.database.transaction() as session:
        if await may_resend(session, sign_in.settings, email):
            await ask_portal_password_reset(session, sign_in.settings, email)
    return Response(status_code=204)


@router.post(
    "/users/check-token",
    operation_id="PostCheckToken",
    status_code=204,
    response_class=Response,
    openapi_extra=LIMITS | operation(access=anyone()),
)
async def check_reset_token(body: CheckTokenBodyModel, session: Session) -> Response:
    if await check_token(session, TokenType.RESET_PASSWORD, body.token) is None:
        raise dead_link()
    return Response(status_code=204)


@router.post(
    "/users/new-password",
    operation_id="PostNewPassword",
    status_code=204,
    response_class=Response,
    openapi_extra=LIMITS | operation(access=anyone()),
)
async def set_new_password(body: NewPasswordBodyModel, sign_in: SignInOf) -> Response:
    refuse_weak(body.new_password)
    async with sign_in.database.transaction() as session:
        if await check_token(session, TokenType.RESET_PASSWORD, body.token) is None:
            raise dead_link()
    password_hash = await sign_in.passwords.hash(body.new_password)
    async with sign_in.database.transaction() as session:
        if await reset_password(session, body.token, password_hash) is None:
            raise dead_link()
    return Response(status_code=204)


@router.post(
    "/users/password",
    operation_id="PostChangePassword",
    dependencies=[Themself],
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners()),
)
async def change_password(
    body: ChangePasswordBodyModel, principal: ProUser, sign_in: SignInOf, database: DatabaseOf
) -> Response:
    """All that is wrong is told together; the session that asked lives on, the others end."""
    async with database.transaction() as session:
        account = (await signed_in_partner(principal, session)).account
        former_hash = account.password_hash
    if not may_edit_portal_account(account.roles):
        raise field_error("oldPassword", "Ce compte n'est rattaché à aucune structure.")
    errors: dict[str, list[str]] = {}
    if not await knows_password(sign_in, account.id, body.old_password, former_hash):
        errors["oldPassword"] = [WRONG]
    if not is_strong(body.new_password):
        errors["newPassword"] = [WEAK]
    elif body.new_password == body.old_password:
        errors["newPassword"] = ["Le nouveau mot de passe est le même que l'ancien."]
    if body.new_password != body.new_confirmation_password:
        errors["newConfirmationPassword"] = ["Les deux mots de passe ne sont pas identiques."]
    if errors:
        raise ApiError(400, errors)
    password_hash = await sign_in.passwords.hash(body.new_password)
    async with database.transaction() as session:
        account = await lock_account(session, principal.id)
        if account.password_hash != former_hash:
            raise field_error("oldPassword", WRONG)
        await set_password(session, account, password_hash, keep_session=principal.session_id)
        await tell_password_changed(session, account)
    return Response(status_code=204)
