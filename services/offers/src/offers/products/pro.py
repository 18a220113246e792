"""Products, for the portal: a book or a record found by its EAN."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from offers.images.keys import product_image_key
from offers.images.urls import public_url
from offers.offerers.access import check_access
from offers.offerers.queries import offerer_or_404
from offers.products.queries import is_offered_already, product_by_ean
from offers.products.values import GcuCompatibility
from offers.replicas.pro_user import ActiveProUser
from shared.errors import ApiError, field_error
from shared.web import Identifier, Response, Session, operation, pro_router
from shared.web.access import partners
from shared.web.routers import ErrorBody

router = pro_router()


class ProductInformations(Response):
    id: int
    name: str
    description: str | None = None
    subcategory_id: str
    gtl_id: str
    author: str
    performer: str
    images: dict[str, str | None]


def _refused(message: str) -> ApiError:
    return field_error("ean", message, status=422)


@router.get(
    "/get_product_by_ean/{ean}/{offerer_id}",
    operation_id="GetProductByEan",
    responses={422: {"model": ErrorBody, "description": "No product that could be offered"}},
    openapi_extra=operation(access=partners(other=403)),
)
async def get_product_by_ean(
    ean: Annotated[str, Path(max_length=100)], offerer_id: Identifier, user: ActiveProUser, session: Session
) -> ProductInformations:
    try:
        await offerer_or_404(session, offerer_id)
    except ApiError:
        raise _refused("Structure non reconnue.") from None
    await check_access(session, user, offerer_id)
    product = await product_by_ean(session, ean) if ean.isascii() and ean.isdecimal() else None
    if product is None:
        raise _refused("EAN non reconnu. Assurez-vous qu’il n’y ait pas d’erreur de saisie.")
    if await is_offered_already(session, offerer_id, ean):
        raise _refused("Une offre avec cet EAN existe déjà. Vous pouvez la retrouver dans l’onglet Offres.")
    if product.gcu_compatibility_type is not GcuCompatibility.COMPATIBLE:
        raise _refused("EAN invalide. Ce produit n’est pas conforme à nos CGU.")
    extra = product.extra_data or {}
    return ProductInformations(
        id=product.id,
        name=product.name,
        description=product.description,
        subcategory_id=product.subcategory_id,
        gtl_id=str(extra.get("gtl_id") or ""),
        author=str(extra.get("author") or ""),
        performer=str(extra.get("performer") or ""),
        images={item.image_type.value: public_url(product_image_key(item.uuid)) for item in product.product_mediations},
    )
