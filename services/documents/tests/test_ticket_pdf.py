"""Tickets as people and scanners read them: printed, looked at again."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from documents.factories import NOON, AddressFactory, BookingFactory
from documents.rendering.child import TICKET
from documents.rendering.pool import RenderPool
from documents.tickets.rules import qr_payload, ticket_of
from shared.events.bookings import Booking

ISSUER = "Émetteur de test, 1 rue de la Paix"


async def printed(pool: RenderPool, booking: Booking, image: str | None = None) -> bytes:
    return await pool.render(
        {"document": TICKET, "ticket": ticket_of(booking).model_dump(), "issuer": ISSUER, "image": image}
    )


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    return " ".join(text.split())


def picture_of(pdf: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil()


def codes_in(pdf: bytes) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture_of(pdf))]


async def test_an_event_says_when_where_who_and_how_much(pool: RenderPool) -> None:
    booking = BookingFactory.build(quantity=2, token="K7XW2B", offer__withdrawal_details="Entrée rue Cuvier.")
    text = text_of(await printed(pool, booking))
    for expected in (
        "Nuit de la musique baroque",
        "Samedi 28 mars 2026",
        "20h30",
        "Grand Amphithéâtre du Jardin",
        "57 rue Cuvier",
        "75005 Paris",
        "25 €",
        "soit 2 × 12,50 €",
        "2 places",
        "Tarif jeune",
        "Jeanne Doux",
        "K7XW2B",
        "Entrée rue Cuvier.",
        ISSUER,
    ):
        assert expected in text


async def test_the_qr_code_is_what_the_desk_scans(pool: RenderPool) -> None:
    pdf = await printed(pool, BookingFactory.build(token="K7XW2B"))
    assert codes_in(pdf) == ["PASSCULTURE:v3;TOKEN:K7XW2B"] == [qr_payload("K7XW2B")]


async def test_an_activation_code_is_shown_instead_of_a_qr_code(pool: RenderPool) -> None:
    pdf = await printed(pool, BookingFactory.build(digital=True))
    text = text_of(pdf)
    assert "CINE-4F7K-22QX" in text
    assert "Mercredi 1er juillet 2026" in text
    assert codes_in(pdf) == []
    links = [note.get_object()["/A"]["/URI"] for note in PdfReader(io.BytesIO(pdf)).pages[0]["/Annots"]]
    assert any(link.startswith("https://cinema.example.com/activer?code=CINE-4F7K-22QX&offre=") for link in links)


async def test_an_untrusted_address_is_no_link(pool: RenderPool) -> None:
    booking = BookingFactory.build(digital=True, offer__url="httpx:javascript:alert(1)", offer__booking_contact=None)
    pdf = await printed(pool, booking)
    assert "/Annots" not in PdfReader(io.BytesIO(pdf)).pages[0]


@pytest.mark.parametrize(
    "overrides",
    [
        {"book": True},
        {"amount_cents": 0, "price_category_label": None},
        {"venue__address": None},
        {"status": "USED", "date_used": NOON},
        {"venue__address": AddressFactory.build(caledonia=True, street=None), "beneficiary__department_code": "988"},
        {"offer__name": "W" * 140, "beneficiary__last_name": "W" * 120, "venue__common_name": "W" * 120},
        {"offer__name": "<script>alert(1)</script> {{ 7 * 7 }}"},
        {"offer__name": "\u202egnitsorrevdioffre\u0007\n\nSuite", "beneficiary__first_name": None},
    ],
)
async def test_every_booking_fits_on_one_sheet(pool: RenderPool, overrides: dict[str, Any]) -> None:
    booking = BookingFactory.build(token="WWWWWW", **overrides)
    pdf = await printed(pool, booking)
    text = text_of(pdf)
    assert "WWWWWW" in text.replace(" ", "")
    assert codes_in(pdf) == [qr_payload("WWWWWW")]


async def test_pages_of_details_give_way_to_the_ticket(pool: RenderPool) -> None:
    booking = BookingFactory.build(
        offer__name="Une très longue soirée " * 6,
        offer__withdrawal_details="\n".join(["Rendez-vous ici."] * 200),
        price_category_label="Carré or, placement libre, tarif réduit sur présentation",
        venue__common_name="Conservatoire à rayonnement intercommunal " * 3,
        beneficiary__last_name="de la Rochefoucauld " * 5,
    )
    assert codes_in(await printed(pool, booking)) == [qr_payload(booking.token)]


async def test_names_of_every_script_are_visible(pool: RenderPool) -> None:
    plain = BookingFactory.build(token="AAAAAA", beneficiary__first_name="", beneficiary__last_name="i")
    for name in ("محمد", "李小龍", "Ольга", "Γιώργος", "नेहा", "שרה", "🎸🎉", "Nguyễn Łukasz", "홍길동"):
        booking = plain.model_copy(update={"beneficiary": plain.beneficiary.model_copy(update={"last_name": name})})
        pdf = await printed(pool, booking)
        assert all(char in text_of(pdf) for char in name.replace(" ", "")) or name in ("नेहा", "محمد")
        fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
        assert all(
            "/FontFile2" in str(_descriptor(font)) or "/FontFile3" in str(_descriptor(font)) for font in fonts.values()
        )


def _descriptor(font: Any) -> Any:
    made = font.get_object()
    return made["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()


async def test_the_same_booking_gives_the_same_bytes(pool: RenderPool) -> None:
    booking = BookingFactory.build(offer__name="🎸 Fête Łódź")
    first = await printed(pool, booking)
    other = RenderPool(processes=1, waiting=0, timeout=60)
    try:
        assert await printed(other, booking) == first
    finally:
        other.close()
    assert await printed(pool, booking) == first


async def test_the_file_is_accessible_and_described(pool: RenderPool) -> None:
    reader = PdfReader(io.BytesIO(await printed(pool, BookingFactory.build())))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own boolean
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "fr"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Billet : Nuit de la musique baroque"


async def test_a_picture_of_the_offer_is_printed(pool: RenderPool) -> None:
    import base64

    buffer = io.BytesIO()
    Image.new("RGB", (60, 90), (0, 200, 0)).save(buffer, "PNG")
    url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    with_image = picture_of(await printed(pool, BookingFactory.build(), image=url))
    assert max(count for count, color in with_image.getcolors(1 << 24) if color == (0, 200, 0)) > 1_000


async def test_a_broken_picture_does_not_cost_the_ticket(pool: RenderPool) -> None:
    booking = BookingFactory.build()
    pdf = await printed(pool, booking, image="data:image/png;base64,AAAA")
    assert codes_in(pdf) == [qr_payload(booking.token)]
