"""The pages of venues and the offers that offerers put forward."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.dialects.postgresql import Range

from offers.offerers.values import ValidationStatus
from offers.offers.models import HeadlineOffer
from offers.venues.models import OpeningHours, VenueContact
from offers.venues.values import Weekday
from shared.clock import now

from .conftest import PARIS, Made


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_venue(make: Made, client: httpx.AsyncClient, version: str) -> None:
    venue = await make.venue(
        public_name="Le Louvre",
        activity="MUSEUM",
        description="Un musée.",
        withdrawal_details="Au guichet",
        motor_disability_compliant=True,
        banner_url="https://images.exemple.fr/louvre",
        banner_meta={"image_credit": "Une photographe"},
    )
    make.session.add_all(
        [
            VenueContact(
                venue_id=venue.id,
                email="louvre@exemple.fr",
                social_medias={"instagram": "https://instagram.com/louvre"},
            ),
            OpeningHours(venue_id=venue.id, weekday=Weekday.TUESDAY, timespan=[[540, 1080]]),
            OpeningHours(venue_id=venue.id, weekday=Weekday.MONDAY, timespan=None),
        ]
    )
    await make.done()
    answer = await client.get(f"/native/{version}/venue/{venue.id}")
    assert answer.status_code == 200
    body = answer.json()
    hours = body.pop("openingHours")
    assert (hours["TUESDAY"], hours["MONDAY"]) == ([["09:00", "18:00"]], None)
    assert body.pop("street").endswith("rue de la Paix")
    detail = {"audioDisability": None, "mentalDisability": None, "motorDisability": None, "visualDisability": None}
    assert body == {
        "id": venue.id,
        "name": "Le Louvre",
        "accessibilityData": {
            "isAccessibleAudioDisability": None,
            "isAccessibleMentalDisability": None,
            "isAccessibleMotorDisability": True,
            "isAccessibleVisualDisability": None,
            **detail,
        },
        "activity": "MUSEUM",
        "bannerCredit": "Une photographe",
        "bannerIsFromGoogle": False,
        "bannerUrl": "https://images.exemple.fr/louvre",
        "city": "Paris",
        "contact": {
            "email": "louvre@exemple.fr",
            "phoneNumber": None,
            "website": None,
            "socialMedias": {"instagram": "https://instagram.com/louvre"},
        },
        "culturalDomains": [],
        "description": "Un musée.",
        "externalAccessibilityData": None,
        "externalAccessibilityId": None,
        "externalAccessibilityUrl": None,
        "isOpenToPublic": True,
        "isPermanent": True,
        "latitude": PARIS[0],
        "longitude": PARIS[1],
        "postalCode": "75002",
        "timezone": "Europe/Paris",
        "volunteeringUrl": None,
        "withdrawalDetails": "Au guichet",
    }


async def test_an_activity_that_the_app_does_not_know_is_not_told(make: Made, client: httpx.AsyncClient) -> None:
    venue = await make.venue(activity="SCIENCE_CENTRE", at=None)
    await make.done()
    body = (await client.get(f"/native/v2/venue/{venue.id}")).json()
    assert (body["activity"], body["latitude"], body["timezone"]) == (None, None, "Europe/Paris")


@pytest.mark.parametrize(
    ("offerer", "venue"),
    [
        ({"validation_status": ValidationStatus.CLOSED}, {}),
        ({"is_active": False}, {}),
        ({}, {"is_permanent": False}),
        ({}, {"is_soft_deleted": True}),
    ],
)
async def test_a_venue_that_is_not_shown(
    make: Made, client: httpx.AsyncClient, offerer: dict[str, Any], venue: dict[str, Any]
) -> None:
    hidden = await make.venue(await make.offerer(**offerer), **venue)
    await make.done()
    for path in ("/native/v2/venue/{}", "/native/v1/venue/{}", "/native/v1/venue/{}/advices"):
        answer = await client.get(path.format(hidden.id))
        assert (answer.status_code, answer.json()) == (404, {})


@pytest.mark.parametrize("venue_id", ["0", "-5", str(2**64), "x", "999999"])
async def test_no_such_venue(client: httpx.AsyncClient, venue_id: str) -> None:
    assert (await client.get(f"/native/v2/venue/{venue_id}")).status_code == 404


async def test_a_venue_has_written_nothing(make: Made, client: httpx.AsyncClient) -> None:
    venue = await make.venue()
    await make.done()
    answer = await client.get(f"/native/v1/venue/{venue.id}/advices")
    assert (answer.status_code, answer.json()) == (200, {"nbResults": 0, "proAdvices": []})


async def test_a_venue_page_is_one_statement(make: Made, client: httpx.AsyncClient, statements: Any) -> None:
    venue = await make.venue()
    await make.done()
    with statements() as seen:
        await client.get(f"/native/v2/venue/{venue.id}")
    assert len(seen) == 1


async def test_the_headline_offer_stands_while_it_is_active(make: Made, client: httpx.AsyncClient, clock: Any) -> None:
    start = clock.set(now())
    offerer = await make.offerer()
    venue = await make.venue(offerer)
    offer = await make.bookable("À la une", venue=venue, image=True, beginning=start + timedelta(days=2))
    since = (start - timedelta(hours=1)).astimezone(UTC)
    make.session.add(HeadlineOffer(offer_id=offer.id, venue_id=venue.id, timespan=Range(since, None)))
    await make.done()
    url = f"/native/v1/offerer/{offerer.id}/headline-offer"
    answer = await client.get(url)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["name"], body["image"]["credit"]) == (offer.id, "À la une", "Une photographe")
    assert (await client.get(f"/native/v3/offer/{offer.id}")).json()["isHeadline"]
    clock.advance(days=3)
    assert (await client.get(url)).status_code == 404
    assert not (await client.get(f"/native/v3/offer/{offer.id}")).json()["isHeadline"]


async def test_no_headline_offer(make: Made, client: httpx.AsyncClient) -> None:
    offerer = await make.offerer()
    await make.done()
    for offerer_id in (offerer.id, 999_999):
        answer = await client.get(f"/native/v1/offerer/{offerer_id}/headline-offer")
        assert (answer.status_code, answer.json()) == (404, {})
