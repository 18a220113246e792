"""The API of offers."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from offers.categories.pro import router as categories_pro
from offers.images.pro import router as images_pro
from offers.native_routers import native_routers
from offers.offerers.pro import router as offerers_pro
from offers.offers.pro import router as offers_pro
from offers.settings import Settings
from offers.stocks.pro import router as stocks_pro
from offers.venues.pro import router as venues_pro
from shared.storage import LocalStorage
from shared.web import create_service_app


def create_app(settings: Settings) -> FastAPI:
    storage = LocalStorage(Path(settings.storage_directory), settings.storage_public_url)
    routers = [*native_routers, categories_pro, images_pro, venues_pro, offerers_pro, offers_pro, stocks_pro]
    return create_service_app(settings, title="Offers", routers=routers, state={"storage": storage})
