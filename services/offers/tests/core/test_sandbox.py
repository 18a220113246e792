"""The data sets are built from nothing, hold what they promise, and are built once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers import sandbox
from offers.images.models import Mediation
from offers.offerers.models import Offerer, UserOfferer
from offers.offers.answers import status_of
from offers.offers.models import Offer
from offers.offers.queries import whole_offer
from offers.offers.values import OfferStatus
from offers.search.models import SearchOffer
from offers.settings import Settings
from offers.stocks.models import ActivationCode, Stock
from offers.venues.models import Address
from shared.clock import now
from shared.database import Database
from shared.events.users import USER, User
from shared.testing.recorders import Delivery, EventRecorder


@pytest.fixture(autouse=True)
def _own_storage(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(sandbox, "get_settings", lambda: settings)


async def _accounts(deliver: Delivery) -> None:
    for number, name in enumerate(("retention_structures", "user.offerer", "activation"), start=1):
        state = User(
            id=number,
            email=f"{name}@example.com",
            first_name=None,
            last_name=None,
            birth_date=None,
            phone_number=None,
            postal_code=None,
            department_code=None,
            roles=["NON_ATTACHED_PRO"],
            is_active=True,
            is_email_validated=True,
            date_created=now(),
        )
        await deliver(USER, "created", state)


def _files(directory: Path) -> int:
    """How many files the storage holds, what tells of their types left out."""
    return len([path for path in directory.rglob("*") if path.is_file() and path.suffix != ".type"])


async def test_tiny(
    database: Database, session: AsyncSession, deliver: Delivery, events: EventRecorder, settings: Settings
) -> None:
    await _accounts(deliver)
    await sandbox.build("tiny", database)
    told = Counter(await events.names())
    ids = list(await session.scalars(select(Offer.id)))
    statuses = Counter([status_of(await whole_offer(session, offer_id), now()) for offer_id in ids])
    for status in (
        OfferStatus.ACTIVE,
        OfferStatus.DRAFT,
        OfferStatus.SCHEDULED,
        OfferStatus.PUBLISHED,
        OfferStatus.SOLD_OUT,
    ):
        assert statuses[status], status
    assert set(await session.scalars(select(Address.department_code))) >= {"75", "13", "973", "988"}
    waiting = await session.scalars(select(Offerer.name).where(Offerer.validation_status == "NEW"))
    assert list(waiting) == ["Compagnie des Étoiles"]
    assert await session.scalar(select(func.count()).select_from(ActivationCode)) == 40
    assert await session.scalar(select(func.count()).select_from(SearchOffer)) == statuses[OfferStatus.ACTIVE] + (
        statuses[OfferStatus.SCHEDULED] + statuses[OfferStatus.PUBLISHED]
    )
    past = select(func.count()).select_from(Stock).where(Stock.beginning_datetime < now())
    assert (await session.scalar(past) or 0) >= 5
    everywhere = select(func.count()).select_from(UserOfferer).where(UserOfferer.user_id == 1)
    assert await session.scalar(everywhere) == await session.scalar(select(func.count()).select_from(Offerer))
    images = await session.scalar(select(func.count()).select_from(Mediation)) or 0
    assert _files(Path(settings.storage_directory)) == images >= 5
    assert told["offer.created"] == len(ids)

    await sandbox.build("tiny", database)
    assert Counter(await events.names()) == told


async def test_it_says_what_it_waits_for(database: Database) -> None:
    with pytest.raises(RuntimeError, match="retention_structures"):
        await sandbox.build("tiny", database, wait_seconds=0)
