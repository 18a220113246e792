from __future__ import annotations

from typing import Any

import httpx
import pytest

from documents.factories import BookingFactory
from documents.rendering.pool import RenderingUnavailable
from shared.events.bookings import BOOKING


@pytest.mark.usefixtures("printing")
async def test_the_holder_gets_a_pdf(client: httpx.AsyncClient, deliver: Any, tokens: Any) -> None:
    booking = BookingFactory.build(offer__name="L'été à la plage", token="A2B3C4")
    await deliver(BOOKING, "created", booking)

    answer = await client.get(f"/native/v1/bookings/{booking.id}/ticket", headers=tokens.native(booking.user_id))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="pass-culture-l-ete-a-la-plage-A2B3C4.pdf"'
    assert answer.headers["cache-control"].startswith("private")
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.parametrize("booking_id", ["999999", str(2**63), "-1", "0", "9" * 40, "abc"])
async def test_unknown_bookings_are_not_found(client: httpx.AsyncClient, tokens: Any, booking_id: str) -> None:
    answer = await client.get(f"/native/v1/bookings/{booking_id}/ticket", headers=tokens.native(7))
    assert (answer.status_code, answer.json()) == (404, {})


async def test_somebody_elses_booking_is_not_found(client: httpx.AsyncClient, deliver: Any, tokens: Any) -> None:
    booking = BookingFactory.build()
    await deliver(BOOKING, "created", booking)
    answer = await client.get(f"/native/v1/bookings/{booking.id}/ticket", headers=tokens.native(booking.user_id + 1))
    assert (answer.status_code, answer.json()) == (404, {})


async def test_a_cancelled_booking_has_no_ticket(client: httpx.AsyncClient, deliver: Any, tokens: Any) -> None:
    booking = BookingFactory.build()
    await deliver(BOOKING, "created", booking)
    await deliver(BOOKING, "cancelled", booking.model_copy(update={"status": "CANCELLED"}))
    answer = await client.get(f"/native/v1/bookings/{booking.id}/ticket", headers=tokens.native(booking.user_id))
    assert answer.status_code == 410
    assert list(answer.json()) == ["booking"]


async def test_older_news_do_not_bring_a_booking_back(client: httpx.AsyncClient, deliver: Any, tokens: Any) -> None:
    booking = BookingFactory.build()
    await deliver(BOOKING, "cancelled", booking.model_copy(update={"status": "CANCELLED"}), version=9)
    await deliver(BOOKING, "created", booking, version=8)
    answer = await client.get(f"/native/v1/bookings/{booking.id}/ticket", headers=tokens.native(booking.user_id))
    assert answer.status_code == 410


async def test_only_the_app_may_ask(client: httpx.AsyncClient, tokens: Any) -> None:
    for headers in ({}, tokens.pro(7), tokens.native(7, token_type="refresh"), {"Authorization": "Bearer x.y.z"}):
        answer = await client.get("/native/v1/bookings/1/ticket", headers=headers)
        assert answer.status_code == 401


async def test_saturation_is_a_503(
    client: httpx.AsyncClient, app: Any, deliver: Any, tokens: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: Any) -> bytes:
        raise RenderingUnavailable("busy")

    monkeypatch.setattr(app.state.printer, "pdf", busy)
    booking = BookingFactory.build()
    await deliver(BOOKING, "created", booking)
    answer = await client.get(f"/native/v1/bookings/{booking.id}/ticket", headers=tokens.native(booking.user_id))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
