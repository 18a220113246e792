"""Offer rules: the status, who may edit what, what an offer must say of itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from offers.categories.genres import SHOW_TYPES_BY_CODE, is_show_sub_type
from offers.categories.kinds import Subcategory
from offers.categories.music import FORMER_TYPES_BY_CODE, is_former_sub_type
from offers.categories.tables import CD_SUBCATEGORIES, find_subcategory
from offers.offers.values import OfferStatus, OfferValidation, WithdrawalType
from offers.stocks import rules as stock_rules
from offers.stocks.rules import StockState
from shared.errors import ApiError, field_error

MAX_NAME = 90
MAX_DURATION = 24 * 60
MAX_PUBLICATION_DELAY = timedelta(days=2 * 365)
LIST_LIMIT = 101

_EAN = re.compile(r"\d{13}", re.ASCII)


def is_released(validation: OfferValidation, publication_datetime: datetime | None, now: datetime) -> bool:
    """Whether the public may see the offer, its offerer left aside."""
    return validation is OfferValidation.APPROVED and publication_datetime is not None and publication_datetime <= now


def status(
    validation: OfferValidation,
    publication_datetime: datetime | None,
    booking_allowed_datetime: datetime | None,
    stocks: Iterable[StockState],
    now: datetime,
) -> OfferStatus:
    """What the offer is to its partner: the first condition of the list that holds (offers rules: status)."""
    if validation is not OfferValidation.APPROVED:
        return OfferStatus(validation.value)
    if publication_datetime is None:
        return OfferStatus.INACTIVE
    if publication_datetime > now:
        return OfferStatus.SCHEDULED
    if booking_allowed_datetime is not None and booking_allowed_datetime > now:
        return OfferStatus.PUBLISHED
    stocks = list(stocks)
    if stock_rules.all_limits_passed(stocks, now):
        return OfferStatus.EXPIRED
    return OfferStatus.SOLD_OUT if stock_rules.all_sold_out(stocks, now) else OfferStatus.ACTIVE


# What an offer says of itself


def known_subcategory(subcategory_id: str) -> Subcategory:
    """The subcategory, 400 `subcategory` when it is unknown or retired."""
    found = find_subcategory(subcategory_id)
    if found is None:
        raise field_error("subcategory", "La sous-catégorie de cette offre est inconnue.")
    if not found.is_selectable:
        raise field_error("subcategory", "Une offre ne peut être créée ou modifiée dans cette sous-catégorie.")
    return found


def check_name(name: str) -> None:
    """400 `name` when empty, over 90 characters, or with an EAN in it."""
    if not name:
        raise field_error("name", "Le titre de l’offre est obligatoire.")
    if len(name) > MAX_NAME:
        raise field_error("name", f"Le titre de l’offre doit faire au plus {MAX_NAME} caractères.")
    if _EAN.search(name):
        raise field_error("name", "Le titre d’une offre ne peut contenir l’EAN.")


def check_duration(minutes: int | None) -> None:
    """400 `durationMinutes` from a day on."""
    if minutes is not None and not 0 <= minutes < MAX_DURATION:
        raise field_error("durationMinutes", "La durée doit être inférieure à 24 heures.")


def check_accessibility(flags: Iterable[bool | None]) -> None:
    """All four are answered (400 `global`)."""
    if any(flag is None for flag in flags):
        raise field_error("global", "L’accessibilité de l’offre doit être définie pour les quatre handicaps.")


def check_duo(is_duo: bool, subcategory: Subcategory) -> None:
    """400 `enableDoubleBookings` for a duo offer of a subcategory that cannot be."""
    if is_duo and not subcategory.can_be_duo:
        raise field_error("enableDoubleBookings", "Les offres de cette sous-catégorie ne peuvent être en duo.")


def own_extra_data(given: Mapping[str, Any] | None, subcategory: Subcategory) -> tuple[dict[str, Any], str | None]:
    """What is kept of the extra data given: the subcategory's fields that are filled in, the EAN apart."""
    kept = {key: value for key, value in (given or {}).items() if value and key in subcategory.field_names}
    return kept, kept.pop("ean", None)


def check_extra_data(extra_data: Mapping[str, Any], ean: str | None, subcategory: Subcategory) -> None:
    """Mandatory fields are there, values are text or numbers, codes are of the tables, the EAN has 13 digits."""
    filled = {*extra_data, *(["ean"] if ean else [])}
    missing = [field.name for field in subcategory.fields if field.required_on_portal and field.name not in filled]
    if missing:
        raise ApiError(400, {name: ["Ce champ est obligatoire"] for name in missing})
    for name, value in extra_data.items():
        if not isinstance(value, str | int) or len(str(value)) > 1000:
            raise field_error(name, "Ce champ n’est pas valide.")
    check_ean(ean)
    for name, known in _CODES.items():
        if name in extra_data and not known(_code(extra_data[name])):
            raise field_error(name, "Cette valeur n’est pas reconnue.")


def check_ean(ean: object) -> None:
    """400 `ean` unless absent or exactly 13 digits."""
    if ean is not None and not (isinstance(ean, str) and _EAN.fullmatch(ean)):
        raise field_error("ean", "L’EAN doit être composé de 13 chiffres.")


def _code(value: object) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text, re.ASCII) else None


_CODES = {
    "musicType": lambda code: code in FORMER_TYPES_BY_CODE,
    "musicSubType": lambda code: code is not None and is_former_sub_type(code),
    "showType": lambda code: code in SHOW_TYPES_BY_CODE,
    "showSubType": lambda code: code is not None and is_show_sub_type(code),
}


def needs_known_product(subcategory: Subcategory, venue_type_code: str) -> bool:
    """Records sold by a record store are described by a product that the platform knows."""
    return venue_type_code == "RECORD_STORE" and subcategory.id in CD_SUBCATEGORIES


# Withdrawal, address, access


def check_withdrawal(
    subcategory: Subcategory,
    withdrawal_type: WithdrawalType | None,
    withdrawal_delay: int | None,
    booking_contact: str | None,
    *,
    has_ticketing_service: bool,
) -> None:
    """How the ticket is given is complete and coherent (400 `offer`)."""
    if not subcategory.can_be_withdrawable:
        if withdrawal_type not in (None, WithdrawalType.NO_TICKET):
            raise field_error("offer", "Les billets ne concernent pas les offres de cette sous-catégorie.")
    elif withdrawal_type is None:
        raise field_error("offer", "Le mode de retrait du billet est obligatoire pour cette sous-catégorie.")
    elif not booking_contact:
        raise field_error("offer", "Une adresse de contact est obligatoire pour cette sous-catégorie.")
    if withdrawal_type is WithdrawalType.NO_TICKET and withdrawal_delay is not None:
        raise field_error("offer", "Une offre sans billet n’a pas de délai de retrait.")
    if withdrawal_type in (WithdrawalType.ON_SITE, WithdrawalType.BY_EMAIL) and withdrawal_delay is None:
        raise field_error("offer", "Le délai de retrait du billet est obligatoire.")
    if withdrawal_type is WithdrawalType.IN_APP and not has_ticketing_service:
        raise field_error("offer", "Le billet dans l’application suppose un service de billetterie.")


def check_access(subcategory: Subcategory, url: str | None, has_address: bool) -> None:
    """Where the offer takes place agrees with its subcategory, once it is no draft.

    400 `url` when an online subcategory has none or an offline one has one; 400 `offererAddress` unless the offer has
    exactly one of an access link and an address.
    """
    if subcategory.is_online_only and not url:
        raise field_error("url", "Une offre numérique doit avoir une adresse d’accès.")
    if subcategory.is_offline_only and url:
        raise field_error("url", "Une offre physique ne peut avoir d’adresse d’accès en ligne.")
    if bool(url) == has_address:
        raise field_error("offererAddress", "Une offre a soit une adresse, soit un lien d’accès en ligne.")


# Edition

_EDITABLE_FROM_ANY_PROVIDER = frozenset(
    {
        "name",
        "audio_disability_compliant",
        "mental_disability_compliant",
        "motor_disability_compliant",
        "visual_disability_compliant",
        "external_ticket_office_url",
        "description",
        "offerer_address_id",
        "url",
    }
)
_EDITABLE_FROM_PUBLIC_API = _EDITABLE_FROM_ANY_PROVIDER | {
    "is_duo",
    "booking_contact",
    "booking_email",
    "ean",
    "extra_data",
    "withdrawal_details",
    "duration_minutes",
    "id_at_provider",
    "booking_allowed_datetime",
    "publication_datetime",
}


def editable_fields(*, is_allocine: bool, is_public_api: bool) -> frozenset[str]:
    """The fields of a provider's offer that may be edited, by its partner or by the provider."""
    if is_allocine:
        return _EDITABLE_FROM_ANY_PROVIDER | {"is_duo"}
    return _EDITABLE_FROM_PUBLIC_API if is_public_api else _EDITABLE_FROM_ANY_PROVIDER


def check_not_rejected(validation: OfferValidation) -> None:
    """Nothing of a rejected offer is editable (400 `global`)."""
    if validation is OfferValidation.REJECTED:
        raise field_error("global", "Les offres refusées ne sont pas modifiables.")


def check_publication_datetime(moment: datetime | None, now: datetime) -> None:
    """400 `publication_date` more than two years ahead; 400 `publicationDatetime` in the past."""
    if moment is None:
        return
    if moment > now + MAX_PUBLICATION_DELAY:
        raise field_error("publication_date", "La date de publication doit être dans les deux ans.")
    if moment <= now:
        raise field_error("publicationDatetime", "La date de publication doit être future.")


def without_seconds(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def is_activable(*, has_active_provider_link: bool, is_manual: bool, is_public_api: bool) -> bool:
    """Whether a batch may publish the offer again: its provider link is active, unless it needs none."""
    return is_manual or is_public_api or has_active_provider_link


# The portal's list


def ean_searched(text: str) -> str | None:
    """The EAN that a search box holds, dashes and spaces tolerated; None for a title."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if _EAN.fullmatch(digits) else None


def is_headline_subcategory(subcategory: Subcategory) -> bool:
    return not subcategory.is_online_only


def changed_locked_fields(changes: Collection[str], editable: frozenset[str]) -> list[str]:
    """The fields of a change that a provider's offer does not let go of."""
    return sorted(set(changes) - editable)
