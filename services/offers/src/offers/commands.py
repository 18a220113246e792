"""The command line of offers."""

from __future__ import annotations

from offers.settings import Settings
from shared.commands import service_cli

cli = service_cli(Settings)
