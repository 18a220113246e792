"""Google's reCAPTCHA, played: the page says what it thinks of the next tokens. A token serves once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from shared import clock
from users.simulators.forms import read_form
from users.simulators.pages import choice, form, page, paragraph
from users.simulators.store import StoreOf

router = APIRouter(prefix="/simulators/recaptcha", include_in_schema=False)
NAME = "recaptcha"
KEY, USED = "verdict", "recaptcha_used"
ACTIONS = ("signup", "loginUser", "resetPassword", "discordSignin")

VERDICTS = (
    ("person", "une personne (version 3, score 0,9)"),
    ("checkbox", "une personne (version 2, sans score)"),
    ("doubtful", "un programme (score 0,3)"),
    ("other_action", "un jeton d'une autre page"),
    ("expired", "jeton périmé ou déjà vu"),
    ("secret", "notre secret est refusé"),
)


@router.get("")
async def show(store: StoreOf) -> HTMLResponse:
    verdict = (await store.get(NAME, KEY) or {"verdict": "person"})["verdict"]
    return page(
        "reCAPTCHA",
        paragraph(
            "Demandé seulement quand RECAPTCHA_SECRET est défini. L'action du jeton est ce qu'il dit, sinon toutes."
        ),
        form("/simulators/recaptcha", choice("verdict", "Les jetons viennent de", VERDICTS, verdict)),
    )


@router.post("")
async def choose(request: Request, store: StoreOf) -> Response:
    verdict = (await read_form(request)).get("verdict")
    if verdict not in dict(VERDICTS):
        return page("reCAPTCHA", paragraph("Ce choix n'existe pas."), status=400)
    await store.put(NAME, KEY, {"verdict": verdict})
    return RedirectResponse("/simulators/recaptcha", 303)


@router.post("/siteverify")
async def verify(request: Request, store: StoreOf) -> dict[str, Any]:
    """A token may be `action:anything`: it is then of that action's page."""
    await store.behave(NAME)
    said = await read_form(request)
    verdict = (await store.get(NAME, KEY) or {"verdict": "person"})["verdict"]
    token = said.get("response", "")
    if verdict == "secret" or not said.get("secret"):
        return {"success": False, "error-codes": ["invalid-input-secret"]}
    if verdict == "expired" or await store.get(USED, token) is not None:
        return {"success": False, "error-codes": ["timeout-or-duplicate"]}
    await store.put(USED, token, {})
    answer: dict[str, Any] = {
        "success": True,
        "challenge_ts": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hostname": "localhost",
    }
    if verdict == "checkbox":
        return answer
    action = token.partition(":")[0]
    known = action if action in ACTIONS else "loginUser"
    score = 0.3 if verdict == "doubtful" else 0.9
    return {**answer, "score": score, "action": "elsewhere" if verdict == "other_action" else known}
