"""The command line of offers."""

from __future__ import annotations

from offers import replays
from offers.features import Flag, flags
from offers.search.jobs import refresh, reindex, upkeep
from offers.settings import Settings
from shared.commands import job, service_cli
from shared.database import Database
from shared.events.offers import ACTIVATION_CODE, ATTACHMENT, OFFER, OFFERER, STOCK, VENUE
from shared.schedules import every


async def _sandbox(name: str, database: Database) -> None:
    from offers.sandbox import build

    await build(name, database)


cli = service_cli(
    Settings,
    flags=flags,
    replays={
        "offerer": (OFFERER, replays.offerers),
        "attachment": (ATTACHMENT, replays.attachments),
        "venue": (VENUE, replays.venues),
        "offer": (OFFER, replays.offers),
        "stock": (STOCK, replays.stocks),
        "activation_code": (ACTIVATION_CODE, replays.activation_codes),
    },
    sandbox=_sandbox,
)

job(cli, Settings, "reindex")(reindex)
_SEARCH = (Flag.ENABLE_ALL_CRON, Flag.ENABLE_RECURRENT_CRON)
job(cli, Settings, "search-upkeep", every(minutes=60), needs=_SEARCH)(upkeep)
job(cli, Settings, "search-refresh", every(minutes=5), needs=_SEARCH)(refresh)
