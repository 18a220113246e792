"""Logs hold no secret: paths of links, values in the texts of exceptions."""

from __future__ import annotations

import io
import sys

import pytest
from fastapi.exceptions import ResponseValidationError
from pydantic import BaseModel

from shared.telemetry.scrubbing import print_traceback, scrubbed_path, scrubbed_traceback

SECRET = "personne@example.com"


class Counted(BaseModel):
    number: int


@pytest.mark.parametrize(
    ("template", "path", "shown"),
    [
        ("/bookings/token/{token}", "/bookings/token/ABC234", "/bookings/token/***"),
        ("/resends/{email}/left", f"/resends/{SECRET}/left", "/resends/***/left"),
        ("/offers/{offer_id:int}", "/offers/12", "/offers/12"),
        ("", "/nowhere", "/nowhere"),
    ],
)
def test_secret_segments_are_not_shown(template: str, path: str, shown: str) -> None:
    assert scrubbed_path(template, path) == shown


def _invalid() -> None:
    Counted.model_validate({"number": SECRET})


def _detailed() -> None:
    raise RuntimeError(f"duplicate key\nDETAIL:  Key (email)=({SECRET}) already exists.\n[parameters: ('{SECRET}',)]")


def _syntax() -> None:
    raise RuntimeError(f'invalid input syntax for type integer: "{SECRET}"')


def _answered() -> None:
    raise ResponseValidationError([{"type": "int", "loc": ("a",), "msg": "m", "input": SECRET}])


def _caused() -> None:
    try:
        _detailed()
    except RuntimeError as error:
        raise ValueError("the outer one") from error


def _grouped() -> None:
    raise ExceptionGroup("several", [RuntimeError(f"DETAIL: {SECRET}")])


@pytest.mark.parametrize("fail", [_invalid, _detailed, _syntax, _answered, _caused, _grouped])
def test_tracebacks_say_where_and_not_what(fail) -> None:
    out = io.StringIO()
    try:
        fail()
    except Exception:
        told = scrubbed_traceback(sys.exc_info())
        print_traceback(out, sys.exc_info())
    assert fail.__name__ in told
    assert SECRET not in told
    assert out.getvalue().strip("\n") == told
