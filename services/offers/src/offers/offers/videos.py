"""The video that a partner shows with an offer: addresses of YouTube alone."""

from __future__ import annotations

import re

_ID = r"(?P<id>[A-Za-z0-9_-]{11})"
_WATCH = re.compile(
    rf"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?(?:[^#\s]*&)?v=|embed/|v/|e/)|youtu\.be/){_ID}(?:[?&#/][^\s]*)?",
    re.ASCII,
)


def video_id(url: str) -> str | None:
    """The eleven characters that name the video; None when the address is not one of a video (channels, shorts)."""
    match = _WATCH.fullmatch(url)
    return match["id"] if match else None


def thumbnail_url(identifier: str) -> str:
    return f"https://i.ytimg.com/vi/{identifier}/hqdefault.jpg"
