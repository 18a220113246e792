"""Where images are kept in the storage."""

from __future__ import annotations

from shared.humanized import humanize

THUMBS = "thumbs"


def mediation_key(mediation_id: int, thumb_count: int) -> str:
    """The key of the latest image of a mediation: the first has no suffix, the next ones `_1`, `_2`…"""
    suffix = f"_{thumb_count - 1}" if thumb_count > 1 else ""
    return f"{THUMBS}/mediations/{humanize(mediation_id)}{suffix}"


def product_image_key(uuid: str) -> str:
    """The key of an image of a product."""
    return f"{THUMBS}/{uuid}"
