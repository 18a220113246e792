"""What this service asks administrations about a household."""

from __future__ import annotations

from typing import Protocol

from users.bonus.rules import Person, Quotient


class Household(Protocol):
    """Every method may raise `shared.outbound.PartnerError`."""

    async def quotient(self, custodian: Person, year: int, month: int) -> Quotient | None:
        """The quotient of a custodian's household in a month; None when nobody is found."""
        ...

    async def adult_allowance(self, person: Person) -> str:
        """Whether the person gets the allowance for disabled adults: one of `rules.Found`. Never written down."""
        ...

    async def child_allowance(self, person: Person) -> str:
        """The same for the education of a disabled child."""
        ...

    async def close(self) -> None: ...
