"""The partners of this service as its processes hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import httpx
from fastapi import Depends, Request
from redis.asyncio import Redis

from shared.storage import Storage
from shared.storage_s3 import open_private_storage
from users.bonus.adapter import household_for
from users.bonus.port import Household
from users.identity.dms.adapter import dms_for
from users.identity.dms.port import Dms
from users.identity.educonnect.service import Educonnect, educonnect_for
from users.identity.ubble.adapter import public_key_of, ubble_for
from users.identity.ubble.port import Ubble
from users.push.adapter import push_for
from users.push.port import Push
from users.settings import Settings
from users.simulators.keys import LocalKeys
from users.sso.adapter import provider_for
from users.sso.port import SignOnProvider
from users.sso.rules import Provider

SIMULATED_TOKEN = "simulated"  # noqa: S105 - of a simulator


@dataclass
class Partners:
    """Ports, by name. `keys` are those that simulators sign with; None in production and where nobody verifies."""

    settings: Settings
    ubble: Ubble
    educonnect: Educonnect
    household: Household
    dms: Dms
    sign_on: dict[Provider, SignOnProvider]
    push: Push
    private_storage: Storage
    keys: LocalKeys | None = None

    async def ubble_webhook_key(self) -> bytes | None:
        """The public key of Ubble's webhooks; None when nobody's are accepted."""
        given = public_key_of(self.settings)
        if given is not None or self.keys is None:
            return given
        return await self.keys.ubble_public_key()

    def dms_webhook_token(self) -> str | None:
        """What Démarche Numérique shows with its webhooks; None when nobody's are accepted."""
        given = self.settings.dms_webhook_token.get_secret_value()
        return given or (SIMULATED_TOKEN if self.settings.simulates else None)

    async def close(self) -> None:
        await self.ubble.close()
        await self.educonnect.close()
        await self.household.close()
        await self.dms.close()
        await self.push.close()
        for provider in self.sign_on.values():
            await provider.close()


def partners_for(
    settings: Settings, redis: Redis | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Partners:
    """The real adapters, which talk to the simulators of this service where a partner has no address."""
    keys = LocalKeys(redis) if settings.simulates and redis is not None else None
    return Partners(
        settings=settings,
        ubble=ubble_for(settings, transport),
        educonnect=educonnect_for(settings, keys, transport),
        household=household_for(settings, transport),
        dms=dms_for(settings, transport),
        sign_on={provider: provider_for(settings, provider, transport) for provider in Provider},
        push=push_for(settings, transport),
        private_storage=open_private_storage(settings, settings.private_storage_directory),
        keys=keys,
    )


def _partners(request: Request) -> Partners:
    return request.app.state.partners


PartnersOf = Annotated[Partners, Depends(_partners)]
