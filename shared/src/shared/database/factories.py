"""factory_boy for async sessions: the same declarations, an awaited `create`."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import factory
from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")


class AsyncFactory(factory.Factory, Generic[T]):
    """Base of a service's factories.

    `UserFactory.build(email=…)` makes an object; `await UserFactory.create(session, email=…)` adds it with what it
    references and flushes, so that ids are known. Nested overrides go through `__`: `stock__offer__name="…"`.
    """

    class Meta:
        abstract = True

    @classmethod
    async def create(cls, session: AsyncSession, **overrides: Any) -> T:  # type: ignore[override]
        made = cls.build(**overrides)
        session.add(made)
        await session.flush()
        return made  # type: ignore[return-value]

    @classmethod
    async def create_many(cls, session: AsyncSession, size: int, **overrides: Any) -> list[T]:
        made = cls.build_batch(size, **overrides)
        session.add_all(made)
        await session.flush()
        return made  # type: ignore[return-value]
