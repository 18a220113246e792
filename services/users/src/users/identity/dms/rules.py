"""Applications at Démarche Numérique: what their fields say, and what follows (users rules: DMS). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from users.eligibility.rules import age_on, birthday
from users.identity.rules import is_id_number, is_name, normalise_id_number


class DmsState(StrEnum):
    """The states, as the platform spells them."""

    DRAFT = "en_construction"
    ON_GOING = "en_instruction"
    ACCEPTED = "accepte"
    REFUSED = "refuse"
    WITHOUT_CONTINUATION = "sans_suite"


OPEN = frozenset({DmsState.DRAFT, DmsState.ON_GOING})


@dataclass(frozen=True)
class Field:
    label: str
    value: str | None


@dataclass(frozen=True)
class Message:
    created_at: datetime
    email: str


@dataclass(frozen=True)
class Annotation:
    """A note of an instructor. `updated_at` None: not known."""

    label: str
    value: str | None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Application:
    """An application as it stands. `id` is the platform's own, `number` the one that people know; instants are UTC."""

    id: str
    number: int
    procedure: int
    state: DmsState
    email: str
    first_name: str
    last_name: str
    drafted_at: datetime
    modified_at: datetime
    civility: str | None = None
    applicant_email: str | None = None
    user_modified_at: datetime | None = None
    processed_at: datetime | None = None
    fields: tuple[Field, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    messages: tuple[Message, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def contact(self) -> str:
        """The applicant's address, else the one of who filled the form, as addresses are stored."""
        return (self.applicant_email or self.email).strip().lower()


ACTIVITIES = {
    "Collégien": "Collégien",
    "Lycéen": "Lycéen",
    "Étudiant": "Étudiant",
    "Etudiant": "Étudiant",
    "Employé": "Employé",
    "En recherche d'emploi ou chômeur": "Demandeur d'emploi",
    "Chômeur, En recherche d'emploi": "Demandeur d'emploi",
    "Inactif (ni en emploi ni au chômage), En incapacité de travailler": "Inactif",
    "Apprenti": "Apprenti",
    "Alternant": "Alternant",
    "Volontaire en service civique rémunéré": "Volontaire",
}

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("janvier", "janv", "jan"),
            ("fevrier", "fevr", "fev"),
            ("mars", "mar"),
            ("avril", "avr"),
            ("mai",),
            ("juin",),
            ("juillet", "juil"),
            ("aout",),
            ("septembre", "sept", "sep"),
            ("octobre", "oct"),
            ("novembre", "nov"),
            ("decembre", "dec"),
        ),
        start=1,
    )
    for name in names
}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})\s*[/. -]\s*(\d{1,2})\s*[/. -]\s*(\d{4})")
_WORDS = re.compile(r"(?:[a-z]+ )?(\d{1,2})(?:er)?\s+([a-z]+)\.?\s+(\d{4})")


def parse_date(text: str) -> date | None:
    """A date as French people write it, day first; None for what is none."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.strip().lower()) if not unicodedata.combining(c))
    if not plain.isascii() or len(plain) > 60:
        return None
    try:
        if match := _ISO.fullmatch(plain[:10]):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMBERS.fullmatch(plain):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if (match := _WORDS.fullmatch(plain)) and match[2] in _MONTHS:
            return date(int(match[3]), _MONTHS[match[2]], int(match[1]))
    except ValueError:
        return None
    return None


@dataclass(frozen=True)
class Wrong:
    """A field that cannot be read: its key and what was written."""

    key: str
    value: str | None


FIELD_NAMES = {
    "birth_date": "ta date de naissance",
    "first_name": "ton prénom",
    "last_name": "ton nom de famille",
    "id_piece_number": "le numéro de ta pièce d'identité",
    "postal_code": "ton code postal",
}


@dataclass(frozen=True)
class Read:
    """What the fields say, and those that cannot be read."""

    values: dict[str, str | None]
    wrong: tuple[Wrong, ...]

    @property
    def birth_date(self) -> date | None:
        value = self.values.get("birth_date")
        return date.fromisoformat(value) if value else None


def read_fields(application: Application, *, foreign: bool) -> Read:
    """Read an application; `foreign`: of the procedure for documents of other countries, whose numbers have any form."""
    values: dict[str, str | None] = {}
    wrong = [
        Wrong(key, name)
        for key, name in (("first_name", application.first_name), ("last_name", application.last_name))
        if not is_name(name)
    ]
    for field in application.fields:
        label, text = field.label.lower(), (field.value or "").strip()
        if "statut" in label:
            values["activity"] = ACTIVITIES.get(text)
        elif "adresse de résidence" in label:
            values["address"] = text or None
        elif "date de naissance" in label:
            born = parse_date(text)
            values["birth_date"] = born.isoformat() if born else None
            if born is None:
                wrong.append(Wrong("birth_date", text))
        elif "numéro de la pièce" in label:
            number = normalise_id_number(text)
            if number is None or not (foreign or is_id_number(number)):
                wrong.append(Wrong("id_piece_number", text))
            else:
                values["id_piece_number"] = number
        elif "numéro de téléphone" in label:
            values["phone"] = text.replace(" ", "") or None
        # Before the city, whose words its label has too.
        elif "code postal" in label:
            match = re.match(r"[0-9]{5}", text.replace(" ", ""))
            values["postal_code"] = match[0] if match else None
            if match is None:
                wrong.append(Wrong("postal_code", text))
        elif "ville de résidence" in label or "commune de résidence" in label:
            values["city"] = text or None
    return Read(values, tuple(wrong))


def content_of(application: Application, read: Read) -> dict[str, Any]:
    """What the record of the check keeps."""
    note = instructor_note(application)
    said: dict[str, Any] = {
        **read.values,
        "application_id": application.number,
        "procedure_id": application.procedure,
        "civility": application.civility,
        "email": application.contact,
        "first_name": application.first_name,
        "last_name": application.last_name,
        "field_errors": [{"key": item.key, "value": item.value} for item in read.wrong],
        "instructor_annotation": note.value if note else None,
        "registration_datetime": application.drafted_at.isoformat(),
        "processed_datetime": application.processed_at.isoformat() if application.processed_at else None,
        "latest_modification_datetime": application.modified_at.isoformat(),
        "latest_user_fields_modification_datetime": (
            application.user_modified_at.isoformat() if application.user_modified_at else None
        ),
        "state": application.state.value,
    }
    said = {name: value for name, value in said.items() if value is not None}
    said["checksum"] = checksum(said)
    return said


_COMPARED = (
    "activity", "address", "birth_date", "city", "civility", "email", "field_errors", "first_name", "id_piece_number",
    "instructor_annotation", "last_name", "phone", "postal_code", "state",
)  # fmt: skip


def checksum(content: dict[str, Any]) -> str:
    """Equal for two readings of an application that say the same."""
    said = "\x1f".join(f"{name}={content.get(name)!r}" for name in _COMPARED)
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def missing_for_profile(content: dict[str, Any]) -> bool:
    """Whether the application lacks something of a profile."""
    names = ("activity", "address", "city", "first_name", "last_name", "postal_code")
    return not all(content.get(name) for name in names)


NOTE_SLUG = "AN_001"
REFUSING_NOTES = ("NEL", "IDP")


def instructor_note(application: Application) -> Annotation | None:
    return next((note for note in application.annotations if NOTE_SLUG in note.label), None)


def is_refused_by_note(application: Application) -> bool:
    """Whether an instructor's note refuses the application, and the applicant changed nothing since."""
    note = instructor_note(application)
    if application.state not in OPEN or note is None or not note.value:
        return False
    words = set(re.findall(r"[A-Z]+", note.value))
    if words.isdisjoint(REFUSING_NOTES):
        return False
    edited, noted = application.user_modified_at, note.updated_at
    return noted is None or edited is None or edited <= noted


URGENT = "Urgent"


def is_urgent(born: date | None, today: date) -> bool:
    """Whether one to seven days remain before the 19th birthday."""
    return born is not None and 1 <= (birthday(born, 19) - today).days <= 7


def is_inactive(application: Application, now: datetime, after: timedelta) -> bool:
    """A draft that nobody touched for so long, and in which the applicant is the one who was asked last."""
    if application.state is not DmsState.DRAFT or now - application.modified_at < after:
        return False
    last = max(application.messages, key=lambda message: message.created_at, default=None)
    if last is None:
        return False
    return last.email.strip().lower() != application.email.strip().lower() and now - last.created_at >= after


_GENERALISED_ON = date(2021, 5, 21)
_EXPERIMENTED = frozenset({"08", "22", "25", "29", "34", "35", "56", "58", "67", "71", "84", "93", "94", "973"})


def was_never_eligible(read: Read, department: str | None) -> bool:
    """Whether nobody could ever have had a right with these data: aged 19 at the general opening, outside of the
    départements of the experiment. What cannot be read decides nothing."""
    born = read.birth_date
    if read.wrong or born is None or department is None:
        return False
    return age_on(born, _GENERALISED_ON) >= 19 and department not in _EXPERIMENTED


def sentences_about(wrong: Sequence[Wrong], *, age_is_wrong: bool) -> str:
    """The message to an applicant whose application has errors."""
    parts = ["Bonjour,"]
    if wrong:
        listed = ", ".join(FIELD_NAMES.get(item.key, item.key) for item in wrong)
        parts.append(f"Nous ne parvenons pas à lire {listed}. Corrige ton dossier pour que nous puissions l'étudier.")
    if age_is_wrong:
        parts.append(
            "La date de naissance de ton dossier ne correspond pas à l'âge du pass Culture (17 et 18 ans)."
            " Si elle est fausse, corrige-la ; sinon, ton dossier ne pourra pas être accepté."
        )
    parts.append("L'équipe du pass Culture")
    return "\n\n".join(parts)


UNKNOWN_ACCOUNT = (
    "Bonjour,\n\nAucun compte du pass Culture n'a l'adresse e-mail de ce dossier. Crée un compte dans l'application avec"
    " cette adresse : ton dossier y sera rattaché.\n\nL'équipe du pass Culture"
)
"""The message to an applicant whom nobody knows."""
