"""Google and Apple, played: the provider's documents and endpoints, and the page on which a person chooses who they are.

The page stands for the provider's own: it gives a code for a state, as the app's library would get it. `landing` then does
what the app does with them, so that every path can be walked by hand without the app.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from joserfc import jwt
from joserfc.jwk import RSAKey

from shared import clock
from shared.errors import not_found
from users.partners import Partners, PartnersOf
from users.simulators.forms import read_form
from users.simulators.pages import choice, field, form, heading, hidden, links, page, paragraph
from users.simulators.store import SimulatorStore, StoreOf
from users.sso.adapter import SIMULATED_CLIENT
from users.sso.rules import Provider

router = APIRouter(prefix="/simulators", include_in_schema=False)
CODE_SECONDS = 600
TOKEN_SECONDS = 3_600
KEYS = "sign_on_keys"

OUTCOMES = (
    ("accepted", "connexion acceptée"),
    ("unverified", "adresse e-mail non vérifiée"),
    ("no_email", "sans adresse e-mail"),
    ("wrong_audience", "jeton d'une autre application"),
    ("wrong_issuer", "jeton d'un autre fournisseur"),
    ("wrong_nonce", "jeton d'une autre demande"),
    ("expired", "jeton périmé"),
    ("forged", "jeton mal signé"),
    ("unknown_key", "jeton d'une clé inconnue"),
    ("refused", "code refusé"),
)


def _named(provider: str) -> Provider:
    if provider not in set(Provider):
        raise not_found()
    return Provider(provider)


Named = Annotated[Provider, Depends(_named)]


def _base(partners: Partners, provider: Provider) -> str:
    return f"{partners.settings.users_url.rstrip('/')}/simulators/{provider.value}"


async def _key(store: SimulatorStore, partners: Partners, provider: Provider, number: int | None = None) -> RSAKey:
    """The key of a number, the one that signs now unless told; 'rotating' is a new number."""
    if partners.keys is None:
        raise RuntimeError("nobody simulates here")
    signing = (await store.get(KEYS, provider.value) or {"number": 1})["number"]
    name = f"{provider.value}-{signing if number is None else number}"
    return RSAKey.import_key(await partners.keys.rsa(name), {"kid": name, "use": "sig", "alg": "RS256"})


@router.get("/{provider}/.well-known/openid-configuration")
async def discovery(provider: Named, store: StoreOf, partners: PartnersOf) -> dict[str, Any]:
    await store.behave(provider.value)
    base = _base(partners, provider)
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "jwks_uri": f"{base}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


@router.get("/{provider}/keys")
async def keys(provider: Named, store: StoreOf, partners: PartnersOf) -> dict[str, Any]:
    await store.behave(provider.value)
    return {"keys": [(await _key(store, partners, provider)).as_dict(private=False)]}


@router.post("/{provider}/rotate")
async def rotate(provider: Named, store: StoreOf) -> Response:
    number = (await store.get(KEYS, provider.value) or {"number": 1})["number"] + 1
    await store.put(KEYS, provider.value, {"number": number})
    return RedirectResponse(f"/simulators/{provider.value}", 303)


@router.get("/{provider}")
async def show(provider: Named, store: StoreOf, partners: PartnersOf) -> HTMLResponse:
    signing = (await _key(store, partners, provider)).kid
    landing = f"{_base(partners, provider)}/landing"
    return page(
        f"{provider.value.capitalize()} : se connecter",
        links(
            [
                (
                    f"/simulators/{provider.value}/begin?{urlencode({'redirect_uri': landing})}",
                    "Se connecter, comme l'app",
                )
            ]
        ),
        paragraph(f"Clé qui signe : {signing}."),
        form(f"/simulators/{provider.value}/rotate", submit="Changer de clé"),
    )


async def _app(request: Request, partners: Partners, method: str, path: str, body: Any = None) -> httpx.Response:
    """What the app sends to the API."""
    transport: httpx.AsyncBaseTransport | None = getattr(request.app.state, "simulator_transport", None)
    url = f"{partners.settings.users_url.rstrip('/')}{path}"
    async with httpx.AsyncClient(timeout=30.0, transport=transport) as client:
        headers = {"device-id": "simulators", "platform": "web"}
        return await client.request(method, url, json=body, headers=headers)


@router.get("/{provider}/begin")
async def begin(request: Request, provider: Named, redirect_uri: str, partners: PartnersOf) -> Response:
    state = (await _app(request, partners, "GET", "/native/v2/oauth/state")).json()["oauthStateToken"]
    said = {"client_id": SIMULATED_CLIENT, "redirect_uri": redirect_uri, "state": state}
    return RedirectResponse(f"/simulators/{provider.value}/authorize?{urlencode(said)}", 303)


@router.get("/{provider}/authorize")
async def authorize(
    provider: Named, state: str = "", nonce: str = "", redirect_uri: str = "", client_id: str = SIMULATED_CLIENT
) -> HTMLResponse:
    return page(
        f"{provider.value.capitalize()} : choisir un compte",
        form(
            f"/simulators/{provider.value}/authorize",
            field("email", "Adresse e-mail", "bene_18@example.com", "email"),
            field("subject", "Identifiant chez le fournisseur (vide : celui de l'adresse)"),
            choice("outcome", "Le fournisseur répond", OUTCOMES),
            field("nonce", "Nonce de la demande", nonce),
            hidden("state", state),
            hidden("redirect_uri", redirect_uri),
            hidden("client_id", client_id),
            submit="Continuer",
        ),
    )


@router.post("/{provider}/authorize")
async def decide(provider: Named, request: Request, store: StoreOf) -> Response:
    """A code for whoever was chosen; sent back to where the request came from, else shown."""
    said = await read_form(request)
    if said.get("outcome") not in dict(OUTCOMES):
        return page("Compte", paragraph("Cette réponse n'existe pas."), status=400)
    code = secrets.token_urlsafe(24)
    kept = {name: said.get(name, "") for name in ("email", "subject", "outcome", "nonce", "client_id")}
    await store.put(f"{provider.value}_code", code, {**kept, "at": clock.now().timestamp()})
    back = said.get("redirect_uri", "")
    if not back.startswith(("http://", "https://")):
        return page("Code", paragraph("Le code à donner à l'API :"), f"<p id=code>{code}</p>")
    joint = "&" if "?" in back else "?"
    return RedirectResponse(f"{back}{joint}{urlencode({'code': code, 'state': said.get('state', '')})}", 303)


@router.post("/{provider}/token")
async def token(provider: Named, request: Request, store: StoreOf, partners: PartnersOf) -> JSONResponse:
    await store.behave(provider.value)
    said = await read_form(request)
    kind, code = f"{provider.value}_code", said.get("code", "")
    if said.get("client_id") != SIMULATED_CLIENT or not said.get("client_secret"):
        return JSONResponse({"error": "invalid_client"}, 401)
    kept = await store.take(kind, code)
    too_old = kept is not None and clock.now().timestamp() - kept["at"] > CODE_SECONDS
    if kept is None or too_old or kept["outcome"] == "refused" or said.get("grant_type") != "authorization_code":
        return JSONResponse({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
    id_token = await _id_token(store, partners, provider, kept)
    return JSONResponse(
        {
            "access_token": secrets.token_urlsafe(16),
            "expires_in": TOKEN_SECONDS,
            "scope": "openid email",
            "token_type": "Bearer",
            "id_token": id_token,
        }
    )


async def _id_token(store: SimulatorStore, partners: Partners, provider: Provider, kept: dict[str, Any]) -> str:
    now, outcome = int(clock.now().timestamp()), kept["outcome"]
    base, email = _base(partners, provider), kept["email"].strip()
    subject = kept["subject"].strip() or f"{provider.value}-{email.lower()}"
    claims: dict[str, Any] = {
        "iss": "https://elsewhere.example.com" if outcome == "wrong_issuer" else base,
        "aud": "another-client" if outcome == "wrong_audience" else SIMULATED_CLIENT,
        "azp": SIMULATED_CLIENT,
        "sub": subject,
        "iat": now - (2 * TOKEN_SECONDS if outcome == "expired" else 0),
        "exp": now + (-TOKEN_SECONDS if outcome == "expired" else TOKEN_SECONDS),
    }
    if outcome != "no_email":
        claims |= {"email": email, "email_verified": outcome != "unverified"}
    if kept["nonce"] or outcome == "wrong_nonce":
        claims["nonce"] = "of-another-request" if outcome == "wrong_nonce" else kept["nonce"]
    key = await _key(store, partners, provider)
    kid = f"{provider.value}-unknown" if outcome == "unknown_key" else key.kid
    if outcome == "forged":
        key = await _key(store, partners, provider, number=0)
    return jwt.encode({"alg": "RS256", "kid": kid}, claims, key, algorithms=["RS256"])


@router.get("/{provider}/landing")
async def landing(provider: Named, request: Request, code: str, state: str, partners: PartnersOf) -> HTMLResponse:
    """Where the provider sends the app back to: what the API answers, and the sign-up when it knows nobody."""
    body = {
        "authorizationCode": code,
        "oauthStateToken": state,
        "deviceInfo": {"deviceId": "simulators", "os": "Linux", "source": "Simulateur"},
    }
    answer = await _app(request, partners, "POST", f"/native/v2/oauth/{provider.value}/authorize", body)
    said = answer.json()
    parts = [paragraph(f"{answer.status_code} : {answer.text}")]
    if answer.status_code == httpx.codes.UNAUTHORIZED and "accountCreationToken" in said:
        parts += [
            heading("Créer un compte"),
            form(
                f"/simulators/{provider.value}/account",
                field("accountCreationToken", "Jeton", said["accountCreationToken"]),
                field("birthdate", "Date de naissance", clock.today().replace(month=1, day=1).isoformat(), "date"),
                submit="Créer",
            ),
        ]
    return page(f"{provider.value.capitalize()} : réponse de l'API", *parts)


@router.post("/{provider}/account")
async def create(provider: Named, request: Request, partners: PartnersOf) -> HTMLResponse:
    said = await read_form(request)
    body = {**said, "token": "simulated"}
    answer = await _app(request, partners, "POST", f"/native/v1/oauth/{provider.value}/account", body)
    return page("Compte", paragraph(f"{answer.status_code} : {answer.text}"))
