"""What Ubble says, in our words (users rules: identity providers, Ubble v2). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from users.eligibility.rules import EligibilityType, Reform
from users.identity.rules import DUPLICATE_CODES, Finding, most_relevant
from users.subscription.checks import CheckStatus

# How the identifications of the present API are named.
V2_PREFIX = "idv_"


class UbbleStatus(StrEnum):
    PENDING = "pending"
    CAPTURE_IN_PROGRESS = "capture_in_progress"
    UNINITIATED = "uninitiated"
    INITIATED = "initiated"
    PROCESSING = "processing"
    CHECKS_IN_PROGRESS = "checks_in_progress"
    APPROVED = "approved"
    DECLINED = "declined"
    RETRY_REQUIRED = "retry_required"
    INCONCLUSIVE = "inconclusive"
    REFUSED = "refused"
    ABORTED = "aborted"
    EXPIRED = "expired"


WAITING = frozenset({UbbleStatus.PROCESSING, UbbleStatus.CHECKS_IN_PROGRESS})
CANCELED = frozenset({UbbleStatus.INCONCLUSIVE, UbbleStatus.REFUSED, UbbleStatus.ABORTED, UbbleStatus.EXPIRED})
CONCLUDED = frozenset({UbbleStatus.APPROVED, UbbleStatus.DECLINED, UbbleStatus.RETRY_REQUIRED})
# Everything else tells that the person is at it: nothing to write down.
TELLING = WAITING | CANCELED | CONCLUDED

FINISHED = frozenset({CheckStatus.OK, CheckStatus.KO, CheckStatus.CANCELED})

GOOD_CODE = 10000
_REASONS = {
    61201: "network_connection_issue",
    61301: "blurry_video",
    61302: "lack_of_luminosity",
    61312: "lack_of_luminosity",
    61313: "lack_of_luminosity",
    61901: "ubble_internal_error",
    62101: "id_check_expired",
    62102: "id_check_not_supported",
    62103: "document_damaged",
    62201: "id_check_not_authentic",
    62202: "id_check_not_authentic",
    62301: "id_check_not_authentic",
    62304: "not_document_owner",
    62401: "id_check_data_match",
}


def reasons_of(response_codes: Iterable[int]) -> list[str]:
    """Our codes for Ubble's, each once; one that nobody knows blocks."""
    return list(
        dict.fromkeys(_REASONS.get(code, "id_check_blocked_other") for code in response_codes if code != GOOD_CODE)
    )


def findings_of(
    status: UbbleStatus,
    response_codes: Iterable[int],
    *,
    eligibility: EligibilityType | None,
    age: int | None,
    at: datetime,
    reform: Reform,
) -> tuple[Finding, ...]:
    """Ubble's verdict as items of the check; an approved identity must have the age of a right at that moment."""
    codes = reasons_of(response_codes) or ["id_check_blocked_other"]
    if status is UbbleStatus.RETRY_REQUIRED:
        return tuple(Finding(CheckStatus.SUSPICIOUS, code, f"Ubble demande un autre essai : {code}") for code in codes)
    if status is UbbleStatus.DECLINED:
        return tuple(Finding(CheckStatus.KO, code, f"Ubble a refusé : {code}") for code in codes)
    if eligibility is not None or age is None:
        return ()
    if age > 18:
        return (Finding(CheckStatus.KO, "age_too_old", f"la personne a {age} ans"),)
    youngest = 17 if at >= reform.decree else 15
    if age < youngest:
        return (Finding(CheckStatus.KO, "age_too_young", f"la personne a {age} ans"),)
    return ()


_MAILS = {
    "id_check_data_match": "information",
    "id_check_not_supported": "foreign_document",
    "id_check_expired": "invalid_document",
    "id_check_not_authentic": "not_authentic_document",
}
_SILENT = frozenset({"age_too_young", "age_too_old", "not_eligible", "email_not_validated", "name_incorrect"})


def mail_about(codes: Iterable[str]) -> str | None:
    """Which mail says what went wrong; none for what no other document would mend, nor for duplicates, who get another."""
    code = most_relevant(list(codes))
    if code is None or code in DUPLICATE_CODES or code in _SILENT:
        return None
    return _MAILS.get(code, "unreadable_document")


def first_name_of(first_names: str | None, full_name: str | None) -> str | None:
    """The first of the names in the list, else what comes before the first space of the whole name."""
    listed = (first_names or "").split(",")[0].strip()
    if listed:
        return listed
    return (full_name or "").strip().partition(" ")[0] or None


def last_name_of(last_name: str | None, first_names: str | None, full_name: str | None) -> str | None:
    if last_name and last_name.strip():
        return last_name.strip()
    if first_names:
        return None
    return (full_name or "").strip().partition(" ")[2] or None
