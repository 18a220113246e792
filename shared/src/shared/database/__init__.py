"""A service's own database: sessions, the outbox and the inbox, replicas, locks."""

from shared.database.base import new_base
from shared.database.locks import lock, try_lock
from shared.database.outbox import emit, emit_on, outbox_row
from shared.database.reading import read_row
from shared.database.replicas import Replica, upsert_replica
from shared.database.session import Database

__all__ = [
    "Database",
    "Replica",
    "emit",
    "emit_on",
    "lock",
    "new_base",
    "outbox_row",
    "read_row",
    "try_lock",
    "upsert_replica",
]
