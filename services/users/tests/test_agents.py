"""Agents: what their roles allow, the token that says so, and the trace of whatever they do to somebody's account."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

import users
from shared.database import Database
from shared.errors import ApiError
from shared.testing.databases import TestDatabase
from shared.testing.recorders import EventRecorder
from users.accounts.actions import suspend
from users.accounts.models import Account, AccountAction
from users.accounts.rules import Role, SuspensionReason
from users.commands import cli
from users.connect_as.actions import issue_connect_as, use_connect_as
from users.extracts.actions import request_extract
from users.factories import AdminFactory, BeneficiaryFactory, PartnerFactory
from users.history.actions import comment_on
from users.history.queries import history_of, role_changes
from users.permissions.actions import install_roles, set_agent_roles, set_role_permissions
from users.permissions.entry import agent_token, enter
from users.permissions.models import AgentAssignment, AgentRolePermission, AgentRoleRow
from users.permissions.queries import permissions_of
from users.permissions.rules import SEED, AgentRole, Permission, roles_of_groups
from users.sessions.actions import open_portal_session, see_portal_session
from users.settings import Settings
from users.suspension.agents import reopen_by_agent, suspend_by_agent

from .agents import agent_with

P = Permission


@dataclass(frozen=True)
class Case:
    """Something that an agent does to an account: with which permission, and the line that it leaves."""

    permission: Permission
    factory: Any
    run: Callable[[AsyncSession, Settings, int, int], Awaitable[Any]]
    line: str
    is_closed: bool = False


async def _connect(session: AsyncSession, settings: Settings, agent: int, target: int) -> None:
    token = await issue_connect_as(session, settings, agent, target, settings.portal_url)
    assert not isinstance(await use_connect_as(session, settings, token.secret, former=None), ApiError)


CASES: dict[str, Case] = {
    "issue_connect_as": Case(P.CONNECT_AS_PRO, PartnerFactory, _connect, "CONNECT_AS_USER"),
    "suspend_by_agent": Case(
        P.SUSPEND_USER,
        BeneficiaryFactory,
        lambda session, _, agent, target: suspend_by_agent(session, agent, target, SuspensionReason.FRAUD_HACK),
        "USER_SUSPENDED",
    ),
    "reopen_by_agent": Case(
        P.UNSUSPEND_USER,
        BeneficiaryFactory,
        lambda session, settings, agent, target: reopen_by_agent(session, settings, agent, target),
        "USER_UNSUSPENDED",
        is_closed=True,
    ),
    "comment_on": Case(
        P.MANAGE_PUBLIC_ACCOUNT,
        BeneficiaryFactory,
        lambda session, _, agent, target: comment_on(session, agent, target, "Appelle demain"),
        "COMMENT",
    ),
    "request_extract": Case(
        P.EXTRACT_PUBLIC_ACCOUNT,
        BeneficiaryFactory,
        lambda session, _, agent, target: request_extract(session, agent, target),
        "USER_EXTRACT_DATA",
    ),
    "set_agent_roles": Case(
        P.MANAGE_ADMIN_ACCOUNTS,
        AdminFactory,
        lambda session, _, agent, target: set_agent_roles(session, target, [AgentRole.QA], author_id=agent),
        "INFO_MODIFIED",
    ),
}
# About roles, or only reading.
OTHERS = {"set_role_permissions", "history_of", "role_changes", "read_extract"}


def _actions_of_agents() -> set[str]:
    """Every coroutine of this service that an agent asks for, by its parameters."""
    found = {"set_agent_roles"}
    for module in pkgutil.walk_packages(users.__path__, "users."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.iscoroutinefunction(value) and "agent_id" in inspect.signature(value).parameters:
                found.add(name)
    return found - {"require", "may_connect_as"}


def test_every_action_of_agents_is_tested_here() -> None:
    assert _actions_of_agents() == set(CASES) | OTHERS


async def _lines(session: AsyncSession, account_id: int) -> list[tuple[str, int | None]]:
    rows = await session.execute(
        select(AccountAction.type, AccountAction.author_id)
        .where(AccountAction.account_id == account_id)
        .order_by(AccountAction.id)
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("name", CASES)
async def test_what_agents_do_is_written_with_their_name(
    session: AsyncSession, database: Database, settings: Settings, name: str
) -> None:
    case = CASES[name]
    target = await case.factory.create(session)
    agent = await agent_with(session, [case.permission])
    if case.is_closed:
        async with database.transaction() as inside:
            await suspend(inside, target.id, SuspensionReason.FRAUD_SUSPICION)
    before = await _lines(session, target.id)
    async with database.transaction() as inside:
        await case.run(inside, settings, agent.id, target.id)
    added = (await _lines(session, target.id))[len(before) :]
    assert (case.line, agent.id) in added
    assert {author for _, author in added} == {agent.id}


@pytest.mark.parametrize("name", CASES)
async def test_without_the_permission_nothing_happens(
    session: AsyncSession, database: Database, settings: Settings, name: str
) -> None:
    case = CASES[name]
    target = await case.factory.create(session)
    powerless = await agent_with(session, set(P) - {case.permission})
    closed = await AdminFactory.create(session, is_active=False)
    partner = await PartnerFactory.create(session)
    await session.commit()
    if case.is_closed:
        async with database.transaction() as inside:
            await suspend(inside, target.id, SuspensionReason.FRAUD_SUSPICION)
    before = await _lines(session, target.id)
    for agent in (powerless, closed, partner):
        with pytest.raises(ApiError) as caught:
            async with database.transaction() as inside:
                await case.run(inside, settings, agent.id, target.id)
        assert caught.value.status == 403
    assert await _lines(session, target.id) == before


class TestRoles:
    def test_names_are_the_back_offices(self) -> None:
        assert (len(P), len(AgentRole)) == (60, 25)
        assert set(SEED) == set(AgentRole)
        rights = {P.READ_PERMISSIONS, P.MANAGE_PERMISSIONS}
        assert {role for role in AgentRole if P.MANAGE_PERMISSIONS in SEED[role]} == {
            AgentRole.RIGHTS_MANAGER,
            AgentRole.QA,
        }
        assert SEED[AgentRole.GLOBAL] == set(P) - rights

    async def test_installing_adds_what_lacks_and_keeps_what_agents_changed(
        self, session: AsyncSession, database: Database
    ) -> None:
        await install_roles(session, seed=True)
        await session.execute(AgentRolePermission.__table__.delete().where(AgentRolePermission.role == "dpo"))
        session.add(AgentRoleRow(name="former_role"))
        await session.commit()
        async with database.transaction() as inside:
            assert await install_roles(inside, seed=True) == 0
        held = await session.scalars(select(AgentRolePermission.role).distinct())
        assert "dpo" not in held.all()

    async def test_a_role_changes_for_a_reason(self, session: AsyncSession, database: Database) -> None:
        agent = await agent_with(session, [P.MANAGE_PERMISSIONS, P.READ_PERMISSIONS, P.READ_TAGS])
        async with database.transaction() as inside:
            await install_roles(inside, seed=False)
            args = (inside, agent.id, AgentRole.DPO)
            assert await set_role_permissions(*args, [P.READ_TAGS, P.MOVE_SIRET], comment="Pour voir")
            assert await set_role_permissions(*args, [P.READ_TAGS, P.READ_OFFERS], comment="Plutôt cela")
            assert not await set_role_permissions(*args, [P.READ_OFFERS, P.READ_TAGS], comment="Rien")
            last = (await role_changes(inside, agent.id))[0]
        assert (last.author_id, last.comment, last.details) == (
            agent.id,
            "Plutôt cela",
            {
                "role": "dpo",
                "modified_info": {
                    "MOVE_SIRET": {"old_info": True, "new_info": False},
                    "READ_OFFERS": {"old_info": False, "new_info": True},
                },
            },
        )
        weak = await agent_with(session, [P.MANAGE_ADMIN_ACCOUNTS], role="support_n1")
        for attempt in (
            lambda inside: set_role_permissions(inside, weak.id, AgentRole.DPO, [], comment="Non"),
            lambda inside: role_changes(inside, weak.id),
        ):
            with pytest.raises(ApiError, match="403"):
                async with database.transaction() as inside:
                    await attempt(inside)

    async def test_nobody_gives_what_they_have_not_nor_to_themselves(
        self, session: AsyncSession, database: Database
    ) -> None:
        async with database.transaction() as inside:
            await install_roles(inside, seed=True)
        manager = await agent_with(session, [P.MANAGE_ADMIN_ACCOUNTS], role="custom")
        target = await AdminFactory.create(session)
        await session.commit()
        for account_id, role in ((target.id, AgentRole.QA), (manager.id, AgentRole.COMMUNICATION)):
            with pytest.raises(ApiError, match="403"):
                async with database.transaction() as inside:
                    await set_agent_roles(inside, account_id, [role], author_id=manager.id)
        async with database.transaction() as inside:
            assert await set_agent_roles(inside, target.id, [AgentRole.COMMUNICATION], author_id=manager.id)

    async def test_agents_come_and_go(
        self, session: AsyncSession, database: Database, settings: Settings, events: EventRecorder
    ) -> None:
        partner = await PartnerFactory.create(session)
        await session.commit()
        async with database.transaction() as inside:
            await install_roles(inside, seed=True)
            secret = await open_portal_session(inside, settings, partner)
            assert await set_agent_roles(inside, partner.id, [AgentRole.DPO])
            assert await see_portal_session(inside, settings, secret) is None
            assert await permissions_of(inside, partner.id) == SEED[AgentRole.DPO]
            assert await set_agent_roles(inside, partner.id, [])
            assert await permissions_of(inside, partner.id) == frozenset()
        roles = [event["state"]["roles"] for event in await events.published("user.role_changed")]
        assert roles == [["ADMIN", "PRO"], ["PRO"]]
        young = await BeneficiaryFactory.create(session)
        closed = await PartnerFactory.create(session, is_active=False)
        await session.commit()
        for account, status in ((young, 400), (closed, 403)):
            with pytest.raises(ApiError, match=str(status)):
                async with database.transaction() as inside:
                    await set_agent_roles(inside, account.id, [AgentRole.DPO])

    async def test_a_suspended_agent_is_none(self, session: AsyncSession, database: Database) -> None:
        agent = await agent_with(session, [P.READ_TAGS])
        async with database.transaction() as inside:
            await suspend(inside, agent.id, SuspensionReason.END_OF_CONTRACT)
            assert await permissions_of(inside, agent.id) == frozenset()
        assert await session.scalar(select(func.count()).select_from(AgentAssignment)) == 0

    def test_by_command(self, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
        monkeypatch.setenv("DATABASE_URL_USERS", test_database.url)
        monkeypatch.setenv("ENVIRONMENT", "test")
        runner = CliRunner()
        assert "25 added" in runner.invoke(cli, ["install-permissions"]).output
        assert runner.invoke(cli, ["agent-roles", "nobody@example.com", "dpo"]).exit_code == 2
        assert runner.invoke(cli, ["agent-roles", "nobody@example.com", "king"]).exit_code == 2


class TestWhoSeesWhat:
    @pytest.mark.parametrize(
        ("factory", "permission"),
        [
            (BeneficiaryFactory, P.READ_PUBLIC_ACCOUNT),
            (PartnerFactory, P.READ_PRO_ENTITY),
            (AdminFactory, P.READ_ADMIN_ACCOUNTS),
        ],
    )
    async def test_histories_are_for_their_readers(
        self, session: AsyncSession, database: Database, factory: Any, permission: Permission
    ) -> None:
        target = await factory.create(session)
        reader = await agent_with(session, [permission])
        others = await agent_with(session, set(P) - {permission, P.PRO_FRAUD_ACTIONS}, role="global_access")
        session.add_all(
            AccountAction(account_id=target.id, type=kind, happened_at=target.date_created, details={})
            for kind in ("COMMENT", "FRAUD_INFO_MODIFIED")
        )
        await session.commit()
        async with database.transaction() as inside:
            assert [line.type for line in await history_of(inside, reader.id, target.id)] == ["COMMENT"]
            with pytest.raises(ApiError, match="403"):
                await history_of(inside, others.id, target.id)
            with pytest.raises(ApiError, match="404"):
                await history_of(inside, reader.id, 2**40)
        fraud = await agent_with(session, [permission, P.PRO_FRAUD_ACTIONS], role="fraude_conformite")
        async with database.transaction() as inside:
            seen = [line.type for line in await history_of(inside, fraud.id, target.id)]
        assert seen == ["FRAUD_INFO_MODIFIED", "COMMENT"]

    @pytest.mark.parametrize("text", ["", "  ", "x" * 2_001, "a\x00b"])
    async def test_comments_say_something(self, session: AsyncSession, database: Database, text: str) -> None:
        target = await PartnerFactory.create(session)
        agent = await agent_with(session, [P.MANAGE_PRO_ENTITY])
        with pytest.raises(ApiError, match="400"):
            async with database.transaction() as inside:
                await comment_on(inside, agent.id, target.id, text)
        assert await _lines(session, target.id) == []


class TestClosing:
    @pytest.mark.parametrize(
        ("roles", "reason", "status"),
        [
            ([], SuspensionReason.END_OF_CONTRACT, 400),
            (["BENEFICIARY"], SuspensionReason.FRAUD_USURPATION_PRO, 400),
            (["PRO"], SuspensionReason.FRAUD_HACK, 400),
            (["PRO"], SuspensionReason.END_OF_CONTRACT, None),
            (["BENEFICIARY", "PRO"], SuspensionReason.FRAUD_HACK, None),
            (["BENEFICIARY", "PRO"], SuspensionReason.FRAUD_CREATION_PRO, None),
            (["ADMIN"], SuspensionReason.END_OF_CONTRACT, None),
            (["ADMIN"], SuspensionReason.FRAUD_HACK, 400),
        ],
    )
    async def test_reasons_suit(
        self, session: AsyncSession, database: Database, roles: list[str], reason: SuspensionReason, status: int | None
    ) -> None:
        target = await PartnerFactory.create(session, roles=roles)
        agent = await agent_with(session, set(P))
        if status is None:
            async with database.transaction() as inside:
                await suspend_by_agent(inside, agent.id, target.id, reason, comment="Vu")
            with pytest.raises(ApiError, match="400"):
                async with database.transaction() as inside:
                    await suspend_by_agent(inside, agent.id, target.id, reason)
            line = (await session.scalars(select(AccountAction).where(AccountAction.account_id == target.id))).one()
            assert (line.reason, line.comment) == (reason.value, "Vu")
        else:
            with pytest.raises(ApiError, match=str(status)):
                async with database.transaction() as inside:
                    await suspend_by_agent(inside, agent.id, target.id, reason)

    async def test_nobody_closes_themselves_and_nobody_is_opened_twice(
        self, session: AsyncSession, database: Database, settings: Settings
    ) -> None:
        agent = await agent_with(session, set(P))
        open_account = await PartnerFactory.create(session)
        await session.commit()
        with pytest.raises(ApiError, match="403"):
            async with database.transaction() as inside:
                await suspend_by_agent(inside, agent.id, agent.id, SuspensionReason.END_OF_CONTRACT)
        with pytest.raises(ApiError, match="400"):
            async with database.transaction() as inside:
                await reopen_by_agent(inside, settings, agent.id, open_account.id)


class TestComingIn:
    async def test_the_directory_says_who_they_are(
        self, app: FastAPI, session: AsyncSession, database: Database
    ) -> None:
        said = {"email": "Ana@Example.com", "first_name": "Ana", "last_name": "Roi", "environment": "production"}
        async with database.transaction() as inside:
            await install_roles(inside, seed=True)
            account = await enter(inside, **said, groups=["backoffice-production-dpo", "tous@example.com"])
            token = await agent_token(inside, app.state.issuer, account)
        principal = await app.state.verifier.verify(token)
        assert (principal.kind, principal.id) == ("agent", account.id)
        assert principal.scope == {permission.value for permission in SEED[AgentRole.DPO]}
        # Another day the groups are others, and then none.
        async with database.transaction() as inside:
            account = await enter(inside, **said, groups=["backoffice-production-qa", "backoffice-staging-daf"])
            assert await permissions_of(inside, account.id) == SEED[AgentRole.QA]
            account = await enter(inside, **said, groups=[])
            with pytest.raises(ApiError, match="403"):
                await agent_token(inside, app.state.issuer, account)
        stored = (await session.scalars(select(Account))).one()
        assert (stored.email, stored.roles, stored.is_email_validated) == ("ana@example.com", [], True)

    async def test_strangers_and_the_closed_stay_out(self, session: AsyncSession, database: Database) -> None:
        await PartnerFactory.create(session, email="closed@example.com", is_active=False)
        await session.commit()
        said = {"first_name": "A", "last_name": "B", "environment": "production"}
        for email, groups in (("new@example.com", []), ("closed@example.com", ["backoffice-production-qa"])):
            with pytest.raises(ApiError, match="403"):
                async with database.transaction() as inside:
                    await enter(inside, email=email, groups=groups, **said)
        assert await session.scalar(select(func.count()).select_from(Account)) == 1


names = st.sampled_from([role.value for role in AgentRole] + ["king", "", "qa-x", "QA"])
environments = st.sampled_from(["production", "staging", "testing"])


@given(st.lists(st.tuples(environments, names)), environments)
def test_groups_give_the_roles_of_their_environment_alone(groups: list[tuple[str, str]], here: str) -> None:
    found = roles_of_groups([f"backoffice-{environment}-{name}" for environment, name in groups], here)
    declared = {role.value for role in AgentRole}
    assert {role.value for role in found} == {name for where, name in groups if where == here} & declared


@given(st.frozensets(st.sampled_from(P)))
def test_a_scope_reads_back(permissions: frozenset[Permission]) -> None:
    from users.permissions.rules import scope_of

    assert frozenset(scope_of(permissions).split()) == {permission.value for permission in permissions}
    assert Role.ADMIN not in scope_of(permissions).split()
