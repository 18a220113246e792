from __future__ import annotations

import csv
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.booking_list.exports import (
    HEADERS,
    Line,
    cells,
    duplicated,
    location_words,
    numbered,
    to_csv,
    to_excel,
)
from bookings.booking_list.rules import ShownStatus

PARIS = ZoneInfo("Europe/Paris")
LINE = Line(
    venue_name="Le Petit Rintintin",
    offer_name="Concert d'été",
    location="Le Petit Rintintin - 1 rue des Lilas 75001 Paris",
    event_datetime=datetime(2026, 2, 5, 20, tzinfo=PARIS),
    ean=None,
    first_name="Jeanne",
    last_name="Dupont",
    email="jeanne@example.com",
    phone_number="+33612345678",
    booked_at=datetime(2026, 1, 15, 9, 30, 12, 345678, tzinfo=PARIS),
    used_at=None,
    token="ABC234",
    price_category_label="Plein tarif",
    unit_price_cents=1050,
    is_xpf=False,
    status=ShownStatus.CONFIRMED,
    reimbursed_at=None,
    postal_code="75020",
    quantity=1,
)


def read(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), delimiter=";"))


def test_the_file_opens_in_a_french_spreadsheet() -> None:
    content = to_csv(duplicated([LINE]))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    headers, row = read(content)
    assert tuple(headers) == HEADERS
    assert len(headers) == 19
    told = dict(zip(headers, row, strict=True))
    assert told["Date de l'évènement"] == "2026-02-05 20:00:00+01:00"
    assert told["Date et heure de réservation"] == "2026-01-15 09:30:12+01:00"
    assert told["Date et heure de validation"] == ""
    assert told["Prix de la réservation"] == "10.50"
    assert told["Statut de la contremarque"] == "confirmé"
    assert told["Localisation"] == "Le Petit Rintintin - 1 rue des Lilas 75001 Paris"
    assert told["Téléphone du bénéficiaire"] == "+33612345678"
    assert told["Type d'offre"] == "offre grand public"
    assert told["Duo"] == "Non"


def test_a_duo_takes_two_rows_named_as_each_export_names_them() -> None:
    duo = replace(LINE, quantity=2)
    assert [row[-1] for row in read(to_csv(duplicated([duo])))[1:]] == ["Oui", "Oui"]
    assert [row[-1] for row in read(to_csv(numbered([duo, LINE])))[1:]] == ["DUO 1", "DUO 2", "Non"]


def test_a_caledonian_price_is_in_francs() -> None:
    assert cells(replace(LINE, unit_price_cents=838, is_xpf=True), "Non")[13] == 1000


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-1+1|x", "@SUM(A1)", "\t=1", "\r=1", "  =1", '=HYPERLINK("http://x")']
)
def test_what_a_spreadsheet_would_run_is_led_by_an_apostrophe(text: str) -> None:
    row = read(to_csv(duplicated([replace(LINE, offer_name=text)])))[1]
    assert row[1] == f"'{text}"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30))
def test_no_text_can_begin_a_formula_nor_break_the_table(text: str) -> None:
    rows = read(to_csv(duplicated([replace(LINE, offer_name=text, last_name=text)])))
    assert len(rows) == 2
    assert len(rows[1]) == len(HEADERS)
    assert not re.match(r"\s*[=@]", rows[1][1])
    assert rows[1][1].removeprefix("'") == text.removeprefix("'")


def sheet_of(content: bytes) -> tuple[str, str, str]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml")
        sheet, strings, styles = (archive.read(name).decode() for name in names)
        return sheet, strings, styles


def test_the_workbook_holds_text_as_text_and_each_price_in_its_currency() -> None:
    francs = replace(LINE, offer_name="=1+1", unit_price_cents=838, is_xpf=True)
    sheet, strings, styles = sheet_of(to_excel(numbered([LINE, francs])))
    assert "<f>" not in sheet
    assert "=1+1" in strings
    assert "None" not in strings
    euros, xpf = (re.search(rf'<c r="N{row}" s="(\d+)"><v>([\d.]+)</v>', sheet) for row in (2, 3))
    assert euros is not None
    assert xpf is not None
    assert (euros[2], xpf[2]) == ("10.5", "1000")
    assert euros[1] != xpf[1]
    assert "###0.00[$€-fr-FR]" in styles
    assert "###0.00 F" in styles
    assert 'width="18.7' in sheet
    assert re.search(r'<c r="S2" t="s">', re.sub(r' s="\d+"', "", sheet))


def test_a_place_is_named_by_its_label_or_its_venue() -> None:
    words = location_words(label=None, venue_name="Chez Zoé", street=None, postal_code="97300", city="Cayenne")
    assert words == "Chez Zoé - 97300 Cayenne"
    words = location_words(label="Le parc", venue_name="x", street="2 rue A", postal_code="75001", city="Paris")
    assert words == "Le parc - 2 rue A 75001 Paris"
