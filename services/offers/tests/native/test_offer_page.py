"""The pages of offers and the stocks of several offers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from offers.catalog import rules
from offers.offerers.values import ValidationStatus
from offers.offers.models import ArtistOfferLink, OfferMetaData
from offers.offers.values import ArtistType, OfferValidation
from offers.products.models import ProductMediation
from offers.products.values import ProductImageType
from offers.stocks.models import ActivationCode, PriceCategory, PriceCategoryLabel
from offers.venues.models import OpeningHours
from offers.venues.values import Weekday
from shared.clock import now
from shared.testing.traffic import round_trips

from .conftest import PARIS, Made

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VERSIONS = ("v1", "v2", "v3")


def iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


async def page(client: httpx.AsyncClient, offer_id: int, version: str = "v3") -> dict[str, Any]:
    answer = await client.get(f"/native/{version}/offer/{offer_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_event(make: Made, client: httpx.AsyncClient, clock: Any, version: str) -> None:
    clock.set(NOW)
    offerer = await make.offerer(name="Association Jazz")
    venue = await make.venue(offerer, name="SALLE", public_name="La Cigale", city="Paris")
    offer = await make.offer(
        venue,
        name="Duke en été",
        own_description="Un hommage.",
        own_duration_minutes=90,
        own_extra_data={"musicType": "501", "musicSubType": "502", "performer": "Duke"},
        is_duo=True,
        audio_disability_compliant=True,
        mental_disability_compliant=False,
        withdrawal_details="À l'entrée",
        external_ticket_office_url="https://billets.exemple.fr",
        image=True,
    )
    label = PriceCategoryLabel(label="Fosse", venue_id=venue.id)
    make.session.add(label)
    await make.session.flush()
    category = PriceCategory(offer_id=offer.id, price_cents=2_550, price_category_label_id=label.id)
    make.session.add_all(
        [
            category,
            ArtistOfferLink(offer_id=offer.id, artist_type=ArtistType.PERFORMER, custom_name="Duke"),
            OfferMetaData(offer_id=offer.id, video_external_id="abc", video_title="Extrait", video_duration=60),
        ]
    )
    await make.session.flush()
    beginning = NOW + timedelta(days=10)
    stock = await make.stock(
        offer,
        booked=7,
        price_cents=2_550,
        price_category_id=category.id,
        beginning_datetime=beginning,
        booking_limit_datetime=beginning - timedelta(days=1),
        features=["VO"],
    )
    await make.done()
    body = await page(client, offer.id, version)
    assert body["stocks"] == [
        {
            "id": stock.id,
            "activationCode": None,
            "beginningDatetime": iso(beginning),
            "bookingLimitDatetime": iso(beginning - timedelta(days=1)),
            "cancellationLimitDatetime": iso(NOW + timedelta(hours=48)),
            "features": ["VO"],
            "isBookable": True,
            "isExpired": False,
            "isForbiddenToUnderage": False,
            "isSoldOut": False,
            "price": 2_550,
            "priceCategoryLabel": "Fosse",
            "remainingQuantity": 3,
        }
    ]
    assert body["venue"] == {
        "id": venue.id,
        "name": "La Cigale",
        "publicName": "La Cigale",
        "address": body["address"]["street"],
        "bannerUrl": None,
        "city": "Paris",
        "coordinates": {"latitude": PARIS[0], "longitude": PARIS[1]},
        "isOpenToPublic": True,
        "isPermanent": True,
        "offerer": {"name": "Association Jazz"},
        "postalCode": "75002",
        "timezone": "Europe/Paris",
    }
    assert body["accessibility"] == {
        "audioDisability": True,
        "mentalDisability": False,
        "motorDisability": None,
        "visualDisability": None,
    }
    assert body["extraData"]["musicType"] == "Jazz"
    assert body["extraData"]["musicSubType"] == "Acid Jazz"
    assert body["extraData"]["durationMinutes"] == 90
    assert list(body["images"]) == ["recto"]
    assert body["images"]["recto"]["credit"] == "Une photographe"
    # An artist without a page of their own is no artist to the readers of the former address.
    assert [artist["name"] for artist in body["artists"]] == ([] if version == "v2" else ["Duke"])
    assert body["video"] == {"id": "abc", "title": "Extrait", "thumbUrl": None, "durationSeconds": 60}
    assert body["expenseDomains"] == ["all"]
    flags = ("isDuo", "isEvent", "isReleased", "isExpired", "isSoldOut", "isDigital", "isForbiddenToUnderage")
    assert [body[flag] for flag in flags] == [True, True, True, False, False, False, False]
    assert body["metadata"]["@type"] == "Event"
    assert body["metadata"]["offers"]["lowPrice"] == "25.50"
    assert body["metadata"]["offers"]["availability"].endswith("/InStock")
    assert body["reactionsCount"] == {"likes": 0}
    assert body["chronicles"] == []


async def test_a_book_says_what_its_product_says(make: Made, client: httpx.AsyncClient) -> None:
    product = await make.product(
        name="Les Misérables",
        description="Jean Valjean.",
        ean="9782070409228",
        extra_data={"author": "Victor Hugo", "gtl_id": "90020000", "bookFormat": "POCHE", "editeur": "Folio"},
        likes_count=12,
        last_30_days_booking=4,
    )
    make.session.add(ProductMediation(product_id=product.id, image_type=ProductImageType.RECTO, uuid="aaaa-bbbb"))
    offer = await make.offer(
        name="Les Misérables", subcategory_id="LIVRE_PAPIER", product_id=product.id, own_description="autre chose"
    )
    await make.stock(offer, quantity=None)
    await make.done()
    body = await page(client, offer.id)
    assert body["description"] == "Jean Valjean."
    assert body["extraData"] == {
        **dict.fromkeys(body["extraData"]),
        "author": "Victor Hugo",
        "bookFormat": "Poche",
        "ean": "9782070409228",
        "editeur": "Folio",
        "gtlLabels": {
            "label": "Thriller",
            "level01Label": "Policier & Thriller",
            "level02Label": "Thriller",
            "level03Label": None,
            "level04Label": None,
        },
    }
    assert body["reactionsCount"]["likes"] == 12
    assert body["last30DaysBookings"] == 4
    assert body["images"]["recto"]["url"].endswith("aaaa-bbbb")
    assert body["expenseDomains"] == ["all", "physical"]
    assert body["stocks"][0]["remainingQuantity"] is None
    assert body["stocks"][0]["cancellationLimitDatetime"] is None
    assert body["metadata"]["@type"] == ["Product", "Book"]
    assert body["metadata"]["bookFormat"].endswith("/Paperback")


async def test_a_digital_offer_keeps_its_link_to_itself(make: Made, client: httpx.AsyncClient) -> None:
    secret = "https://acces.exemple.fr/code"
    offer = await make.offer(subcategory_id="LIVESTREAM_MUSIQUE", url=secret)
    stock = await make.stock(offer, beginning_datetime=now() + timedelta(days=3))
    expiration = now() + timedelta(days=60)
    make.session.add(ActivationCode(stock_id=stock.id, code="SESAME", expiration_date=expiration))
    await make.done()
    answer = await client.get(f"/native/v3/offer/{offer.id}")
    assert secret not in answer.text
    assert "SESAME" not in answer.text
    body = answer.json()
    assert body["isDigital"]
    assert body["expenseDomains"] == ["all", "digital"]
    assert body["isForbiddenToUnderage"]
    assert body["stocks"][0]["activationCode"] == {"expirationDate": iso(expiration)}


async def test_opening_hours_and_own_address(make: Made, client: httpx.AsyncClient) -> None:
    offerer = await make.offerer()
    venue = await make.venue(offerer)
    place = await make.place(offerer, (45.0, 5.0), city="Grenoble", label="Parc Mistral")
    offer = await make.offer(venue, subcategory_id="VISITE", offerer_address_id=place.id)
    make.session.add(OpeningHours(offer_id=offer.id, weekday=Weekday.MONDAY, timespan=[[600, 720]]))
    await make.done()
    body = await page(client, offer.id)
    assert body["openingHours"]["MONDAY"] == [["10:00", "12:00"]]
    assert body["openingHours"]["SUNDAY"] is None
    assert (body["address"]["label"], body["address"]["city"]) == ("Parc Mistral", "Grenoble")
    assert body["venue"]["city"] == "Paris"


async def test_flags_of_time_and_stock(make: Made, client: httpx.AsyncClient, clock: Any) -> None:
    start = clock.set(NOW)
    offer = await make.offer()
    await make.stock(offer, quantity=2, booked=2, beginning_datetime=start + timedelta(days=5))
    limited = await make.stock(
        offer, beginning_datetime=start + timedelta(days=5), booking_limit_datetime=start + timedelta(days=1)
    )
    await make.stock(offer, is_soft_deleted=True, beginning_datetime=start + timedelta(days=5))
    await make.done()
    body = await page(client, offer.id)
    assert [(s["isSoldOut"], s["isExpired"], s["isBookable"]) for s in body["stocks"]] == [
        (True, False, False),
        (False, False, True),
    ]
    assert (body["isSoldOut"], body["isExpired"]) == (False, False)
    clock.advance(days=2)
    body = await page(client, offer.id)
    (expired,) = (stock for stock in body["stocks"] if stock["id"] == limited.id)
    assert (expired["isExpired"], expired["isBookable"]) == (True, False)
    assert body["metadata"]["offers"]["availability"].endswith("/SoldOut")


async def test_approved_is_enough_to_be_seen_and_not_to_be_booked(make: Made, client: httpx.AsyncClient) -> None:
    closed = await make.venue(await make.offerer(validation_status=ValidationStatus.CLOSED))
    unpublished = await make.offer(publication_datetime=None)
    later = await make.offer(publication_datetime=now() + timedelta(days=1))
    of_closed = await make.offer(closed)
    for offer in (unpublished, later, of_closed):
        await make.stock(offer, beginning_datetime=now() + timedelta(days=3))
    await make.done()
    for offer in (unpublished, later, of_closed):
        body = await page(client, offer.id)
        assert body["isReleased"] is False
        assert [stock["isBookable"] for stock in body["stocks"]] == [False]


async def test_not_approved(make: Made, client: httpx.AsyncClient) -> None:
    hidden = (OfferValidation.DRAFT, OfferValidation.PENDING, OfferValidation.REJECTED)
    offers = [await make.offer(validation=validation) for validation in hidden]
    await make.done()
    for offer in offers:
        for version in VERSIONS:
            answer = await client.get(f"/native/{version}/offer/{offer.id}")
            assert (answer.status_code, answer.json()) == (404, {})


async def test_no_such_offer(client: httpx.AsyncClient) -> None:
    for offer_id in ("0", "-1", "999999999", str(2**63), "abc", "1.5", "%00", "١"):
        for path in ("/native/v3/offer/{}", "/native/v1/offer/{}/chronicles", "/native/v1/offer/{}/advices"):
            answer = await client.get(path.format(offer_id))
            assert (answer.status_code, answer.json()) == (404, {}), offer_id


async def test_nobody_wrote_of_an_offer(make: Made, client: httpx.AsyncClient) -> None:
    offer = await make.offer()
    await make.done()
    chronicles = await client.get(f"/native/v1/offer/{offer.id}/chronicles")
    assert (chronicles.status_code, chronicles.json()) == (200, {"chronicles": []})
    advices = await client.get(f"/native/v1/offer/{offer.id}/advices", params={"page": 2, "resultsPerPage": 5})
    assert (advices.status_code, advices.json()) == (200, {"nbResults": 0, "proAdvices": []})
    assert (await client.get(f"/native/v1/offer/{offer.id}/advices", params={"page": 0})).status_code == 400


async def test_stocks_of_several_offers(make: Made, client: httpx.AsyncClient) -> None:
    first, second = await make.bookable("Un"), await make.bookable("Deux")
    hidden = await make.bookable("Caché", validation=OfferValidation.REJECTED)
    await make.done()
    ids = [second.id, hidden.id, first.id, 999_999, second.id]
    answer = await client.post("/native/v2/offers/stocks", json={"offer_ids": ids})
    assert answer.status_code == 200
    assert [offer["name"] for offer in answer.json()["offers"]] == ["Deux", "Un"]
    empty = await client.post("/native/v2/offers/stocks", json={"offer_ids": []})
    assert (empty.status_code, empty.json()) == (200, {"offers": []})


async def test_bad_lists_of_offers(client: httpx.AsyncClient) -> None:
    ids: tuple[Any, ...] = (None, "1", ["x"], [True], [2**63], [1.5], [[]], list(range(1, 1_002)))
    for body in ({}, [], *({"offer_ids": given} for given in ids)):
        assert (await client.post("/native/v2/offers/stocks", json=body)).status_code == 400


async def test_a_page_is_one_round_trip(make: Made, client: httpx.AsyncClient, app: FastAPI) -> None:
    offer = await make.bookable("Concert", image=True)
    for days in range(5):
        await make.stock(offer, beginning_datetime=now() + timedelta(days=days))
    await make.done()
    await page(client, offer.id)  # the server learns the statement
    async with round_trips(app.state.database.pool) as seen:
        assert len((await page(client, offer.id))["stocks"]) == 6
    assert seen() == 1


async def test_statements_do_not_grow_with_the_offers_asked_for(
    make: Made, client: httpx.AsyncClient, statements: Any
) -> None:
    offers = [await make.bookable(f"Concert {number}", image=True) for number in range(6)]
    await make.done()
    for asked in (1, 6):
        with statements() as seen:
            body = {"offer_ids": [offer.id for offer in offers[:asked]]}
            assert len((await client.post("/native/v2/offers/stocks", json=body)).json()["offers"]) == asked
        assert len(seen) == 1


@pytest.mark.parametrize(
    ("days", "expected"), [(10, timedelta(hours=48)), (3, timedelta(days=1)), (1, timedelta()), (-1, timedelta())]
)
def test_until_when_a_booking_of_now_may_be_cancelled(days: int, expected: timedelta) -> None:
    assert rules.cancellation_limit(NOW + timedelta(days=days), NOW) == NOW + expected
    assert rules.cancellation_limit(None, NOW) is None


async def test_an_old_app_is_told_to_upgrade(client: httpx.AsyncClient) -> None:
    answer = await client.get("/native/v3/offer/1", headers={"app-version": "1.0.0"})
    assert (answer.status_code, answer.json()) == (403, {"code": "UPGRADE_REQUIRED"})
