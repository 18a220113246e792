"""The offer's picture on a ticket, when it is one of our own stored files."""

from __future__ import annotations

import base64

import structlog

from shared.storage import Storage

log = structlog.get_logger(__name__)

TYPES = ("image/jpeg", "image/png", "image/webp")
LARGEST = 4_000_000


async def inline_image(storage: Storage, public_url: str, url: str | None) -> str | None:
    """The picture as a `data:` URL; None when it is not ours, too large or missing: a ticket does without."""
    prefix = public_url.rstrip("/") + "/"
    if not url or not url.startswith(prefix):
        return None
    try:
        found = await storage.get(url.removeprefix(prefix).partition("?")[0])
    except (ValueError, OSError) as error:
        log.info("ticket.image_unreadable", error=type(error).__name__)
        return None
    if found is None or found.content_type not in TYPES or len(found.content) > LARGEST:
        return None
    return f"data:{found.content_type};base64,{base64.b64encode(found.content).decode()}"
