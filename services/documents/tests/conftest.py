from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from documents.rendering.pool import RenderPool
from documents.tickets.actions import TicketPrinter


@pytest.fixture(scope="session")
def context() -> str:
    return "documents"


@pytest.fixture
def settings_overrides() -> dict[str, Any]:
    return {"render_warm": False}


@pytest.fixture(scope="session")
def pool() -> Iterator[RenderPool]:
    """One rendering process for the whole session: starting one reads all the fonts."""
    made = RenderPool(processes=1, waiting=20, timeout=60)
    yield made
    made.close()


@pytest.fixture
def printer(pool: RenderPool, settings: Any) -> TicketPrinter:
    from documents.tickets.actions import make_storage

    return TicketPrinter(pool, make_storage(settings), settings)


@pytest.fixture
def printing(app: FastAPI, printer: TicketPrinter) -> FastAPI:
    """The application, printing with the session's process."""
    app.state.printer = printer
    return app
