"""The words of offers."""

from __future__ import annotations

from enum import StrEnum


class OfferValidation(StrEnum):
    """What the platform decided about an offer."""

    APPROVED = "APPROVED"
    DRAFT = "DRAFT"
    PENDING = "PENDING"
    REJECTED = "REJECTED"


class OfferStatus(StrEnum):
    """What an offer is to its partner, all things considered."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    REJECTED = "REJECTED"
    INACTIVE = "INACTIVE"
    SCHEDULED = "SCHEDULED"
    PUBLISHED = "PUBLISHED"
    ACTIVE = "ACTIVE"
    SOLD_OUT = "SOLD_OUT"
    EXPIRED = "EXPIRED"


class WithdrawalType(StrEnum):
    """How a booked ticket reaches its holder."""

    BY_EMAIL = "by_email"
    IN_APP = "in_app"
    NO_TICKET = "no_ticket"
    ON_SITE = "on_site"


class LastValidationType(StrEnum):
    """Who or what took the last decision about an offer."""

    AUTO = "AUTO"
    MANUAL = "MANUAL"
    CGU_INCOMPATIBLE_PRODUCT = "CGU_INCOMPATIBLE_PRODUCT"


class ArtistType(StrEnum):
    AUTHOR = "author"
    PERFORMER = "performer"
    STAGE_DIRECTOR = "stage_director"


class ConfidenceLevel(StrEnum):
    """A standing decision about all offers of an offerer or a venue."""

    MANUAL_REVIEW = "MANUAL_REVIEW"
    WHITELIST = "WHITELIST"
