"""Bookings as files for a spreadsheet (documents: bookings exports). Pure: lines in, bytes out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from io import BytesIO, TextIOWrapper

import xlsxwriter

from bookings.booking_list.rules import ShownStatus
from shared.money import to_euros, to_xpf

CSV_TYPE = "text/csv; charset=utf-8"
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_STEM = "reservations_pass_culture"

HEADERS = (
    "Structure",
    "Nom de l’offre",
    "Localisation",
    "Date de l'évènement",
    "EAN",
    "Prénom du bénéficiaire",
    "Nom du bénéficiaire",
    "Email du bénéficiaire",
    "Téléphone du bénéficiaire",
    "Date et heure de réservation",
    "Date et heure de validation",
    "Contremarque",
    "Intitulé du tarif",
    "Prix de la réservation",
    "Statut de la contremarque",
    "Date et heure de remboursement",
    "Type d'offre",
    "Code postal du bénéficiaire",
    "Duo",
)

STATUS_WORDS = {
    ShownStatus.BOOKED: "réservé",
    ShownStatus.CONFIRMED: "confirmé",
    ShownStatus.VALIDATED: "validé",
    ShownStatus.CANCELLED: "annulé",
    ShownStatus.REIMBURSED: "remboursé",
}

_COLUMN_WIDTH = 18
_EUROS_FORMAT = "###0.00[$€-fr-FR]"
_XPF_FORMAT = "###0.00 F"
_DUO_WORDS = ("DUO 1", "DUO 2")
_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]")
_SIGNED_DIGITS = re.compile(r"[+-]?\d+")

Cell = str | Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A booking as exported. Moments are local, with their offset; `unit_price_cents` is the price of one."""

    venue_name: str
    offer_name: str
    location: str
    event_datetime: datetime | None
    ean: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone_number: str | None
    booked_at: datetime
    used_at: datetime | None
    token: str | None
    price_category_label: str | None
    unit_price_cents: int
    is_xpf: bool
    status: ShownStatus
    reimbursed_at: datetime | None
    postal_code: str | None
    quantity: int


def location_words(*, label: str | None, venue_name: str, street: str | None, postal_code: str, city: str) -> str:
    """An address on one line, under its label or else the name of the venue."""
    place = " ".join(part for part in (street, postal_code, city) if part)
    return f"{label or venue_name} - {place}"


def duplicated(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """One row a seat, as the export of a period counts them: `Oui` on both rows of a duo."""
    for line in lines:
        for _ in range(line.quantity):
            yield line, "Oui" if line.quantity > 1 else "Non"


def numbered(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """One row a seat, as the export of an offer counts them: the rows of a duo are numbered."""
    for line in lines:
        if line.quantity == 1:
            yield line, "Non"
        else:
            yield from ((line, _DUO_WORDS[seat]) for seat in range(line.quantity))


def cells(line: Line, duo: str) -> tuple[Cell, ...]:
    """The values of a row, in the order of `HEADERS`; what is unknown is empty."""
    price = Decimal(to_xpf(line.unit_price_cents)) if line.is_xpf else to_euros(line.unit_price_cents)
    return (
        line.venue_name,
        line.offer_name,
        line.location,
        _moment(line.event_datetime),
        line.ean or "",
        line.first_name or "",
        line.last_name or "",
        line.email or "",
        line.phone_number or "",
        _moment(line.booked_at),
        _moment(line.used_at),
        line.token or "",
        line.price_category_label or "",
        price,
        STATUS_WORDS[line.status],
        _moment(line.reimbursed_at),
        "offre grand public",
        line.postal_code or "",
        duo,
    )


class CsvFile:
    """UTF-8 with a byte order mark, `;` between fields, text quoted, CRLF: what a French spreadsheet opens at once.

    Rows are added in parts, so that a hundred thousand of them are never in memory at once.
    """

    def __init__(self) -> None:
        self._bytes = BytesIO()
        self._text = TextIOWrapper(self._bytes, "utf-8-sig", newline="", write_through=True)
        self._writer = csv.writer(self._text, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        self._writer.writerow(HEADERS)

    def add(self, rows: Iterable[tuple[Line, str]]) -> None:
        for line, duo in rows:
            self._writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in cells(line, duo)])

    def content(self) -> bytes:
        """The file so far."""
        self._text.flush()
        return self._bytes.getvalue()


def to_csv(rows: Iterable[tuple[Line, str]]) -> bytes:
    """The rows as a file."""
    file = CsvFile()
    file.add(rows)
    return file.content()


def to_excel(rows: Iterable[tuple[Line, str]]) -> bytes:
    """One sheet; every text is stored as text, every price in its own currency."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        euros = book.add_format({"num_format": _EUROS_FORMAT})
        francs = book.add_format({"num_format": _XPF_FORMAT})
        sheet.set_column(0, len(HEADERS) - 1, _COLUMN_WIDTH)
        for column, header in enumerate(HEADERS):
            sheet.write_string(0, column, header, bold)
        for number, (line, duo) in enumerate(rows, start=1):
            for column, cell in enumerate(cells(line, duo)):
                if isinstance(cell, Decimal):
                    sheet.write_number(number, column, float(cell), francs if line.is_xpf else euros)
                elif cell:
                    sheet.write_string(number, column, cell)
    return out.getvalue()


def _moment(moment: datetime | None) -> str:
    return moment.replace(microsecond=0).isoformat(sep=" ") if moment is not None else ""


def _harmless(text: str) -> str:
    """The text, led by an apostrophe where a spreadsheet would run it as a formula.

    Offer names and names of people are written by anybody. Signed digits (telephone numbers) calculate nothing.
    """
    return f"'{text}" if _FORMULA.match(text) and not _SIGNED_DIGITS.fullmatch(text) else text
