"""What the portal reads of offerers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from offers.venues.schemas import BannerMeta, DisplayableActivity, DmsApplication, VenueTypeLabel
from shared.web import Response, UtcDatetime


class OffersOption(StrEnum):
    INDIVIDUAL = "INDIVIDUAL_OFFERS_ONLY"
    COLLECTIVE = "COLLECTIVE_OFFERS_ONLY"
    TEMPLATES = "COLLECTIVE_OFFER_TEMPLATES_ONLY"


class OffererName(Response):
    id: int
    name: str


class OfferersNames(Response):
    offerers_names: list[OffererName]


class ManagedVenue(Response):
    id: int
    name: str
    public_name: str
    siret: str | None = None
    activity: DisplayableActivity | None = None
    banner_meta: BannerMeta | None = None
    banner_url: str | None = None
    booking_email: str | None = None
    collective_dms_applications: list[DmsApplication]
    has_adage_id: bool
    has_created_offer: bool
    has_partner_page: bool
    has_venue_providers: bool
    is_permanent: bool
    is_virtual: bool
    venue_type_code: VenueTypeLabel | None = None
    withdrawal_details: str | None = None


class OffererResponse(Response):
    id: int
    name: str
    siren: str
    is_validated: bool
    is_active: bool
    is_onboarded: bool
    allowed_on_adage: bool
    is_caledonian: bool
    has_valid_bank_account: bool
    has_pending_bank_account: bool
    has_bank_account_with_pending_corrections: bool
    has_non_free_offer: bool
    has_active_offer: bool
    has_headline_offer: bool
    has_partner_page: bool
    has_available_pricing_points: bool
    has_digital_venue_at_least_one_offer: bool
    can_display_highlights: bool
    venues_with_non_free_offers_without_bank_accounts: list[int]
    managed_venues: list[ManagedVenue]


class OffererLocation(Response):
    id: int
    label: str | None = None
    street: str | None = None
    postal_code: str
    city: str
    department_code: str | None = None


class MemberStatus(StrEnum):
    VALIDATED = "validated"
    PENDING = "pending"


class Member(Response):
    email: str
    status: MemberStatus


class Members(Response):
    members: list[Member]


class DailyViews(Response):
    event_date: date
    number_of_views: int


class TopOfferImage(Response):
    url: str
    credit: str


class TopOffer(Response):
    offer_id: int
    offer_name: str
    number_of_views: int
    is_headline_offer: bool
    image: TopOfferImage


class OffererStatsData(Response):
    daily_views: list[DailyViews]
    top_offers: list[TopOffer]
    total_views_last30_days: int


class OffererStats(Response):
    offerer_id: int
    sync_date: UtcDatetime | None = None
    json_data: OffererStatsData
