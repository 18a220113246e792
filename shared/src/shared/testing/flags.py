"""Feature flags in tests."""

from __future__ import annotations

from typing import Any

from shared.database.session import Database
from shared.features import FeatureFlag, Flags
from shared.features.actions import turn


class FlagControl:
    """Turns flags as the command does, in the test's database; this process, which all parts under test share, knows at
    once.
    """

    def __init__(self, database: Database, flags: Flags[Any]) -> None:
        self._database = database
        self._flags = flags

    async def turn(self, flag: FeatureFlag, *, active: bool) -> None:
        async with self._database.transaction() as session:
            await turn(session, self._flags, flag, active=active)
        async with self._database.engine.connect() as connection:
            await self._flags.read(connection)
