"""Ubble, played: its API, and the page on which a person chooses what it finds."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA512
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shared import clock
from shared.errors import not_found
from users.eligibility.rules import birthday
from users.identity.ubble.rules import UbbleStatus
from users.partners import Partners, PartnersOf
from users.simulators.forms import read_form
from users.simulators.pages import choice, field, form, links, page, paragraph
from users.simulators.store import SimulatorStore, StoreOf

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/simulators/ubble", include_in_schema=False)
KIND = "ubble"

OUTCOMES: dict[str, tuple[str, UbbleStatus, list[int]]] = {
    "approved": ("acceptée", UbbleStatus.APPROVED, [10000]),
    "checks_in_progress": ("en cours d'examen", UbbleStatus.CHECKS_IN_PROGRESS, []),
    "retry_61201": ("nouvel essai : réseau", UbbleStatus.RETRY_REQUIRED, [61201]),
    "retry_61301": ("nouvel essai : vidéo floue", UbbleStatus.RETRY_REQUIRED, [61301]),
    "retry_61313": ("nouvel essai : manque de lumière", UbbleStatus.RETRY_REQUIRED, [61313]),
    "retry_61901": ("nouvel essai : erreur d'Ubble", UbbleStatus.RETRY_REQUIRED, [61901]),
    "retry_62101": ("nouvel essai : document périmé", UbbleStatus.RETRY_REQUIRED, [62101]),
    "retry_62102": ("nouvel essai : document non accepté", UbbleStatus.RETRY_REQUIRED, [62102]),
    "retry_62103": ("nouvel essai : document abîmé", UbbleStatus.RETRY_REQUIRED, [62103]),
    "declined_62201": ("refusée : document non authentique", UbbleStatus.DECLINED, [62201]),
    "declined_62304": ("refusée : document d'un autre", UbbleStatus.DECLINED, [62304]),
    "declined_62401": ("refusée : données différentes", UbbleStatus.DECLINED, [62401]),
    "declined_99999": ("refusée : code inconnu", UbbleStatus.DECLINED, [99999]),
    "inconclusive": ("sans conclusion", UbbleStatus.INCONCLUSIVE, []),
    "aborted": ("abandonnée", UbbleStatus.ABORTED, []),
    "expired": ("expirée", UbbleStatus.EXPIRED, []),
}
_TELLING = (
    ("once", "une fois"),
    ("twice", "deux fois (répétition)"),
    ("unsigned", "sans signature"),
    ("forged", "mal signée"),
    ("never", "jamais"),
)


def _now() -> str:
    return clock.now().isoformat().replace("+00:00", "Z")


def _base(partners: Partners) -> str:
    return f"{partners.settings.users_url.rstrip('/')}/simulators/ubble"


def _answer(partners: Partners, record: dict[str, Any]) -> dict[str, Any]:
    base, identifier = _base(partners), record["id"]
    said = {key: value for key, value in record.items() if key not in ("order", "attempts")}
    said["_links"] = {
        "self": {"href": f"{base}/v2/identity-verifications/{identifier}"},
        "applicant": {"href": f"{base}/v2/applicants/{record['applicant_id']}"},
        "verification_url": {"href": f"{base}/page/{identifier}"},
    }
    return said


@router.post("/v2/create-and-start-idv")
async def create(request: Request, store: StoreOf, partners: PartnersOf) -> dict[str, Any]:
    await store.behave(KIND)
    asked = orjson.loads(await request.body())
    record = {
        "id": f"idv_{uuid4().hex[:26]}",
        "applicant_id": f"aplt_{uuid4().hex[:26]}",
        "user_journey_id": "usj_simulated",
        "declared_data": asked["declared_data"],
        "webhook_url": asked["webhook_url"],
        "redirect_url": asked["redirect_url"],
        "created_on": _now(),
        "modified_on": _now(),
        "status": UbbleStatus.PENDING.value,
        "response_codes": [],
        "documents": [],
        "attempts": [f"iatp_{uuid4().hex[:26]}"],
        "order": clock.now().timestamp(),
    }
    await store.put(KIND, record["id"], record)
    return _answer(partners, record)


async def _record(store: SimulatorStore, identifier: str) -> dict[str, Any]:
    record = await store.get(KIND, identifier)
    if record is None:
        raise not_found()
    return record


@router.get("/v2/identity-verifications/{identifier}")
async def read(identifier: str, store: StoreOf, partners: PartnersOf) -> dict[str, Any]:
    await store.behave(KIND)
    return _answer(partners, await _record(store, identifier))


@router.post("/v2/identity-verifications/{identifier}/attempts")
async def attempt(identifier: str, request: Request, store: StoreOf, partners: PartnersOf) -> Response:
    await store.behave(KIND)
    record = await _record(store, identifier)
    if record["status"] in (UbbleStatus.APPROVED, UbbleStatus.DECLINED, UbbleStatus.CHECKS_IN_PROGRESS):
        return Response(b'{"error": "conflict"}', 409, media_type="application/json")
    asked = orjson.loads(await request.body())
    new = f"iatp_{uuid4().hex[:26]}"
    record |= {
        "redirect_url": asked["redirect_url"],
        "status": UbbleStatus.PENDING.value,
        "response_codes": [],
        "attempts": [*record["attempts"], new],
    }
    await store.put(KIND, identifier, record)
    href = f"{_base(partners)}/page/{identifier}"
    said = {"id": new, "status": "pending_redirection", "_links": {"verification_url": {"href": href}}}
    return Response(orjson.dumps(said), 201, media_type="application/json")


@router.get("/v2/identity-verifications/{identifier}/attempts")
async def attempts(identifier: str, store: StoreOf) -> dict[str, Any]:
    await store.behave(KIND)
    return {"data": [{"id": name} for name in (await _record(store, identifier))["attempts"]]}


@router.get("/v2/identity-verifications/{identifier}/attempts/{attempt_id}/assets")
async def assets(identifier: str, attempt_id: str, store: StoreOf, partners: PartnersOf) -> dict[str, Any]:
    await store.behave(KIND)
    await _record(store, identifier)
    return {
        "data": [
            {
                "type": f"document_{side}_image",
                "_links": {"asset_url": {"href": f"{_base(partners)}/picture/{side}.png?fresh=1"}},
            }
            for side in ("front", "back")
        ]
    }


@router.get("/picture/{side}.png")
async def picture(side: str, expired: bool = False) -> Response:
    """A document's side: a plain colour. `expired` plays a signed address that is too old."""
    if expired:
        return Response(b"expired", 403)
    colour = (235, 0, 85) if side == "front" else (100, 50, 200)
    return Response(_png(64, 40, colour), media_type="image/png")


def _png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@router.get("")
async def index(store: StoreOf) -> HTMLResponse:
    records = await store.all(KIND)
    listed = [(f"/simulators/ubble/page/{r['id']}", f"{r['declared_data']['name']} : {r['status']}") for r in records]
    return page("Ubble", links(listed) if listed else paragraph("Personne n'a commencé d'identification."))


@router.get("/page/{identifier}")
async def show(identifier: str, store: StoreOf) -> HTMLResponse:
    record = await _record(store, identifier)
    first, _, last = record["declared_data"]["name"].partition(" ")
    born = birthday(clock.today() - timedelta(days=40), -18)
    return page(
        "Ubble : vérifier une identité",
        paragraph(f"Nom déclaré : {record['declared_data']['name']}. État : {record['status']}."),
        paragraph(
            "Pour un doublon : le prénom, le nom et la date de naissance d'un autre bénéficiaire, ou son numéro de pièce."
        ),
        form(
            f"/simulators/ubble/page/{identifier}",
            choice("outcome", "Conclusion", ((key, value[0]) for key, value in OUTCOMES.items())),
            field("first_names", "Prénoms (séparés par des virgules)", first),
            field("last_name", "Nom", last),
            field("birth_date", "Date de naissance", born.isoformat(), "date"),
            field("birth_place", "Lieu de naissance", "Paris"),
            field("document_number", "Numéro de la pièce", f"{zlib.crc32(identifier.encode()) % 10**9:09}"),
            choice("gender", "Genre", (("F", "féminin"), ("M", "masculin"))),
            choice("telling", "Ubble le dit", _TELLING),
            submit="Conclure",
        ),
    )


@router.post("/page/{identifier}")
async def decide(identifier: str, request: Request, store: StoreOf, partners: PartnersOf) -> Response:
    record = await _record(store, identifier)
    said = await read_form(request)
    outcome = OUTCOMES.get(said.get("outcome", ""))
    if outcome is None:
        return page("Ubble", paragraph("Cette conclusion n'existe pas."), status=400)
    _, status, codes = outcome
    record = await conclude_record(store, partners, identifier, status, codes, said)
    await _tell(partners, request, record, said.get("telling", "once"))
    back = record["redirect_url"]
    joint = "&" if "?" in back else "?"
    return RedirectResponse(f"{back}{joint}{urlencode({'identification_id': identifier})}", 303)


async def conclude_record(
    store: SimulatorStore,
    partners: Partners,
    identifier: str,
    status: UbbleStatus,
    codes: list[int],
    said: dict[str, str],
) -> dict[str, Any]:
    """Write down what Ubble found, and the document that was shown; the identification as it then stands."""
    record = await _record(store, identifier)
    record |= {
        "status": status.value,
        "modified_on": _now(),
        "response_codes": [{"code": code, "summary": status.value} for code in codes],
        "documents": [_document(partners, said)] if status in (UbbleStatus.APPROVED, UbbleStatus.DECLINED) else [],
    }
    await store.put(KIND, identifier, record)
    return record


def _document(partners: Partners, said: dict[str, str]) -> dict[str, Any]:
    base = _base(partners)
    first, last = said.get("first_names", "").strip(), said.get("last_name", "").strip()
    return {
        "first_names": first or None,
        "last_name": last or None,
        "full_name": f"{first.replace(',', '')} {last}".strip(),
        "birth_date": said.get("birth_date") or None,
        "birth_place": said.get("birth_place") or None,
        "document_number": said.get("document_number") or None,
        "document_type": "ID",
        "gender": said.get("gender"),
        "front_image_signed_url": f"{base}/picture/front.png",
        "back_image_signed_url": f"{base}/picture/back.png",
    }


async def signature_of(partners: Partners, body: bytes, at: datetime) -> str:
    """The header by which Ubble proves that a message is its own."""
    if partners.keys is None:
        raise RuntimeError("nobody simulates here")
    timestamp = str(at.timestamp())
    signed = (await partners.keys.ubble()).sign(f"{timestamp}:".encode() + body, ECDSA(SHA512()))
    return f"{timestamp}:simulator-v1:{b64encode(signed).decode()}"


async def _tell(partners: Partners, request: Request, record: dict[str, Any], telling: str) -> None:
    if telling == "never":
        return
    message = {
        "id": f"evnt_{uuid4().hex[:26]}",
        "type": "identity_verification_checks_completed",
        "subject": record["id"],
        "specversion": "2.0",
        "time": _now(),
        "datacontenttype": "application/json",
        "data": {
            "identity_verification_id": record["id"],
            "applicant_id": record["applicant_id"],
            "user_journey_id": record["user_journey_id"],
            "status": record["status"],
            "response_codes": record["response_codes"],
        },
    }
    body = orjson.dumps(message)
    headers = {"content-type": "application/json"}
    if telling != "unsigned":
        headers["Cko-Signature"] = await signature_of(partners, body if telling != "forged" else b"{}", clock.now())
    transport: httpx.AsyncBaseTransport | None = getattr(request.app.state, "simulator_transport", None)
    async with httpx.AsyncClient(timeout=5.0, transport=transport) as client:
        for _ in range(2 if telling == "twice" else 1):
            try:
                answer = await client.post(record["webhook_url"], content=body, headers=headers)
                log.info("simulator.told", partner=KIND, status=answer.status_code)
            except httpx.HTTPError as error:
                log.warning("simulator.not_told", partner=KIND, error=repr(error))
