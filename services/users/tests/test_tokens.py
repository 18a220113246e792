"""One-time tokens: one living, used once, in time, by their holder; hashed at rest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl
from users.accounts.models import Account
from users.factories import YoungFactory
from users.settings import Settings
from users.tokens.actions import (
    check_token,
    consume_code,
    consume_token,
    end_tokens,
    issue_code,
    issue_token,
    living_token,
    look_up,
    purge_tokens,
)
from users.tokens.models import OneTimeToken
from users.tokens.rules import LIFETIMES, TokenType

RESET = TokenType.RESET_PASSWORD
PHONE = TokenType.PHONE_VALIDATION


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session)
    await session.commit()
    return account


def test_every_type_has_a_lifetime() -> None:
    assert set(LIFETIMES) == set(TokenType)
    assert all(lifetime > timedelta() for lifetime in LIFETIMES.values())


async def test_a_token_works_once(database: Database, settings: Settings, young: Account) -> None:
    async with database.transaction() as session:
        issued = await issue_token(session, settings, RESET, young.id, data={"why": "lost"})
    async with database.transaction() as session:
        assert await check_token(session, RESET, issued.secret) is not None
    async with database.transaction() as session:
        used = await consume_token(session, RESET, issued.secret)
        assert used is not None
        assert (used.account_id, used.data) == (young.id, {"why": "lost"})
    async with database.transaction() as session:
        assert await consume_token(session, RESET, issued.secret) is None
        assert await check_token(session, RESET, issued.secret) is None
        again = await look_up(session, RESET, issued.secret)
        assert again is not None
        assert again.consumed_at is not None


async def test_a_newer_token_ends_the_older_of_its_type_alone(
    database: Database, settings: Settings, young: Account
) -> None:
    async with database.transaction() as session:
        other = await issue_token(session, settings, TokenType.EMAIL_VALIDATION, young.id)
        first = await issue_token(session, settings, RESET, young.id)
        second = await issue_token(session, settings, RESET, young.id)
        assert await check_token(session, RESET, first.secret) is None
        assert await look_up(session, RESET, first.secret) is None
        assert await check_token(session, RESET, second.secret) is not None
        assert await check_token(session, TokenType.EMAIL_VALIDATION, other.secret) is not None


async def test_late_foreign_and_mistyped_tokens_are_refused(
    database: Database, settings: Settings, young: Account, session: AsyncSession, clock: ClockControl
) -> None:
    stranger = await YoungFactory.create(session)
    await session.commit()
    clock.advance(seconds=0)
    async with database.transaction() as inside:
        issued = await issue_token(inside, settings, RESET, young.id)
        assert await consume_token(inside, RESET, issued.secret, account_id=stranger.id) is None
        assert await consume_token(inside, TokenType.EMAIL_VALIDATION, issued.secret) is None
        assert await consume_token(inside, RESET, issued.secret + "x") is None
        assert await consume_token(inside, RESET, "\ud800\x01" * 10) is None
    clock.advance(hours=24)
    async with database.transaction() as inside:
        assert await consume_token(inside, RESET, issued.secret) is None
        late = await look_up(inside, RESET, issued.secret)
        assert late is not None
        assert (late.is_live, late.consumed_at) == (False, None)


async def test_a_living_token_can_be_shown_again_but_is_not_stored(
    database: Database, settings: Settings, young: Account
) -> None:
    async with database.transaction() as session:
        issued = await issue_token(session, settings, RESET, young.id)
    async with database.transaction() as session:
        assert await living_token(session, settings, RESET, young.id) == issued
        row = (await session.execute(select(OneTimeToken))).scalar_one()
        assert issued.secret.encode() not in row.secret_hash
        assert issued.secret not in str(row.id) + str(row.data)
    changed = settings.model_copy(update={"key_encryption_secret": type(settings.key_encryption_secret)("other")})
    async with database.transaction() as session:
        derived = await living_token(session, changed, RESET, young.id)
        assert derived is not None
        assert derived.secret != issued.secret
        await end_tokens(session, young.id, RESET)
        assert await living_token(session, settings, RESET, young.id) is None


async def test_of_many_uses_at_once_one_succeeds(database: Database, settings: Settings, young: Account) -> None:
    async with database.transaction() as session:
        issued = await issue_token(session, settings, RESET, young.id)

    async def use() -> bool:
        async with database.transaction() as session:
            return await consume_token(session, RESET, issued.secret) is not None

    assert sorted(await asyncio.gather(*(use() for _ in range(6)))) == [False] * 5 + [True]


async def test_a_use_that_rolls_back_was_none(database: Database, settings: Settings, young: Account) -> None:
    async with database.transaction() as session:
        issued = await issue_token(session, settings, RESET, young.id)

    async def use_and_fail() -> None:
        async with database.transaction() as session:
            assert await consume_token(session, RESET, issued.secret) is not None
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await use_and_fail()
    async with database.transaction() as session:
        assert await consume_token(session, RESET, issued.secret) is not None


async def test_of_many_issues_at_once_one_lives(database: Database, settings: Settings, young: Account) -> None:
    async def issue() -> str:
        async with database.transaction() as session:
            return (await issue_token(session, settings, RESET, young.id)).secret

    secrets = await asyncio.gather(*(issue() for _ in range(5)))
    async with database.transaction() as session:
        alive = [secret for secret in secrets if await check_token(session, RESET, secret)]
        assert len(alive) == 1
        assert await session.scalar(select(func.count()).select_from(OneTimeToken)) == 1


async def test_without_an_account_many_live(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        states = [await issue_token(session, settings, TokenType.OAUTH_STATE, None) for _ in range(3)]
        for state in states:
            assert await consume_token(session, TokenType.OAUTH_STATE, state.secret) is not None


async def test_codes_are_their_holders_alone(
    database: Database, settings: Settings, young: Account, session: AsyncSession, clock: ClockControl
) -> None:
    stranger = await YoungFactory.create(session)
    await session.commit()
    clock.advance(seconds=0)
    async with database.transaction() as inside:
        issued = await issue_code(inside, settings, PHONE, young.id, data={"phone_number": "+33600000000"})
        assert issued.secret.isdecimal()
        assert len(issued.secret) == 6
        assert await consume_code(inside, settings, PHONE, stranger.id, issued.secret) is None
        assert await consume_token(inside, PHONE, issued.secret) is None
        used = await consume_code(inside, settings, PHONE, young.id, issued.secret)
        assert used is not None
        assert used.data == {"phone_number": "+33600000000"}
        assert await consume_code(inside, settings, PHONE, young.id, issued.secret) is None
        late = await issue_code(inside, settings, PHONE, young.id)
    clock.advance(hours=12)
    async with database.transaction() as inside:
        assert await consume_code(inside, settings, PHONE, young.id, late.secret) is None


async def test_the_dead_are_purged_after_a_month(
    database: Database, settings: Settings, young: Account, clock: ClockControl
) -> None:
    clock.advance(seconds=0)
    async with database.transaction() as session:
        await issue_token(session, settings, RESET, young.id)
        await issue_token(session, settings, TokenType.ACCOUNT_CREATION, None, data={"email": "a@example.com"})
        assert await purge_tokens(session) == 0
    clock.advance(days=2)
    async with database.transaction() as session:
        # Of who never came nothing is kept.
        assert await purge_tokens(session) == 1
    clock.advance(days=30)
    async with database.transaction() as session:
        assert await purge_tokens(session) == 1


@dataclass
class Given:
    """A token as a model knows it."""

    kind: TokenType
    owner: int
    secret: str
    ends: datetime
    is_used: bool = False


# Each takes its share of the types, so that all are tried.
SEEDS = 4


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_any_sequence_of_uses_is_what_the_rules_say(
    database: Database, settings: Settings, session: AsyncSession, clock: ClockControl, seed: int
) -> None:
    """Never twice, never late, never for another person or purpose, never once a newer one was given."""
    chance = Random(seed)
    people = [await YoungFactory.create(session) for _ in range(2)]
    await session.commit()
    clock.advance(seconds=0)
    kinds = list(TokenType)[seed::SEEDS]
    given: list[Given] = []
    for _ in range(60):
        act, kind, person = chance.choice("iuuuc"), chance.choice(kinds), chance.choice(people)
        async with database.transaction() as inside:
            if act == "i":
                issued = await issue_token(inside, settings, kind, person.id)
                given = [old for old in given if (old.kind, old.owner) != (kind, person.id)] + [
                    Given(old.kind, old.owner, old.secret, clock.advance(seconds=0), is_used=True)
                    for old in given
                    if (old.kind, old.owner) == (kind, person.id)
                ]
                given.append(Given(kind, person.id, issued.secret, issued.expires_at))
            elif act == "c":
                clock.advance(minutes=chance.choice([1, 10, 60, 60 * 24]))
            elif given:
                shown = chance.choice(given)
                used = await consume_token(inside, kind, shown.secret, account_id=person.id)
                lives = not shown.is_used and shown.ends > clock.advance(seconds=0)
                assert (used is not None) == (lives and (shown.kind, shown.owner) == (kind, person.id))
                shown.is_used = shown.is_used or used is not None
