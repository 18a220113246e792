"""The worker of bookings."""

from __future__ import annotations

from bookings.auditing import AuditLoop
from bookings.booking.subscribers import subscribers as booking
from bookings.erasure.subscribers import subscribers as erasure
from bookings.features import flags
from bookings.inventory.subscribers import subscribers as inventory
from bookings.replicas.subscribers import subscribers as replicas
from bookings.settings import Settings
from bookings.wallet.subscribers import subscribers as wallet
from shared.events.worker import Worker


def create_worker(settings: Settings) -> Worker:
    # The order is that of the handlers of one aggregate: inventories lock before replicas move, effects come last.
    return Worker(
        settings,
        subscribers=[inventory, wallet, replicas, booking, erasure],
        loops=[AuditLoop(settings)],
        follows=[flags],
    )
