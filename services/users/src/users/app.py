"""The API of the users service."""

from __future__ import annotations

from fastapi import FastAPI

from shared.web import create_service_app
from users.accounts import native as accounts_native
from users.accounts import pro as accounts_pro
from users.anonymization import native as anonymization_native
from users.anonymization import pro as anonymization_pro
from users.bonus import native as bonus_native
from users.connect_as import pro as connect_as_pro
from users.cookies import native as cookies_native
from users.cookies import pro as cookies_pro
from users.credentials import native as credentials_native
from users.credentials import pro as credentials_pro
from users.email_change import native as email_change_native
from users.email_change import pro as email_change_pro
from users.features import flags
from users.features import native as features_native
from users.features import pro as features_pro
from users.features.portal import Portal
from users.identity.dms import webhooks as dms_webhooks
from users.identity.educonnect import native as educonnect_native
from users.identity.ubble import native as ubble_native
from users.identity.ubble import webhooks as ubble_webhooks
from users.partners import partners_for
from users.permissions.actions import install_roles
from users.phone import native as phone_native
from users.sessions import internal as sessions_internal
from users.sessions import native as sessions_native
from users.sessions import pro as sessions_pro
from users.sessions.captcha import captcha_for
from users.sessions.keys import Keyring
from users.sessions.passwords import Passwords
from users.sessions.signin import SignIn
from users.sessions.tokens import TokenIssuer
from users.settings import Settings
from users.signup import native as signup_native
from users.signup import pro as signup_pro
from users.simulators import rehearsal
from users.simulators.routers import serve_simulators
from users.sso import native as sso_native
from users.subscription import native as subscription_native
from users.subscription import steps_native
from users.survey import native as survey_native
from users.suspension import native as suspension_native

ROUTERS = (
    sessions_native.router,
    accounts_native.router,
    signup_native.router,
    sso_native.router,
    credentials_native.router,
    email_change_native.router,
    phone_native.router,
    suspension_native.router,
    anonymization_native.router,
    survey_native.router,
    subscription_native.router,
    steps_native.router,
    ubble_native.router,
    rehearsal.router,
    educonnect_native.router,
    dms_webhooks.router,
    bonus_native.router,
    ubble_webhooks.router,
    features_native.router,
    cookies_native.router,
    sessions_pro.router,
    accounts_pro.router,
    signup_pro.router,
    credentials_pro.router,
    email_change_pro.router,
    anonymization_pro.router,
    connect_as_pro.router,
    features_pro.router,
    cookies_pro.router,
    sessions_internal.router,
    ubble_webhooks.internal,
)


async def _prepare(app: FastAPI) -> None:
    """First start: the signing key and the agents' roles; every start: the keys in memory.

    What the roles allow at first is given to production by command.
    """
    async with app.state.database.transaction() as session:
        await install_roles(session, seed=not app.state.settings.is_production)
    await app.state.keyring.load()


async def _close(app: FastAPI) -> None:
    app.state.passwords.close()
    await app.state.captcha.close()
    await app.state.partners.close()


def create_app(settings: Settings) -> FastAPI:
    portal = Portal()
    app = create_service_app(
        settings,
        routers=ROUTERS,
        title="pass Culture: users",
        startup=(_prepare,),
        shutdown=(_close,),
        follows=(flags, portal),
        state={"portal_features": portal},
    )
    state = app.state
    state.passwords = Passwords(settings)
    state.captcha = captcha_for(settings)
    state.keyring = Keyring(settings, state.database, state.verifier)
    state.issuer = TokenIssuer(settings, state.keyring)
    state.partners = partners_for(settings, state.redis)
    serve_simulators(app, settings)
    state.sign_in = SignIn(settings, state.database, state.passwords)
    return app
