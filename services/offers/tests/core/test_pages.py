"""What the portal reads when it opens, and what partners' software reads with its key."""

from __future__ import annotations

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from offers.categories.tables import SUBCATEGORIES
from offers.factories import ProductFactory, ProviderFactory, UserReplicaFactory
from offers.offerers.actions import attach_user, close_offerer, create_offerer
from offers.offerers.models import Offerer
from offers.products.values import GcuCompatibility
from offers.providers.models import VenueProvider
from offers.providers.tokens import create_api_key
from offers.sandbox_data import siren
from offers.venues.models import Venue
from shared.identity import Verifier
from shared.testing.recorders import EventRecorder, StatementCounter, Tokens

from .conftest import PARTNER, STRANGER, UNKNOWN, Portal, add_venue


async def test_the_start_of_the_portal(
    partner: Portal, stranger: Portal, venue: Venue, offerer: Offerer, session: AsyncSession
) -> None:
    names = await partner.ok("GET", "/offerers/names")
    assert names == {"offerersNames": [{"id": offerer.id, "name": offerer.name}]}
    assert await stranger.ok("GET", "/offerers/names") == {"offerersNames": []}
    venues = (await partner.ok("GET", "/venues", params={"activeOfferersOnly": "true"}))["venues"]
    assert [item["id"] for item in venues] == [venue.id]
    assert venues[0]["location"]["isVenueLocation"] is True
    assert venues[0]["isValidated"] is True
    assert venues[0]["hasCreatedOffer"] is False
    assert (await partner.ok("GET", "/venues", params={"offererId": UNKNOWN}))["venues"] == []
    assert (await partner.ok("GET", "/venues", params={"validated": "false"}))["venues"] == []
    assert await partner.refused("GET", "/venues", params={"validated": "maybe"})
    assert (await partner.ok("GET", "/lite/venues"))["venues"] == [{"id": venue.id, "name": venue.name}]
    found = await partner.ok("GET", f"/venues/{venue.id}")
    assert found["managingOfferer"]["siren"] == offerer.siren
    assert found["pricingPoint"]["id"] == venue.id
    assert found["isCaledonian"] is False
    assert found["activity"] == "BOOKSTORE"
    page = await partner.ok("GET", f"/offerers/{offerer.id}")
    assert page["isOnboarded"] is False
    assert page["isValidated"] is True
    assert page["managedVenues"][0]["id"] == venue.id
    await partner.publish(await partner.thing(venue))
    page = await partner.ok("GET", f"/offerers/{offerer.id}")
    assert page["isOnboarded"] is True
    assert page["hasNonFreeOffer"] is True
    assert page["hasActiveOffer"] is True
    assert (await partner.ok("GET", f"/venue/{venue.id}/offers-statistics"))["publishedPublicOffers"] == 1
    assert (await partner.ok("GET", f"/offerers/{offerer.id}/v2/stats"))["publishedPublicOffers"] == 1
    stats = await partner.ok("GET", f"/offerers/{offerer.id}/stats")
    assert stats["jsonData"] == {"dailyViews": [], "topOffers": [], "totalViewsLast30Days": 0}


async def test_an_attachment_that_waits_is_shown_but_opens_nothing(
    stranger: Portal, venue: Venue, offerer: Offerer, session: AsyncSession, events: EventRecorder
) -> None:
    await attach_user(session, user_id=STRANGER, offerer_id=offerer.id)
    await session.commit()
    assert len((await stranger.ok("GET", "/offerers/names"))["offerersNames"]) == 1
    waiting = await stranger.ok("GET", "/offerers/names", params={"validated_for_user": "true"})
    assert waiting["offerersNames"] == []
    assert (await stranger.ok("GET", "/venues"))["venues"] == []
    await stranger.refused("GET", f"/offerers/{offerer.id}", 403)
    assert [row["state"]["user_id"] for row in await events.published("attachment.created")] == [PARTNER, STRANGER]


async def test_a_closed_offerer(partner: Portal, offerer: Offerer, venue: Venue, session: AsyncSession) -> None:
    closing = await session.get(Offerer, offerer.id)
    assert closing is not None
    await close_offerer(session, closing)
    await session.commit()
    page = await partner.ok("GET", f"/offerers/{offerer.id}")
    assert page["isActive"] is False
    assert page["isValidated"] is True


async def test_members(partner: Portal, offerer: Offerer, venue: Venue, session: AsyncSession) -> None:
    await UserReplicaFactory.create(session, id=PARTNER, email="moi@example.com")
    await UserReplicaFactory.create(session, id=STRANGER, email="autre@example.com")
    await attach_user(session, user_id=STRANGER, offerer_id=offerer.id)
    await session.commit()
    members = (await partner.ok("GET", f"/offerers/{offerer.id}/members"))["members"]
    assert {item["email"]: item["status"] for item in members} == {
        "moi@example.com": "validated",
        "autre@example.com": "pending",
    }


async def test_places_of_offers(partner: Portal, offerer: Offerer, venue: Venue) -> None:
    path = f"/offerers/{offerer.id}/offerer_addresses"
    assert await partner.ok("GET", path) == []
    await partner.draft(venue)
    option = {"withOffersOption": "INDIVIDUAL_OFFERS_ONLY"}
    assert [item["label"] for item in await partner.ok("GET", path, params=option)] == [venue.name]
    option = {"withOffersOption": "COLLECTIVE_OFFERS_ONLY"}
    assert await partner.ok("GET", path, params=option) == []
    assert await partner.refused("GET", path, params={"withOffersOption": "NONE"})


async def test_the_list_of_venues_takes_as_many_statements_for_many(
    partner: Portal, offerer: Offerer, venue: Venue, session: AsyncSession, statements: StatementCounter
) -> None:
    with statements() as few:
        await partner.ok("GET", "/venues")
    for number in range(2, 12):
        await add_venue(session, offerer, number, name=f"Lieu {number}")
    with statements() as many:
        assert len((await partner.ok("GET", "/venues"))["venues"]) == 11
    assert len(many) == len(few) <= 4


async def test_categories_and_music(partner: Portal) -> None:
    tables = await partner.ok("GET", "/offers/categories")
    assert {item["id"] for item in tables["subcategories"]} == set(SUBCATEGORIES)
    concert = next(item for item in tables["subcategories"] if item["id"] == "CONCERT")
    assert concert["canBeWithdrawable"] is True
    assert "musicType" in concert["conditionalFields"]
    genres = await partner.ok("GET", "/offers/music-types")
    assert {"gtl_id", "label", "canBeEvent"} == set(genres[0])


async def test_products_by_ean(partner: Portal, offerer: Offerer, venue: Venue, session: AsyncSession) -> None:
    book = await ProductFactory.create(session, extra_data={"author": "Lise Morel"})
    bad = await ProductFactory.create(session, gcu_compatibility_type=GcuCompatibility.FRAUD_INCOMPATIBLE)
    await session.commit()
    found = await partner.ok("GET", f"/get_product_by_ean/{book.ean}/{offerer.id}")
    assert found["author"] == "Lise Morel"
    for ean in (bad.ean, "9789999999999", "x"):
        assert list(await partner.refused("GET", f"/get_product_by_ean/{ean}/{offerer.id}", 422)) == ["ean"]
    offer = await partner.thing(venue, "LIVRE_PAPIER", productId=book.id)
    by_ean = f"/offers/{venue.id}/ean/{book.ean}"
    assert list(await partner.refused("GET", by_ean, 404)) == ["global"]
    await partner.publish(offer)
    assert list(await partner.refused("GET", f"/get_product_by_ean/{book.ean}/{offerer.id}", 422)) == ["ean"]
    found = await partner.ok("GET", by_ean)
    assert (found["id"], found["status"], found["productId"]) == (offer["id"], "ACTIVE", book.id)
    await partner.refused("GET", f"/offers/{UNKNOWN}/ean/{book.ean}", 404)
    await partner.refused("GET", f"/offers/{venue.id}/ean/abc", 404)


async def test_hours_of_an_offer(partner: Portal, venue: Venue) -> None:
    offer = await partner.draft(venue, "VISITE")
    path = f"/offers/{offer['id']}/opening-hours"
    hours = {"MONDAY": [["10:00", "12:00"], ["14:00", "19:30"]], "SUNDAY": None}
    saved = await partner.ok("PATCH", path, json={"openingHours": hours})
    assert saved["openingHours"]["MONDAY"] == hours["MONDAY"]
    assert await partner.ok("GET", path) == saved
    for wrong in ({"monday": None}, {"MONDAY": [["12:00", "10:00"]]}, {"MONDAY": [["25:00", "26:00"]]}):
        await partner.refused("PATCH", path, json={"openingHours": wrong})
    emptied = await partner.ok("PATCH", path, json={"openingHours": {}})
    assert set(emptied["openingHours"].values()) == {None}


async def test_a_key_opens_the_venues_of_its_provider(
    client: httpx.AsyncClient, tokens: Tokens, venue: Venue, offerer: Offerer, session: AsyncSession
) -> None:
    provider = await ProviderFactory.create(session)
    session.add(VenueProvider(venue_id=venue.id, provider_id=provider.id))
    key = await create_api_key(session, provider, "test")
    await session.commit()
    answer = await client.post("/internal/api-keys/exchange", json={"key": key})
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 900
    verifier = Verifier({"offers": "http://127.0.0.1:9"})
    verifier.trust("offers", (await client.get("/internal/jwks")).json())
    principal = await verifier.verify(answer.json()["token"])
    assert (principal.id, principal.kind) == (provider.id, "provider")
    for wrong in (key[:-1], key + "0", "x", key.upper()):
        assert (await client.post("/internal/api-keys/exchange", json={"key": wrong})).status_code == 401
    path = "/public/offers/v1/offerer_venues"
    found = (await client.get(path, headers=tokens.provider(provider.id))).json()
    assert [(row["offerer"]["siren"], [item["id"] for item in row["venues"]]) for row in found] == [
        (offerer.siren, [venue.id])
    ]
    other = {"siren": siren("40000001")}
    assert (await client.get(path, headers=tokens.provider(provider.id), params=other)).json() == []
    assert (await client.get(path, headers=tokens.provider(provider.id), params={"siren": "1"})).status_code == 400
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=tokens.pro(PARTNER))).status_code == 401
    provider.is_active = False
    await session.commit()
    assert (await client.post("/internal/api-keys/exchange", json={"key": key})).status_code == 401


async def test_venues_by_siret(partner: Portal, venue: Venue, offerer: Offerer, session: AsyncSession) -> None:
    second = await add_venue(session, offerer, 2, name="Annexe")
    found = await partner.ok("GET", f"/venues/siret/{second.siret}")
    assert found["offererName"] == offerer.name
    assert [item["id"] for item in found["venues"]] == [second.id, venue.id]
    assert (await partner.ok("GET", "/venues/siret/1"))["venues"] == []
    unknown = await create_offerer(session, name="Ailleurs", siren=siren("40000002"))
    assert unknown.id
