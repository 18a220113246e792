"""The list of simulators, and how each one behaves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from users.simulators.forms import read_form
from users.simulators.pages import choice, form, heading, links, page, paragraph
from users.simulators.store import Mode, StoreOf

router = APIRouter(include_in_schema=False)

NAMES = {
    "ubble": "Ubble, vérification d'identité",
    "educonnect": "ÉduConnect, comptes des élèves",
    "dms": "Démarche Numérique, dossiers",
    "google": "Google, connexion",
    "apple": "Apple, connexion",
    "push": "Batch, notifications",
    "recaptcha": "reCAPTCHA, anti-robot",
    "household": "API Particulier, quotient familial et handicap",
}
_MODES = (
    (Mode.UP.value, "répond"),
    (Mode.SLOW.value, "répond après 20 secondes"),
    (Mode.DOWN.value, "en panne (503)"),
    (Mode.BUSY.value, "saturé (429)"),
)


@router.get("/simulators")
async def index(store: StoreOf) -> HTMLResponse:
    parts = [
        paragraph("Pour parcourir les étapes à la main, commencer par l'app ; chaque partenaire a sa page."),
        links(
            [("/simulators/app", "L'app, jouée"), *((f"/simulators/{name}", label) for name, label in NAMES.items())]
        ),
    ]
    for name, label in NAMES.items():
        mode = await store.mode(name)
        parts += [heading(label), form(f"/simulators/{name}/mode", choice("mode", "Ce partenaire", _MODES, mode.value))]
    return page("Simulateurs", *parts)


@router.post("/simulators/{name}/mode")
async def set_mode(name: str, request: Request, store: StoreOf) -> Response:
    said = await read_form(request)
    if name not in NAMES or said.get("mode") not in set(Mode):
        return page("Simulateurs", paragraph("Ce choix n'existe pas."), status=400)
    await store.set_mode(name, Mode(said["mode"]))
    return RedirectResponse("/simulators", 303)
