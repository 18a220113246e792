"""One trace from the request over its SQL, the outbox and the stream to the effect; and none where none is asked for."""

import asyncio

import pytest
from opentelemetry.trace import SpanKind, StatusCode
from sample.worker import subscribers
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from shared.events.consumers import Consumers
from shared.events.relay import Relay
from shared.events.subscribers import join
from shared.telemetry import spans
from shared.telemetry.trace import enter_trace

TRACE = "0af7651916cd43dd8448eb211c80319c"
RECORDED = f"00-{TRACE}-b7ad6b7169203331-01"
NOT_RECORDED = f"00-{TRACE}-b7ad6b7169203331-00"
DEADLINE = 10.0


@pytest.fixture
def settings_overrides(recorded_spans):
    # Asked for by everything that makes a database: tracing is on before the engine exists.
    return {}


async def make(client, tokens, traceparent, label="Zoé Lévy"):
    headers = {**tokens.native(7), "traceparent": traceparent}
    return await client.post("/native/v1/things", json={"thingLabel": label}, headers=headers)


async def test_a_request_its_sql_its_event_and_the_effect_are_one_trace(
    recorded_spans, client, tokens, settings, database, broker
):
    assert (await make(client, tokens, RECORDED)).status_code == 200
    relay, consumers = Relay(settings, database, broker), Consumers(settings, database, broker, join([subscribers]))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(part.run(stop)) for part in (relay, consumers)]
    async with asyncio.timeout(DEADLINE):
        while not recorded_spans.named("process thing.made"):  # noqa: ASYNC110 - spans raise no event
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks), DEADLINE)

    request, sent, handled = (recorded_spans.one(name) for name in ("POST", "send thing.made", "process thing.made"))
    assert {format(span.context.trace_id, "032x") for span in (request, sent, handled)} == {TRACE}
    assert format(request.parent.span_id, "016x") == "b7ad6b7169203331"
    assert (request.name, request.kind) == ("POST /native/v1/things", SpanKind.SERVER)
    assert dict(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/native/v1/things",
        "http.response.status_code": 200,
    }
    transaction = next(
        span for span in recorded_spans.named("transaction") if span.parent.span_id == request.context.span_id
    )
    assert sent.parent.span_id == transaction.context.span_id
    assert handled.parent.span_id == sent.context.span_id
    inserts = recorded_spans.named("INSERT")
    assert {span.parent.span_id for span in inserts} == {transaction.context.span_id, handled.context.span_id}
    assert all("Zoé" not in str(dict(span.attributes)) for span in recorded_spans.finished)


async def test_what_nobody_asked_to_record_is_not_recorded(recorded_spans, client, tokens):
    assert (await make(client, tokens, NOT_RECORDED)).status_code == 200
    assert (await make(client, tokens, "00-nonsense")).status_code == 200
    assert recorded_spans.finished == ()


async def test_a_failure_is_marked_and_says_nothing_of_its_inside(recorded_spans, client, tokens):
    assert (await make(client, tokens, RECORDED, "broken")).status_code == 500
    request = recorded_spans.one("POST")
    assert request.status.status_code is StatusCode.ERROR
    assert all("secret inside" not in span.to_json() for span in recorded_spans.finished)


async def test_a_statement_that_fails_ends_its_span(recorded_spans, database):
    enter_trace(RECORDED)
    with pytest.raises(ProgrammingError):
        async with database.transaction() as session:
            await session.execute(text("SELECT nothing_like_it FROM nowhere"))
    failed = recorded_spans.one("SELECT")
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes["error.type"] == "UndefinedTable"


async def test_plain_connections_are_traced_too(recorded_spans, database):
    enter_trace(RECORDED)
    await database.open()
    async with database.pool.connection() as connection:
        await connection.execute("SELECT %s::int + 1", (4107,))
        await connection.execute(b"VALUES (1)")
    statement = recorded_spans.one("SELECT")
    assert "4107" not in str(dict(statement.attributes))
    assert recorded_spans.one("VALUES").attributes["db.query.text"] == "VALUES (1)"
    assert statement.attributes["db.query.text"] == "SELECT %s::int + 1"


def test_a_span_is_current_inside_its_block_alone(recorded_spans):
    enter_trace(RECORDED)
    with spans.span("outer") as outer, spans.span("inner") as inner:
        assert inner.parent.span_id == outer.context.span_id
    with spans.span("next") as following:
        assert format(following.parent.span_id, "016x") == "b7ad6b7169203331"


def test_files_get_a_line_for_each_span(tmp_path, recorded_spans):
    class Where:
        trace_endpoint = ""
        trace_directory = str(tmp_path / "traces")

    spans.start_tracing("users-api", Where())
    assert spans.is_tracing()
    enter_trace(RECORDED)
    with spans.span("counted"):
        pass
    provider = spans._tracer.span_processor  # the SDK's tracer knows where its spans go
    provider.force_flush()
    (line,) = (tmp_path / "traces" / "users-api.jsonl").read_text().splitlines()
    assert TRACE in line
    assert "counted" in line
