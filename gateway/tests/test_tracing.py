"""Which requests are recorded, and under which trace they go on."""

from __future__ import annotations

from typing import Any

import pytest

from shared.telemetry import spans
from shared.testing.spans import SpanRecorder

PATH = "/native/v1/thing/{thing_id}"
TRACE = "0af7651916cd43dd8448eb211c80319c"
GIVEN = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", PATH, "native")
    house.users.on("GET", "/native/v1/thing/7", {})


def sent_on(house: Any) -> str:
    return house.users.seen("/native/v1/thing/7")[0].header("traceparent")


async def test_a_recorded_request_goes_on_below_the_gateways_span(house: Any, recorded_spans: SpanRecorder) -> None:
    door = await house.open(trace_ratio=1)
    assert (await door.get("/native/v1/thing/7?token=secret")).status == 200
    (span,) = recorded_spans.finished
    assert span.name == f"GET {PATH}"
    assert span.attributes is not None
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["passculture.service"] == "users"
    assert sent_on(house) == spans.traceparent_of(span)  # type: ignore[arg-type]
    assert "secret" not in span.to_json()


async def test_a_callers_trace_goes_on_but_whether_it_is_recorded_is_ours_to_say(
    house: Any, recorded_spans: SpanRecorder
) -> None:
    door = await house.open(trace_ratio=0)
    await door.get("/native/v1/thing/7", {"traceparent": GIVEN})
    assert recorded_spans.finished == ()
    assert sent_on(house) == f"00-{TRACE}-b7ad6b7169203331-00"


async def test_a_callers_trace_that_is_recorded_keeps_its_name(house: Any, recorded_spans: SpanRecorder) -> None:
    door = await house.open(trace_ratio=1)
    await door.get("/native/v1/thing/7", {"traceparent": GIVEN[:-1] + "0"})
    (span,) = recorded_spans.finished
    assert format(span.context.trace_id, "032x") == TRACE
    assert sent_on(house).endswith("-01")


@pytest.mark.parametrize("given", ["nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", GIVEN + "-more"])
async def test_a_trace_that_is_none_is_replaced(house: Any, given: str) -> None:
    door = await house.open()
    await door.get("/native/v1/thing/7", {"traceparent": given})
    assert sent_on(house).endswith("-00")
    assert given not in sent_on(house)


async def test_a_service_that_is_away_fails_the_span(house: Any, recorded_spans: SpanRecorder) -> None:
    door = await house.open(trace_ratio=1)
    await house.users.stop()
    assert (await door.get("/native/v1/thing/7")).status == 503
    (span,) = recorded_spans.finished
    assert not span.status.is_ok
