"""Makes ticket files."""

from __future__ import annotations

from documents.rendering.child import TICKET
from documents.rendering.pool import RenderPool
from documents.settings import Settings
from documents.tickets.images import inline_image
from documents.tickets.rules import Ticket
from shared.storage import Storage
from shared.storage_s3 import open_storage
from shared.telemetry.spans import span


class TicketPrinter:
    """Prints tickets with the service's pool, issuer and picture store."""

    def __init__(self, pool: RenderPool, storage: Storage, settings: Settings) -> None:
        self._pool = pool
        self._storage = storage
        self._settings = settings

    async def pdf(self, ticket: Ticket, image_url: str | None) -> bytes:
        """The ticket as a one-page PDF. Raises RenderingUnavailable or RenderingFailed."""
        with span("lay out ticket", attributes={"passculture.booking.id": ticket.booking_id}):
            image = await inline_image(self._storage, self._settings.storage_public_url, image_url)
            return await self._pool.render(
                {
                    "document": TICKET,
                    "ticket": ticket.model_dump(),
                    "issuer": self._settings.issuer,
                    "image": image,
                }
            )


def make_pool(settings: Settings) -> RenderPool:
    return RenderPool(
        processes=settings.render_processes, waiting=settings.render_waiting, timeout=settings.render_timeout
    )


def make_storage(settings: Settings) -> Storage:
    return open_storage(settings)
