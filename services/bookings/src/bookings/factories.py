"""Data for tests and sandboxes: replicas as if their owners had told them, and what is decided upon them.

Bookings themselves are made by booking (`bookings.booking.actions.book`), so that money, seats and facts agree.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import factory
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.inventory.models import ActivationCode, Inventory
from bookings.replicas.models import (
    AttachmentReplica,
    OffererReplica,
    OfferReplica,
    StockReplica,
    UserReplica,
    VenueReplica,
)
from bookings.wallet.models import Wallet
from shared import clock
from shared.database.factories import AsyncFactory

T = TypeVar("T")

PARIS: dict[str, Any] = {
    "id": 1,
    "label": None,
    "street": "12 rue des Lilas",
    "postal_code": "75011",
    "city": "Paris",
    "insee_code": "75111",
    "department_code": "75",
    "timezone": "Europe/Paris",
    "coordinates": {"latitude": 48.86, "longitude": 2.37},
}


class UserFactory(AsyncFactory[UserReplica]):
    class Meta:
        model = UserReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    email = factory.LazyAttribute(lambda user: f"jeune.{user.id}@example.com")
    first_name = "Camille"
    last_name = "Durand"
    birth_date = date(2008, 3, 14)
    phone_number = "+33612345678"
    postal_code = "75011"
    department_code = "75"
    roles = factory.LazyFunction(lambda: ["BENEFICIARY"])
    is_active = True
    suspension_reason = None


class WalletFactory(AsyncFactory[Wallet]):
    class Meta:
        model = Wallet

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    user_id = 1
    type = "GRANT_17_18"
    generation = 1
    granted_cents = 150_00
    credit_cents = factory.SelfAttribute("granted_cents")
    spent_cents = 0
    digital_spent_cents = 0
    physical_spent_cents = 0
    expiration_date = factory.LazyFunction(lambda: clock.now() + timedelta(days=700))
    recredit_types = factory.LazyFunction(lambda: ["Recredit18"])


class OffererFactory(AsyncFactory[OffererReplica]):
    class Meta:
        model = OffererReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    name = "Théâtre des Lilas"
    siren = factory.Sequence(lambda n: f"{100_000_000 + n}")
    is_active = True
    validation_status = "VALIDATED"


class AttachmentFactory(AsyncFactory[AttachmentReplica]):
    class Meta:
        model = AttachmentReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    user_id = 1
    offerer_id = 1
    validation_status = "VALIDATED"


class VenueFactory(AsyncFactory[VenueReplica]):
    class Meta:
        model = VenueReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    offerer_id = 1
    name = "Théâtre des Lilas SARL"
    public_name = "Théâtre des Lilas"
    is_virtual = False
    is_open_to_public = True
    booking_email = "billetterie@example.com"
    banner_url = None
    address = factory.LazyFunction(lambda: dict(PARIS))
    address_id = 1
    department_code = "75"
    timezone = "Europe/Paris"


class OfferFactory(AsyncFactory[OfferReplica]):
    """A released duo concert; `thing=True` makes it a paper book."""

    class Meta:
        model = OfferReplica

    class Params:
        thing = factory.Trait(
            subcategory_id="LIVRE_PAPIER",
            category_id="LIVRE",
            subcategory_label="Livre papier",
            is_event=False,
            can_expire=True,
            is_duo=False,
            withdrawal_type=None,
        )
        digital = factory.Trait(
            subcategory_id="LIVRE_NUMERIQUE",
            category_id="LIVRE",
            subcategory_label="Livre numérique",
            url="https://lire.example.com/{token}?offre={offerId}&mail={email}",
            is_event=False,
            is_online_only=True,
            is_digital_deposit=True,
            is_physical_deposit=False,
            is_duo=False,
            withdrawal_type=None,
        )
        card = factory.Trait(
            subcategory_id="CARTE_MUSEE",
            category_id="MUSEE",
            subcategory_label="Carte musée",
            is_event=False,
            can_expire=True,
            is_physical_deposit=False,
            is_duo=False,
            withdrawal_type=None,
        )

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    venue_id = 1
    offerer_id = 1
    name = "Concert de printemps"
    product_id = None
    ean = None
    url = None
    image_url = None
    is_duo = True
    validation = "APPROVED"
    publication_datetime = datetime(2024, 1, 1, tzinfo=UTC)
    booking_allowed_datetime = None
    withdrawal_type = "on_site"
    withdrawal_delay = None
    withdrawal_details = "Présentez-vous à l'accueil."
    booking_contact = "contact@example.com"
    booking_email = "reservations@example.com"
    provider_id = None
    address = None
    address_id = None
    department_code = None
    timezone = None
    subcategory_id = "CONCERT"
    category_id = "MUSIQUE_LIVE"
    subcategory_label = "Concert"
    is_event = True
    is_online_only = False
    is_digital_deposit = False
    is_physical_deposit = True
    can_expire = False
    is_bookable_by_underage_when_free = True
    is_bookable_by_underage_when_not_free = True


class StockFactory(AsyncFactory[StockReplica]):
    class Meta:
        model = StockReplica

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    offer_id = 1
    price_cents = 10_00
    beginning_datetime = factory.LazyFunction(lambda: clock.now() + timedelta(days=30))
    booking_limit_datetime = factory.LazyFunction(lambda: clock.now() + timedelta(days=27))
    price_category_id = None
    price_category_label = "Tarif unique"
    features = factory.LazyFunction(list)
    is_soft_deleted = False
    has_activation_codes = False
    id_at_provider = None


class InventoryFactory(AsyncFactory[Inventory]):
    class Meta:
        model = Inventory

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    offer_id = 1
    described_quantity = 100
    burned_quantity = 0
    quantity = factory.SelfAttribute("described_quantity")
    booked_quantity = 0


class ActivationCodeFactory(AsyncFactory[ActivationCode]):
    class Meta:
        model = ActivationCode

    id = factory.Sequence(lambda n: n + 1)
    version = 1
    stock_id = 1
    code = factory.LazyAttribute(lambda code: f"CODE-{code.id}")
    expiration_date = None
    booking_id = None


async def _add(session: AsyncSession, made: T) -> T:
    session.add(made)
    await session.flush()
    return made


async def create_beneficiary(session: AsyncSession, *, granted_cents: int = 150_00, **overrides: Any) -> UserReplica:
    """A beneficiary with a wallet; overrides are the person's, `wallet__…` the wallet's."""
    wallet = {name.removeprefix("wallet__"): overrides.pop(name) for name in list(overrides) if "wallet__" in name}
    user = await _add(session, UserFactory.build(**overrides))
    await _add(session, WalletFactory.build(user_id=user.id, granted_cents=granted_cents, **wallet))
    return user


async def create_stock(session: AsyncSession, *, quantity: int | None = 100, **overrides: Any) -> StockReplica:
    """A bookable stock with its inventory, offer, venue and offerer.

    Overrides are the stock's; `offer__…`, `venue__…` and `offerer__…` those of what is around it. What exists already is
    passed itself: `offer=…`, or `offerer=…` for a new offer of that offerer.
    """
    offer, offerer = overrides.pop("offer", None), overrides.pop("offerer", None)
    nested: dict[str, dict[str, Any]] = {"offer": {}, "venue": {}, "offerer": {}}
    for name in list(overrides):
        prefix, _, rest = name.partition("__")
        if rest and prefix in nested:
            nested[prefix][rest] = overrides.pop(name)
    if offer is None:
        offerer = offerer or await _add(session, OffererFactory.build(**nested["offerer"]))
        venue = await _add(session, VenueFactory.build(offerer_id=offerer.id, **nested["venue"]))
        offer = await _add(session, OfferFactory.build(venue_id=venue.id, offerer_id=offerer.id, **nested["offer"]))
    if not offer.is_event:
        overrides = {"beginning_datetime": None, "booking_limit_datetime": None, **overrides}
    stock = await _add(session, StockFactory.build(offer_id=offer.id, **overrides))
    await _add(session, InventoryFactory.build(id=stock.id, offer_id=offer.id, described_quantity=quantity))
    return stock
