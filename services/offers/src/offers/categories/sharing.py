"""What other contexts are told of a subcategory."""

from __future__ import annotations

from offers.categories.tables import SUBCATEGORIES
from shared.events import offers as facts


def subcategory_facts(subcategory_id: str) -> facts.Subcategory:
    """The part of an offer's event that describes its subcategory; the identifier must be of the table."""
    found = SUBCATEGORIES[subcategory_id]
    return facts.Subcategory(
        id=found.id,
        category_id=found.category_id,
        label=found.app_label,
        is_event=found.is_event,
        is_online_only=found.is_online_only,
        is_digital_deposit=found.is_digital_deposit,
        is_physical_deposit=found.is_physical_deposit,
        can_expire=found.can_expire,
        is_bookable_by_underage_when_free=found.is_bookable_by_underage_when_free,
        is_bookable_by_underage_when_not_free=found.is_bookable_by_underage_when_not_free,
    )
