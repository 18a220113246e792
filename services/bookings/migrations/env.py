import bookings.booking.models
import bookings.idempotency.models
import bookings.inventory.models
import bookings.replicas.models
import bookings.wallet.models  # noqa: F401 - models register themselves
from bookings.base import Base
from shared.database.migrations import run_environment

run_environment(Base.metadata)
