"""The tables of `offers`: the declarative base and the column types that every capability shares."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

from shared.database import new_base

Base = new_base()

Id = Annotated[int, mapped_column(sa.BigInteger, primary_key=True)]
Instant = Annotated[datetime, mapped_column(sa.DateTime(timezone=True))]
Cents = Annotated[int, mapped_column(sa.BigInteger)]

E = TypeVar("E", bound=StrEnum)


def text_enum(kind: type[E], name: str) -> sa.Enum:
    """A text column that a CHECK constraint holds to the values of `kind`."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=name,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )
