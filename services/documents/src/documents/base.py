"""The tables of documents."""

from __future__ import annotations

from shared.database.base import new_base

Base = new_base()
