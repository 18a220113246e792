"""The public addresses of images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offers.images.keys import mediation_key, product_image_key
from offers.images.models import Mediation
from offers.products.models import ProductMediation
from offers.settings import get_settings

# The portal and the events show one image: the first of these kinds that there is.
_PREFERENCE = ("poster", "recto", "verso")


def public_url(key: str) -> str:
    return f"{get_settings().storage_public_url.rstrip('/')}/{key}"


def active_mediation(mediations: Iterable[Mediation]) -> Mediation | None:
    """The image that the partner gave, newest first in `mediations`; None without one."""
    return next((item for item in mediations if item.is_active and item.thumb_count > 0), None)


def mediation_url(mediation: Mediation) -> str:
    return public_url(mediation_key(mediation.id, mediation.thumb_count))


def thumb_url(mediations: Iterable[Mediation], product_mediations: Sequence[ProductMediation]) -> str | None:
    """The address of the image that stands for an offer: its own, else its product's."""
    own = active_mediation(mediations)
    if own is not None:
        return mediation_url(own)
    by_kind = {item.image_type.value: item for item in product_mediations}
    found = next((by_kind[kind] for kind in _PREFERENCE if kind in by_kind), None)
    return public_url(product_image_key(found.uuid)) if found is not None else None
