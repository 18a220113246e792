"""Partners who erase their own account: who may, what is looked at, and what is left."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.events.offers import ATTACHMENT, OFFERER, Attachment, Offerer
from shared.testing.flags import FlagControl
from shared.testing.recorders import EventRecorder, Tokens
from users.accounts.models import Account, AccountAction
from users.anonymization.models import GdprExtract
from users.factories import AccountFactory, AttachmentFactory, CheckFactory, PartnerFactory
from users.features import Flag
from users.replicas.models import ActiveOfferer, OffererReplica
from users.sessions.models import PortalSession

from .conftest import SignIn
from .mailbox import Mailbox

ELIGIBILITY, ERASE = "/users/anonymize/eligibility", "/users/anonymize"
FREE = {"isOnlyPro": True, "hasSuspendedOfferer": False, "isSoleUserWithOngoingActivities": False}


@pytest.fixture(autouse=True)
async def flag(flags: FlagControl) -> None:
    await flags.turn(Flag.WIP_PRO_AUTONOMOUS_ANONYMIZATION, active=True)


async def offerer(session: AsyncSession, number: int = 1, *, active: bool = True, status: str = "VALIDATED") -> int:
    session.add(OffererReplica(id=number, version=1, is_active=active, validation_status=status))
    await session.flush()
    return number


@pytest.fixture
async def partner(session: AsyncSession) -> Account:
    account = await PartnerFactory.create(session, email="pro@example.com", first_name="Zélie")
    await session.commit()
    return account


async def eligibility(client: httpx.AsyncClient, tokens: Tokens, account: Account) -> dict[str, bool]:
    answer = await client.get(ELIGIBILITY, headers=tokens.pro(account.id))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_is_free_to_go_goes_at_once(
    client: httpx.AsyncClient,
    session: AsyncSession,
    partner: Account,
    portal_sign_in: SignIn,
    tokens: Tokens,
    mailbox: Mailbox,
    events: EventRecorder,
) -> None:
    await AttachmentFactory.create(session, user_id=partner.id, offerer_id=await offerer(session))
    await session.commit()
    assert (await portal_sign_in("pro@example.com")).status_code == 200
    headers = tokens.pro(partner.id)
    assert await eligibility(client, tokens, partner) == FREE
    answer = await client.post(ERASE, headers=headers)
    assert answer.status_code == 204, answer.text
    assert 'session=""' in answer.headers["set-cookie"]
    await session.refresh(partner)
    assert (partner.email, partner.first_name, partner.roles, partner.is_active) == (
        f"anonymous_{partner.id}@anonymized.passculture",
        None,
        ["ANONYMIZED"],
        False,
    )
    assert await session.scalar(select(func.count()).select_from(PortalSession)) == 0
    line = (await session.scalars(select(AccountAction))).one()
    assert (line.type, line.author_id) == ("USER_ANONYMIZED", partner.id)
    last = await mailbox.last("anonymization_confirmation")
    assert last["recipient"] == "pro@example.com"
    assert (await events.names())[-1] == "user.anonymized"
    assert (await client.post(ERASE, headers=headers)).status_code == 401
    assert (await portal_sign_in("pro@example.com")).status_code == 401


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"roles": ["PRO", "BENEFICIARY"]}, {"isOnlyPro": False}),
        ({"roles": ["NON_ATTACHED_PRO"]}, {}),
        ({"roles": ["ADMIN"]}, {"isOnlyPro": False}),
    ],
)
async def test_only_partners_and_nothing_else(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, changes: dict[str, Any], expected: dict[str, bool]
) -> None:
    account = await AccountFactory.create(session, **changes)
    await session.commit()
    assert await eligibility(client, tokens, account) == FREE | expected
    answer = await client.post(ERASE, headers=tokens.pro(account.id))
    assert answer.status_code == (403 if expected else 204)
    if expected:
        assert list(answer.json()) == ["global"]


async def test_who_was_a_candidate_is_not_only_a_partner(
    client: httpx.AsyncClient, session: AsyncSession, partner: Account, tokens: Tokens
) -> None:
    await CheckFactory.create(session, account_id=partner.id)
    await session.commit()
    assert await eligibility(client, tokens, partner) == FREE | {"isOnlyPro": False}


@pytest.mark.parametrize(
    ("active", "status", "attachment", "suspended"),
    [
        (False, "VALIDATED", "VALIDATED", True),
        (False, "CLOSED", "NEW", True),
        (False, "REJECTED", "VALIDATED", False),
        (True, "NEW", "PENDING", False),
        (False, "VALIDATED", "DELETED", False),
        (None, "", "VALIDATED", True),  # nothing was told of the offerer
    ],
)
async def test_a_suspended_offerer_keeps_its_people(
    client: httpx.AsyncClient,
    session: AsyncSession,
    partner: Account,
    tokens: Tokens,
    active: bool | None,
    status: str,
    attachment: str,
    suspended: bool,
) -> None:
    if active is not None:
        await offerer(session, active=active, status=status)
    await AttachmentFactory.create(session, user_id=partner.id, offerer_id=1, validation_status=attachment)
    await session.commit()
    assert await eligibility(client, tokens, partner) == FREE | {"hasSuspendedOfferer": suspended}
    assert (await client.post(ERASE, headers=tokens.pro(partner.id))).status_code == (403 if suspended else 204)


class TestTheLastOne:
    @pytest.fixture
    async def active(self, session: AsyncSession, partner: Account) -> int:
        number = await offerer(session)
        session.add(ActiveOfferer(offerer_id=number))
        await AttachmentFactory.create(session, user_id=partner.id, offerer_id=number)
        await session.commit()
        return number

    async def test_stays(self, client: httpx.AsyncClient, partner: Account, tokens: Tokens, active: int) -> None:
        assert await eligibility(client, tokens, partner) == FREE | {"isSoleUserWithOngoingActivities": True}
        assert (await client.post(ERASE, headers=tokens.pro(partner.id))).status_code == 403

    @pytest.mark.parametrize(
        ("is_active", "attachment", "sole"),
        [(True, "VALIDATED", False), (False, "VALIDATED", True), (True, "PENDING", True)],
    )
    async def test_another_active_user_takes_over(
        self,
        client: httpx.AsyncClient,
        session: AsyncSession,
        partner: Account,
        tokens: Tokens,
        active: int,
        is_active: bool,
        attachment: str,
        sole: bool,
    ) -> None:
        other = await PartnerFactory.create(session, is_active=is_active)
        await AttachmentFactory.create(session, user_id=other.id, offerer_id=active, validation_status=attachment)
        await session.commit()
        assert (await eligibility(client, tokens, partner))["isSoleUserWithOngoingActivities"] is sole

    async def test_of_two_who_go_at_once_one_stays(
        self, client: httpx.AsyncClient, session: AsyncSession, partner: Account, tokens: Tokens, active: int
    ) -> None:
        other = await PartnerFactory.create(session)
        await AttachmentFactory.create(session, user_id=other.id, offerer_id=active)
        await session.commit()
        answers = await asyncio.gather(
            *(client.post(ERASE, headers=tokens.pro(account.id)) for account in (partner, other))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 403]


async def test_an_extract_under_way_is_waited_for(
    client: httpx.AsyncClient, session: AsyncSession, partner: Account, tokens: Tokens
) -> None:
    session.add(GdprExtract(account_id=partner.id, author_id=1, date_created=clock.now()))
    await session.commit()
    assert (await client.post(ERASE, headers=tokens.pro(partner.id))).status_code == 403


async def test_without_the_flag_nobody_goes(
    client: httpx.AsyncClient, session: AsyncSession, partner: Account, tokens: Tokens, flags: FlagControl
) -> None:
    await flags.turn(Flag.WIP_PRO_AUTONOMOUS_ANONYMIZATION, active=False)
    answer = await client.post(ERASE, headers=tokens.pro(partner.id))
    assert (answer.status_code, answer.json()) == (404, {})
    await session.refresh(partner)
    assert partner.is_active


@pytest.mark.parametrize(("method", "path"), [("GET", ELIGIBILITY), ("POST", ERASE)])
async def test_strangers_are_401(client: httpx.AsyncClient, tokens: Tokens, method: str, path: str) -> None:
    for headers in ({}, tokens.native(1), tokens.pro(2**40)):
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, list(answer.json())) == (401, ["global"])


async def test_what_offers_tells_is_what_is_looked_at(
    deliver: Any, client: httpx.AsyncClient, partner: Account, tokens: Tokens
) -> None:
    state = Attachment(id=5, user_id=partner.id, offerer_id=9, validation_status="VALIDATED")
    await deliver(ATTACHMENT, "created", state)
    structure = Offerer(id=9, name="Théâtre", siren="123456789", is_active=True, validation_status="VALIDATED")
    await deliver(OFFERER, "validated", structure)
    assert await eligibility(client, tokens, partner) == FREE
    await deliver(OFFERER, "closed", structure.model_copy(update={"is_active": False}))
    assert await eligibility(client, tokens, partner) == FREE | {"hasSuspendedOfferer": True}
