"""The command line of offers."""

from __future__ import annotations

from offers.search.jobs import reindex
from offers.settings import Settings
from shared.commands import job, service_cli

cli = service_cli(Settings)

job(cli, Settings, "reindex")(reindex)
