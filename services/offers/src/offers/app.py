"""The API of offers."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from offers.native_routers import native_routers
from offers.settings import Settings
from shared.storage import LocalStorage
from shared.web import create_service_app


def create_app(settings: Settings) -> FastAPI:
    storage = LocalStorage(Path(settings.storage_directory), settings.storage_public_url)
    return create_service_app(settings, title="Offers", routers=[*native_routers], state={"storage": storage})
