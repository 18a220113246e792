"""Many beneficiaries at once, opened by the actions of `users` in the running platform's own database."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from local.platform import Platform
from shared import clock
from shared.database import Database
from tests.journeys.people import PASSWORD
from users.accounts.actions import create_account
from users.deposits.actions import import_deposit
from users.deposits.rules import DepositType
from users.sessions.passwords import Passwords
from users.settings import Settings


async def beneficiaries(platform: Platform, size: int) -> list[str]:
    """Open so many accounts of 300 €, all with the password of the data sets; their e-mail addresses."""
    settings = Settings(database_url=platform.servers.environment["DATABASE_URL_USERS"])
    passwords = Passwords(settings)
    password_hash = await passwords.hash(PASSWORD)
    passwords.close()
    database = Database(settings)
    crowd = uuid4().hex[:8]
    emails = [f"foule.{crowd}.{number}@example.com" for number in range(size)]
    born = date(clock.today().year - 19, 1, 1)
    try:
        async with database.transaction() as session:
            for email in emails:
                account = await create_account(
                    session,
                    email=email,
                    password_hash=password_hash,
                    postal_code="75011",
                    first_name="Sam",
                    last_name="Foule",
                    date_of_birth=born,
                    validated_birth_date=born,
                    is_email_validated=True,
                )
                await import_deposit(session, account.id, DepositType.GRANT_18, "parcours", version=2)
    finally:
        await database.close()
    return emails
