"""Démarche Numérique, played: applications that a person writes and decides on, behind the same GraphQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from shared import clock
from shared.errors import not_found
from users.eligibility.rules import birthday
from users.identity.dms.rules import ACTIVITIES, URGENT, DmsState
from users.partners import Partners, PartnersOf
from users.simulators.forms import read_form
from users.simulators.pages import choice, field, form, links, page, paragraph
from users.simulators.store import SimulatorStore, StoreOf

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/simulators/dms", include_in_schema=False)
KIND = "dms"

_STATES = (
    (DmsState.DRAFT.value, "en construction"),
    (DmsState.ON_GOING.value, "en instruction"),
    (DmsState.ACCEPTED.value, "accepté"),
    (DmsState.REFUSED.value, "refusé"),
    (DmsState.WITHOUT_CONTINUATION.value, "sans suite"),
    ("deleted", "supprimé par la personne"),
)
_TELLING = (("yes", "oui"), ("twice", "deux fois"), ("no", "non"), ("forged", "avec un faux jeton"))
_CHANGES = {
    "dossierPasserEnInstruction": DmsState.ON_GOING,
    "dossierRefuser": DmsState.REFUSED,
    "dossierClasserSansSuite": DmsState.WITHOUT_CONTINUATION,
}


def _now() -> str:
    return clock.now().isoformat()


@router.post("")
async def graphql(request: Request, store: StoreOf) -> JSONResponse:
    await store.behave(KIND)
    asked = orjson.loads(await request.body())
    query, variables = asked["query"], asked["variables"]
    if query.startswith("mutation"):
        return await _mutate(store, query, variables["input"])
    if query.startswith("query labels"):
        return _answer({"demarche": {"labels": [{"id": "label-urgent", "name": URGENT}]}})
    if "deletedDossiers" in query:
        nodes = [
            {"number": record["number"], "dateSupression": record["deleted"]}
            for record in await store.all(KIND)
            if record.get("deleted") and record["demarche"]["number"] == variables["procedure"]
        ]
        return _answer({"demarche": {"deletedDossiers": _one_page(nodes)}})
    if "dossiers(" in query:
        return _answer({"demarche": {"dossiers": _one_page(await _matching(store, variables))}})
    record = await store.get(KIND, str(variables["number"]))
    if record is None or record.get("deleted"):
        return JSONResponse({"data": None, "errors": [{"message": "Dossier not found"}]})
    return _answer({"dossier": record})


def _answer(data: dict[str, Any]) -> JSONResponse:
    return JSONResponse({"data": data})


def _one_page(nodes: list[Any]) -> dict[str, Any]:
    return {"pageInfo": {"endCursor": None, "hasNextPage": False}, "nodes": nodes}


async def _matching(store: SimulatorStore, variables: dict[str, Any]) -> list[dict[str, Any]]:
    since, state = variables.get("since"), variables.get("state")
    return [
        record
        for record in await store.all(KIND)
        if not record.get("deleted")
        and not record["archived"]
        and record["demarche"]["number"] == variables["procedure"]
        and (state is None or record["state"] == state)
        and (since is None or record["dateDerniereModification"] >= since)
    ]


async def _mutate(store: SimulatorStore, query: str, given: dict[str, Any]) -> JSONResponse:
    name = query.split("(")[0].removeprefix("mutation ").strip()
    record = next((r for r in await store.all(KIND) if r["id"] == given["dossierId"]), None)
    if record is None:
        return _answer({name: {"errors": [{"message": "Dossier introuvable"}]}})
    if name in _CHANGES:
        record |= {"state": _CHANGES[name].value, "dateDerniereModification": _now(), "dateTraitement": _now()}
    elif name == "dossierEnvoyerMessage":
        record["messages"].append({"createdAt": _now(), "email": "instructeur@example.com", "body": given["body"]})
    elif name == "dossierAjouterLabel":
        record["labels"].append({"id": given["labelId"], "name": URGENT})
    elif name == "dossierArchiver":
        record["archived"] = True
    await store.put(KIND, str(record["number"]), record)
    return _answer({name: {"errors": None}})


def _fields(number: int, said: dict[str, str]) -> str:
    born = birthday(clock.today() - timedelta(days=40), -18)
    return "".join(
        (
            field("email", "E-mail du compte", said.get("email", "")),
            field("first_name", "Prénom", said.get("first_name", "Zoé")),
            field("last_name", "Nom", said.get("last_name", "Lévy")),
            choice("civility", "Civilité", (("Mme", "Mme"), ("M", "M."))),
            field("birth_date", "Date de naissance", said.get("birth_date", born.strftime("%d/%m/%Y"))),
            field("id_number", "Numéro de la pièce d'identité", said.get("id_number", f"{100_000_000 + number}")),
            field("postal_code", "Code postal", said.get("postal_code", "93000")),
            field("city", "Ville", said.get("city", "Bobigny")),
            field("address", "Adresse", said.get("address", "1 rue de la Paix")),
            choice("activity", "Activité", ((name, name) for name in ACTIVITIES), said.get("activity", "Lycéen")),
            field("annotation", "Annotation de l'instructeur (NEL, IDP…)", said.get("annotation", "")),
            choice("state", "État", _STATES, said.get("state", "")),
            choice("procedure", "Pièce", (("fr", "française"), ("et", "étrangère")), said.get("procedure", "fr")),
            choice("tell", "Prévenir le pass Culture", _TELLING),
        )
    )


@router.get("")
async def index(store: StoreOf) -> HTMLResponse:
    listed = [
        (f"/simulators/dms/{r['number']}", f"Dossier {r['number']}, {r['said']['email']} : {r['state']}")
        for r in await store.all(KIND)
    ]
    number = 20_000_000 + len(listed)
    return page("Démarche Numérique", links(listed), form("/simulators/dms/new", _fields(number, {}), submit="Déposer"))


@router.get("/{number}")
async def show(number: int, store: StoreOf) -> HTMLResponse:
    record = await store.get(KIND, str(number))
    if record is None:
        raise not_found()
    messages = "".join(paragraph(message["body"]) for message in record["messages"])
    inside = _fields(number, record["said"])
    return page(f"Dossier {number}", messages, form(f"/simulators/dms/{number}", inside, submit="Enregistrer"))


@router.post("/{number}")
async def save(number: str, request: Request, store: StoreOf, partners: PartnersOf) -> Response:
    if number != "new" and not number.isdigit():
        raise not_found()
    said = await read_form(request)
    identifier = int(number) if number != "new" else 20_000_000 + await store.number(KIND)
    former = await store.get(KIND, str(identifier))
    if number != "new" and former is None:
        raise not_found()
    record = _record(partners, identifier, said, former)
    await store.put(KIND, str(identifier), record)
    await _tell(partners, request, record, said.get("tell", "yes"))
    return RedirectResponse(f"/simulators/dms/{identifier}", 303)


def _record(partners: Partners, number: int, said: dict[str, str], former: dict[str, Any] | None) -> dict[str, Any]:
    settings, kept, now = partners.settings, former or {}, _now()
    state = said.get("state") or DmsState.DRAFT.value
    decided = state not in (DmsState.DRAFT, DmsState.ON_GOING)
    foreign = said.get("procedure") == "et"
    return {
        "id": kept.get("id", f"RG9zc2llci0{number}"),
        "number": number,
        "order": number,
        "archived": kept.get("archived", False),
        "state": kept.get("state", DmsState.DRAFT.value) if state == "deleted" else state,
        "deleted": now if state == "deleted" else None,
        "dateDerniereModification": now,
        "dateDerniereModificationChamps": now,
        "datePassageEnConstruction": kept.get("datePassageEnConstruction", now),
        "dateTraitement": now if decided else None,
        "demarche": {"number": settings.dms_procedure_foreign if foreign else settings.dms_procedure_french},
        "usager": {"email": said.get("email", "")},
        "demandeur": {
            "civilite": said.get("civility"),
            "nom": said.get("last_name", ""),
            "prenom": said.get("first_name", ""),
            "email": None,
        },
        "champs": [
            {"label": "Quelle est ta date de naissance ?", "stringValue": said.get("birth_date")},
            {"label": "Quel est le numéro de la pièce que tu viens de saisir ?", "stringValue": said.get("id_number")},
            {"label": "Quel est le code postal de ta commune de résidence ?", "stringValue": said.get("postal_code")},
            {"label": "Quelle est ta ville de résidence ?", "stringValue": said.get("city")},
            {"label": "Quelle est ton adresse de résidence ?", "stringValue": said.get("address")},
            {"label": "Merci d'indiquer ton statut", "stringValue": said.get("activity")},
        ],
        "annotations": [{"label": "AN_001 : motif", "stringValue": said.get("annotation") or None, "updatedAt": now}],
        "messages": kept.get("messages", []),
        "labels": kept.get("labels", []),
        "said": said,
    }


async def _tell(partners: Partners, request: Request, record: dict[str, Any], telling: str) -> None:
    if telling == "no":
        return
    token = "forged" if telling == "forged" else partners.dms_webhook_token()
    address = f"{partners.settings.public_url.rstrip('/')}/webhooks/dms/application_status"
    body = {
        "procedure_id": record["demarche"]["number"],
        "dossier_id": record["number"],
        "state": record["state"],
        "updated_at": record["dateDerniereModification"],
    }
    transport: httpx.AsyncBaseTransport | None = getattr(request.app.state, "simulator_transport", None)
    async with httpx.AsyncClient(timeout=5.0, transport=transport) as client:
        for _ in range(2 if telling == "twice" else 1):
            try:
                answer = await client.post(address, params={"token": token}, data=body)
                log.info("simulator.told", partner=KIND, status=answer.status_code)
            except httpx.HTTPError as error:
                log.warning("simulator.not_told", partner=KIND, error=repr(error))
