"""The portal's face and the partners' software's, in the order in which paths are tried: fixed ones before ids."""

from __future__ import annotations

from offers.categories import pro as categories
from offers.extracts import internal as extracts
from offers.images import pro as images
from offers.images import public as image_files
from offers.offerers import pro as offerers
from offers.offers import headline_pro, pages_pro
from offers.offers import pro as offers
from offers.products import pro as products
from offers.providers import internal as provider_keys
from offers.providers import pro as providers
from offers.providers import public as provider_software
from offers.stocks import pro as stocks
from offers.venues import pro as venues

pro_routers = [
    categories.router,
    images.router,
    headline_pro.router,
    pages_pro.router,
    products.router,
    stocks.router,
    offers.router,
    offerers.router,
    venues.router,
    providers.router,
]
public_routers = [provider_software.router, image_files.router]
internal_routers = [provider_keys.router, extracts.router]
