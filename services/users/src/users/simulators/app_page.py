"""The app, played: somebody signs in and takes the steps of the subscription by hand, through the platform's own door."""

from __future__ import annotations

from html import escape
from typing import Any
from uuid import uuid4

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shared.errors import not_found
from users.partners import Partners, PartnersOf
from users.simulators.forms import read_form
from users.simulators.pages import choice, field, form, heading, links, page, paragraph
from users.simulators.store import SimulatorStore, StoreOf

router = APIRouter(prefix="/simulators/app", include_in_schema=False)
KIND = "app"
PASSWORD = "user@AZERTY123"  # noqa: S105 - of the data sets, public
_STAGES = ("profil", "profil-17", "profil-15", "identite", "identite-17", "identite-a-refaire", "attestation", "examen")
_ACTIVITIES = ("HIGH_SCHOOL_STUDENT", "STUDENT", "EMPLOYEE", "APPRENTICE", "UNEMPLOYED", "INACTIVE", "VOLUNTEER")


class _Door:
    """The platform as the app reaches it."""

    def __init__(self, request: Request, partners: Partners, token: str | None = None) -> None:
        self._transport: httpx.AsyncBaseTransport | None = getattr(request.app.state, "simulator_transport", None)
        self._base = partners.settings.public_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self._base, transport=self._transport, timeout=35.0) as client:
            return await client.request(method, path, headers=self._headers, **options)


@router.get("")
async def sign_in_page() -> HTMLResponse:
    return page(
        "L'app, jouée",
        paragraph(
            "Les comptes des jeux de données ont tous le même mot de passe ; etape.… en est à l'étape qu'il nomme."
        ),
        form(
            "/simulators/app",
            field("identifier", "E-mail", "etape.identite@example.com"),
            field("password", "Mot de passe", PASSWORD),
            submit="Se connecter",
        ),
        paragraph("Par exemple : " + ", ".join(f"etape.{name}@example.com" for name in _STAGES) + "."),
        links([("/simulators", "Les partenaires, et comment ils se comportent")]),
    )


@router.post("")
async def sign_in(request: Request, store: StoreOf, partners: PartnersOf) -> Response:
    said = await read_form(request)
    body = {
        "identifier": said.get("identifier", ""),
        "password": said.get("password", ""),
        "deviceInfo": {"deviceId": "simulator", "os": "Simulateur", "source": "Simulateur"},
    }
    answer = await _Door(request, partners).call("POST", "/native/v2/signin", json=body)
    if answer.status_code != 200:
        return page("L'app, jouée", _answered(answer), links([("/simulators/app", "Retour")]), status=400)
    visit = uuid4().hex
    await store.put(KIND, visit, {"token": answer.json()["accessToken"], "email": body["identifier"]})
    return RedirectResponse(f"/simulators/app/{visit}", 303)


async def _visit(store: SimulatorStore, visit: str) -> dict[str, Any]:
    found = await store.get(KIND, visit)
    if found is None:
        raise not_found()
    return found


@router.get("/{visit}")
async def show(visit: str, request: Request, store: StoreOf, partners: PartnersOf) -> HTMLResponse:
    """Where somebody stands, and every step that they may take, allowed or not."""
    record = await _visit(store, visit)
    door = _Door(request, partners, record["token"])
    me = await door.call("GET", "/native/v1/me")
    stepper = await door.call("GET", "/native/v2/subscription/stepper")
    if me.status_code != 200 or stepper.status_code != 200:
        return page("L'app, jouée", _answered(me), links([("/simulators/app", "Se connecter")]))
    base = f"/simulators/app/{visit}"
    return page(
        f"L'app, jouée : {record['email']}",
        *([paragraph(record["last"])] if record.get("last") else []),
        _standing(me.json(), stepper.json()),
        heading("Profil"),
        form(f"{base}/profile", *_profile_fields(me.json()), submit="Enregistrer le profil"),
        heading("Identité"),
        form(f"{base}/ubble", submit="Aller chez Ubble"),
        form(f"{base}/educonnect", submit="Aller chez ÉduConnect"),
        links([("/simulators/dms", "Déposer un dossier à Démarche Numérique")]),
        heading("Attestation sur l'honneur"),
        form(f"{base}/honor", submit="Signer"),
        heading("Bonus"),
        form(f"{base}/bonus", field("last_name", "Nom du parent", "Lévy"), submit="Demander par le quotient familial"),
        links([("/simulators/household", "Ce que répond l'API Particulier")]),
    )


def _standing(me: dict[str, Any], stepper: dict[str, Any]) -> str:
    """The stepper as a table, and the credit."""
    rows = "".join(
        f"<tr><td>{escape(step['title'])}</td><td>{escape(step['completionState'])}</td>"
        f"<td>{escape(step['subtitle'] or '')}</td></tr>"
        for step in stepper["subscriptionStepsToDisplay"]
    )
    credit = (me["domainsCredit"] or {}).get("all")
    message = stepper["subscriptionMessage"] or {}
    told = [
        f"{stepper['title']} {stepper['subtitle'] or ''}",
        f"Âge et rôles : né·e le {me['birthDate']}, {', '.join(me['roles']) or 'aucun rôle'}.",
        f"Statut : {me['status']['statusType']}, {me['status']['subscriptionStatus'] or '—'}."
        f" Étape suivante : {stepper['nextSubscriptionStep'] or 'aucune'}.",
        f"Crédit : {credit['remaining'] / 100:.2f} € sur {credit['initial'] / 100:.2f} € ({me['depositType']})."
        if credit
        else f"Crédit : {me['depositType'] or 'aucun'}.",
    ]
    if message.get("userMessage"):
        told.append(f"Message : {message['userMessage']}")
    return f"<table>{rows}</table>" + "".join(map(paragraph, told))


def _profile_fields(me: dict[str, Any]) -> list[str]:
    return [
        field("firstName", "Prénom", me["firstName"] or "Zoé"),
        field("lastName", "Nom", me["lastName"] or "Lévy"),
        field("address", "Adresse", me["street"] or "1 rue de la Paix"),
        field("postalCode", "Code postal", me["postalCode"] or "93000"),
        field("city", "Ville", me["city"] or "Bobigny"),
        field("phoneNumber", "Téléphone", me["phoneNumber"] or "+33612345678"),
        choice("activityId", "Activité", ((name, name) for name in _ACTIVITIES)),
    ]


def _answered(answer: httpx.Response) -> str:
    return paragraph(_said(answer))


def _said(answer: httpx.Response) -> str:
    return f"Réponse de la plateforme : {answer.status_code} {answer.text[:400]}"


@router.post("/{visit}/{step}")
async def act(visit: str, step: str, request: Request, store: StoreOf, partners: PartnersOf) -> Response:
    """Take a step, then show what was answered; identity checks lead to the partner's page."""
    record = await _visit(store, visit)
    said = await read_form(request)
    door = _Door(request, partners, record["token"])
    here = f"{partners.settings.users_url.rstrip('/')}/simulators/app/{visit}"
    if step == "profile":
        answer = await door.call("POST", "/native/v1/subscription/profile", json=said)
    elif step == "honor":
        answer = await door.call("POST", "/native/v1/subscription/honor_statement")
    elif step == "ubble":
        answer = await door.call("POST", "/native/v1/ubble_identification", json={"redirectUrl": here})
        if answer.status_code == 200:
            return RedirectResponse(answer.json()["identificationUrl"], 303)
    elif step == "educonnect":
        answer = await door.call("GET", "/saml/educonnect/login", params={"redirect": "false"})
        if answer.status_code == 204:
            return RedirectResponse(answer.headers["educonnect-redirect"], 303)
    elif step == "bonus":
        body = {
            "lastName": said.get("last_name", ""),
            "firstNames": ["Anne"],
            "birthDate": "1980-05-01",
            "gender": "Mme",
            "birthCountryCogCode": "99100",
            "birthCityCogCode": "75056",
        }
        answer = await door.call("POST", "/native/v1/subscription/bonus/quotient_familial", json=body)
    else:
        raise not_found()
    await store.put(KIND, visit, record | {"last": _said(answer)})
    return RedirectResponse(f"/simulators/app/{visit}", 303)
