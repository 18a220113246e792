"""API Particulier, played: one household for whoever asks, as the page describes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from shared import clock
from users.eligibility.rules import birthday
from users.simulators.forms import read_form
from users.simulators.pages import choice, field, form, page
from users.simulators.store import SimulatorStore, StoreOf

router = APIRouter(prefix="/simulators/household", include_in_schema=False)
NAME = "household"
KEY = "answers"

_FOUND = (("found", "foyer trouvé"), ("404", "aucun dossier (404)"), ("422", "personne introuvable (422)"))
_ALLOWANCE = (
    ("no", "non"),
    ("yes", "oui"),
    ("404", "aucun dossier (404)"),
    ("422", "personne introuvable (422)"),
)
DEFAULTS = {
    "quotient": "found",
    "value": "500",
    "first_names": "ZOE ANNE",
    "last_name": "LEVY",
    "birth_date": "",
    "gender": "F",
    "adult": "no",
    "child": "no",
}


async def _answers(store: SimulatorStore) -> dict[str, str]:
    said = {**DEFAULTS, **(await store.get(NAME, KEY) or {})}
    if not said["birth_date"]:
        said["birth_date"] = birthday(clock.today() - timedelta(days=40), -18).isoformat()
    return said


@router.get("")
async def show(store: StoreOf) -> HTMLResponse:
    said = await _answers(store)
    return page(
        "API Particulier",
        form(
            "/simulators/household",
            choice("quotient", "Quotient familial", _FOUND, said["quotient"]),
            field("value", "Valeur (700 au plus pour le bonus)", said["value"], "number"),
            field("first_names", "Prénoms de l'enfant du foyer", said["first_names"]),
            field("last_name", "Nom de l'enfant du foyer", said["last_name"]),
            field("birth_date", "Date de naissance", said["birth_date"], "date"),
            choice("gender", "Sexe", (("F", "féminin"), ("M", "masculin")), said["gender"]),
            choice("adult", "Allocation aux adultes handicapés", _ALLOWANCE, said["adult"]),
            choice("child", "Allocation d'éducation de l'enfant handicapé", _ALLOWANCE, said["child"]),
        ),
    )


@router.post("")
async def choose(request: Request, store: StoreOf) -> Response:
    said = await read_form(request)
    await store.put(NAME, KEY, {name: said[name] for name in DEFAULTS if name in said})
    return RedirectResponse("/simulators/household", 303)


def _missing(status: str) -> JSONResponse:
    return JSONResponse({"errors": [{"code": "35003", "title": "Dossier introuvable"}]}, int(status))


@router.get("/v3/dss/quotient_familial/identite")
async def quotient(annee: int, mois: int, store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    said = await _answers(store)
    if said["quotient"] != "found":
        return _missing(said["quotient"])
    child: dict[str, Any] = {
        "nom_naissance": said["last_name"],
        "nom_usage": None,
        "prenoms": said["first_names"],
        "date_naissance": said["birth_date"],
        "sexe": said["gender"],
    }
    value = {
        "fournisseur": "CNAF",
        "valeur": int(said["value"]),
        "annee": annee,
        "mois": mois,
        "annee_calcul": annee,
        "mois_calcul": mois,
    }
    return JSONResponse({"data": {"allocataires": [], "enfants": [child], "quotient_familial": value}})


@router.get("/v3/dss/allocation_adulte_handicape/identite")
async def adult(store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    said = await _answers(store)
    if said["adult"] in ("404", "422"):
        return _missing(said["adult"])
    return JSONResponse({"data": {"est_beneficiaire": said["adult"] == "yes", "date_debut_droit": None}})


@router.get("/v3/dss/allocation_enfant_handicape/identite")
async def child(store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    said = await _answers(store)
    if said["child"] in ("404", "422"):
        return _missing(said["child"])
    status = "allocataire" if said["child"] == "yes" else "non_beneficiaire"
    return JSONResponse({"data": {"status": status, "date_debut_droit": None}})
