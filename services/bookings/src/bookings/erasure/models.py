"""People who were made anonymous, until no fact of bookings names them."""

from __future__ import annotations

from bookings.base import Base
from shared.events import erasure


class ErasedPerson(erasure.ErasedPerson, Base):
    __tablename__ = "erased_person"
