"""What documents keeps of a person, and the layout of everything that the house keeps of them."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from documents.factories import BookingFactory
from documents.rendering.pool import RenderPool
from shared.events.bookings import BOOKING
from shared.testing.recorders import Tokens


def document(**changes: Any) -> dict[str, Any]:
    facts = [
        {"label": "Offre", "value": "Les <i>Nuits</i> & l'été ✨ {{ 7 * 7 }}"},
        {"label": "Prix", "value": "12,50 €"},
    ]
    sections = [
        {"title": "Compte", "entries": [[{"label": "E-mail", "value": "camille@example.com"}]]},
        {"title": "Réservations", "entries": [facts] * 60},
        {"title": "Favoris", "entries": []},
    ]
    return {"person": "camille@example.com", "madeAt": "10/02/2026", "sections": sections, **changes}


async def test_messages_of_the_bearer_alone(client: httpx.AsyncClient, deliver: Any, tokens: Tokens) -> None:
    mine, theirs = BookingFactory.build(), BookingFactory.build()
    for booking in (mine, theirs):
        await deliver(BOOKING, "created", booking)
    answer = await client.get("/internal/extracts/me", headers=tokens.native(mine.user_id))
    [message] = answer.json()["messages"]
    assert (message["kind"], message["channel"]) == ("booking_confirmed", "email")
    assert message["recipient"] == mine.beneficiary.email
    assert (await client.get("/internal/extracts/me")).status_code == 401
    assert (await client.get("/internal/extracts/me", headers=tokens.pro(mine.user_id))).status_code == 401


@pytest.fixture
def laying_out(app: Any, pool: RenderPool) -> None:
    app.state.pool = pool


@pytest.mark.usefixtures("laying_out")
async def test_a_person_reads_their_data_on_paper(client: httpx.AsyncClient, tokens: Tokens) -> None:
    answer = await client.post("/internal/extracts/pdf", json=document(), headers=tokens.native(7))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) > 3
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Les données de camille@example.com" in text
    assert "Réservations (60)" in text
    # What people wrote is words, never a page's own.
    assert text.count("Les <i>Nuits</i> & l'été") == 60
    assert "{{ 7 * 7 }}" in text
    assert "Aucune donnée." in text


@pytest.mark.parametrize(
    "changes", [{"sections": "x"}, {"person": None}, {"sections": [{"title": "a", "entries": [{"label": "b"}]}]}]
)
async def test_a_strange_document_is_refused(
    client: httpx.AsyncClient, tokens: Tokens, changes: dict[str, Any]
) -> None:
    answer = await client.post("/internal/extracts/pdf", json=document(**changes), headers=tokens.native(7))
    assert answer.status_code == 400
    assert (await client.post("/internal/extracts/pdf", json=document())).status_code == 401
