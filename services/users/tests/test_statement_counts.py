"""No page of a person asks the database more often for having more to tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import ClockControl, StatementCounter, Tokens
from users.accounts.models import Account, Achievement
from users.deposits.rules import RecreditType
from users.factories import (
    AttachmentFactory,
    BeneficiaryFactory,
    CheckFactory,
    DepositFactory,
    PartnerFactory,
    RecreditFactory,
    ReviewFactory,
)

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(clock: ClockControl) -> None:
    clock.set(NOW)


async def _lived(
    session: AsyncSession, account: Account, *, kind: str, achievement: str, recredit: RecreditType
) -> None:
    """A credit with a recredit, a step, a review, an achievement."""
    deposit = await DepositFactory.create(session, account_id=account.id, type=kind, expiration_date=NOW + timedelta(9))
    await RecreditFactory.create(session, deposit_id=deposit.id, type=recredit.value)
    await CheckFactory.create(session, account_id=account.id)
    await ReviewFactory.create(session, account_id=account.id)
    session.add(Achievement(account_id=account.id, booking_id=1, name=achievement, unlocked_date=NOW))
    await session.commit()


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/native/v1/me", 1),
        ("/native/v2/subscription/stepper", None),
        ("/native/v3/subscription/stepper", None),
        ("/native/v1/banner?isGeolocated=true", None),
    ],
)
async def test_pages_of_a_young_person(
    path: str,
    most: int | None,
    client: httpx.AsyncClient,
    tokens: Tokens,
    session: AsyncSession,
    statements: StatementCounter,
) -> None:
    account = await BeneficiaryFactory.create(session)
    headers = tokens.native(account.id)
    await _lived(
        session, account, kind="GRANT_15_17", achievement="FIRST_BOOK_BOOKING", recredit=RecreditType.RECREDIT_16
    )
    assert (await client.get(path, headers=headers)).status_code == 200
    with statements() as few:
        assert (await client.get(path, headers=headers)).status_code == 200
    await _lived(session, account, kind="GRANT_18", achievement="FIRST_SHOW_BOOKING", recredit=RecreditType.RECREDIT_18)
    await _lived(
        session, account, kind="GRANT_17_18", achievement="FIRST_MOVIE_BOOKING", recredit=RecreditType.RECREDIT_17
    )
    with statements() as many:
        assert (await client.get(path, headers=headers)).status_code == 200
    assert few
    assert len(many) == len(few), many
    assert most is None or len(many) <= most


@pytest.mark.parametrize("path", ["/features", "/native/v1/settings"])
async def test_flags_are_read_from_memory(path: str, client: httpx.AsyncClient, statements: StatementCounter) -> None:
    with statements() as made:
        assert (await client.get(path)).status_code == 200
    assert made == []


@pytest.mark.parametrize("path", ["/users/current"])
async def test_pages_of_a_partner(
    path: str, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, statements: StatementCounter
) -> None:
    account = await PartnerFactory.create(session)
    await session.commit()
    headers = tokens.pro(account.id)
    assert (await client.get(path, headers=headers)).status_code == 200
    with statements() as few:
        assert (await client.get(path, headers=headers)).status_code == 200
    for _ in range(5):
        await AttachmentFactory.create(session, user_id=account.id)
    await session.commit()
    with statements() as many:
        assert (await client.get(path, headers=headers)).status_code == 200
    assert few
    assert len(many) == len(few), many
