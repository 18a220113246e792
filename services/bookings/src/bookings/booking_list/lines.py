"""From what the queries read to what a partner is shown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from bookings.booking_list.exports import Line, location_words
from bookings.booking_list.rules import Dated, local, shown_status, shown_token

_CALEDONIAN_SIREN = re.compile(r"NC\d{7}")


def dated(row: Row[*tuple[Any, ...]]) -> Dated:
    return Dated(
        status=row.status,
        created=row.date_created,
        used=row.date_used,
        cancelled=row.cancellation_date,
        reimbursed=row.reimbursement_date,
        cancellation_limit=row.cancellation_limit_date,
    )


def token_shown(row: Row[*tuple[Any, ...]]) -> str | None:
    # No ticketing partner is connected yet, so that no booking is external.
    return shown_token(row.token, status=row.status, is_dated=row.beginning_datetime is not None, is_external=False)


def line_of(row: Row[*tuple[Any, ...]], now: datetime) -> Line:
    """A booking as the files tell it, moments in its own zone."""
    return Line(
        venue_name=row.venue_name,
        offer_name=row.offer_name,
        location=_location(row),
        event_datetime=local(row.beginning_datetime, row.timezone),
        ean=row.ean,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone_number=row.phone_number,
        booked_at=local(row.date_created, row.timezone),
        used_at=local(row.date_used, row.timezone),
        token=token_shown(row),
        price_category_label=row.price_category_label,
        unit_price_cents=row.amount_cents,
        is_xpf=_CALEDONIAN_SIREN.fullmatch(row.siren) is not None,
        status=shown_status(dated(row), now),
        reimbursed_at=local(row.reimbursement_date, row.timezone),
        postal_code=row.postal_code,
        quantity=row.quantity,
    )


def _location(row: Row[*tuple[Any, ...]]) -> str:
    address: dict[str, Any] | None = row.address
    # An online offer takes place nowhere, though its venue has an address.
    if address is None or row.url:
        return ""
    return location_words(
        label=address.get("label"),
        venue_name=row.venue_name,
        street=address.get("street"),
        postal_code=address["postal_code"],
        city=address["city"],
    )
