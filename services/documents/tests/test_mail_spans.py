"""A mail is sent, and its ticket laid out, within the trace of the request that asked for it."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.trace import StatusCode

from documents.factories import BookingFactory
from documents.mails.sender import MailSender
from documents.mails.transports import DeliveryFailed, Outgoing
from shared.events.bookings import BOOKING
from shared.telemetry.trace import enter_trace, move_to
from shared.testing.spans import SpanRecorder

TRACE = "0af7651916cd43dd8448eb211c80319c"
RECORDED = f"00-{TRACE}-b7ad6b7169203331-01"


class Relay:
    """Takes a mail with its attachments, or refuses it."""

    name = "smtp"

    def __init__(self, refusal: DeliveryFailed | None = None) -> None:
        self._refusal = refusal
        self.files = 0

    async def deliver(self, mail: Outgoing) -> None:
        if self._refusal is not None:
            raise self._refusal
        self.files += len(await mail.attachments())


@pytest.fixture
def settings_overrides(recorded_spans: SpanRecorder) -> dict[str, Any]:
    return {"render_warm": False}


async def test_sending_and_printing_belong_to_the_requests_trace(
    recorded_spans: SpanRecorder, deliver: Any, database: Any, printer: Any, settings: Any
) -> None:
    enter_trace(RECORDED)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None, offer__name="Été à Sète"))
    move_to(None)
    relay = Relay()
    assert await MailSender(database, relay, printer, settings).send_due() == relay.files == 1
    sent, printed = recorded_spans.one("send mail"), recorded_spans.one("lay out ticket")
    assert sent.name == "send mail booking_confirmed"
    assert format(sent.context.trace_id, "032x") == TRACE
    assert printed.parent is not None
    assert printed.parent.span_id == sent.context.span_id
    assert all("Sète" not in span.to_json() for span in (sent, printed))


async def test_a_mail_that_is_refused_fails_its_span(
    recorded_spans: SpanRecorder, deliver: Any, database: Any, printer: Any, settings: Any
) -> None:
    enter_trace(RECORDED)
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    move_to(None)
    refusing = Relay(DeliveryFailed("550 jeanne@example.com unknown", permanent=True))
    await MailSender(database, refusing, printer, settings).send_due()
    sent = recorded_spans.one("send mail")
    assert sent.status.status_code is StatusCode.ERROR
    assert "jeanne" not in sent.to_json()


async def test_a_mail_without_a_trace_makes_no_span(
    recorded_spans: SpanRecorder, deliver: Any, database: Any, printer: Any, settings: Any
) -> None:
    await deliver(BOOKING, "created", BookingFactory.build(offer__booking_email=None))
    assert await MailSender(database, Relay(), printer, settings).send_due() == 1
    assert recorded_spans.finished == ()
