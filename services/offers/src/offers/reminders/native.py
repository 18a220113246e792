"""A person's reminders, as the app reads and writes them."""

from __future__ import annotations

from offers.reminders import actions, queries
from offers.replicas.native_user import ActiveNativeUser
from shared.web import BodyIdentifier, Identifier, NativeRequest, Response, Session, native_router, operation
from shared.web.access import people

router = native_router()


class ReminderRequest(NativeRequest):
    offer_id: BodyIdentifier


class ReminderOfferResponse(Response):
    id: int


class ReminderResponse(Response):
    id: int
    offer: ReminderOfferResponse


class RemindersResponse(Response):
    reminders: list[ReminderResponse]


def _answer(reminder_id: int, offer_id: int) -> ReminderResponse:
    return ReminderResponse(id=reminder_id, offer=ReminderOfferResponse(id=offer_id))


@router.get("/native/v1/me/reminders", operation_id="getNativeV1MeReminders", openapi_extra=operation(access=people()))
async def get_reminders(user: ActiveNativeUser, session: Session) -> RemindersResponse:
    """The offers that the person wants to be told about."""
    found = await queries.reminders_of(session, user.id)
    return RemindersResponse(reminders=[_answer(reminder.id, reminder.offer_id) for reminder in found])


@router.post(
    "/native/v1/me/reminders",
    operation_id="postNativeV1MeReminders",
    status_code=201,
    openapi_extra=operation(access=people()),
)
async def add_reminder(body: ReminderRequest, user: ActiveNativeUser, session: Session) -> ReminderResponse:
    """Ask to be told when an offer can be booked; the reminder that exists is answered again."""
    return _answer(await actions.add_reminder(session, user.id, body.offer_id), body.offer_id)


@router.delete(
    "/native/v1/me/reminders/{reminder_id}",
    operation_id="deleteNativeV1MeRemindersreminderId",
    status_code=204,
    openapi_extra=operation(access=people(other=404)),
)
async def remove_reminder(reminder_id: Identifier, user: ActiveNativeUser, session: Session) -> None:
    """Ask no more; 404 unless the reminder is the person's own."""
    await actions.remove_reminder(session, user.id, reminder_id)
