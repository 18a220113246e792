"""Amounts at the edges. Inside, money is an integer of euro cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# The parity is fixed by law: 1 000 XPF are worth 8.38 EUR.
EUROS_PER_XPF = Decimal("0.00838")


def to_cents(euros: Decimal | float | int | str) -> int:
    """Euros to cents, half a cent rounded up (away from zero)."""
    return int((Decimal(str(euros)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def to_euros(cents: int) -> Decimal:
    """Cents to euros, two decimals."""
    return Decimal(cents).scaleb(-2).quantize(Decimal("0.01"))


def to_xpf(cents: int) -> int:
    """Cents of euro to Pacific francs, rounded to the nearest 5 as cash there is."""
    francs = to_euros(cents) / EUROS_PER_XPF
    return int((francs / 5).quantize(Decimal(1), ROUND_HALF_UP)) * 5


def french_price(cents: int, *, xpf: bool = False, free: str = "Gratuit") -> str:
    """A price as a French reader expects it: `Gratuit`, `12 €`, `12,50 €`, `1 500 F`."""
    if cents == 0:
        return free
    if xpf:
        return f"{to_xpf(cents):,}".replace(",", "\u202f") + "\u00a0F"
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    amount = f"{whole:,}".replace(",", "\u202f")
    decimals = f",{rest:02d}" if rest else ""
    return f"{sign}{amount}{decimals}\u00a0€"
