"""The category tables: what kinds of offer exist, what each may carry, and how the app groups them.

The tables are data files of this package (`data/`), read once at import. `tables` has subcategories, categories,
search groups and native categories; `genres` and `music` the trees of genres; `venue_types` the activities of venues;
`sharing` what events say of a subcategory.
"""

from offers.categories.sharing import subcategory_facts
from offers.categories.tables import CATEGORIES, SUBCATEGORIES, find_subcategory

__all__ = ["CATEGORIES", "SUBCATEGORIES", "find_subcategory", "subcategory_facts"]
