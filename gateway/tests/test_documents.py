"""The surfaces' documents, and the mocks made from them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gateway.documents import surface_document
from gateway.examples import Examples
from gateway.mocks import Mocks, json_example, success_status
from gateway.patterns import text_matching

REPOSITORY = Path(__file__).parents[2]
SNAPSHOTS = REPOSITORY / "tests" / "contract" / "openapi"
REF = "#/components/schemas/"


def service(paths: dict[str, str], schemas: dict[str, Any], surface: str = "native") -> dict[str, Any]:
    """A document of GET operations, each answering one schema."""
    return {
        "openapi": "3.1.0",
        "paths": {
            path: {
                "get": {
                    "operationId": path,
                    "x-surface": surface,
                    "x-timeout": 3,
                    "x-rate-limit": {"limit": 1, "window": 1},
                    "responses": {
                        "200": {
                            "description": "OK",
                            "content": {"application/json": {"schema": {"$ref": REF + name}}},
                        }
                    },
                }
            }
            for path, name in paths.items()
        },
        "components": {"schemas": schemas},
    }


def holder(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"it": {"$ref": REF + name}}}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def answered(document: dict[str, Any], path: str) -> str:
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return schema["$ref"].removeprefix(REF)


def test_schemas_that_mean_the_same_are_shared_and_others_prefixed() -> None:
    users = service(
        {"/u": "Same", "/v": "Other"}, {"Same": holder("Part"), "Part": TEXT, "Other": TEXT, "Unused": TEXT}
    )
    offers = service({"/o": "Same", "/p": "Other"}, {"Same": holder("Part"), "Part": TEXT, "Other": NUMBER})
    document = surface_document("native", {"users": users, "offers": offers})
    assert list(document["components"]["schemas"]) == ["OffersOther", "Other", "Part", "Same"]
    assert [answered(document, path) for path in ("/u", "/o", "/v", "/p")] == ["Same", "Same", "Other", "OffersOther"]


def test_a_difference_below_makes_the_schemas_above_differ_too() -> None:
    users = service({"/u": "Same"}, {"Same": holder("Part"), "Part": TEXT})
    offers = service({"/o": "Same"}, {"Same": holder("Part"), "Part": NUMBER})
    document = surface_document("native", {"users": users, "offers": offers})
    assert list(document["components"]["schemas"]) == ["OffersPart", "OffersSame", "Part", "Same"]
    assert document["components"]["schemas"]["OffersSame"]["properties"]["it"]["$ref"] == REF + "OffersPart"


def test_schemas_that_refer_to_themselves() -> None:
    tree = {"Tree": {"type": "object", "properties": {"below": {"type": "array", "items": {"$ref": REF + "Tree"}}}}}
    document = surface_document(
        "native", {"users": service({"/u": "Tree"}, tree), "offers": service({"/o": "Tree"}, tree)}
    )
    assert list(document["components"]["schemas"]) == ["Tree"]


def test_discriminators_follow_the_new_names() -> None:
    union = {
        "oneOf": [{"$ref": REF + "A"}],
        "discriminator": {"propertyName": "type", "mapping": {"a": REF + "A"}},
    }
    users = service({"/u": "A"}, {"A": TEXT})
    offers = service({"/o": "Union"}, {"Union": union, "A": NUMBER})
    document = surface_document("native", {"users": users, "offers": offers})
    assert document["components"]["schemas"]["Union"]["discriminator"]["mapping"] == {"a": REF + "OffersA"}


def test_only_the_surface_and_nothing_private() -> None:
    users = service({"/z": "T", "/a": "T"}, {"T": TEXT})
    users["paths"]["/pro"] = service({"/pro": "P"}, {}, surface="pro")["paths"]["/pro"]
    users["components"]["schemas"]["P"] = TEXT
    before = copy.deepcopy(users)
    document = surface_document("native", {"users": users})
    assert list(document["paths"]) == ["/a", "/z"]
    assert list(document["components"]["schemas"]) == ["T"]
    assert set(document["paths"]["/a"]["get"]) == {"operationId", "x-rate-limit", "responses"}
    assert users == before


@pytest.mark.parametrize(
    ("surface", "scheme"),
    [
        ("native", {"JWTAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}),
        ("pro", {"SessionAuth": {"type": "apiKey", "in": "cookie", "name": "session"}}),
    ],
)
def test_security_schemes_are_the_contracts(surface: str, scheme: dict[str, Any]) -> None:
    document = surface_document(surface, {})
    assert document["components"]["securitySchemes"] == scheme
    assert document["openapi"] == "3.1.0"


def test_an_operation_that_two_services_claim_is_there_once() -> None:
    users, offers = service({"/x": "T"}, {"T": TEXT}), service({"/x": "U"}, {"U": NUMBER})
    document = surface_document("native", {"users": users, "offers": offers})
    assert list(document["components"]["schemas"]) == ["T"]


# Examples


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 7},
        {"type": "integer", "exclusiveMinimum": 5},
        {"type": "integer", "exclusiveMaximum": -5},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
        {"type": "integer", "minimum": 3, "multipleOf": 5},
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 2},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "email"},
        {"type": "string", "pattern": r"^[0-9]{9}$"},
        {"type": "string", "pattern": r"^(NC)?\d{7,14}(XX)?$", "minLength": 9},
        {"type": "string", "pattern": r"^[^a-z\s]+-(abc|def)$"},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True},
        {"type": "array", "items": {}, "maxItems": 0},
        {"prefixItems": [{"type": "string"}, {"type": "integer"}], "type": "array", "minItems": 2, "items": False},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"type": ["null", "integer"]},
        {"type": "null"},
        {"const": "only"},
        {"enum": [None, "x"]},
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"required": ["b"]},
            ]
        },
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
        {"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}}, "required": ["k"]}, {"type": "string"}]},
        {},
        True,
    ],
)
def test_examples_are_valid(schema: Any) -> None:
    made = Examples({}).value(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(made)


def test_an_endless_schema_has_an_example() -> None:
    tree = {
        "type": "object",
        "required": ["below", "next"],
        "properties": {
            "below": {"type": "array", "items": {"$ref": REF + "Tree"}},
            "next": {"anyOf": [{"$ref": REF + "Tree"}, {"type": "null"}]},
        },
    }
    document = {"components": {"schemas": {"Tree": tree}}}
    made = Examples(document).value({"$ref": REF + "Tree"})
    Draft202012Validator({"$ref": REF + "Tree", **document}).validate(made)


@pytest.mark.parametrize("pattern", [r"(?=x)", r"(a)\1b", r"["])
def test_patterns_beyond_us_are_left(pattern: str) -> None:
    assert text_matching(pattern) is None or isinstance(text_matching(pattern), str)


@pytest.mark.parametrize("surface", ["native", "pro", "public"])
def test_every_operation_of_a_surface_has_a_valid_mock(surface: str) -> None:
    """Every operation of the committed document, validated against the schema that it declares."""
    document = json.loads((SNAPSHOTS / f"{surface}.json").read_text(encoding="utf-8"))
    mocks, checked = Mocks(surface, document), 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            sent = mocks.answer(method.upper(), _filled(path, operation, document))
            expected = success_status(operation["responses"])
            assert sent.status == expected, f"{method} {path}"
            content = operation["responses"].get(str(expected), {}).get("content", {})
            described = content.get("application/json")
            if described is not None:
                schema = {**described["schema"], "components": document["components"]}
                Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(sent.body))
            elif not content:
                assert sent.body == b""
            checked += 1
    assert checked == sum(len(item) for item in document["paths"].values()) > 0


def _filled(path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            value = json_example(Examples(document), {"schema": parameter["schema"]})
            path = path.replace(f"{{{parameter['name']}}}", str(value).replace(" ", "-"))
    return path


async def test_mocks_over_the_wire(house: Any) -> None:
    house.users.document = service({"/native/v1/settings": "S"}, {"S": holder("T"), "T": TEXT})
    door = await house.open()
    for path in ("/mock/native/native/v1/settings", "/mock/native/v1/settings"):
        reply = await door.get(path, {"origin": "http://localhost:8082"})
        assert (reply.status, reply.json()) == (200, {"it": "it"})
        assert reply.header("access-control-allow-origin") == "http://localhost:8082"
    assert (await door.get("/mock/native/v1/nothing")).status == 404
    assert (await door.ask("POST", "/mock/native/v1/settings")).status == 405
    assert (await door.get("/mock/elsewhere/v1/settings")).status == 404
    assert house.users.seen("/native/v1/settings") == []


def test_a_wished_status_is_answered_where_it_is_declared() -> None:
    document = service({"/x": "T"}, {"T": TEXT})
    document["paths"]["/x"]["get"]["responses"]["404"] = {"description": "no"}
    mocks = Mocks("pro", surface_document("native", {"users": document}))
    assert mocks.answer("GET", "/x", b"code=404").status == 404
    assert mocks.answer("GET", "/x", b"code=418").status == 200


# Pages


@pytest.mark.parametrize("surface", ["native", "pro", "public"])
async def test_pages_need_nothing_from_elsewhere(house: Any, surface: str) -> None:
    door = await house.open()
    page = await door.get(f"/{surface}/docs")
    text = page.body.decode()
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert f'data-url="/{surface}/openapi.json"' in text
    assert "http://" not in text
    assert "https://" not in text
    assert "default-src 'none'" in (page.header("content-security-policy") or "")
    for name, start in (("swagger-ui-bundle.js", b"/*!"), ("swagger-ui.css", b"."), ("start.js", b'"use strict"')):
        asset = await door.get(f"/docs/assets/{name}")
        assert asset.status == 200
        assert asset.body.startswith(start)
    document = await door.get(f"/{surface}/openapi.json")
    assert document.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("name", ["", "../pages.py", "..%2fconsts.py", "unknown.js", "redoc.standalone.js"])
async def test_assets_are_a_closed_list(house: Any, name: str) -> None:
    door = await house.open()
    assert (await door.get(f"/docs/assets/{name}")).status == 404
