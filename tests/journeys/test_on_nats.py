"""The whole platform with NATS as its broker: a booking, its mail and its ticket; then everything is compared."""

from __future__ import annotations

import httpx
import pytest

from local.audit import auditor
from local.brokers import BrokerKind
from local.errors import LocalError
from local.libraries import check_libraries
from local.nats_server import find_binary
from local.platform import Platform
from local.trial import running_platform
from offers.settings import get_settings
from shared.events.bookings import BOOKING
from shared.events.brokers import open_broker
from tests.journeys.documents import Surfaces
from tests.journeys.people import BENEFICIARY, portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("nats")]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory):
    check_libraries()
    try:
        find_binary()
    except LocalError as error:
        pytest.skip(f"NOT TESTED: the platform on NATS. {error}")
    with running_platform(tmp_path_factory.mktemp("on-nats"), broker=BrokerKind.nats) as running:
        yield running


@pytest.fixture
def addresses(platform: Platform, monkeypatch: pytest.MonkeyPatch):
    """Of the servers; and what the auditor, who asks `offers` in this process, needs to know of pictures."""
    monkeypatch.setenv("STORAGE_PUBLIC_URL", platform.topology.environment()["STORAGE_PUBLIC_URL"])
    get_settings.cache_clear()
    yield platform.servers.environment
    get_settings.cache_clear()


async def test_a_booking_reaches_its_holder_and_every_service_knows_it(platform: Platform, addresses) -> None:
    surfaces = Surfaces()
    gateway = f"http://localhost:{platform.topology.gateway_port}"
    mails = f"http://localhost:{platform.topology.api_port('documents')}/mailbox.json"
    async with (
        httpx.AsyncClient(base_url=gateway, timeout=30.0) as desk,
        httpx.AsyncClient(base_url=gateway, timeout=30.0) as app,
        httpx.AsyncClient(timeout=30.0) as post,
    ):
        partner = await portal(desk, surfaces)
        sale = await thing_for_sale(partner, "Carnet de bord", price=7.3, quantity=1)
        person = await signed_in(app, surfaces)
        booking_id = await booked(person, sale.stock_id)

        async def confirmation():
            answer = await post.get(mails, params={"recipient": BENEFICIARY})
            return [mail for mail in answer.json()["mails"] if "Carnet de bord" in str(mail)]

        [mail] = await until(confirmation, deadline=60)
        assert [item["content_type"] for item in mail["attachments"]] == ["application/pdf"]
        await person.call("POST", f"/native/v1/bookings/{booking_id}/cancel", 204)

    async with auditor(addresses) as look:

        async def settled():
            return not await look.unsettled()

        await until(settled, deadline=60, pause=0.25)
        report = await look.report()
    assert report.is_clean, report.lines()
    assert report.rows > 100
    assert addresses["BROKER_URL"].startswith("nats://")


async def test_it_went_by_way_of_nats(platform: Platform, addresses) -> None:
    """And Redis carried nothing of it."""
    names = {"nats": addresses["BROKER_URL"], "redis": addresses["REDIS_URL"]}
    counted = {}
    for kind, url in names.items():
        settings = get_settings().model_copy(update={"broker_url": url})
        broker = open_broker(settings)
        try:
            counted[kind] = sum([len(page) async for page in broker.entries(BOOKING.stream)])
        finally:
            await broker.close()
    assert counted["nats"] > 0
    assert counted["redis"] == 0
