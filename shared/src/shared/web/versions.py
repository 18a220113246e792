"""The version gate of the app."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Request

from shared.errors import code_error


def parse_version(text: str) -> tuple[int, int, int] | None:
    """`1.404.0` (a suffix after `-` or `+` is ignored) as numbers; None when it is no version."""
    core = text.strip().split("-")[0].split("+")[0]
    parts = core.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        return None
    major, minor, patch = (int(part) for part in parts)
    return major, minor, patch


async def refuse_old_app(
    request: Request, app_version: Annotated[str | None, Header(include_in_schema=False)] = None
) -> None:
    """403 UPGRADE_REQUIRED for an app older than the minimum or a version that is none; none at all is accepted."""
    if app_version is None:
        return
    version = parse_version(app_version)
    minimum = parse_version(request.app.state.settings.minimum_app_version)
    if version is None or (minimum is not None and version < minimum):
        raise code_error("UPGRADE_REQUIRED", status=403)
