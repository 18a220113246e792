"""What the worker asks administrations, outside of any transaction."""

from __future__ import annotations

import structlog

from shared.database import Database
from shared.outbound import PartnerError, PartnerUnavailable
from users.bonus.actions import (
    conclude_disability,
    conclude_quotient,
    custodian_of,
    fail,
    waiting_check,
    young_of,
)
from users.bonus.rules import Decision, Found, Person, Quotient, decide, decide_disability, months_of
from users.partners import Partners
from users.tasks.actions import Task

log = structlog.get_logger(__name__)


async def ask_quotient(database: Database, partners: Partners, task: Task) -> None:
    """Ask for twelve months and decide."""
    async with database.transaction() as session:
        found = await waiting_check(session, int(task.subject))
        if found is None:
            return
        account, check = found
        young, custodian = await young_of(session, account), custodian_of(check.content or {})
    if young is None:
        decision: Decision | None = Decision("not_in_tax_household")
    else:
        try:
            answers: list[Quotient] = []
            for year, month in months_of(young.birth_date):
                answer = await partners.household.quotient(custodian, year, month)
                if answer is not None:
                    answers.append(answer)
            decision = decide(young, answers)
        except PartnerUnavailable:
            raise
        except PartnerError as error:
            log.error("bonus.no_answer", check_id=task.subject, error=str(error))
            decision = None
    async with database.transaction() as session:
        found = await waiting_check(session, int(task.subject))
        if found is None:
            return
        account, check = found
        if decision is None:
            await fail(session, check)
        else:
            await conclude_quotient(session, account, check, decision)


async def ask_disability(database: Database, partners: Partners, task: Task) -> None:
    """Ask both registries, the second only when the first does not suffice. The answers live in this function alone."""
    async with database.transaction() as session:
        found = await waiting_check(session, int(task.subject))
        if found is None:
            return
        account, check = found
        young, said = await young_of(session, account), check.content or {}
    failed, code = False, Found.NOBODY
    if young is not None and young.gender is not None:
        person = Person(
            last_name=young.last_name,
            first_names=(young.first_name,),
            birth_date=young.birth_date,
            gender=young.gender,
            birth_country=said["birth_country_cog_code"],
            birth_city=said.get("birth_city_cog_code"),
        )
        try:
            answers = [await partners.household.adult_allowance(person)]
            if Found.RECIPIENT not in answers:
                answers.append(await partners.household.child_allowance(person))
            code = decide_disability(answers)
        except PartnerUnavailable:
            raise
        except PartnerError as error:
            log.error("bonus.no_answer", check_id=task.subject, operation=error.operation)
            failed = True
    async with database.transaction() as session:
        found = await waiting_check(session, int(task.subject))
        if found is None:
            return
        account, check = found
        if failed:
            await fail(session, check)
        else:
            await conclude_disability(session, account, check, code)
