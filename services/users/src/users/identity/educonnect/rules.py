"""What ÉduConnect says of somebody, and what the app is told (users rules: ÉduConnect). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

_OID = "urn:oid:1.3.6.1.4.1.20326.10.999.1"
LAST_NAME, FIRST_NAME = "urn:oid:2.5.4.4", "urn:oid:2.5.4.42"
LOGOUT_URL, CONNECTED_AT, USER_TYPE = f"{_OID}.5", f"{_OID}.6", f"{_OID}.7"
EDUCONNECT_ID, INE_HASH, BIRTH_DATE = f"{_OID}.57", f"{_OID}.64", f"{_OID}.67"
SCHOOL, LEVEL, CIVILITY = f"{_OID}.72", f"{_OID}.73", f"{_OID}.76"

STUDENTS = frozenset({"eleve1d", "eleve2d"})
MAX_LENGTH = 200


class ErrorCode(StrEnum):
    """The codes of the app's error page."""

    NOT_A_STUDENT = "UserTypeNotStudent"
    DUPLICATE_USER = "DuplicateUser"
    DUPLICATE_INE = "DuplicateINE"
    AGE_18 = "UserAgeNotValid18YearsOld"
    AGE = "UserAgeNotValid"


class Unreadable(Exception):
    """The assertion lacks what it must say. `logout_url` is where the person can leave ÉduConnect, if that was said."""

    def __init__(self, missing: str, logout_url: str | None) -> None:
        super().__init__(missing)
        self.logout_url = logout_url


@dataclass(frozen=True)
class Student:
    educonnect_id: str
    first_name: str
    last_name: str
    birth_date: date
    ine_hash: str
    user_type: str | None
    logout_url: str | None = None
    civility: str | None = None
    school_uai: str | None = None
    student_level: str | None = None

    @property
    def is_student(self) -> bool:
        return self.user_type in STUDENTS

    def content(self, registered_at: datetime) -> dict[str, Any]:
        """What the record of the check keeps."""
        said = {
            "educonnect_id": self.educonnect_id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "birth_date": self.birth_date.isoformat(),
            "ine_hash": self.ine_hash,
            "civility": self.civility,
            "school_uai": self.school_uai,
            "student_level": self.student_level,
            "registration_datetime": registered_at.isoformat(),
        }
        return {name: value for name, value in said.items() if value is not None}


def safe_address(address: str | None) -> str | None:
    """An address that a page may link to."""
    return address if address and address.startswith(("https://", "http://")) and len(address) < 2_000 else None


def student_of(attributes: Mapping[str, Sequence[str]]) -> Student:
    """The person that an assertion speaks of; raises `Unreadable`."""

    def first(name: str) -> str | None:
        values = attributes.get(name, ())
        return values[0].strip()[:MAX_LENGTH] or None if values else None

    logout_url = safe_address(next(iter(attributes.get(LOGOUT_URL, ())), None))

    def must(name: str) -> str:
        value = first(name)
        if value is None:
            raise Unreadable(name, logout_url)
        return value

    user_type = first(USER_TYPE)
    if user_type not in STUDENTS:
        # A parent has neither an INE nor a birth date: there is nothing more to read.
        return Student("", "", "", date.min, "", user_type, logout_url)
    try:
        born = date.fromisoformat(must(BIRTH_DATE)[:10])
    except ValueError as error:
        raise Unreadable(BIRTH_DATE, logout_url) from error
    civility = first(CIVILITY)
    return Student(
        educonnect_id=must(EDUCONNECT_ID),
        first_name=must(FIRST_NAME),
        last_name=must(LAST_NAME),
        birth_date=born,
        ine_hash=must(INE_HASH),
        user_type=user_type,
        logout_url=logout_url,
        civility=civility if civility in ("M.", "Mme") else None,
        school_uai=first(SCHOOL),
        student_level=first(LEVEL),
    )


def error_of(codes: Sequence[str], age: int | None) -> ErrorCode | None:
    """What the error page says; None, its general sentence, for what none of its codes is about.

    The codes of age are for ages alone: somebody whose name was refused is not too old (users rules: defects).
    """
    if "duplicate_user" in codes:
        return ErrorCode.DUPLICATE_USER
    if "duplicate_ine" in codes:
        return ErrorCode.DUPLICATE_INE
    if "age_is_not_valid" in codes or "not_eligible" in codes:
        return ErrorCode.AGE_18 if age == 18 else ErrorCode.AGE
    return None


def success_page(app_url: str, student: Student) -> str:
    query = {
        "firstName": student.first_name,
        "lastName": student.last_name,
        "dateOfBirth": student.birth_date.isoformat(),
        "logoutUrl": student.logout_url or "",
    }
    return f"{app_url.rstrip('/')}/educonnect/validation?{urlencode(query)}"


def error_page(app_url: str, **query: str | None) -> str:
    said = {name: value for name, value in query.items() if value is not None}
    return f"{app_url.rstrip('/')}/educonnect/erreur" + (f"?{urlencode(said)}" if said else "")
