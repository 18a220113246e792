"""Rows for tests and shells. What a factory makes tells nobody: use the actions where events matter."""

from __future__ import annotations

import factory

from offers.offerers.models import Offerer, UserOfferer
from offers.offerers.values import ValidationStatus
from offers.offers.models import Offer
from offers.offers.values import OfferValidation
from offers.products.models import Product
from offers.providers.models import Provider
from offers.replicas.models import InventoryReplica, UserReplica
from offers.sandbox_data import siren, siret
from offers.stocks.models import PriceCategory, PriceCategoryLabel, Stock
from offers.venues.models import Address, OffererAddress, Venue
from offers.venues.values import LocationType
from shared.clock import now
from shared.database.factories import AsyncFactory


class OffererFactory(AsyncFactory[Offerer]):
    class Meta:
        model = Offerer

    name = factory.Sequence(lambda n: f"Structure {n}")
    siren = factory.Sequence(lambda n: siren(f"{30_000_000 + n}"))
    validation_status = ValidationStatus.VALIDATED
    is_active = True


class AttachmentFactory(AsyncFactory[UserOfferer]):
    """`user_id` is the account's; VALIDATED unless said otherwise."""

    class Meta:
        model = UserOfferer

    offerer = factory.SubFactory(OffererFactory)
    validation_status = ValidationStatus.VALIDATED


class AddressFactory(AsyncFactory[Address]):
    class Meta:
        model = Address

    street = factory.Sequence(lambda n: f"{n} rue de la Paix")
    postal_code = "75002"
    city = "Paris"
    insee_code = "75102"
    latitude = "48.86911"
    longitude = "2.33102"
    department_code = "75"
    timezone = "Europe/Paris"


class VenueFactory(AsyncFactory[Venue]):
    class Meta:
        model = Venue

    managing_offerer = factory.SubFactory(OffererFactory)
    name = factory.Sequence(lambda n: f"Lieu {n}")
    public_name = factory.SelfAttribute("name")
    siret = factory.LazyAttribute(lambda venue: siret(venue.managing_offerer.siren, 1))
    is_permanent = True
    is_open_to_public = True
    dms_token = factory.Sequence(lambda n: f"{n:012x}")


class LocationFactory(AsyncFactory[OffererAddress]):
    """Where a venue is (`venue_id`), or where offers take place."""

    class Meta:
        model = OffererAddress

    address = factory.SubFactory(AddressFactory)
    type = LocationType.OFFER_LOCATION


class ProductFactory(AsyncFactory[Product]):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Livre {n}")
    subcategory_id = "LIVRE_PAPIER"
    ean = factory.Sequence(lambda n: f"{9_780_000_100_000 + n}")


class OfferFactory(AsyncFactory[Offer]):
    """A published thing; `venue__…` reaches the venue."""

    class Meta:
        model = Offer

    venue = factory.SubFactory(VenueFactory)
    name = factory.Sequence(lambda n: f"Offre {n}")
    subcategory_id = "MATERIEL_ART_CREATIF"
    validation = OfferValidation.APPROVED
    publication_datetime = factory.LazyFunction(now)


class StockFactory(AsyncFactory[Stock]):
    class Meta:
        model = Stock

    price_cents = 10_00
    quantity = 10


class PriceCategoryLabelFactory(AsyncFactory[PriceCategoryLabel]):
    class Meta:
        model = PriceCategoryLabel

    label = factory.Sequence(lambda n: f"Tarif {n}")


class PriceCategoryFactory(AsyncFactory[PriceCategory]):
    class Meta:
        model = PriceCategory

    price_cents = 10_00


class ProviderFactory(AsyncFactory[Provider]):
    class Meta:
        model = Provider

    name = factory.Sequence(lambda n: f"Logiciel {n}")
    is_active = True
    enabled_for_pro = True


class UserReplicaFactory(AsyncFactory[UserReplica]):
    class Meta:
        model = UserReplica

    id = factory.Sequence(lambda n: 1_000 + n)
    version = 1
    email = factory.Sequence(lambda n: f"pro{n}@example.com")
    roles = factory.LazyFunction(list)
    is_active = True


class InventoryFactory(AsyncFactory[InventoryReplica]):
    """How many of a stock are booked; `id` is the stock's."""

    class Meta:
        model = InventoryReplica

    version = 1
    booked_quantity = 0
