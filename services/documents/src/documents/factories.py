"""Bookings as `bookings` tells them, for tests and for trying templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory

from shared.events.bookings import BookedBy, BookedOffer, BookedOfferer, BookedStock, BookedVenue, Booking
from shared.events.envelope import Coordinates
from shared.events.offers import Address, Subcategory

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


class CoordinatesFactory(factory.Factory[Coordinates]):
    class Meta:
        model = Coordinates

    latitude = 48.8443
    longitude = 2.3560


class AddressFactory(factory.Factory[Address]):
    class Meta:
        model = Address

    class Params:
        reunion = factory.Trait(
            postal_code="97400", city="Saint-Denis", department_code="974", timezone="Indian/Reunion"
        )
        caledonia = factory.Trait(postal_code="98800", city="Nouméa", department_code="988", timezone="Pacific/Noumea")

    id = factory.Sequence(lambda number: number + 1)
    label = None
    street = "57 rue Cuvier"
    postal_code = "75005"
    city = "Paris"
    department_code = "75"
    timezone = "Europe/Paris"
    coordinates = factory.SubFactory(CoordinatesFactory)


class SubcategoryFactory(factory.Factory[Subcategory]):
    class Meta:
        model = Subcategory

    class Params:
        book = factory.Trait(
            id="LIVRE_PAPIER", category_id="LIVRE", label="Livre papier", is_event=False, can_expire=True
        )
        digital = factory.Trait(
            id="VOD",
            category_id="FILM",
            label="Vidéo à la demande",
            is_event=False,
            is_online_only=True,
            is_digital_deposit=True,
        )

    id = "CONCERT"
    category_id = "MUSIQUE_LIVE"
    label = "Concert"
    is_event = True
    is_online_only = False
    is_digital_deposit = False
    is_physical_deposit = False
    can_expire = False
    is_bookable_by_underage_when_free = True
    is_bookable_by_underage_when_not_free = True


class HolderFactory(factory.Factory[BookedBy]):
    class Meta:
        model = BookedBy

    id = factory.Sequence(lambda number: number + 1)
    email = factory.LazyAttribute(lambda holder: f"beneficiaire{holder.id}@example.com")
    first_name = "Jeanne"
    last_name = "Doux"
    birth_date = None
    phone_number = "+33612345678"
    department_code = "75"


class StockFactory(factory.Factory[BookedStock]):
    class Meta:
        model = BookedStock

    id = factory.Sequence(lambda number: number + 1)
    beginning_datetime = datetime(2026, 3, 28, 19, 30, tzinfo=UTC)
    booking_limit_datetime = None
    features = factory.LazyFunction(list)


class OfferFactory(factory.Factory[BookedOffer]):
    class Meta:
        model = BookedOffer

    id = factory.Sequence(lambda number: number + 1)
    name = "Nuit de la musique baroque"
    subcategory = factory.SubFactory(SubcategoryFactory)
    product_id = None
    ean = None
    url = None
    image_url = None
    is_duo = True
    withdrawal_type = "no_ticket"
    withdrawal_delay = None
    withdrawal_details = None
    booking_contact = "billetterie@example.com"
    booking_email = "partenaire@example.com"
    address = None


class VenueFactory(factory.Factory[BookedVenue]):
    class Meta:
        model = BookedVenue

    id = factory.Sequence(lambda number: number + 1)
    common_name = "Grand Amphithéâtre du Jardin"
    booking_email = "lieu@example.com"
    address = factory.SubFactory(AddressFactory)


class OffererFactory(factory.Factory[BookedOfferer]):
    class Meta:
        model = BookedOfferer

    id = factory.Sequence(lambda number: number + 1)
    name = "Les Amis du Jardin"
    siren = "853318459"


class BookingFactory(factory.Factory[Booking]):
    """A confirmed booking of a concert in Paris; traits for the other kinds."""

    class Meta:
        model = Booking
        exclude = ("delay",)

    class Params:
        book = factory.Trait(
            offer=factory.SubFactory(
                OfferFactory,
                name="Vingt mille lieues sous les mers",
                subcategory=factory.SubFactory(SubcategoryFactory, book=True),
                ean="9782070612758",
                is_duo=False,
                withdrawal_type=None,
            ),
            stock=factory.SubFactory(StockFactory, beginning_datetime=None),
            amount_cents=990,
            price_category_label=None,
            cancellation_limit_date=None,
            expiration_date=factory.LazyAttribute(lambda booking: booking.date_created + timedelta(days=10)),
        )
        digital = factory.Trait(
            offer=factory.SubFactory(
                OfferFactory,
                name="Un mois de cinéma d'auteur",
                subcategory=factory.SubFactory(SubcategoryFactory, digital=True),
                url="https://cinema.example.com/activer?code={token}&offre={offerId}",
                is_duo=False,
                withdrawal_type=None,
            ),
            stock=factory.SubFactory(StockFactory, beginning_datetime=None),
            amount_cents=499,
            price_category_label=None,
            cancellation_limit_date=None,
            status="USED",
            date_used=factory.SelfAttribute("date_created"),
            validation_author_type="AUTO",
            activation_code="CINE-4F7K-22QX",
            activation_code_expiration_date=datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
        )

    id = factory.Sequence(lambda number: number + 1)
    user_id = factory.SelfAttribute("beneficiary.id")
    stock_id = factory.SelfAttribute("stock.id")
    offer_id = factory.SelfAttribute("offer.id")
    venue_id = factory.SelfAttribute("venue.id")
    offerer_id = factory.SelfAttribute("offerer.id")
    deposit_id = factory.Sequence(lambda number: number + 1)
    token = factory.Sequence(lambda number: token_of(number))
    status = "CONFIRMED"
    quantity = 1
    amount_cents = 1250
    price_category_label = "Tarif jeune"
    date_created = NOON
    date_used = None
    cancellation_limit_date = factory.LazyAttribute(lambda booking: booking.date_created + timedelta(days=2))
    cancellation_date = None
    cancellation_reason = None
    validation_author_type = None
    expiration_date = None
    activation_code = None
    activation_code_expiration_date = None
    is_first_of_venue = False
    beneficiary = factory.SubFactory(HolderFactory)
    stock = factory.SubFactory(StockFactory)
    offer = factory.SubFactory(OfferFactory)
    venue = factory.SubFactory(VenueFactory)
    offerer = factory.SubFactory(OffererFactory)


_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ234567"


def token_of(number: int) -> str:
    """The number-th token of a made-up series; six characters as real ones."""
    text = ""
    for _ in range(6):
        number, rest = divmod(number, len(_ALPHABET))
        text = _ALPHABET[rest] + text
    return text
