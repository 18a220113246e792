"""Agents: their roles, and what each role allows."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from users.base import Base


class AgentRoleRow(Base):
    """A role that agents may have; its names are declared in code and only ever added here."""

    __tablename__ = "agent_role"

    name: Mapped[str] = mapped_column(primary_key=True)


class AgentRolePermission(Base):
    """A role allows something."""

    __tablename__ = "agent_role_permission"

    role: Mapped[str] = mapped_column(ForeignKey("agent_role.name"), primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class AgentAssignment(Base):
    """An agent has a role; none of a closed account."""

    __tablename__ = "agent_assignment"
    __table_args__ = (Index("ix_agent_assignment_role", "role"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(ForeignKey("agent_role.name"), primary_key=True)
