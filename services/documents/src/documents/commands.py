"""The command line of documents."""

from __future__ import annotations

from documents.settings import Settings
from shared.commands import service_cli

cli = service_cli(Settings)
