"""What the portal reads of venues."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from offers.categories.venue_types import ACTIVITIES, NOT_ASSIGNED, VENUE_TYPES
from shared.web import Response, UtcDatetime

VenueTypeLabel = StrEnum("VenueTypeLabel", VENUE_TYPES)  # type: ignore[invalid-argument]
DisplayableActivity = StrEnum("DisplayableActivity", {key: key for key in ACTIVITIES if key != NOT_ASSIGNED})  # type: ignore[invalid-argument]


class BankAccountStatus(StrEnum):
    PENDING = "pending"
    VALID = "valid"
    PENDING_CORRECTIONS = "pending_corrections"


class DmsStatus(StrEnum):
    ACCEPTED = "accepte"
    DROPPED = "sans_suite"
    DRAFT = "en_construction"
    REFUSED = "refuse"
    ON_GOING = "en_instruction"


class StudentLevels(StrEnum):
    MARSEILLE_MATERNELLE = "Écoles Marseille - Maternelle"
    MARSEILLE_CP_CE1_CE2 = "Écoles Marseille - CP, CE1, CE2"
    MARSEILLE_CM1_CM2 = "Écoles Marseille - CM1, CM2"
    COLLEGE6 = "Collège - 6e"
    COLLEGE5 = "Collège - 5e"
    COLLEGE4 = "Collège - 4e"
    COLLEGE3 = "Collège - 3e"
    GENERAL2 = "Lycée - Seconde"
    GENERAL1 = "Lycée - Première"
    GENERAL0 = "Lycée - Terminale"
    CAP2 = "CAP - 2e année"
    CAP1 = "CAP - 1re année"


UNKNOWN = "Non renseigné"


class MotorDisability(Response):
    facilities: str = UNKNOWN
    exterior: str = UNKNOWN
    entrance: str = UNKNOWN
    parking: str = UNKNOWN


class AudioDisability(Response):
    deaf_and_hard_of_hearing: list[str] = Field(default_factory=lambda: [UNKNOWN])


class VisualDisability(Response):
    sound_beacon: str = UNKNOWN
    audio_description: list[str] = Field(default_factory=lambda: [UNKNOWN])


class MentalDisability(Response):
    trained_personnel: str = UNKNOWN


class ExternalAccessibilityData(Response):
    """What Acceslibre knows of a venue; none of ours is linked to it yet."""

    is_accessible_motor_disability: bool = False
    is_accessible_audio_disability: bool = False
    is_accessible_visual_disability: bool = False
    is_accessible_mental_disability: bool = False
    motor_disability: MotorDisability = MotorDisability()
    audio_disability: AudioDisability = AudioDisability()
    visual_disability: VisualDisability = VisualDisability()
    mental_disability: MentalDisability = MentalDisability()


class LocationResponse(Response):
    """An address as an offerer uses it; `id` is the location's."""

    id: int
    ban_id: str | None = None
    insee_code: str | None = None
    postal_code: str
    street: str | None = None
    city: str
    latitude: float
    longitude: float
    department_code: str | None = None
    label: str | None = None
    is_manual_edition: bool
    is_venue_location: bool


class CropParams(BaseModel):
    x_crop_percent: Annotated[float, Field(ge=0, le=1)] = 0.0
    y_crop_percent: Annotated[float, Field(ge=0, le=1)] = 0.0
    height_crop_percent: Annotated[float, Field(ge=0, le=1)] = 1.0
    width_crop_percent: Annotated[float, Field(ge=0, le=1)] = 1.0


class BannerMeta(BaseModel):
    image_credit: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    original_image_url: str | None = None
    crop_params: CropParams = CropParams()


class DmsApplication(Response):
    venue_id: int
    state: DmsStatus
    procedure: int
    application: int
    last_change_date: UtcDatetime
    deposit_date: UtcDatetime
    expiration_date: UtcDatetime | None = None
    build_date: UtcDatetime | None = None
    instruction_date: UtcDatetime | None = None
    processing_date: UtcDatetime | None = None
    user_deletion_date: UtcDatetime | None = None


class VenueListItem(Response):
    id: int
    name: str
    public_name: str
    managing_offerer_id: int
    offerer_name: str
    siret: str | None = None
    booking_email: str | None = None
    withdrawal_details: str | None = None
    is_virtual: bool
    is_permanent: bool
    is_caledonian: bool
    is_active: bool
    is_validated: bool
    has_created_offer: bool
    has_non_free_offers: bool
    venue_type_code: VenueTypeLabel
    location: LocationResponse | None = None
    bank_account_status: BankAccountStatus | None = None
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None
    external_accessibility_data: ExternalAccessibilityData | None = None


class VenueList(Response):
    venues: list[VenueListItem]


class VenueLite(Response):
    id: int
    name: str


class VenueLiteList(Response):
    venues: list[VenueLite]


class ManagingOfferer(Response):
    id: int
    name: str
    siren: str
    is_validated: bool


class PricingPoint(Response):
    id: int
    siret: str
    venue_name: str


class VenueType(Response):
    value: str
    label: str


class VenueContactResponse(Response):
    email: str | None = None
    website: str | None = None
    phone_number: str | None = None
    social_medias: dict[str, str] | None = None


class IdAndName(Response):
    id: int
    name: str


class WeekdayHours(BaseModel):
    """`HH:MM` spans by weekday; null on days when closed."""

    MONDAY: list[list[str]] | None = None
    TUESDAY: list[list[str]] | None = None
    WEDNESDAY: list[list[str]] | None = None
    THURSDAY: list[list[str]] | None = None
    FRIDAY: list[list[str]] | None = None
    SATURDAY: list[list[str]] | None = None
    SUNDAY: list[list[str]] | None = None


class VenueResponse(Response):
    id: int
    name: str
    public_name: str
    siret: str | None = None
    comment: str | None = None
    description: str | None = None
    booking_email: str | None = None
    withdrawal_details: str | None = None
    date_created: UtcDatetime
    is_virtual: bool
    is_permanent: bool | None = None
    is_open_to_public: bool
    is_caledonian: bool
    is_active: bool
    is_validated: bool
    allowed_on_adage: bool
    activity: DisplayableActivity | None = None
    venue_type: VenueType
    banner_url: str | None = None
    banner_meta: BannerMeta | None = None
    contact: VenueContactResponse | None = None
    opening_hours: WeekdayHours | None = None
    location: LocationResponse | None = None
    audio_disability_compliant: bool | None = None
    mental_disability_compliant: bool | None = None
    motor_disability_compliant: bool | None = None
    visual_disability_compliant: bool | None = None
    external_accessibility_id: str | None = None
    external_accessibility_url: str | None = None
    external_accessibility_data: ExternalAccessibilityData | None = None
    managing_offerer: ManagingOfferer
    pricing_point: PricingPoint | None = None
    bank_account_status: BankAccountStatus | None = None
    collective_access_information: str | None = None
    collective_description: str | None = None
    collective_dms_applications: list[DmsApplication]
    collective_domains: list[IdAndName]
    collective_email: str | None = None
    collective_intervention_area: list[str] | None = None
    collective_legal_status: IdAndName | None = None
    collective_network: list[str] | None = None
    collective_phone: str | None = None
    collective_students: list[StudentLevels] | None = None
    collective_website: str | None = None
    has_adage_id: bool
    adage_inscription_date: UtcDatetime | None = None
    has_offers: bool
    has_active_individual_offer: bool
    has_non_free_offers: bool
    has_partner_page: bool
    can_display_highlights: bool


class OffersStatistics(Response):
    published_public_offers: int
    published_educational_offers: int
    pending_public_offers: int
    pending_educational_offers: int


class TopOffer(Response):
    offer_id: str
    total_views_last30_days: int


class VenueViews(Response):
    venue_id: int
    total_views6_months: int
    top_offers_by_consultation: list[TopOffer]


class VenueLabel(Response):
    id: int
    label: str


class EducationalStatuses(Response):
    statuses: list[IdAndName]


class VenueOfSiret(Response):
    id: int
    name: str
    public_name: str
    siret: str | None = None
    is_permanent: bool


class VenuesOfSiret(Response):
    offerer_name: str | None = None
    offerer_siren: str | None = None
    venues: list[VenueOfSiret]
