"""Which service a request goes to, and what is said of those that go nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.routes import build

INTEGER = {"type": "integer"}
CHOICE = {"$ref": "#/components/schemas/Status"}
STATUS = {"Status": {"type": "string", "enum": ["ongoing", "ended"]}}


def parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "path", "name": name, "required": True, "schema": schema}


def document(*routes: tuple[str, str, dict[str, dict[str, Any]]], surface: str = "native") -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for method, path, schemas in routes:
        described = {"x-surface": surface, "parameters": [parameter(name, each) for name, each in schemas.items()]}
        paths.setdefault(path, {})[method] = described
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": STATUS}}


TABLE = build(
    {
        "bookings": document(
            ("get", "/b/{status}", {"status": CHOICE}),
            ("get", "/b/{booking_id}", {"booking_id": INTEGER}),
            ("get", "/b/stats", {}),
            ("get", "/b/{booking_id}/ticket", {"booking_id": INTEGER}),
        ),
        "offers": document(
            ("get", "/o/{offer_id}/stocks/", {"offer_id": INTEGER}),
            ("get", "/o/{name}", {"name": {"type": "string"}}),
            ("get", "/o/{offer_id}", {"offer_id": INTEGER}),
            ("get", "/files/{key}", {"key": {"type": "string", "format": "path"}}),
            ("get", "/mail/{token}.html", {"token": {"type": "string"}}),
        ),
    }
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/b/stats", "/b/stats"),
        ("/b/12", "/b/{booking_id}"),
        ("/b/-1", "/b/{booking_id}"),
        ("/b/99999999999999999999999", "/b/{booking_id}"),
        ("/b/ongoing", "/b/{status}"),
        ("/b/12/ticket", "/b/{booking_id}/ticket"),
        ("/b/ongoing/ticket", "/b/{booking_id}/ticket"),
        ("/o/12", "/o/{offer_id}"),
        ("/o/jazz", "/o/{name}"),
        ("/o/12/stocks/", "/o/{offer_id}/stocks/"),
        ("/files/thumbs/a/b.png", "/files/{key}"),
        ("/mail/abc.html", "/mail/{token}.html"),
    ],
)
def test_static_then_typed_then_any(path: str, found: str) -> None:
    assert [operation.path for operation in TABLE.find(path).values()] == [found]


def test_a_value_that_fits_no_parameter_still_reaches_the_service_that_will_say_so() -> None:
    assert {operation.service for operation in TABLE.find("/b/nonsense").values()} == {"bookings"}


@pytest.mark.parametrize(
    "path",
    [
        "/b",
        "/b/",
        "/b//",
        "//b/12",
        "/b/12/",
        "/b/..",
        "/b/%2e%2E",
        "/o/a%2Fb",
        "/o/a%5cb",
        "/o/a%00",
        "/o/12/stocks",
        "/files/",
        "/files/a/../b",
        "b/12",
        "*",
        "",
    ],
)
def test_paths_that_lead_nowhere(path: str) -> None:
    assert TABLE.find(path) == {}


def test_what_is_internal_or_without_an_outer_surface_is_not_routed() -> None:
    inside = document(("get", "/internal/jwks", {}), ("get", "/internal", {}))
    hidden = document(("get", "/health/ready", {}), surface="internal")
    table = build({"users": inside, "offers": hidden})
    assert table.operations == []


def test_an_operation_that_two_services_claim_stays_with_the_first() -> None:
    first, second = document(("get", "/x", {}), ("post", "/y", {})), document(("get", "/x", {}), ("get", "/y", {}))
    table = build({"users": first, "offers": second})
    assert [(c.method, c.path, c.kept, c.refused) for c in table.conflicts] == [("GET", "/x", "users", "offers")]
    assert {method: operation.service for method, operation in table.find("/y").items()} == {
        "POST": "users",
        "GET": "offers",
    }


def test_parameters_of_other_names_are_the_same_path() -> None:
    table = build(
        {
            "users": document(("get", "/x/{a}", {"a": INTEGER})),
            "offers": document(("get", "/x/{b}", {"b": INTEGER})),
        }
    )
    assert len(table.conflicts) == 1


def test_the_owner_before_keeps_an_operation() -> None:
    both = {"users": document(("get", "/x", {})), "offers": document(("get", "/x", {}))}
    table = build(both, {"GET /x": "offers"})
    assert table.find("/x")["GET"].service == "offers"
    assert table.conflicts[0].refused == "users"


# Over the wire


async def test_unknown_paths_and_methods(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    house.users.offers("POST", "/native/v1/thing", "native")
    door = await house.open()
    unknown = await door.get("/native/v1/nothing")
    assert (unknown.status, unknown.json()) == (404, {})
    wrong = await door.ask("DELETE", "/native/v1/thing")
    assert (wrong.status, wrong.header("allow")) == (405, "GET, POST")
    assert list(wrong.json()) == ["global"]


@pytest.mark.parametrize(
    "path",
    ["/internal/jwks", "//internal/jwks", "/native/v1/../../internal/jwks", "/%69nternal/jwks", "/internal%2fjwks"],
)
async def test_the_inside_stays_inside(house: Any, path: str) -> None:
    house.users.document["paths"]["/internal/jwks"] = {"get": {"x-surface": "pro", "responses": {}}}
    house.users.offers("GET", "/native/v1/{name}", "native", parameters=[parameter("name", {"type": "string"})])
    door = await house.open()
    assert (await door.get(path)).status == 404
    assert house.users.seen("/internal/jwks") == []


async def test_a_gateway_without_services_starts_and_says_so(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    for service in house.services.values():
        await service.stop()
    door = await house.open(wait=False)
    early = await door.get("/native/v1/thing")
    assert (early.status, early.header("retry-after")) == (503, "1")
    assert (await door.get("/native/openapi.json")).status == 503
    report = await door.get("/health")
    assert report.status == 503
    assert report.json()["status"] == "starting"
    assert (await door.get("/health/ready")).json()["missing"] == ["users", "offers", "bookings", "documents"]
    assert (await door.get("/health/live")).status == 200
    for service in house.services.values():
        await service.start()
    await door.gateway.catalogue.wait_complete()
    assert (await door.get("/native/v1/thing")).status == 200
    assert (await door.get("/native/v1/unknown")).status == 404
    assert (await door.get("/health")).status == 200


async def test_one_service_missing_keeps_unknown_paths_from_being_called_unknown(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    await house.documents.stop()
    door = await house.open(wait=False)
    for service in ("users", "offers", "bookings"):
        assert await door.gateway.catalogue.refresh(service)
    assert (await door.get("/native/v1/thing")).status == 200
    assert (await door.get("/native/v1/unknown")).status == 503


async def test_a_restart_while_a_service_is_down_still_routes(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    house.offers.offers("GET", "/native/v1/offer", "native")
    first = await house.open()
    assert (await first.get("/native/v1/thing")).status == 200
    await house.users.stop()
    second = await house.open()
    assert (await second.get("/native/v1/thing")).status == 503
    assert (await second.get("/native/v1/offer")).status == 200
    assert (await second.get("/native/v1/unknown")).status == 404
    report = (await second.get("/health")).json()
    assert report["status"] == "degraded"
    assert report["services"]["users"]["document"] == "kept"
    await house.users.start()
    assert (await second.get("/native/v1/thing")).status == 200


@pytest.mark.parametrize(
    "broken",
    [b"<html>", b"[]", b'{"paths": []}', b'{"paths": {"/x": {"get": {"x-surface": "pro", "x-rate-limit": {"a": 1}}}}}'],
)
async def test_a_document_that_cannot_be_read_costs_no_known_route(house: Any, broken: bytes) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open()
    assert not door.gateway.catalogue._accept("users", broken)
    assert (await door.get("/native/v1/thing")).status == 200
    assert json.loads((house.directory / "openapi-users.json").read_bytes()) == house.users.document


async def test_a_new_operation_is_picked_up(house: Any) -> None:
    door = await house.open()
    assert (await door.get("/native/v1/new")).status == 404
    house.users.offers("GET", "/native/v1/new", "native")
    await door.gateway.catalogue.refresh("users")
    assert (await door.get("/native/v1/new")).status == 200
    assert "/native/v1/new" in (await door.get("/native/openapi.json")).json()["paths"]


async def test_conflicts_show_in_health_and_metrics(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    house.offers.offers("GET", "/native/v1/thing", "native")
    door = await house.open()
    conflicts = (await door.get("/health")).json()["conflicts"]
    assert [(c["method"], c["path"]) for c in conflicts] == [("GET", "/native/v1/thing")]
    assert b"gateway_route_conflicts 1.0" in (await door.get("/metrics")).body
    kept = {"users": house.users, "offers": house.offers}[conflicts[0]["kept"]]
    await door.get("/native/v1/thing")
    assert len(kept.seen("/native/v1/thing")) == 1


async def test_a_directory_that_cannot_be_written_is_no_reason_to_stop(house: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open(state_directory=tmp_path / "file" / "below")
    assert (await door.get("/native/v1/thing")).status == 200
