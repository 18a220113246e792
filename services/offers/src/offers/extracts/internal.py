"""What offers keeps of a person, for the extract of their data. Asked with a token of the person."""

from __future__ import annotations

from datetime import datetime

from offers.extracts.queries import attachments_of, favorites_of, reactions_of, reminders_of
from shared.identity import NativeUser
from shared.web import Response, Session, internal_router, operation
from shared.web.access import house

router = internal_router()


class WishKept(Response):
    offer_id: int
    offer_name: str
    date_created: datetime | None


class ReactionKept(Response):
    """To an offer, or to a product that several offers sell."""

    name: str
    reaction_type: str
    date_updated: datetime


class AttachmentKept(Response):
    offerer_id: int
    offerer_name: str
    validation_status: str
    date_created: datetime | None


class PersonKept(Response):
    favorites: list[WishKept]
    reminders: list[WishKept]
    reactions: list[ReactionKept]
    attachments: list[AttachmentKept]


@router.get(
    "/internal/extracts/me",
    operation_id="getInternalExtractsMe",
    response_model=PersonKept,
    openapi_extra=operation(access=house(nobody=401)),
)
async def what_is_kept(user: NativeUser, session: Session) -> PersonKept:
    return PersonKept(
        favorites=[WishKept.model_validate(row) for row in await favorites_of(session, user.id)],
        reminders=[WishKept.model_validate(row) for row in await reminders_of(session, user.id)],
        reactions=[ReactionKept.model_validate(row) for row in await reactions_of(session, user.id)],
        attachments=[AttachmentKept.model_validate(row) for row in await attachments_of(session, user.id)],
    )
