"""What hostile or broken callers send: the contract's error, nothing written, never a 5xx."""

from __future__ import annotations

import asyncio

import pytest

from tests.journeys.people import APP_ORIGIN, PORTAL_ORIGIN, app, portal, signed_in
from tests.journeys.stage import ACCESSIBLE, a_venue, booked, moment, picture, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

HUGE = 2**70


async def test_identities_that_are_none(new_client, surfaces):
    nobody = app(new_client(), surfaces)
    await nobody.call("GET", "/native/v1/me", 401)
    person = await signed_in(new_client(), surfaces)
    token = person.headers["Authorization"].removeprefix("Bearer ")
    head, body, signature = token.split(".")
    for forged in (
        "x",
        "a.b.c",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-2]}.{signature}",
    ):
        answer = await nobody.call("GET", "/native/v1/me", 401, headers={"Authorization": f"Bearer {forged}"})
        assert answer.json() == {}
    partner = await portal(new_client(), surfaces)
    cookie = partner.client.cookies["session"]
    for tampered in (cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), "", "x" * 4_000, "é"):
        stranger = new_client()
        answer = await stranger.get("/users/current", headers={"Cookie": f"session={tampered}".encode()})
        assert (answer.status_code, list(answer.json())) == (401, ["global"])
    # A token of the house says nothing at the portal's door.
    smuggled = await new_client().get("/users/current", headers={"Authorization": f"Bearer {token}"})
    assert smuggled.status_code == 401


@pytest.mark.parametrize("identifier", ["0", "-1", "abc", str(HUGE), "1.5", "%00", "٣"])
async def test_ids_that_are_none(new_client, surfaces, identifier):
    person = await signed_in(new_client(), surfaces)
    for path in (
        f"/native/v3/offer/{identifier}",
        f"/native/v2/venue/{identifier}",
        f"/native/v2/bookings/{identifier}",
    ):
        answer = await person.call("GET", path)
        assert answer.status_code in (400, 404), f"{path}: {answer.status_code}"
    cancel = await person.call("POST", f"/native/v1/bookings/{identifier}/cancel")
    assert cancel.status_code in (400, 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"stockId": "x", "quantity": 1},
        {"stockId": 1, "quantity": -1},
        {"stockId": 1, "quantity": 0},
        {"stockId": 1, "quantity": HUGE},
        {"stockId": HUGE, "quantity": 1},
        {"stockId": 1, "quantity": 1.5},
        {"stockId": True, "quantity": 1},
        {"stockId": None, "quantity": None},
        [],
        "1",
    ],
)
async def test_bookings_that_make_no_sense(new_client, surfaces, body):
    person = await signed_in(new_client(), surfaces)
    before = await person.get("/native/v2/bookings")
    answer = await person.call("POST", "/native/v1/bookings", 400, json=body)
    assert answer.json()
    assert await person.get("/native/v2/bookings") == before


async def test_other_peoples_bookings_do_not_exist(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Gouache", price=2.0)
    owner = await signed_in(new_client(), surfaces)
    booking_id = await booked(owner, sale.stock_id)
    token = (await owner.get(f"/native/v2/bookings/{booking_id}"))["ticket"]["token"]["data"]
    stranger = await signed_in(new_client(), surfaces, "pctest.jeune93.has-booked-some.v1@example.com")
    await stranger.call("GET", f"/native/v2/bookings/{booking_id}", 404)
    await stranger.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 404)
    await stranger.call("GET", f"/native/v1/bookings/{booking_id}/ticket", 404)
    # Nor do they at another structure's desk, and an unknown code reads the same.
    other = await portal(new_client(), surfaces, "api@example.com")
    foreign = await other.call("GET", f"/bookings/token/{token}", 404)
    unknown = await other.call("GET", "/bookings/token/AAAAAA", 404)
    assert foreign.json() == unknown.json()


@pytest.mark.parametrize("token", ["A", "ABCDEFG", "abc12", "ÀÉÎÔÛÇ", "A'--;1", "IIIIII", "000000"])
async def test_codes_of_odd_shape_are_unknown(new_client, surfaces, token):
    partner = await portal(new_client(), surfaces)
    answer = await partner.call("GET", f"/bookings/token/{token}", 404)
    assert list(answer.json()) == ["global"]


async def test_a_body_of_twenty_megabytes(new_client, surfaces):
    person = await signed_in(new_client(), surfaces)
    answer = await person.client.post(
        "/native/v1/bookings", content=b"x" * 20_000_000, headers={**person.headers, "content-type": "application/json"}
    )
    assert (answer.status_code, list(answer.json())) == (413, ["global"])
    await person.get("/native/v1/me")


async def test_images_that_are_none(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Encre de Chine")
    form = {"offerId": str(sale.offer_id)}
    for name, content in {
        "text.png": b"not an image",
        "half.png": picture()[:2_000],
        "empty.png": b"",
        "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }.items():
        files = {"thumb": (name, content, "image/png")}
        answer = await partner.call("POST", "/offers/thumbnails", 400, data=form, files=files)
        assert list(answer.json()) == ["errors"], name
    wide = {"thumb": ("wide.png", picture(900, 600), "image/png")}
    answer = await partner.call("POST", "/offers/thumbnails", 400, data=form, files=wide)
    assert answer.json()["code"] == "BAD_IMAGE_RATIO"
    assert (await partner.get(f"/offers/{sale.offer_id}"))["activeMediation"] is None


async def test_stocks_and_names_at_the_edges(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Papier 🎨 kraft, 日本語, العربية")
    path = f"/offers/{sale.offer_id}"
    assert (await partner.get(path))["name"] == "Papier 🎨 kraft, 日本語, العربية"
    kept = await partner.get(f"{path}/stocks/")
    item = {"id": sale.stock_id, "offerId": sale.offer_id, "price": 10.0, "quantity": 20}
    for wrong, field in (
        ({"quantity": -1}, "quantity"),
        ({"quantity": HUGE}, None),
        ({"price": -1}, None),
        ({"price": 301}, "price300"),
        ({"price": "NaN"}, None),
        ({"price": "1e400"}, None),
        ({"bookingLimitDatetime": "yesterday"}, None),
        ({"bookingLimitDatetime": moment(days=-1)}, "bookingLimitDatetime"),
    ):
        answer = await partner.call("PATCH", f"{path}/stocks/", 400, json={"stocks": [{**item, **wrong}]})
        assert field is None or field in answer.json(), answer.json()
    assert await partner.get(f"{path}/stocks/") == kept
    with_zone = {**item, "bookingLimitDatetime": "2031-01-01T12:00:00+01:00"}
    made = (await partner.call("PATCH", f"{path}/stocks/", 200, json={"stocks": [with_zone]})).json()
    assert made["stocks"][0]["bookingLimitDatetime"] == "2031-01-01T11:00:00Z"
    venue = await a_venue(partner)
    for name in ("", "n" * 91, "EAN 9780000000019 inside", "nul\x00"):
        body = {"name": name, "venueId": venue["id"], "subcategoryId": "CONCERT", **ACCESSIBLE}
        await partner.call("POST", "/offers", 400, json=body)
    await partner.call("PATCH", path, 400, json={"unknown": 1})


@pytest.mark.parametrize(("origin", "path"), [(APP_ORIGIN, "/native/v1/me"), (PORTAL_ORIGIN, "/offers")])
async def test_both_front_ends_pass_their_preflight(new_client, origin, path):
    asked = "app-version,authorization,commit-hash,content-type,device-id,platform,request-id"
    answer = await new_client().options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert set(asked.split(",")) <= allowed
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        assert method in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("origin", ["http://localhost:8082.evil.example", "http://evil.example", "null"])
async def test_other_origins_do_not(new_client, origin):
    answer = await new_client().get("/native/v1/settings", headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_fifty_tries_at_once_leave_one_booking(new_client, surfaces):
    partner = await portal(new_client(), surfaces)
    sale = await thing_for_sale(partner, "Dix lampions", price=1.0, quantity=10)
    person = await signed_in(new_client(), surfaces)
    first = await booked(person, sale.stock_id)
    await person.call("POST", f"/native/v1/bookings/{first}/cancel", 204)

    # One person may hold one: fifty tries at once leave one booking.
    body = {"stockId": sale.stock_id, "quantity": 1}
    answers = await asyncio.gather(*(person.call("POST", "/native/v1/bookings", json=body) for _ in range(50)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 429}
