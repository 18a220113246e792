"""What the gateway answers itself: health, metrics, documents, their pages, mocks."""

from __future__ import annotations

import json
from typing import Any

from gateway import pages
from gateway.answers import Answer, method_not_allowed, unavailable
from gateway.calls import Call
from gateway.catalogue import Catalogue
from gateway.documents import surface_document
from gateway.health import Health
from gateway.metrics import Exposition
from gateway.mocks import Mocks
from gateway.settings import SURFACES

_MOCK = "/mock/"
_JSON = (b"content-type", b"application/json; charset=utf-8")


class Front:
    """The gateway's own paths. A service cannot claim them."""

    def __init__(self, catalogue: Catalogue, health: Health, metrics: Exposition) -> None:
        self._catalogue = catalogue
        self._health = health
        self._metrics = metrics
        self._documents: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, Answer] = {}
        self._mocks: dict[str, Mocks] = {}
        self._own = {"/health", "/health/live", "/health/ready", "/metrics", "/docs"}
        for surface in SURFACES:
            self._own |= {f"/{surface}/openapi.json", f"/{surface}/docs"}
        catalogue.on_change(self._forget)

    async def answer(self, call: Call) -> Answer | None:
        """The answer to a request for a path of ours; None for any other path."""
        path = call.path
        if path not in self._own and not path.startswith((_MOCK, pages.ASSETS)):
            return None
        if path.startswith(_MOCK):
            surface, _, rest = path.removeprefix(_MOCK).partition("/")
            if surface not in SURFACES or _is_preflight(call):
                return None
            return self._mock(surface, call, f"/{rest}")
        call.quiet = True
        if call.method == "OPTIONS":
            return None
        if call.method not in ("GET", "HEAD"):
            return method_not_allowed(["GET", "HEAD"])
        return await self._page(path)

    def document(self, surface: str) -> dict[str, Any]:
        """The published document of a surface."""
        document = self._documents.get(surface)
        if document is None:
            document = self._documents[surface] = surface_document(surface, self._catalogue.ordered)
        return document

    async def _page(self, path: str) -> Answer:
        match path:
            case "/health":
                return await self._health.report()
            case "/health/live":
                return self._health.live()
            case "/health/ready":
                return self._health.ready()
            case "/metrics":
                return self._metrics.answer()
            case "/docs":
                return pages.index()
        if path.startswith(pages.ASSETS):
            return pages.asset(path.removeprefix(pages.ASSETS))
        surface, _, name = path.removeprefix("/").partition("/")
        return pages.page(surface) if name == "docs" else self._written(surface)

    def _written(self, surface: str) -> Answer:
        """A surface's document as an answer. Before every service was read it would be a part: nobody gets that."""
        if not self._catalogue.complete:
            return unavailable(1)
        answer = self._answers.get(surface)
        if answer is None:
            body = json.dumps(self.document(surface), ensure_ascii=False, separators=(",", ":")).encode()
            answer = self._answers[surface] = Answer(200, body, (_JSON, (b"cache-control", b"no-cache")))
        return answer

    def _mock(self, surface: str, call: Call, path: str) -> Answer:
        if not self._catalogue.complete:
            return unavailable(1)
        mocks = self._mocks.get(surface)
        if mocks is None:
            mocks = self._mocks[surface] = Mocks(surface, self.document(surface))
        return mocks.answer(call.method, path, call.fields.get(b"prefer"))

    def _forget(self) -> None:
        self._documents.clear()
        self._answers.clear()
        self._mocks.clear()


def _is_preflight(call: Call) -> bool:
    return call.method == "OPTIONS" and b"access-control-request-method" in call.fields
