"""Images of offers on the portal."""

from __future__ import annotations

from typing import Annotated

from fastapi import BackgroundTasks, File, Form, UploadFile

from offers.images import rules
from offers.images.actions import remove_thumbnail, set_thumbnail
from offers.images.schemas import Thumbnail
from offers.images.urls import mediation_url
from offers.offers import rules as offer_rules
from offers.offers.queries import offer_or_404
from offers.replicas.pro_user import ActiveProUser
from shared.storage import Storage
from shared.web import Identifier, Session, StorageOf, operation, pro_router
from shared.web.access import partners

router = pro_router()

MAX_CREDIT = 255
Fraction = Annotated[float | None, Form(allow_inf_nan=False)]


async def _delete(storage: Storage, keys: list[str]) -> None:
    for key in keys:
        await storage.delete(key)


@router.post(
    "/offers/thumbnails",
    operation_id="CreateThumbnail",
    status_code=201,
    openapi_extra=operation(max_body=rules.MAX_BYTES + 100_000, timeout=30, access=partners(other=403)),
)
async def create_thumbnail(
    user: ActiveProUser,
    session: Session,
    storage: StorageOf,
    after: BackgroundTasks,
    offer_id: Annotated[Identifier, Form(alias="offerId")],
    thumb: Annotated[UploadFile | None, File()] = None,
    credit: Annotated[str | None, Form()] = None,
    x: Annotated[Fraction, Form(alias="croppingRectX")] = None,
    y: Annotated[Fraction, Form(alias="croppingRectY")] = None,
    height: Annotated[Fraction, Form(alias="croppingRectHeight")] = None,
    width: Annotated[Fraction, Form(alias="croppingRectWidth")] = None,
) -> Thumbnail:
    """Give an offer its image. 404 `global`, 403, 400 `errors` or BAD_IMAGE_RATIO."""
    offer = await offer_or_404(session, user, offer_id, lock=True)
    offer_rules.check_not_rejected(offer.validation)
    if credit is not None and (len(credit) > MAX_CREDIT or "\x00" in credit):
        raise rules.image_error("Le crédit de l’image doit faire au plus 255 caractères.")
    crop = rules.checked_crop(x, y, height, width)
    if thumb is None:
        raise rules.image_error("Aucune image n’a été envoyée.")
    # One byte more than what is accepted is enough to refuse it.
    content = await thumb.read(rules.MAX_BYTES + 1)
    mediation, gone = await set_thumbnail(session, storage, offer, content, crop=crop, credit=credit, author_id=user.id)
    after.add_task(_delete, storage, gone)
    return Thumbnail(id=mediation.id, url=mediation_url(mediation), credit=mediation.credit)


@router.delete(
    "/offers/thumbnails/{offer_id}",
    operation_id="DeleteThumbnail",
    status_code=204,
    openapi_extra=operation(access=partners(other=403)),
)
async def delete_thumbnail(
    offer_id: Identifier, user: ActiveProUser, session: Session, storage: StorageOf, after: BackgroundTasks
) -> None:
    """Take an offer's image away, if it has one. 404 `global`, 403."""
    offer = await offer_or_404(session, user, offer_id, lock=True)
    after.add_task(_delete, storage, await remove_thumbnail(session, offer))
