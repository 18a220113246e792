"""The API of offers."""

from __future__ import annotations

from fastapi import FastAPI

from offers.features import flags
from offers.native_routers import native_routers
from offers.pro_routers import internal_routers, pro_routers, public_routers
from offers.providers.tokens import ProviderIssuer
from offers.settings import Settings
from shared.storage_s3 import open_storage
from shared.web import create_service_app


async def _load_keys(app: FastAPI) -> None:
    await app.state.provider_issuer.keyring.load()


def create_app(settings: Settings) -> FastAPI:
    storage = open_storage(settings)
    app = create_service_app(
        settings,
        title="Offers",
        routers=[*native_routers, *pro_routers, *public_routers, *internal_routers],
        state={"storage": storage},
        startup=[_load_keys],
        follows=[flags],
    )
    app.state.provider_issuer = ProviderIssuer.of(settings, app.state.database, app.state.verifier)
    return app
