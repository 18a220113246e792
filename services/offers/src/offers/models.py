"""Every table of `offers`, imported in one place for migrations and tools."""

from offers.base import Base
from offers.favorites import models as favorites
from offers.images import models as images
from offers.offerers import models as offerers
from offers.offers import models as offers
from offers.products import models as products
from offers.providers import models as providers
from offers.reactions import models as reactions
from offers.reminders import models as reminders
from offers.replicas import models as replicas
from offers.search import models as search
from offers.stocks import models as stocks
from offers.venues import models as venues

__all__ = [
    "Base",
    "favorites",
    "images",
    "offerers",
    "offers",
    "products",
    "providers",
    "reactions",
    "reminders",
    "replicas",
    "search",
    "stocks",
    "venues",
]
