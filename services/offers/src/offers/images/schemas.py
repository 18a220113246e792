"""What the portal reads of images."""

from __future__ import annotations

from shared.web import Response


class Thumbnail(Response):
    """`id` is the image's; `url` is where anyone can see it."""

    id: int
    url: str
    credit: str | None = None
