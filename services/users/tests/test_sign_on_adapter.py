"""Google's and Apple's endpoints as they answer, against a server on this machine; keys that change; partners that fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from shared.outbound import Breaker, Partner, PartnerNonsense, PartnerRefused, PartnerUnavailable
from shared.testing.partners import Canned, FakePartner
from shared.testing.recorders import ClockControl
from users.settings import Settings
from users.sso import metadata
from users.sso.adapter import OidcProvider, provider_for
from users.sso.metadata import Metadata
from users.sso.port import CodeRefused
from users.sso.rules import Expected, Proven, Provider, WrongToken, nonces_of, proven_by

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
CLIENT = "407408718192.apps.googleusercontent.example.com"
GOOD = {
    "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
    "aud": CLIENT,
    "azp": CLIENT,
    "email": "zoe@example.com",
    "email_verified": True,
    "exp": int(NOW.timestamp()) + 3_600,
    "iat": int(NOW.timestamp()),
    "sub": "10769150350006150715113082367",
}


@pytest.fixture(scope="module")
def keys() -> dict[str, RSAKey]:
    return {kid: RSAKey.generate_key(2_048, {"kid": kid, "use": "sig", "alg": "RS256"}) for kid in ("old", "new")}


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def google(server: FakePartner, settings: Settings, clock: ClockControl) -> AsyncIterator[OidcProvider]:
    clock.set(NOW)
    changes = {"google_issuer": server.url, "google_client_id": CLIENT, "google_client_secret": "s3cret"}
    made = provider_for(Settings.model_validate({**settings.model_dump(), **changes}), Provider.GOOGLE)
    yield made
    await made.close()


def discovery(server: FakePartner, **changes: Any) -> Canned:
    """The document as Google serves it, for this server."""
    return Canned.json(
        {
            "issuer": server.url,
            "authorization_endpoint": f"{server.url}/o/oauth2/v2/auth",
            "device_authorization_endpoint": f"{server.url}/device/code",
            "token_endpoint": f"{server.url}/token",
            "userinfo_endpoint": f"{server.url}/v1/userinfo",
            "revocation_endpoint": f"{server.url}/revoke",
            "jwks_uri": f"{server.url}/oauth2/v3/certs",
            "response_types_supported": ["code", "token", "id_token", "none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            **changes,
        }
    )


def key_set(*published: RSAKey) -> Canned:
    return Canned.json({"keys": [key.as_dict(private=False) for key in published]})


def tokens(server: FakePartner, key: RSAKey, kid: str | None = None, **changes: Any) -> Canned:
    claims = {"iss": server.url, **GOOD, **changes}
    signed = jwt.encode({"alg": "RS256", "kid": kid or key.kid}, claims, key, algorithms=["RS256"])
    return Canned.json(
        {
            "access_token": "ya29.a0",
            "expires_in": 3_599,
            "refresh_token": "1//xEoDL4iW3cxlI7yDbSRFYNG01kVKM2C",
            "scope": "openid https://www.googleapis.com/auth/userinfo.email",
            "token_type": "Bearer",
            "id_token": signed,
        }
    )


async def test_a_code_becomes_a_person(server: FakePartner, google: OidcProvider, keys: dict[str, RSAKey]) -> None:
    server.answers.extend([discovery(server), tokens(server, keys["old"]), key_set(*keys.values())])
    found = await google.identify("4/0Ab32", state="state", is_web=True)
    assert found == Proven(Provider.GOOGLE, str(GOOD["sub"]), "zoe@example.com", email_verified=True)
    asked = server.requests[1]
    assert (asked.method, asked.target) == ("POST", "/token")
    assert dict(parse_qsl(asked.content.decode(), keep_blank_values=True)) == {
        "grant_type": "authorization_code",
        "code": "4/0Ab32",
        "client_id": CLIENT,
        "client_secret": "s3cret",
        "redirect_uri": "postmessage",
    }
    # Both documents are remembered; a phone's code was given for no address.
    server.answers.append(tokens(server, keys["old"]))
    await google.identify("4/0Ab33", state="state", is_web=False)
    assert len(server.requests) == 4
    assert dict(parse_qsl(server.requests[3].content.decode(), keep_blank_values=True))["redirect_uri"] == ""


async def test_apple_is_asked_with_a_token_that_we_sign(
    server: FakePartner, settings: Settings, clock: ClockControl, keys: dict[str, RSAKey]
) -> None:
    clock.set(NOW)
    private = generate_private_key(SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    changes = {
        "apple_issuer": server.url,
        "apple_client_id": "app.web",
        "apple_app_client_id": "app.phone",
        "apple_team_id": "TEAM",
        "apple_key_id": "KEY",
        "apple_private_key": pem,
        "apple_web_redirect_uri": "https://app.example.com/apple",
    }
    apple = provider_for(Settings.model_validate({**settings.model_dump(), **changes}), Provider.APPLE)
    said: dict[str, Any] = {
        "aud": "app.phone",
        "azp": None,
        "email_verified": "true",
        "is_private_email": "true",
        "nonce_supported": True,
    }
    server.answers.extend([discovery(server), tokens(server, keys["old"], **said), key_set(keys["old"])])
    found = await apple.identify("c1", state="state", is_web=False)
    assert (found.provider, found.email_verified) == (Provider.APPLE, True)
    form = dict(parse_qsl(server.requests[1].content.decode()))
    proof = jwt.decode(form["client_secret"], ECKey.import_key(private.public_key()), algorithms=["ES256"])
    assert proof.header["kid"] == "KEY"
    assert (proof.claims["iss"], proof.claims["sub"], proof.claims["aud"]) == (
        "TEAM",
        "app.phone",
        "https://appleid.apple.com",
    )
    assert 0 < proof.claims["exp"] - NOW.timestamp() <= 600
    server.answers.append(tokens(server, keys["old"], **said | {"aud": "app.web"}))
    await apple.identify("c2", state="state", is_web=True)
    form = dict(parse_qsl(server.requests[3].content.decode()))
    assert (form["client_id"], form["redirect_uri"]) == ("app.web", "https://app.example.com/apple")
    await apple.close()


async def test_a_used_code_and_our_own_mistakes_are_told_apart(server: FakePartner, google: OidcProvider) -> None:
    server.answers.extend(
        [
            discovery(server),
            Canned.json({"error": "invalid_grant", "error_description": "Malformed auth code."}, 400),
            Canned.json({"error": "invalid_client", "error_description": "Unauthorized"}, 401),
            Canned(400, b"<html>"),
            Canned.json({"access_token": "no id token"}),
            Canned(200, b"<html>"),
        ]
    )
    with pytest.raises(CodeRefused):
        await google.identify("used", state="s", is_web=True)
    for _ in range(2):
        with pytest.raises(PartnerRefused):
            await google.identify("c", state="s", is_web=True)
    for _ in range(2):
        with pytest.raises(PartnerNonsense):
            await google.identify("c", state="s", is_web=True)


async def test_a_code_is_never_sent_twice(server: FakePartner, google: OidcProvider) -> None:
    server.answers.extend([discovery(server), Canned(500), Canned(500)])
    with pytest.raises(PartnerUnavailable):
        await google.identify("c", state="s", is_web=True)
    assert [asked.method for asked in server.requests] == ["GET", "POST"]


async def test_after_failures_nobody_waits_for_the_provider(
    server: FakePartner, google: OidcProvider, keys: dict[str, RSAKey]
) -> None:
    server.answers.extend([discovery(server), *[Canned(503)] * 5])
    for _ in range(5):
        with pytest.raises(PartnerUnavailable):
            await google.identify("c", state="s", is_web=True)
    with pytest.raises(PartnerUnavailable, match="breaker open"):
        await google.identify("c", state="s", is_web=True)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://accounts.elsewhere.example.com"},
        {"token_endpoint": None},
        {"jwks_uri": "ftp://accounts.example.com/keys"},
    ],
)
async def test_a_strange_discovery_document_is_nonsense(
    server: FakePartner, google: OidcProvider, changes: dict[str, Any]
) -> None:
    server.answers.append(discovery(server, **changes))
    with pytest.raises(PartnerNonsense):
        await google.identify("c", state="s", is_web=True)


@pytest.mark.parametrize(
    "token",
    ["", "a.b.c", "x" * 5_000, "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiIsImtpZCI6Im9sZCJ9.e30.AAAA", "é.é.é"],
)
async def test_what_is_no_token_of_theirs(
    server: FakePartner, google: OidcProvider, keys: dict[str, RSAKey], token: str
) -> None:
    server.answers.extend([discovery(server), Canned.json({"id_token": token}), key_set(keys["old"])])
    with pytest.raises(WrongToken):
        await google.identify("c", state="s", is_web=True)


class TestKeys:
    """Metadata with a watch of its own."""

    @pytest.fixture
    def watch(self) -> list[float]:
        return [1_000.0]

    @pytest.fixture
    async def held(self, server: FakePartner, watch: list[float]) -> AsyncIterator[Metadata]:
        partner = Partner("google", server.url, attempts=1, breaker=Breaker(threshold=100))
        yield Metadata(partner, server.url, monotonic=lambda: watch[0])
        await partner.close()

    async def test_a_new_key_is_fetched_when_it_signs_and_forgers_are_not_obeyed(
        self, server: FakePartner, held: Metadata, watch: list[float], keys: dict[str, RSAKey]
    ) -> None:
        server.answers.extend([discovery(server), key_set(keys["old"]), key_set(*keys.values())])
        assert {key.kid for key in (await held.keys("old")).keys} == {"old"}
        for _ in range(5):
            assert {key.kid for key in (await held.keys("forged")).keys} == {"old"}
        assert len(server.requests) == 2
        watch[0] += metadata.PAUSE_SECONDS
        assert {key.kid for key in (await held.keys("new")).keys} == {"old", "new"}
        assert len(server.requests) == 3

    async def test_keys_are_renewed_and_a_withdrawn_one_is_gone(
        self, server: FakePartner, held: Metadata, watch: list[float], keys: dict[str, RSAKey]
    ) -> None:
        server.answers.extend([discovery(server), key_set(*keys.values()), key_set(keys["new"])])
        await held.keys("old")
        watch[0] += metadata.FRESH_SECONDS
        assert {key.kid for key in (await held.keys("old")).keys} == {"new"}

    async def test_the_last_good_keys_serve_for_a_day(
        self, server: FakePartner, held: Metadata, watch: list[float], keys: dict[str, RSAKey]
    ) -> None:
        server.answers.extend([discovery(server), key_set(keys["old"]), Canned(503), Canned.json({"keys": "none"})])
        await held.keys("old")
        for _ in range(2):
            watch[0] += metadata.FRESH_SECONDS
            assert {key.kid for key in (await held.keys("old")).keys} == {"old"}
        watch[0] += metadata.STALE_SECONDS
        server.answers.extend([discovery(server), Canned(503)])
        with pytest.raises(PartnerUnavailable):
            await held.keys("old")


EXPECTED = Expected(frozenset({"https://accounts.google.com"}), CLIENT, nonces_of("state"))
SOUND = {"iss": "https://accounts.google.com", **GOOD}
BREAKERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "iss": lambda value: {"iss": value},
    "aud": lambda value: {"aud": value},
    "nonce": lambda value: {"nonce": value},
    "exp": lambda value: {"exp": value},
    "iat": lambda value: {"iat": value},
    "sub": lambda value: {"sub": value},
}


@given(
    claim=st.sampled_from(sorted(BREAKERS)),
    value=st.one_of(
        st.text(max_size=20), st.booleans(), st.lists(st.text(max_size=5), max_size=2), st.floats(), st.just({})
    ),
)
def test_a_token_with_one_wrong_claim_proves_nothing(claim: str, value: Any) -> None:
    if claim == "sub" and isinstance(value, str) and value and value.isprintable():
        return
    if claim in ("exp", "iat") and isinstance(value, float) and isfinite(value):
        value = NOW.timestamp() - 61 if claim == "exp" else NOW.timestamp() + 61
    with pytest.raises(WrongToken):
        proven_by(Provider.GOOGLE, {**SOUND, **BREAKERS[claim](value)}, EXPECTED, NOW.timestamp())


@given(st.sampled_from([True, "true", False, "false", None, 1, "yes", [], "True"]))
def test_only_a_verified_address_is_one(said: Any) -> None:
    proven = proven_by(Provider.APPLE, {**SOUND, "email_verified": said}, EXPECTED, NOW.timestamp())
    assert proven.email_verified is (said is True or said == "true")


@given(state=st.text(max_size=30), other=st.text(max_size=30))
def test_nonces_are_of_their_state_alone(state: str, other: str) -> None:
    assert state in nonces_of(state)
    assert (nonces_of(state) & nonces_of(other) == frozenset()) or state == other or state in nonces_of(other)


def test_a_token_for_several_is_for_its_authorized_party() -> None:
    both = {**SOUND, "aud": [CLIENT, "other"]}
    assert proven_by(Provider.GOOGLE, both, EXPECTED, NOW.timestamp()).email == "zoe@example.com"
    with pytest.raises(WrongToken):
        proven_by(Provider.GOOGLE, {**both, "azp": "other"}, EXPECTED, NOW.timestamp())
