"""Achievements: the first booking of a kind (users rules: achievements). The kinds are pure data."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.events.bookings import BOOKING, Booking
from shared.events.envelope import Event
from shared.events.subscribers import Subscribers
from users.accounts.models import Account, Achievement

subscribers = Subscribers()

SUBCATEGORIES = {
    "FIRST_MOVIE_BOOKING": ("SEANCE_CINE", "CINE_PLEIN_AIR"),
    "FIRST_BOOK_BOOKING": ("LIVRE_PAPIER",),
    "FIRST_RECORDED_MUSIC_BOOKING": ("SUPPORT_PHYSIQUE_MUSIQUE_CD", "SUPPORT_PHYSIQUE_MUSIQUE_VINYLE"),
    "FIRST_SHOW_BOOKING": (
        "SPECTACLE_REPRESENTATION",
        "SPECTACLE_VENTE_DISTANCE",
        "ABO_SPECTACLE",
        "FESTIVAL_SPECTACLE",
    ),
    "FIRST_MUSEUM_BOOKING": (
        "VISITE_LIBRE",
        "CARTE_MUSEE",
        "MUSEE_VENTE_DISTANCE",
        "VISITE_GUIDEE",
        "CONFERENCE",
        "EVENEMENT_PATRIMOINE",
    ),
    "FIRST_LIVE_MUSIC_BOOKING": ("CONCERT", "FESTIVAL_MUSIQUE", "ABO_CONCERT", "EVENEMENT_MUSIQUE"),
    "FIRST_NEWS_BOOKING": ("ABO_PRESSE_EN_LIGNE",),
    "FIRST_INSTRUMENT_BOOKING": ("ACHAT_INSTRUMENT", "BON_ACHAT_INSTRUMENT", "PARTITION", "MATERIEL_ART_CREATIF"),
    "FIRST_ART_LESSON_BOOKING": (
        "SEANCE_ESSAI_PRATIQUE_ART",
        "ATELIER_PRATIQUE_ART",
        "PLATEFORME_PRATIQUE_ARTISTIQUE",
        "ABO_PRATIQUE_ART",
        "PRATIQUE_ART_VENTE_DISTANCE",
    ),
}
NAME_OF_SUBCATEGORY = {subcategory: name for name, found in SUBCATEGORIES.items() for subcategory in found}


@subscribers.on(BOOKING, "used")
async def unlock(event: Event[Booking], session: AsyncSession) -> None:
    """A first booking used unlocks its achievement, once for each name."""
    await _unlock(event, session)


@subscribers.on(BOOKING, "created")
async def unlock_used_at_once(event: Event[Booking], session: AsyncSession) -> None:
    """Bookings that are used as soon as they are made (activation codes, cards) tell no second fact."""
    if event.state.status == "USED":
        await _unlock(event, session)


async def _unlock(event: Event[Booking], session: AsyncSession) -> None:
    booking = event.state
    name = NAME_OF_SUBCATEGORY.get(booking.offer.subcategory.id)
    if name is None or await session.get(Account, booking.user_id) is None:
        return
    values = {
        "account_id": booking.user_id,
        "booking_id": booking.id,
        "name": name,
        "unlocked_date": event.occurred_at,
    }
    await session.execute(insert(Achievement).values(**values).on_conflict_do_nothing())


async def mark_seen(session: AsyncSession, account_id: int, ids: set[int]) -> list[Achievement] | None:
    """Mark achievements of an account as seen, keeping the first time; None when one of them is not the account's."""
    found = list(
        await session.scalars(
            select(Achievement)
            .where(Achievement.account_id == account_id, Achievement.id.in_(ids))
            .order_by(Achievement.id)
        )
    )
    if len(found) < len(ids):
        return None
    for achievement in found:
        achievement.seen_date = achievement.seen_date or clock.now()
    await session.flush()
    return found
