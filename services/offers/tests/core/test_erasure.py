"""A person who was made anonymous keeps no right over an offerer and no wish."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from offers.factories import AttachmentFactory, OffererFactory, OfferFactory
from offers.favorites.models import Favorite
from offers.offerers.models import UserOfferer
from offers.offerers.values import ValidationStatus
from offers.reminders.models import OfferReminder
from offers.replicas.models import UserReplica
from shared.events.users import USER, User
from shared.testing.recorders import Delivery, EventRecorder


def nobody(user_id: int) -> User:
    return User(
        id=user_id,
        email=f"anonymous_{user_id}@anonymized.passculture",
        first_name=None,
        last_name=None,
        birth_date=None,
        phone_number=None,
        postal_code=None,
        department_code=None,
        roles=["ANONYMIZED"],
        is_active=False,
        is_email_validated=True,
        date_created=datetime(2025, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("fact", ["anonymized", "replayed"])
async def test_rights_end_and_wishes_are_forgotten(
    session: AsyncSession, deliver: Delivery, events: EventRecorder, fact: str
) -> None:
    offer = await OfferFactory.create(session)
    statuses = (ValidationStatus.VALIDATED, ValidationStatus.PENDING, ValidationStatus.NEW, ValidationStatus.DELETED)
    for status in statuses:
        offerer = await OffererFactory.create(session)
        for user_id in (7, 8):
            await AttachmentFactory.create(session, user_id=user_id, offerer=offerer, validation_status=status)
    for user_id in (7, 8):
        session.add(Favorite(user_id=user_id, offer_id=offer.id))
        session.add(OfferReminder(user_id=user_id, offer_id=offer.id))
    await session.commit()
    await deliver(USER, fact, nobody(7), version=10)

    async def now_of(user_id: int) -> list[Any]:
        return list(
            await session.scalars(
                sa.select(UserOfferer.validation_status).where(UserOfferer.user_id == user_id).order_by(UserOfferer.id)
            )
        )

    assert await now_of(7) == ["DELETED", "REJECTED", "REJECTED", "DELETED"]
    assert await now_of(8) == list(statuses)
    assert [told["state"]["user_id"] for told in await events.published("attachment.deleted")] == [7]
    assert [told["state"]["user_id"] for told in await events.published("attachment.rejected")] == [7, 7]
    for model in (Favorite, OfferReminder):
        assert list(await session.scalars(sa.select(model.user_id))) == [8]
    kept = await session.get_one(UserReplica, 7)
    assert kept.email == "anonymous_7@anonymized.passculture"
    # A second time tells nothing again.
    await deliver(USER, fact, nobody(7), version=11)
    assert len(await events.published("attachment.deleted")) == 1


async def test_the_living_are_left_alone(session: AsyncSession, deliver: Delivery) -> None:
    offer = await OfferFactory.create(session)
    session.add(Favorite(user_id=7, offer_id=offer.id))
    await session.commit()
    await deliver(USER, "replayed", nobody(7).model_copy(update={"roles": ["PRO"]}))
    assert list(await session.scalars(sa.select(Favorite.user_id))) == [7]
