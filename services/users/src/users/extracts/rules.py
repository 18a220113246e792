"""Extracts of a person's data: where their file is, and how the data read on paper. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from users.anonymization.rules import EXTRACT_LIFE

FOLDER = "gdpr_extracts"
MOST_A_DAY = 10
# Files of days gone by that a cleaning looks for: those of a month without cleanings.
CLEANED_DAYS = 31

Json = Mapping[str, Any]


def last_day(created: datetime) -> date:
    return (created + EXTRACT_LIFE).date()


def key_of(account_id: int, extract_id: int, created: datetime) -> str:
    """A file is named by its last day first, so that cleaning needs no list of what there is."""
    return f"{FOLDER}/{last_day(created).isoformat()}.{account_id}.{extract_id}.zip"


def starts_of_past(today: date) -> list[str]:
    """How the files begin whose last day is over."""
    return [f"{FOLDER}/{(today - timedelta(days=days)).isoformat()}." for days in range(1, CLEANED_DAYS + 1)]


def starts_of_person(account_id: int, today: date) -> list[str]:
    """How the files of a person begin that may be there now."""
    days = EXTRACT_LIFE.days + 1
    return [f"{FOLDER}/{(today + timedelta(days=ahead)).isoformat()}.{account_id}." for ahead in range(-1, days + 1)]


@dataclass(frozen=True)
class Section:
    """A heading of the document: where its data are, and the label of each field, in the order in which they are read."""

    title: str
    path: str
    labels: Mapping[str, str]


_OFFER = {"offerName": "Offre", "offerId": "Numéro de l'offre", "dateCreated": "Date"}
SECTIONS: tuple[Section, ...] = (
    Section(
        "Compte",
        "user",
        {
            "id": "Numéro du compte",
            "email": "E-mail",
            "civility": "Civilité",
            "firstName": "Prénom",
            "lastName": "Nom",
            "marriedName": "Nom d'usage",
            "dateOfBirth": "Date de naissance déclarée",
            "validatedBirthDate": "Date de naissance vérifiée",
            "birthPlace": "Lieu de naissance",
            "phoneNumber": "Téléphone",
            "phoneValidationStatus": "Vérification du téléphone",
            "address": "Adresse",
            "postalCode": "Code postal",
            "city": "Ville",
            "departmentCode": "Département",
            "activity": "Activité",
            "schoolType": "Type d'établissement",
            "idPieceNumber": "Numéro de pièce d'identité",
            "roles": "Rôles",
            "isActive": "Compte actif",
            "isEmailValidated": "E-mail confirmé",
            "dateCreated": "Création du compte",
            "lastConnectionDate": "Dernière connexion",
        },
    ),
    Section(
        "Préférences de communication",
        "marketing",
        {"marketingEmail": "E-mails", "marketingPush": "Notifications", "subscribedThemes": "Thèmes suivis"},
    ),
    Section(
        "Appareils",
        "loginDevices",
        {"deviceId": "Appareil", "source": "Modèle", "os": "Système", "location": "Lieu", "dateCreated": "Date"},
    ),
    Section(
        "Changements d'adresse e-mail",
        "emailsHistory",
        {"oldEmail": "Ancienne adresse", "newEmail": "Nouvelle adresse", "step": "Étape", "dateCreated": "Date"},
    ),
    Section("Historique du compte", "actionsHistory", {"type": "Action", "reason": "Motif", "date": "Date"}),
    Section(
        "Vérifications d'identité",
        "beneficiaryValidations",
        {
            "type": "Vérification",
            "eligibilityType": "Droit concerné",
            "status": "Résultat",
            "dateCreated": "Date",
            "updatedAt": "Mise à jour",
        },
    ),
    Section(
        "Crédits",
        "deposits",
        {
            "type": "Crédit",
            "amount": "Montant",
            "source": "Origine",
            "dateCreated": "Attribution",
            "expirationDate": "Fin",
            "recredits": "Versements",
        },
    ),
    Section(
        "Réservations",
        "bookings",
        {
            "offerName": "Offre",
            "subcategoryLabel": "Catégorie",
            "venueName": "Lieu",
            "offererName": "Structure",
            "beginningDatetime": "Date de l'événement",
            "priceCategoryLabel": "Tarif",
            "quantity": "Quantité",
            "totalAmount": "Prix total",
            "token": "Contremarque",
            "status": "État",
            "dateCreated": "Réservée le",
            "dateUsed": "Utilisée le",
            "cancellationDate": "Annulée le",
            "cancellationReason": "Motif d'annulation",
        },
    ),
    Section("Favoris", "favorites", _OFFER),
    Section("Rappels demandés", "reminders", _OFFER),
    Section("Avis", "reactions", {"name": "Œuvre", "reactionType": "Avis", "dateUpdated": "Date"}),
    Section(
        "Structures culturelles",
        "attachments",
        {"offererName": "Structure", "validationStatus": "Rattachement", "dateCreated": "Date"},
    ),
    Section("Succès", "achievements", {"name": "Succès", "unlockedDate": "Obtenu le"}),
    Section("Questionnaire culturel", "culturalSurvey", {"answers": "Réponses", "dateCreated": "Date"}),
    Section(
        "Messages reçus",
        "messages",
        {"kind": "Message", "channel": "Par", "recipient": "Destinataire", "sentAt": "Envoyé le"},
    ),
)
_MONEY = frozenset({"amount", "totalAmount"})
# Words of the house, as people say them.
_SAID = {
    "CONFIRMED": "confirmée",
    "USED": "utilisée",
    "CANCELLED": "annulée",
    "REIMBURSED": "remboursée à la structure",
    "BENEFICIARY": "bénéficiaire",
    "UNDERAGE_BENEFICIARY": "bénéficiaire de moins de 18 ans",
    "FREE_BENEFICIARY": "bénéficiaire sans crédit",
    "PRO": "partenaire",
    "NON_ATTACHED_PRO": "partenaire sans structure",
    "GRANT_FREE": "15-16 ans, sans montant",
    "GRANT_15_17": "15-17 ans",
    "GRANT_17_18": "17-18 ans",
    "GRANT_18": "18 ans",
    "LIKE": "j'aime",
    "DISLIKE": "je n'aime pas",
    "NO_REACTION": "sans avis",
    "VALIDATED": "validé",
    "validated": "vérifié",
    "unvalidated": "non vérifié",
    "email": "e-mail",
    "sms": "SMS",
    "ok": "accepté",
    "ko": "refusé",
    "pending": "en cours",
    "started": "commencé",
    "canceled": "abandonné",
    "USER_SUSPENDED": "compte suspendu",
    "USER_UNSUSPENDED": "compte réactivé",
    "USER_PHONE_VALIDATED": "téléphone vérifié",
    "USER_EMAIL_VALIDATED": "e-mail confirmé",
}


def on_paper(data: Json) -> list[dict[str, Any]]:
    """The sections of the document, in words; what a person has not is not listed."""
    return [
        {
            "title": section.title,
            "entries": [facts for facts in _entries(data.get(section.path), section.labels) if facts],
        }
        for section in SECTIONS
    ]


def _entries(found: Any, labels: Mapping[str, str]) -> Iterable[list[dict[str, str]]]:
    entries: Sequence[Json] = [found] if isinstance(found, Mapping) else found or []
    for entry in entries:
        yield [
            {"label": label, "value": words}
            for name, label in labels.items()
            if (words := _words(name, entry.get(name))) != ""
        ]


def _words(name: str, value: Any) -> str:
    """A value as people read it; nothing for what is not known."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if name in _MONEY and isinstance(value, int):
        return _euros(value)
    if isinstance(value, str):
        return _SAID.get(value) or _moment(value)[:4_000]
    if isinstance(value, Mapping) and {"type", "amount", "dateCreated"} <= value.keys():
        return f"{_euros(value['amount'])} ({value['type']}), {_moment(value['dateCreated'])}"
    if isinstance(value, Mapping):
        return " ; ".join(f"{key} : {_words(str(key), inner)}" for key, inner in value.items())[:4_000]
    if isinstance(value, Iterable):
        return " · ".join(_words(name, inner) for inner in value)[:4_000]
    return str(value)


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f} €".replace(".", ",")


def _moment(text: str) -> str:
    """ISO dates and moments the French way; any other text as it is."""
    try:
        if len(text) == 10:
            return date.fromisoformat(text).strftime("%d/%m/%Y")
        if "T" in text and text[:4].isdigit():
            return datetime.fromisoformat(text).strftime("%d/%m/%Y à %Hh%M (UTC)")
    except ValueError:
        return text
    return text
