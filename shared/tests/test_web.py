"""Errors, identities and transactions as every service has them."""

from datetime import timedelta

import pytest
from sqlalchemy import text


async def things(session) -> int:
    return (await session.execute(text("SELECT count(*) FROM thing"))).scalar_one()


async def test_a_request_is_one_transaction_with_its_event(client, session, tokens, events):
    answer = await client.post("/native/v1/things", json={"thingLabel": "été"}, headers=tokens.native(7))
    assert answer.status_code == 200
    published = await events.published("thing.made")
    assert [event["state"] for event in published] == [{"id": answer.json()["thingId"], "label": "été"}]
    assert await things(session) == 1


@pytest.mark.parametrize(("label", "status", "body"), [("refused", 400, {"code": "REFUSED"}), ("broken", 500, None)])
async def test_a_refusal_or_a_failure_writes_nothing(client, session, tokens, events, label, status, body):
    answer = await client.post("/native/v1/things", json={"thingLabel": label}, headers=tokens.native(7))
    assert answer.status_code == status
    assert answer.json() == body or list(answer.json()) == ["global"]
    assert "secret" not in answer.text
    assert await things(session) == 0
    assert await events.names() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "thingLabel"),
        ({"thingLabel": 3}, "thingLabel"),
        ({"thingLabel": "nul\x00"}, "__root__"),
        ([], "__root__"),
    ],
)
async def test_a_bad_body_is_named_by_field(client, tokens, body, field):
    answer = await client.post("/native/v1/things", json=body, headers=tokens.native(7))
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


async def test_malformed_json(client, tokens):
    answer = await client.post(
        "/native/v1/things", content=b"{oops", headers={**tokens.native(7), "content-type": "application/json"}
    )
    assert (answer.status_code, list(answer.json())) == (400, ["__root__"])


async def test_the_portal_refuses_unknown_keys_and_the_app_ignores_them(client, tokens):
    portal = await client.patch("/things/1", json={"label": "x", "more": 1}, headers=tokens.pro(7))
    assert (portal.status_code, list(portal.json())) == (400, ["more"])
    app = await client.post("/native/v1/things", json={"thingLabel": "x", "more": 1}, headers=tokens.native(7))
    assert app.status_code == 200


@pytest.mark.parametrize("path", ["0", "-1", "abc", str(2**63), "1.5"])
async def test_an_impossible_id_is_an_unknown_object(client, path):
    answer = await client.get(f"/native/v1/things/{path}")
    assert (answer.status_code, answer.json()) == (404, {})


async def test_unknown_path_and_method(client):
    assert ((await client.get("/nowhere")).json(), (await client.get("/nowhere")).status_code) == ({}, 404)
    answer = await client.put("/native/v1/things")
    assert (answer.status_code, list(answer.json())) == (405, ["global"])


async def test_moments_are_read_with_and_without_zone_and_written_in_utc(client, tokens):
    made = await client.post("/native/v1/things", json={"thingLabel": "x"}, headers=tokens.native(7))
    path = f"/native/v1/things/{made.json()['thingId']}"
    for since in ("2026-01-01T10:00:00", "2026-01-01T10:00:00Z", "2026-01-01T12:00:00+02:00"):
        answer = await client.get(path, params={"since": since})
        assert answer.json()["madeAt"] == "2026-01-01T10:00:00Z"
    assert (await client.get(path, params={"since": "tomorrow"})).status_code == 400


class TestIdentity:
    async def test_nobody(self, client):
        native = await client.post("/native/v1/things", json={"thingLabel": "x"})
        assert (native.status_code, native.json()) == (401, {})
        assert native.headers["www-authenticate"] == "Bearer"
        portal = await client.patch("/things/1", json={"label": "x"})
        assert (portal.status_code, list(portal.json())) == (401, ["global"])

    async def test_expired_foreign_and_forged(self, client, tokens):
        good = tokens.token("native", 7)
        head, body, signature = good.split(".")
        bad = {
            "expired": tokens.token("native", 7, lifetime=timedelta(seconds=-1)),
            "refresh": tokens.token("native", 7, token_type="refresh"),
            "other surface": tokens.token("pro", 7),
            "other key": type(tokens)().token("native", 7),
            "changed": ".".join([head, body[:-2] + "AA", signature]),
            "unsigned": ".".join(["eyJhbGciOiJub25lIn0", body, ""]),
            "nonsense": "abc",
            "empty parts": "..",
        }
        for name, token in bad.items():
            answer = await client.post(
                "/native/v1/things", json={"thingLabel": "x"}, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401, name

    async def test_a_token_ends_when_it_says_so_even_if_seen_before(self, client, tokens, clock):
        headers = tokens.native(7)
        assert (await client.post("/native/v1/things", json={"thingLabel": "x"}, headers=headers)).status_code == 200
        clock.advance(minutes=15)
        assert (await client.post("/native/v1/things", json={"thingLabel": "x"}, headers=headers)).status_code == 401

    async def test_keys_survive_a_restart_without_the_issuer(self, app, database, tokens):
        import orjson

        from shared.identity.verifier import DatabaseKeyStore, Verifier

        store = DatabaseKeyStore(database)
        await store.save("users", orjson.dumps(tokens.jwks))
        reborn = Verifier({"users": "http://127.0.0.1:9", "offers": "http://127.0.0.1:9"}, store)
        assert (await reborn.verify(tokens.token("native", 7))).id == 7


@pytest.mark.parametrize(
    ("version", "status"),
    [("1.404.0", 404), ("1.132.1", 404), ("1.132.0", 403), ("x", 403), ("1.2.3.4", 403), ("", 403)],
)
async def test_old_apps_are_told_to_upgrade(client, version, status):
    answer = await client.get("/native/v1/things/1", headers={"app-version": version})
    assert answer.status_code == status
    if status == 403:
        assert answer.json() == {"code": "UPGRADE_REQUIRED"}


async def test_the_document_says_what_the_gateway_must_know(client):
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/native/v1/things"]["post"]
    assert operation["x-surface"] == "native"
    assert operation["x-rate-limit"] == {"limit": 10, "window": 60, "per": "identity"}
    assert operation["security"] == [{"JWTAuth": []}]
    assert "422" not in operation["responses"]
    assert document["paths"]["/things/{thing_id}"]["patch"]["security"] == [{"SessionAuth": []}]


async def test_a_route_is_made_once_however_many_applications_serve_it(app):
    from sample.app import native, pro

    assert all(any(served is route for served in app.routes) for route in [*native.routes, *pro.routes])
    assert {getattr(route, "path", None) for route in app.routes} >= {"/health/ready", "/openapi.json"}


async def test_health_says_which_part_is_missing(client, app):
    assert (await client.get("/health/live")).status_code == 200
    ready = await client.get("/health/ready")
    assert ready.json() == {"status": "ready", "checks": {"database": True, "features": True}}
    assert "http_request_duration_seconds" in (await client.get("/metrics")).text


async def test_the_request_id_is_kept_or_given(client):
    kept = await client.get("/nowhere", headers={"request-id": "abc-123"})
    assert kept.headers["x-request-id"] == "abc-123"
    given = await client.get("/nowhere", headers={"request-id": "evil\tid"})
    assert given.headers["x-request-id"] != "evil\tid"
