"""A person of the app and one of the portal with their sessions, links and history; and others."""

from __future__ import annotations

import hmac
import time
from typing import Any

from shared import clock
from tests.fuzz.examples import Operation
from tests.fuzz.worlds import Headers, Makers, World
from users.accounts.models import Account, Achievement
from users.accounts.rules import SuspensionReason
from users.factories import (
    PASSWORD,
    AttachmentFactory,
    BeneficiaryFactory,
    CheckFactory,
    DepositFactory,
    PartnerFactory,
    SuspensionFactory,
    YoungFactory,
)
from users.sessions.actions import open_family
from users.simulators.ubble import signature_of
from users.tokens.actions import issue_token
from users.tokens.rules import TokenType

CONTROLS: dict[str, int] = {
    # What would have to be in progress is not; the callers' refusals come before that is looked at.
    "getNativeV1SubscriptionProfile": 404,
    "getNativeV2ProfileEmailUpdateStatus": 404,
    "postNativeV1SubscriptionBonusDisability": 400,
    "postNativeV1SubscriptionBonusQuotientFamilial": 400,
    "post__native_v1_validate_phone_number": 400,
    "Anonymize": 404,
}
WEBHOOK_SECRET = "a secret of the tests"
DMS_TOKEN = "a token of the tests"


async def make(makers: Makers, operation: Operation | None) -> World:
    session, tokens, number = makers.session, makers.tokens, makers.number
    settings, issuer = makers.app.state.settings, makers.app.state.issuer
    wanted = operation.id if operation else ""
    owner_name = f"Titulaire{number}"

    person = await BeneficiaryFactory.create(session, last_name=owner_name, email=f"jeune{number}@example.com")
    if wanted in ("getNativeV1AccountSuspensionDate", "postNativeV1AccountUnsuspend"):
        person.is_active = False
        reason = SuspensionReason.UPON_USER_REQUEST.value
        await SuspensionFactory.create(session, account_id=person.id, reason=reason)
    if wanted == "postNativeV1AccountAnonymize":
        person = await YoungFactory.create(session, age=22, last_name=owner_name, email=f"grand{number}@example.com")
    if wanted.startswith(("postNativeV1Subscription", "postNativeV1Ubble", "post__native", "loginEduconnect")):
        person = await YoungFactory.create(
            session,
            age=17,
            last_name=owner_name,
            validated_birth_date=None,
            phone_number=None,
            email=f"candidat{number}@example.com",
        )
    other = await BeneficiaryFactory.create(session)
    closed = await BeneficiaryFactory.create(session, is_active=False)
    await SuspensionFactory.create(session, account_id=closed.id)
    for account in (person, other) if person.roles else (other,):
        await DepositFactory.create(session, account_id=account.id)
    achievement = Achievement(
        account_id=person.id, booking_id=number, name="FIRST_BOOK_BOOKING", unlocked_date=clock.now()
    )
    session.add(achievement)
    checks = []
    if wanted.startswith("postNativeV1UbbleIdentification"):
        for account in (person, other):
            await CheckFactory.create(
                session,
                account_id=account.id,
                type="profile_completion",
                content={"first_name": "Zoé", "last_name": "Lévy", "city": "Bobigny"},
            )
    else:
        checks.append(await CheckFactory.create(session, account_id=person.id, content={"last_name": owner_name}))

    owner = await PartnerFactory.create(session, last_name=owner_name)
    stranger = await PartnerFactory.create(session)
    waiting = await PartnerFactory.create(session)
    gone = await PartnerFactory.create(session, is_active=False)
    await SuspensionFactory.create(session, account_id=gone.id)
    for account, offerer_id, status in (
        (owner, number, "VALIDATED"),
        (stranger, number + 1_000_000, "VALIDATED"),
        (waiting, number, "NEW"),
        (gone, number, "VALIDATED"),
    ):
        await AttachmentFactory.create(
            session, id=8 * number + account.id, user_id=account.id, offerer_id=offerer_id, validation_status=status
        )
    await session.flush()

    async def refreshing(account: Account) -> Headers:
        grant = await open_family(session, settings, account, None)
        return {"Authorization": f"Bearer {await issuer.refresh(account, grant)}"}

    async def link(kind: TokenType, account: Account) -> str:
        return (await issue_token(session, settings, kind, account.id, data={"email": account.email})).secret

    native = {"owner": person, "other": other, "suspended": closed}
    pro = {"owner": owner, "other": stranger, "unvalidated": waiting, "suspended": gone}
    callers = {
        "native": {name: tokens.native(account.id) for name, account in native.items()},
        "pro": {name: tokens.pro(account.id, roles=["PRO"]) for name, account in pro.items()},
    }
    if wanted in ("postNativeV1RefreshAccessToken", "postNativeV2RefreshAccessToken"):
        callers["native"] = {name: await refreshing(account) for name, account in native.items()}
    stamp = str(int(time.time()))
    signature = hmac.digest(WEBHOOK_SECRET.encode(), f"{stamp}.".encode(), "sha256").hex()
    values: dict[str, Any] = {
        "achievementIds": [achievement.id],
        "currentPassword": PASSWORD,
        "oldPassword": PASSWORD,
        "newPassword": "Nouveau-mot-2-passe!",
        "newConfirmationPassword": "Nouveau-mot-2-passe!",
        "password": PASSWORD,
        "identifier": person.email,
        "email": f"nouveau{number}@example.com",
        "newEmail": f"nouveau{number}@example.com",
        "offererId": number,
        "birthdate": "2008-01-01",
        "birthDate": "2008-01-01",
        "firstNames": ["Jeanne"],
        "birthCountryCogCode": "99100",
        "birthCityCogCode": "93005",
        "redirectUrl": "http://localhost:8082/fin",
        "postalCode": "93000",
        "phoneNumber": f"+336{number:08d}",
        "questionId": "SORTIES",
        "deviceInfo": {"deviceId": "appareil", "os": "Linux", "source": "Firefox"},
        "token": "test_token",
        "captchaToken": "test_token",
        "code": "123456",
    }
    return World(
        callers=callers,
        values=values,
        special={
            "getNativeV1AccountSuspendTokenValidationtoken": {
                "token": await link(TokenType.SUSPENSION_SUSPICIOUS_LOGIN, other)
            },
            "postNativeV2ProfileEmailUpdateNewEmail": {
                "token": await link(TokenType.UPDATE_EMAIL_NEW_MAIL_SELECTION, person)
            },
            "dmsApplicationStatus": {"token": DMS_TOKEN},
            "Signin": {"identifier": owner.email},
            "postNativeV1Profile": {"phoneNumber": "+33612345678"},
            "PatchUserPhone": {"phoneNumber": "+33612345678"},
            "loginEduconnect": {"redirect": False},
        },
        headers={
            "ubbleApplicationStatus": {"ubble-signature": f"ts={stamp},v1={signature}"},
            "ubbleV2ApplicationStatus": {
                "cko-signature": await signature_of(makers.app.state.partners, b"", clock.now())
            },
        },
        marks=(owner_name, person.email or "", owner.email or ""),
        kept={
            "account": [person.id, owner.id],
            "achievement": [achievement.id],
            "subscription_check": [check.id for check in checks],
        },
    )
