"""Somebody's real objects in each service, and the people who may and may not reach them."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import Tokens
from tests.fuzz.examples import Operation

Headers = dict[str, str]


@dataclass
class World:
    """One owner's objects.

    `callers` are request headers by surface and caller (`owner` is the entitled one). `values` are the objects' ids, by
    the names that parameters and properties have; `special` replaces some for an operation's id. `marks` are words of
    the objects that nobody else may read; `kept` are the ids, by table, of rows that nobody else may touch.
    """

    callers: dict[str, dict[str, Headers]]
    values: dict[str, Any]
    special: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: dict[str, Headers] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    kept: dict[str, list[int]] = field(default_factory=dict)

    def values_for(self, operation: Operation) -> dict[str, Any]:
        return {**self.values, **self.special.get(operation.id, {})}


@dataclass(frozen=True)
class Makers:
    """What a world is made with."""

    app: FastAPI
    database: Database
    session: AsyncSession
    tokens: Tokens
    number: int
    """Different for each world of a test."""


async def make_world(context: str, makers: Makers, operation: Operation | None = None) -> World:
    """A world of the service, committed; `operation` may ask for a particular one."""
    world = await import_module(f"tests.fuzz.worlds.{context}").make(makers, operation)
    await makers.session.commit()
    return world


def control_statuses(context: str) -> dict[str, int]:
    """By operation's id, what the entitled caller hears where it is no success, with the reason beside it."""
    return import_module(f"tests.fuzz.worlds.{context}").CONTROLS
