"""Erasing a person from messages and bookings, in the transaction of the fact that they were made anonymous."""

from __future__ import annotations

from sqlalchemy import and_, delete, not_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from documents.erasure.models import ErasedPerson
from documents.erasure.queries import alone_with
from documents.erasure.rules import LAST_WORDS, anonymous_holder, names_nobody
from documents.mails.models import Mail
from documents.replicas.models import BookingReplica
from shared import clock
from shared.events.users import User


async def erase_person(session: AsyncSession, user: User) -> None:
    """Delete the messages to a person, take them out of those to others, and out of their bookings. Idempotent.

    A message that leaves at this very moment leaves; what still waits for its turn does not, but for the last words.
    """
    await alone_with(session, user.id)
    values = {"email": user.email, "birth_date": user.birth_date, "department_code": user.department_code}
    statement = insert(ErasedPerson).values(user_id=user.id, erased_at=clock.now(), **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[ErasedPerson.user_id], set_=values))
    waiting = and_(Mail.kind.in_(LAST_WORDS), Mail.state.in_(("queued", "sending")))
    await session.execute(delete(Mail).where(Mail.user_id == user.id, not_(waiting)))
    await _clean_messages(session, user.id)
    await _clean_bookings(session, user.id)


async def _clean_messages(session: AsyncSession, user_id: int) -> None:
    theirs = select(BookingReplica.id).where(BookingReplica.user_id == user_id)
    named = await session.scalars(
        select(Mail)
        .where(
            or_(Mail.people.contains([user_id]), Mail.booking_id.in_(theirs)), Mail.user_id.is_distinct_from(user_id)
        )
        .with_for_update()
    )
    for mail in named:
        # Whoever answers a message about a booking writes to its holder.
        if mail.parameters.get("user_id") == user_id:
            mail.reply_to = None
        mail.parameters = names_nobody(mail.parameters, user_id)
        # A relay's sentence may repeat whom it was about.
        mail.last_error = None
    await session.flush()


async def _clean_bookings(session: AsyncSession, user_id: int) -> None:
    nobody = await session.get_one(ErasedPerson, user_id)
    bookings = await session.scalars(select(BookingReplica).where(BookingReplica.user_id == user_id).with_for_update())
    for booking in bookings:
        booking.state = anonymous_holder(booking.state, nobody)
    await session.flush()
