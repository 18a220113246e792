"""The simulators that a local stack serves."""

from __future__ import annotations

from fastapi import FastAPI

from shared.web.routers import routes_of
from users.settings import Settings
from users.simulators import app_page, dms, educonnect, household, index, push, recaptcha, sign_on, ubble

ROUTERS = (
    app_page.router,
    index.router,
    ubble.router,
    educonnect.router,
    household.router,
    dms.router,
    push.router,
    recaptcha.router,
    sign_on.router,
)


def serve_simulators(app: FastAPI, settings: Settings) -> None:
    """Add the simulators' pages and APIs, unless this is production."""
    if settings.simulates:
        app.router.routes.extend(routes_of(ROUTERS))
