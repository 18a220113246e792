"""Forms that browsers post."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import Request

from shared.errors import ApiError

MAX_FORM_BYTES = 1024 * 1024


async def read_form(request: Request, max_bytes: int = MAX_FORM_BYTES) -> dict[str, str]:
    """The fields of an urlencoded form; of several values the last. Refuses with 413 what is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise ApiError(413, {"global": ["Ce formulaire est trop long."]})
    text = bytes(body).decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
