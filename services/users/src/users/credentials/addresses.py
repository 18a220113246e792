"""Whether an address may be used: its form, its domain, whether mail reaches it."""

from __future__ import annotations

import asyncio

import structlog
from email_validator import EmailUndeliverableError, validate_email
from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import field_error
from users.accounts.models import BlockedEmailDomain
from users.credentials.rules import accepted_email, domains_of
from users.settings import Settings

log = structlog.get_logger(__name__)
DNS_SECONDS = 3


def checked_form(raw: str, field: str) -> str:
    """The stored form of an address, or the refusal of its field."""
    email = accepted_email(raw)
    if email is None:
        raise field_error(field, "L'adresse e-mail n'est pas valide.")
    return email


async def refuse_undeliverable(settings: Settings, email: str, field: str) -> None:
    """Refuse a domain that takes no mail, where the settings ask for it; a resolver that is silent refuses nobody."""
    if not settings.checks_deliverability:
        return
    try:
        async with asyncio.timeout(DNS_SECONDS):
            await asyncio.to_thread(validate_email, email, check_deliverability=True, timeout=DNS_SECONDS - 1)
    except EmailUndeliverableError as error:
        raise field_error(field, "L'adresse e-mail n'est pas valide.") from error
    except TimeoutError:
        log.warning("email.deliverability_unknown")


async def is_blocked(session: AsyncSession, email: str) -> bool:
    """Whether the address' domain, or one above it, is blocked."""
    return bool(await session.scalar(select(exists().where(BlockedEmailDomain.domain.in_(list(domains_of(email)))))))


async def refuse_blocked(session: AsyncSession, email: str, field: str) -> None:
    """Refuse an address of a blocked domain. The answer depends on the domain alone."""
    if await is_blocked(session, email):
        raise field_error(field, "Cette adresse e-mail ne peut pas être utilisée.")


async def block_domain(session: AsyncSession, domain: str) -> None:
    """Block a domain and those under it; again is no error."""
    values = {"domain": domain.strip().lower().lstrip("@"), "date_created": clock.now()}
    await session.execute(insert(BlockedEmailDomain).values(**values).on_conflict_do_nothing())


async def unblock_domain(session: AsyncSession, domain: str) -> None:
    """Let a domain sign up again; an unknown one is no error."""
    await session.execute(
        delete(BlockedEmailDomain).where(BlockedEmailDomain.domain == domain.strip().lower().lstrip("@"))
    )
