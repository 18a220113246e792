"""The HTTP application."""

from __future__ import annotations

from fastapi import FastAPI

from documents.extracts import internal as extracts_internal
from documents.features import flags
from documents.mailbox import pages
from documents.settings import Settings
from documents.simulators import sms
from documents.tickets import native as tickets_native
from documents.tickets.actions import TicketPrinter, make_pool, make_storage
from shared.settings import ServiceSettings
from shared.web import create_service_app


def create_app(settings: ServiceSettings) -> FastAPI:
    if not isinstance(settings, Settings):
        raise TypeError("documents needs its own settings")
    pool = make_pool(settings)
    storage = make_storage(settings)

    async def start(_app: FastAPI) -> None:
        if settings.render_warm:
            pool.warm()

    async def stop(_app: FastAPI) -> None:
        pool.close()

    return create_service_app(
        settings,
        title="pass Culture documents",
        routers=[
            tickets_native.router,
            extracts_internal.router,
            *([pages.router, sms.router] if settings.shows_mailbox else []),
        ],
        follows=[flags],
        startup=[start],
        shutdown=[stop],
        # Without warming, the first request starts its process: then an idle pool is ready as it is.
        checks={"renderer": pool.ready} if settings.render_warm else {},
        state={"storage": storage, "pool": pool, "printer": TicketPrinter(pool, storage, settings)},
    )
