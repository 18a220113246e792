"""From a partner's idea to a validated seat, with the front-ends' own calls."""

from __future__ import annotations

import pytest

from tests.journeys.people import BENEFICIARY, portal, signed_in, until
from tests.journeys.stage import ACCESSIBLE, a_venue, booked, moment, picture, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]


async def credit(person) -> int:
    return (await person.get("/native/v1/me"))["domainsCredit"]["all"]["remaining"]


async def test_a_concert_is_published_found_booked_and_validated(new_client, surfaces, mailbox):
    partner = await portal(new_client(), surfaces)

    # The portal starts up.
    assert len(await partner.get("/features")) > 0
    assert (await partner.get("/users/current"))["email"].startswith("retention")
    structures = (await partner.get("/offerers/names"))["offerersNames"]
    venue = await a_venue(partner)
    structure = venue["managingOffererId"]
    assert structure in [item["id"] for item in structures]
    assert (await partner.get(f"/venues/{venue['id']}"))["managingOfferer"]["id"] == structure
    assert (await partner.get(f"/offerers/{structure}"))["isValidated"]
    await partner.get(f"/offerers/{structure}/v2/stats")
    await partner.get(f"/offerers/{structure}/stats")
    await partner.get("/highlights")
    await partner.get(f"/venue/{venue['id']}/offers-statistics")

    # An event is written, step by step.
    kinds = await partner.get("/offers/categories")
    assert any(kind["id"] == "CONCERT" for kind in kinds["subcategories"])
    body = {
        "name": "Le Chant des marées",
        "venueId": venue["id"],
        "subcategoryId": "CONCERT",
        "description": "Un soir, trois voix et la mer.",
        "durationMinutes": 90,
        "extraData": {"gtl_id": "02000000", "performer": "Les Embruns"},
        **ACCESSIBLE,
    }
    offer = (await partner.call("POST", "/offers", 201, json=body)).json()
    assert (offer["status"], offer["isDuo"]) == ("DRAFT", True)
    path = f"/offers/{offer['id']}"
    await partner.call("PATCH", path, 200, json={"location": {"isVenueLocation": True}})
    image = await partner.call(
        "POST",
        "/offers/thumbnails",
        201,
        data={"offerId": str(offer["id"]), "credit": "Photo : A. Morvan"},
        files={"thumb": ("affiche.png", picture(), "image/png")},
    )
    assert image.json()["credit"] == "Photo : A. Morvan"
    prices = {"priceCategories": [{"label": "Plein tarif", "price": 12.5}]}
    priced = (await partner.call("PUT", f"{path}/price_categories", 200, json=prices)).json()
    # Tomorrow: nobody can cancel any more, so the desk may validate at once.
    dates = {
        "offerId": offer["id"],
        "stocks": [
            {
                "beginningDatetime": moment(hours=30),
                "bookingLimitDatetime": moment(hours=29),
                "priceCategoryId": priced["priceCategories"][0]["id"],
                "quantity": 4,
            }
        ],
    }
    stock = (await partner.call("POST", "/stocks/bulk", 201, json=dates)).json()["stocks"][0]
    details = {
        "withdrawalType": "on_site",
        "withdrawalDelay": 1800,
        "withdrawalDetails": "Le code suffit au guichet.",
        "bookingContact": "billetterie@example.com",
        "bookingEmail": "concert@example.com",
    }
    await partner.call("PATCH", path, 200, json=details)
    assert (await partner.get(f"{path}/stocks-stats"))["remainingQuantity"] == 4
    published = (await partner.call("PATCH", "/offers/publish", 200, json={"id": offer["id"]})).json()
    assert (published["status"], published["isActive"]) == ("ACTIVE", True)
    mine = await partner.get("/offers", params={"offererId": structure, "status": "ACTIVE"})
    assert mine[0]["id"] == offer["id"]

    # The app starts up, somebody signed in.
    person = await signed_in(new_client(), surfaces)
    settings = await person.get("/native/v1/settings")
    assert settings["isRecaptchaEnabled"] is False
    for call in (
        "/native/v2/reaction/available",
        "/native/v1/subcategories/v2",
        "/native/v2/subscription/stepper",
        "/native/v1/banner?isGeolocated=false",
        "/native/v2/bookings",
        "/native/v1/me/favorites",
        "/native/v1/me/reminders",
    ):
        await person.get(call)
    before = await credit(person)
    assert before > 0

    # They look for it, open its page and book it for two.
    found = await person.get("/native/v1/search/offers", params={"q": "chant maree"})
    assert found["hits"][0]["id"] == offer["id"]
    page = await person.get(f"/native/v3/offer/{offer['id']}")
    assert (page["name"], page["isDuo"], page["stocks"][0]["price"]) == ("Le Chant des marées", True, 1250)
    booking_id = await booked(person, stock["id"], 2)
    assert await credit(person) == before - 2_500
    assert (await person.get("/native/v1/me"))["bookedOffers"][str(offer["id"])] == booking_id
    booking = await person.get(f"/native/v2/bookings/{booking_id}")
    token = booking["ticket"]["token"]["data"]
    assert (booking["quantity"], booking["totalAmount"], len(token)) == (2, 2_500, 6)
    again = await person.call("POST", "/native/v1/bookings", 400, json={"stockId": stock["id"], "quantity": 1})
    assert again.json()["code"] == "ALREADY_BOOKED"

    # A ticket, by its own address and in the mail.
    async def ticket():
        answer = await person.client.get(f"/native/v1/bookings/{booking_id}/ticket", headers=person.headers)
        return answer if answer.status_code == 200 else None

    paper = await until(ticket)
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")

    async def mails(recipient):
        answer = (await mailbox.get("/mailbox.json", params={"recipient": recipient})).json()
        return [mail for mail in answer["mails"] if "Le Chant des marées" in str(mail)]

    [confirmation] = await until(lambda: mails(BENEFICIARY))
    assert [item["content_type"] for item in confirmation["attachments"]] == ["application/pdf"]
    assert await until(lambda: mails("concert@example.com"))

    # The partner sees the booking and validates it at the desk.
    async def seen():
        query = {"page": 1, "offerId": offer["id"], "bookingStatusFilter": "booked"}
        query |= {"bookingPeriodBeginningDate": "2015-01-01", "bookingPeriodEndingDate": moment(days=1)[:10]}
        return (await partner.get("/bookings/pro", params=query))["bookingsRecap"]

    recap = await until(seen)
    # Two seats are two lines.
    assert [(line["bookingIsDuo"], line["bookingAmount"]) for line in recap] == [(True, 12.5)] * 2
    assert (await partner.get("/bookings/pro/userHasBookings"))["hasBookings"] is True
    desk = await partner.get(f"/bookings/token/{token.lower()}")
    assert (desk["offerName"], desk["quantity"], desk["isUsed"]) == ("Le Chant des marées", 2, False)
    await partner.call("PATCH", f"/bookings/use/token/{token}", 204)
    used = await partner.call("PATCH", f"/bookings/use/token/{token}", 410)
    assert list(used.json()) == ["booking"]
    await partner.call("PATCH", f"/bookings/keep/token/{token}", 204)
    await partner.call("PATCH", f"/bookings/use/token/{token}", 204)

    # The offer's page knows what is left.
    async def two_left():
        stocks = (await person.get(f"/native/v3/offer/{offer['id']}"))["stocks"]
        return stocks[0]["remainingQuantity"] == 2

    await until(two_left)

    # Whoever signs out is out.
    await partner.call("GET", "/users/signout", 204)
    await partner.call("GET", "/users/current", 401)
    await partner.call("GET", f"/bookings/token/{token}", 401)


async def test_what_is_cancelled_is_given_back(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Carnet de croquis", price=7.3, quantity=1)
    person = await signed_in(new_client(), surfaces)
    before = await credit(person)
    booking_id = await booked(person, sale.stock_id)
    assert await credit(person) == before - 730

    await person.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 204)
    await person.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 204)
    assert await credit(person) == before
    ended = await person.get("/native/v2/bookings/ended")
    assert booking_id in [item["id"] for item in ended["bookings"]]
    # The only one there was can be had again.
    assert await booked(person, sale.stock_id) != booking_id


async def test_favourites_follow_their_owner(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Boîte de pastels")
    person = await signed_in(new_client(), surfaces)
    made = (await person.call("POST", "/native/v1/me/favorites", 200, json={"offerId": sale.offer_id})).json()
    listed = await person.get("/native/v1/me/favorites")
    assert sale.offer_id in [item["offer"]["id"] for item in listed["favorites"]]
    await person.call("DELETE", f"/native/v1/me/favorites/{made['id']}", 204)
    await person.call("DELETE", f"/native/v1/me/favorites/{made['id']}", 404)
