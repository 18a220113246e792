"""A partner makes, publishes, changes and lists offers; everybody else is kept out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from offers.offerers.models import Offerer
from offers.offers.models import Offer
from offers.offers.publication import reject_offer
from offers.search.models import SearchOffer
from offers.settings import Settings
from offers.venues.addresses import AddressGiven
from offers.venues.models import Venue
from shared.events.bookings import INVENTORY, Inventory
from shared.storage import LocalStorage
from shared.testing.recorders import ClockControl, Delivery, EventRecorder, StatementCounter, Tokens

from .conftest import PARTNER, UNKNOWN, Portal, add_venue, later, portrait


async def test_an_event_from_its_first_word_to_its_publication(
    partner: Portal, venue: Venue, events: EventRecorder, session: AsyncSession, settings: Settings
) -> None:
    offer = await partner.draft(venue, description="Une soirée", durationMinutes=90)
    assert offer["status"] == "DRAFT"
    assert offer["isActive"] is False
    assert offer["isEvent"] is True
    path = f"/offers/{offer['id']}"
    found = await partner.ok("GET", path)
    assert found["location"]["isVenueLocation"] is True
    assert found["venue"]["departementCode"] == "13"

    place = {"street": "1 rue Neuve", "postalCode": "97310", "city": "KOUROU", "latitude": 5.15, "longitude": -52.65}
    moved = await partner.ok("PATCH", path, json={"location": {**place, "isManualEdition": True, "label": "Le carbet"}})
    assert moved["location"]["city"] == "Kourou"
    assert moved["location"]["departmentCode"] == "973"
    assert moved["location"]["isVenueLocation"] is False

    prices = [{"label": "Plein", "price": 12.5}, {"label": "Réduit", "price": 0}]
    priced = await partner.ok("PUT", f"{path}/price_categories", json={"priceCategories": prices})
    assert [(item["label"], item["price"]) for item in priced["priceCategories"]] == [("Plein", 12.5), ("Réduit", 0)]
    ids = [item["id"] for item in priced["priceCategories"]]
    first = {"beginningDatetime": later(days=10), "bookingLimitDatetime": later(days=9)}
    second = {"beginningDatetime": later(days=11), "priceCategoryId": ids[1]}
    dates = [{**first, "priceCategoryId": ids[0], "quantity": 20}, second, {**second, "quantity": 3}]
    made = await partner.ok("POST", "/stocks/bulk", 201, json={"offerId": offer["id"], "stocks": dates})
    assert made["editedStockCount"] == 2
    stats = await partner.ok("GET", f"{path}/stocks-stats")
    assert stats["stockCount"] == 2
    assert stats["remainingQuantity"] is None

    thumb = await partner.ok(
        "POST", "/offers/thumbnails", 201, data={"offerId": offer["id"], "credit": "Moi"}, files={"thumb": portrait()}
    )
    key = thumb["url"].removeprefix(f"{settings.storage_public_url}/")
    assert thumb["credit"] == "Moi"

    assert await session.scalar(select(func.count()).select_from(SearchOffer)) == 0
    published = await partner.publish(offer)
    assert published["status"] == "ACTIVE"
    assert published["isActive"] is True
    assert published["thumbUrl"] == thumb["url"]
    assert await session.scalar(select(SearchOffer.offer_id)) == offer["id"]

    told = (await events.published("offer.published"))[-1]["state"]
    assert told["validation"] == "APPROVED"
    assert told["address"]["timezone"] == "America/Cayenne"
    assert told["image_url"] == thumb["url"]
    stocks = await events.published("stock.created")
    assert [(row["state"]["price_cents"], row["state"]["quantity"]) for row in stocks] == [(1250, 20), (0, None)]

    shown = await partner.client.get(f"/storage/{key}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.content.startswith(b"\xff\xd8\xff")
    for wrong in ("/storage/thumbs/mediations/ZZ", "/storage/thumbs/..%2f..%2fetc", "/storage/thumbs/a/b.type"):
        assert (await partner.client.get(wrong)).status_code == 404

    assert await partner.ok("DELETE", f"/offers/thumbnails/{offer['id']}", 204) is None
    assert await partner.ok("DELETE", f"/offers/thumbnails/{offer['id']}", 204) is None
    storage = LocalStorage(Path(settings.storage_directory), settings.storage_public_url)
    assert await storage.get(key) is None
    assert (await partner.ok("GET", path))["thumbUrl"] is None


async def test_a_thing_with_codes(partner: Portal, venue: Venue, events: EventRecorder) -> None:
    offer = await partner.draft(venue, "PODCAST")
    path = f"/offers/{offer['id']}"
    assert (await partner.ok("GET", path))["location"] is None
    await partner.ok("PATCH", path, json={"url": "https://ecoute.example.com/"})
    stock = {"offerId": offer["id"], "price": "3.99", "activationCodes": ["A1", "B2"]}
    made = await partner.ok("PATCH", f"{path}/stocks/", json={"stocks": [stock]})
    assert made["stocks"][0]["quantity"] == 2
    assert made["stocks"][0]["hasActivationCode"] is True
    assert {row["state"]["code"] for row in await events.published("activation_code.created")} == {"A1", "B2"}
    assert (await partner.publish(offer))["status"] == "ACTIVE"
    assert (await partner.ok("PATCH", f"{path}/stocks/", json={"stocks": []}))["stocks"] == []
    assert (await partner.ok("GET", path))["status"] == "SOLD_OUT"
    assert "stock.deleted" in await events.names()


async def test_what_is_booked_is_counted_and_protected(
    partner: Portal, venue: Venue, deliver: Delivery, session: AsyncSession
) -> None:
    offer = await partner.thing(venue, stock={"quantity": 3})
    await partner.publish(offer)
    path = f"/offers/{offer['id']}/stocks/"
    stock = (await partner.ok("GET", path))["stocks"][0]
    booked = Inventory(id=stock["id"], offer_id=offer["id"], quantity=3, booked_quantity=3)
    await deliver(INVENTORY, "changed", booked)
    found = await partner.ok("GET", f"/offers/{offer['id']}")
    assert found["status"] == "SOLD_OUT"
    assert found["bookingsCount"] == 3
    lower = {"id": stock["id"], "offerId": offer["id"], "price": 10, "quantity": 2}
    assert list(await partner.refused("PATCH", path, json={"stocks": [lower]})) == ["quantity"]
    assert (await partner.ok("GET", path))["stocks"][0]["remainingQuantity"] == 0


async def test_dates_move_and_go(
    partner: Portal, venue: Venue, events: EventRecorder, clock: ClockControl, tokens: Tokens
) -> None:
    offer = await partner.event(venue, 10, 20)
    await partner.publish(offer)
    stocks = (await partner.ok("GET", f"/offers/{offer['id']}/stocks/"))["stocks"]
    moved = {
        "id": stocks[0]["id"],
        "beginningDatetime": later(days=12),
        "priceCategoryId": stocks[0]["priceCategoryId"],
        "quantity": 4,
    }
    body = {"offerId": offer["id"], "stocks": [moved]}
    assert (await partner.ok("PATCH", "/stocks/bulk", json=body))["editedStockCount"] == 1
    assert (await partner.ok("PATCH", "/stocks/bulk", json=body))["editedStockCount"] == 0
    assert [row["aggregate_id"] for row in await events.published("stock.rescheduled")] == [stocks[0]["id"]]
    foreign = {"offerId": offer["id"], "stocks": [{**moved, "id": UNKNOWN}]}
    assert list(await partner.refused("PATCH", "/stocks/bulk", json=foreign)) == ["stock_id"]
    gone = {"ids_to_delete": [stocks[1]["id"], UNKNOWN]}
    left = await partner.ok("POST", f"/offers/{offer['id']}/stocks/delete", json=gone)
    assert left["editedStockCount"] == 1
    assert left["totalStockCount"] == 1
    clock.advance(days=16)
    partner.headers = tokens.pro(PARTNER)
    late = {"ids_to_delete": [stocks[0]["id"]]}
    assert list(await partner.refused("POST", f"/offers/{offer['id']}/stocks/delete", json=late)) == ["global"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 91}, "name"),
        ({"name": "Le 9780000000019"}, "name"),
        ({"subcategoryId": "NOWHERE"}, "subcategory"),
        ({"subcategoryId": "OEUVRE_ART"}, "subcategory"),
        ({"subcategoryId": "SPECTACLE_REPRESENTATION"}, "showType"),
        ({"subcategoryId": "LIVRE_PAPIER", "extraData": {"ean": "978"}}, "ean"),
        ({"subcategoryId": "CONCERT", "extraData": {"musicType": "jazz"}}, "musicType"),
        ({"durationMinutes": 1440}, "durationMinutes"),
        ({"venueId": "x"}, "venueId"),
        ({"venueId": 2**63}, "venueId"),
        ({"audioDisabilityCompliant": None}, "audioDisabilityCompliant"),
        ({"unheardOf": 1}, "unheardOf"),
        ({"description": "a\u0000b"}, "__root__"),
    ],
)
async def test_offers_that_cannot_be_made(
    partner: Portal, venue: Venue, session: AsyncSession, change: dict[str, Any], key: str
) -> None:
    body = {"name": "Une offre", "venueId": venue.id, "subcategoryId": "CONFERENCE"}
    body |= {f"{kind}DisabilityCompliant": True for kind in ("audio", "mental", "motor", "visual")}
    assert key in await partner.refused("POST", "/offers", json=body | change)
    assert await session.scalar(select(func.count()).select_from(Offer)) == 0


async def test_an_unknown_venue_or_another_s(partner: Portal, stranger: Portal, venue: Venue) -> None:
    body = {"name": "Une offre", "venueId": UNKNOWN, "subcategoryId": "CONFERENCE"}
    body |= {f"{kind}DisabilityCompliant": True for kind in ("audio", "mental", "motor", "visual")}
    assert await partner.refused("POST", "/offers", 404, json=body)
    assert list(await stranger.refused("POST", "/offers", 403, json=body | {"venueId": venue.id})) == ["global"]


async def test_strangers_are_kept_out_and_administrators_let_in(
    partner: Portal, stranger: Portal, admin: Portal, venue: Venue, offerer: Offerer
) -> None:
    offer = await partner.thing(venue)
    path = f"/offers/{offer['id']}"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}),
        ("PATCH", path, {"json": {"name": "Autre"}}),
        ("GET", f"{path}/stocks/", {}),
        ("GET", f"{path}/stocks-stats", {}),
        ("PATCH", f"{path}/stocks/", {"json": {"stocks": []}}),
        ("POST", f"{path}/stocks/delete", {"json": {"ids_to_delete": []}}),
        ("PUT", f"{path}/price_categories", {"json": {"priceCategories": []}}),
        ("PATCH", "/offers/publish", {"json": {"id": offer["id"]}}),
        ("POST", "/stocks/bulk", {"json": {"offerId": offer["id"], "stocks": []}}),
        ("PATCH", "/stocks/bulk", {"json": {"offerId": offer["id"], "stocks": []}}),
        ("POST", "/offers/thumbnails", {"data": {"offerId": offer["id"]}, "files": {"thumb": portrait()}}),
        ("DELETE", f"/offers/thumbnails/{offer['id']}", {}),
        ("POST", "/offers/upsert_headline", {"json": {"offerId": offer["id"]}}),
        ("POST", "/offers/delete_headline", {"json": {"offererId": offerer.id}}),
        ("GET", f"/venues/{venue.id}", {}),
        ("GET", f"/venue/{venue.id}/offers-statistics", {}),
        ("GET", f"/venues/{venue.id}/venue-providers", {}),
        ("GET", f"/offerers/{offerer.id}", {}),
        ("GET", f"/offerers/{offerer.id}/stats", {}),
        ("GET", f"/offerers/{offerer.id}/v2/stats", {}),
        ("GET", f"/offerers/{offerer.id}/members", {}),
        ("GET", f"/offerers/{offerer.id}/offerer_addresses", {}),
        ("GET", f"/offerers/{offerer.id}/headline-offer", {}),
    ]
    for method, url, options in calls:
        assert await stranger.refused(method, url, 403, **options), url
        missing = url.replace(f"/{offer['id']}", f"/{UNKNOWN}")
        if missing != url:
            answer = await stranger.call(method, missing, **options)
            assert answer.status_code == 404, missing
        anonymous = await stranger.client.request(method, url, **options)
        assert anonymous.status_code == 401, url
    assert (await admin.ok("GET", path))["id"] == offer["id"]
    assert await partner.ok("GET", f"{path}/stocks-stats")
    await stranger.ok("PATCH", "/offers/active-status", 204, json={"ids": [offer["id"]], "isActive": False})
    await stranger.ok("POST", "/offers/delete-draft", 204, json={"ids": [offer["id"]]})
    assert (await partner.ok("GET", path))["status"] == "DRAFT"


async def test_what_publication_asks(partner: Portal, venue: Venue, session: AsyncSession) -> None:
    bare = await partner.draft(venue)
    refusal = await partner.refused("PATCH", "/offers/publish", json={"id": bare["id"]})
    assert isinstance(refusal["offer"], str)
    assert list(await partner.refused("PATCH", "/offers/publish", 404, json={"id": UNKNOWN})) == ["offer"]
    offer = await partner.thing(venue)
    far = {"id": offer["id"], "publicationDatetime": later(days=731)}
    assert list(await partner.refused("PATCH", "/offers/publish", json=far)) == ["publication_date"]
    scheduled = await partner.publish(offer, publicationDatetime=later(days=3), bookingAllowedDatetime=later(days=4))
    assert scheduled["status"] == "SCHEDULED"
    assert (await partner.publish(offer, bookingAllowedDatetime=later(days=4)))["status"] == "PUBLISHED"
    assert (await partner.publish(offer))["status"] == "ACTIVE"
    book = {"extraData": {"ean": "9780000000019"}}
    first = await partner.thing(venue, "LIVRE_PAPIER", **book)
    second = await partner.thing(venue, "LIVRE_PAPIER", **book)
    await partner.publish(first)
    assert list(await partner.refused("PATCH", "/offers/publish", json={"id": second["id"]})) == ["ean"]
    digital = await partner.thing(venue, "PODCAST")
    assert list(await partner.refused("PATCH", "/offers/publish", json={"id": digital["id"]})) == ["url"]
    concert = await partner.event(venue, 10, subcategory="CONCERT")
    assert list(await partner.refused("PATCH", "/offers/publish", json={"id": concert["id"]})) == ["offer"]


async def test_a_rejected_offer_is_not_touched(partner: Portal, venue: Venue, session: AsyncSession) -> None:
    offer = await partner.thing(venue)
    await partner.publish(offer)
    await reject_offer(session, offer["id"])
    await session.commit()
    path = f"/offers/{offer['id']}"
    assert (await partner.ok("GET", path))["status"] == "REJECTED"
    for method, url, body in (
        ("PATCH", path, {"name": "Autre"}),
        ("PATCH", f"{path}/stocks/", {"stocks": []}),
        ("PATCH", "/offers/publish", {"id": offer["id"]}),
    ):
        assert list(await partner.refused(method, url, json=body)) == ["global"]


async def test_active_status_and_drafts(partner: Portal, venue: Venue, events: EventRecorder) -> None:
    offer, draft = await partner.thing(venue), await partner.thing(venue)
    await partner.publish(offer)
    ids = [offer["id"], draft["id"], UNKNOWN]
    await partner.ok("PATCH", "/offers/active-status", 204, json={"ids": ids, "isActive": False})
    assert (await partner.ok("GET", f"/offers/{offer['id']}"))["status"] == "INACTIVE"
    await partner.ok("PATCH", "/offers/all-active-status", 202, json={"isActive": True, "venueId": venue.id})
    assert (await partner.ok("GET", f"/offers/{offer['id']}"))["status"] == "ACTIVE"
    assert list(await partner.refused("POST", "/offers/delete-draft", 404, json={"ids": []})) == ["global"]
    await partner.ok("POST", "/offers/delete-draft", 204, json={"ids": ids})
    await partner.refused("GET", f"/offers/{draft['id']}", 404)
    assert (await partner.ok("GET", f"/offers/{offer['id']}"))["status"] == "ACTIVE"
    assert [row["aggregate_id"] for row in await events.published("offer.deleted")] == [draft["id"]]


async def test_prices(partner: Portal, venue: Venue) -> None:
    offer = await partner.draft(venue)
    path = f"/offers/{offer['id']}/price_categories"

    async def put(*prices: dict[str, Any]) -> list[str]:
        return list(await partner.refused("PUT", path, json={"priceCategories": list(prices)}))

    assert await put({"label": "A", "price": 300.01}) == ["price300"]
    assert await put({"label": "A", "price": 5}, {"label": "A", "price": 5}) == ["priceCategories"]
    assert await put({"id": UNKNOWN, "label": "A", "price": 5}) == ["price_category_id"]
    assert await put(*({"label": f"{number}", "price": number} for number in range(51))) == ["priceCategories"]
    thing = await partner.draft(venue, "MATERIEL_ART_CREATIF")
    stocks = f"/offers/{thing['id']}/stocks/"
    for price, key in ((301, "price300"), (-1, "price"), ("abc", "price"), ("NaN", "price")):
        body = {"stocks": [{"offerId": thing["id"], "price": price}]}
        assert any(key in name for name in await partner.refused("PATCH", stocks, json=body)), price


async def test_prices_in_francs(partner: Portal, session: AsyncSession, offerer: Offerer) -> None:
    address = AddressGiven("1 promenade Vernier", "98800", "Nouméa", -22.2812, 166.4531)
    island = await add_venue(session, offerer, 2, name="Lagon", address=address)
    offer = await partner.draft(island, "MATERIEL_ART_CREATIF")
    path = f"/offers/{offer['id']}/stocks/"
    assert list(await partner.refused("PATCH", path, json={"stocks": [{"offerId": offer["id"], "price": 201}]})) == [
        "price23865"
    ]
    await partner.ok("PATCH", path, json={"stocks": [{"offerId": offer["id"], "price": 199}]})


@pytest.mark.parametrize(
    ("content", "key"), [(b"not an image", "errors"), (portrait((600, 400)), "code"), (b"\x00" * 10_000_001, "errors")]
)
async def test_images_that_are_refused(partner: Portal, venue: Venue, content: bytes, key: str) -> None:
    offer = await partner.draft(venue)
    refusal = await partner.refused(
        "POST", "/offers/thumbnails", data={"offerId": offer["id"]}, files={"thumb": content}
    )
    assert key in refusal
    assert (await partner.ok("GET", f"/offers/{offer['id']}"))["thumbUrl"] is None


async def test_the_list_filters_and_sorts(partner: Portal, stranger: Portal, venue: Venue) -> None:
    thing = await partner.thing(venue, name="Carnet de dessin")
    event = await partner.event(venue, 10, name="Conférence du soir")
    book = await partner.thing(venue, "LIVRE_PAPIER", name="Un roman", extraData={"ean": "9780000000026"})
    await partner.publish(event)

    async def listed(**query: Any) -> list[int]:
        return [item["id"] for item in await partner.ok("GET", "/offers", params=query)]

    assert await listed() == [book["id"], event["id"], thing["id"]]
    assert await listed(nameOrIsbn="carnet") == [thing["id"]]
    assert await listed(nameOrIsbn="dessin") == [thing["id"]]
    assert await listed(nameOrIsbn="978-0000000026") == [book["id"]]
    assert await listed(status="ACTIVE") == [event["id"]]
    assert await listed(status="DRAFT") == [book["id"], thing["id"]]
    assert await listed(categoryId="LIVRE") == [book["id"]]
    assert await listed(venueId=venue.id, creationMode="manual") == [book["id"], event["id"], thing["id"]]
    assert await listed(creationMode="imported") == []
    assert await listed(periodBeginningDate=later(days=9)[:10], periodEndingDate=later(days=11)[:10]) == [event["id"]]
    assert await stranger.ok("GET", "/offers") == []
    assert await partner.refused("GET", "/offers", params={"unheardOf": 1})


async def test_a_hundred_and_one_offers_in_a_few_statements(
    partner: Portal, venue: Venue, session: AsyncSession, statements: StatementCounter
) -> None:
    for number in range(3):
        await partner.thing(venue, name=f"Offre {number}")
    with statements() as few:
        await partner.ok("GET", "/offers")
    template = (await session.execute(select(Offer).limit(1))).scalar_one()
    values = {
        "venue_id": template.venue_id,
        "offerer_address_id": template.offerer_address_id,
        "subcategory_id": template.subcategory_id,
    }
    session.add_all([Offer(name=f"Autre {number}", **values) for number in range(110)])
    await session.commit()
    with statements() as many:
        found = await partner.ok("GET", "/offers")
    assert len(found) == 101
    assert len(many) == len(few) <= 10
    ids = [item["id"] for item in found]
    assert ids == sorted(ids, reverse=True)


async def test_headlines(partner: Portal, venue: Venue, offerer: Offerer) -> None:
    path = f"/offerers/{offerer.id}/headline-offer"
    offer = await partner.thing(venue)
    await partner.publish(offer)
    body = {"offerId": offer["id"]}
    assert list(await partner.refused("POST", "/offers/upsert_headline", json=body)) == ["global"]
    await partner.ok("POST", "/offers/thumbnails", 201, data={"offerId": offer["id"]}, files={"thumb": portrait()})
    assert await partner.refused("GET", path, 404) == {}
    assert (await partner.ok("POST", "/offers/upsert_headline", 201, json=body))["id"] == offer["id"]
    assert list(await partner.refused("POST", "/offers/upsert_headline", json=body)) == ["global"]
    assert (await partner.ok("GET", path))["image"]["url"]
    assert (await partner.ok("GET", f"/offers/{offer['id']}"))["isHeadlineOffer"] is True
    await partner.ok("POST", "/offers/delete_headline", 204, json={"offererId": offerer.id})
    await partner.ok("POST", "/offers/delete_headline", 204, json={"offererId": offerer.id})
    assert await partner.refused("GET", path, 404) == {}


async def test_other_terms_are_told_when_the_partner_wants_it(
    partner: Portal, venue: Venue, events: EventRecorder
) -> None:
    offer = await partner.draft(venue)
    path = f"/offers/{offer['id']}"
    await partner.ok("PATCH", path, json={"withdrawalDetails": "Guichet A."})
    # Nothing is other than it was: nobody is told.
    await partner.ok("PATCH", path, json={"withdrawalDetails": "Guichet A.", "shouldSendMail": True})
    await partner.ok("PATCH", path, json={"description": "Autre chose", "shouldSendMail": True})
    assert await events.published("offer.withdrawal_changed") == []
    await partner.ok("PATCH", path, json={"withdrawalDetails": "Guichet B.", "shouldSendMail": True})
    [told] = await events.published("offer.withdrawal_changed")
    assert told["state"]["withdrawal_details"] == "Guichet B."
