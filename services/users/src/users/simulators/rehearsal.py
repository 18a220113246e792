"""An identification that is concluded at once, for front-ends' end-to-end tests: by the simulator, never elsewhere."""

from __future__ import annotations

import zlib
from enum import IntEnum

from shared.errors import code_error, forbidden
from shared.identity import NativeUser
from shared.web import DatabaseOf, NativeRequest, native_router, operation
from shared.web.access import people
from users.accounts.models import Account
from users.accounts.profile import active_account, locked_active_account
from users.identity.ubble.actions import StartRefusal, note_news, plan_start, record_start
from users.identity.ubble.rules import UbbleStatus
from users.partners import PartnersOf
from users.simulators.store import StoreOf
from users.simulators.ubble import KIND, conclude_record

router = native_router()


class UbbleError(IntEnum):
    """What may go wrong, in the numbers of Ubble's first API."""

    NETWORK = 1201
    BLURRY = 1301
    DARK = 1320
    EXPIRED = 2101
    NOT_SUPPORTED = 2102
    DAMAGED = 2103
    NOT_AUTHENTIC = 2201


# Today's number of each.
_TODAY = {UbbleError.DARK: 61312}


class RehearsalRequest(NativeRequest):
    errors: list[UbbleError] | None = None


@router.post(
    "/native/v1/ubble_identification/e2e",
    operation_id="postNativeV1UbbleIdentificationE2e",
    status_code=204,
    openapi_extra=operation(rate_limit="20/minute", timeout=30, access=people()),
)
async def rehearse(
    body: RehearsalRequest, principal: NativeUser, database: DatabaseOf, partners: PartnersOf, store: StoreOf
) -> None:
    """Begin an identification and conclude it; the worker then reads it as it reads every other. 403 in production."""
    if not partners.settings.simulates or partners.settings.ubble_url:
        raise forbidden("Cette vérification d'essai n'existe pas ici.")
    settings = partners.settings
    async with database.transaction() as session:
        account = await active_account(session, principal)
        plan = await plan_start(session, settings, account)
    if isinstance(plan, StartRefusal):
        raise code_error(plan.value)
    webhook_url = f"{settings.public_url.rstrip('/')}/webhooks/ubble/v2/application_status"
    started = await partners.ubble.start(plan.name, redirect_url=settings.app_url, webhook_url=webhook_url)
    async with database.transaction() as session:
        account = await locked_active_account(session, principal)
        await record_start(session, settings, account, started)
        codes = [_TODAY.get(error, 60_000 + error) for error in body.errors or ()]
        status = UbbleStatus.RETRY_REQUIRED if codes else UbbleStatus.APPROVED
        await conclude_record(store, partners, started.id, status, codes or [10_000], _document(account, plan.name))
        await note_news(session, started.id, None)


def _document(account: Account, name: str) -> dict[str, str]:
    """The document of the person, as they declared themselves."""
    first, _, last = name.partition(" ")
    return {
        "first_names": first,
        "last_name": last,
        "birth_date": account.birth_date.isoformat() if account.birth_date else "",
        "document_number": f"{zlib.crc32(f'{KIND}{account.id}'.encode()) % 10**9:09}",
    }
