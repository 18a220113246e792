"""A column of points on the globe, in the `cube` extension's type."""

from __future__ import annotations

from typing import Any

from sqlalchemy.types import UserDefinedType


class Cube(UserDefinedType[str]):
    """A point of space, written `(x, y, z)` in metres from the centre of the Earth."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "cube"
