"""The steps of a change of address. Pure."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """What happened, in the order in which it may happen; an agent's steps last."""

    UPDATE_REQUEST = "UPDATE_REQUEST"
    CONFIRMATION = "CONFIRMATION"
    CANCELLATION = "CANCELLATION"
    NEW_EMAIL_SELECTION = "NEW_EMAIL_SELECTION"
    VALIDATION = "VALIDATION"
    ADMIN_VALIDATION = "ADMIN_VALIDATION"
    ADMIN_UPDATE_REQUEST = "ADMIN_UPDATE_REQUEST"
    ADMIN_UPDATE = "ADMIN_UPDATE"
