"""Identifiers of the tables in the OpenAPI documents."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import WithJsonSchema


def one_of(names: Iterable[str]) -> WithJsonSchema:
    """Annotates a `str` that an answer fills with one of these names; the document lists them."""
    return WithJsonSchema({"type": "string", "enum": list(names)})
