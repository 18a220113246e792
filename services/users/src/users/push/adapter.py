"""Batch's API over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from shared.outbound import Partner, PartnerRefused
from users.push.port import Attributes
from users.push.settings import PushSettings


class HttpBatch:
    def __init__(self, partner: Partner, apps: tuple[str, ...]) -> None:
        self._partner = partner
        self.apps = apps

    async def happened(self, app: str, user_id: int, name: str, attributes: Attributes) -> None:
        """Sent once a call: twice would push twice."""
        body = [{"name": f"ue.{name}", "attributes": attributes}]
        await self._call("POST", app, f"events/users/{user_id}", "event", json=body, safe=False)

    async def describe(self, app: str, user_id: int, attributes: Attributes) -> None:
        body = {"overwrite": False, "values": attributes}
        await self._call("POST", app, f"data/users/{user_id}", "attributes", json=body, safe=True)

    async def forget(self, app: str, user_id: int) -> None:
        try:
            await self._call("DELETE", app, f"data/users/{user_id}", "forget", safe=True)
        except PartnerRefused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise

    async def _call(self, method: str, app: str, path: str, operation: str, *, safe: bool, **options: Any) -> None:
        await self._partner.call(
            method, f"/1.0/{quote(app, safe='')}/{path}", operation=operation, safe=safe, **options
        )

    async def close(self) -> None:
        await self._partner.close()


def push_for(settings: PushSettings, transport: httpx.AsyncBaseTransport | None = None) -> HttpBatch:
    url = settings.partner_url(settings.batch_url if settings.batch_app_keys else "", "push")
    partner = Partner(
        "batch",
        url,
        headers={"X-Authorization": settings.batch_rest_key.get_secret_value()},
        transport=transport,
    )
    return HttpBatch(partner, settings.push_apps)
