"""Keeping the choice about cookies where the data team reads it: the log, as one line of a known name."""

from __future__ import annotations

import structlog

from users.cookies.schemas import CookieConsentRequest

log = structlog.get_logger(__name__)


def log_consent(choice: CookieConsentRequest, *, technical_message_id: str) -> None:
    log.info(
        "Cookies consent",
        technical_message_id=technical_message_id,
        device_id=choice.device_id,
        user_id=choice.user_id,
        choice_datetime=choice.choice_datetime.isoformat(),
        consent=choice.consent.model_dump(),
    )
