"""Tables that are more than replicas: which of their columns other contexts decide, for the audit."""

from __future__ import annotations

from bookings.inventory.models import Inventory
from bookings.wallet.models import Wallet
from shared.events.audit import Mirror
from shared.events.envelope import Aggregate
from shared.events.offers import STOCK
from shared.events.users import DEPOSIT

MIRRORS: dict[Aggregate, list[Mirror]] = {
    STOCK: [(Inventory, lambda stock: {"offer_id": stock.offer_id, "described_quantity": stock.quantity})],
    DEPOSIT: [
        (
            Wallet,
            lambda deposit: {
                "user_id": deposit.user_id,
                "type": deposit.type,
                "granted_cents": deposit.amount_cents,
                "expiration_date": deposit.expiration_date,
            },
        )
    ],
}
