"""What the app sends and reads about bookings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bookings.booking.shown import TicketDisplay, WithdrawalType
from bookings.booking.subcategories import SubcategoryIdEnum
from bookings.booking.values import CancellationReason
from shared.web import NativeRequest, Response, StrictInt, UtcDatetime

_BIGINT = 2**63


class BookOfferRequest(NativeRequest):
    stock_id: Annotated[StrictInt, Field(ge=-_BIGINT, lt=_BIGINT)]
    quantity: StrictInt


class BookOfferResponse(Response):
    booking_id: int


class BookingDisplayStatusRequest(NativeRequest):
    ended: bool


class ReactionTypeEnum(StrEnum):
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"
    NO_REACTION = "NO_REACTION"


class CoordinatesResponse(Response):
    latitude: float | None
    longitude: float | None


class ActivationCodeResponse(Response):
    code: str
    expiration_date: UtcDatetime | None


class ExtraDataResponse(Response):
    ean: str | None


class OfferImageResponse(Response):
    url: str
    credit: str | None = None


class AddressResponse(Response):
    """An address of the first version of the bookings list."""

    street: str | None
    postal_code: str
    city: str
    label: str | None
    coordinates: CoordinatesResponse
    timezone: str


class AddressResponseV2(AddressResponse):
    id: int


class VenueResponse(Response):
    id: int
    name: str
    public_name: str
    timezone: str
    banner_url: str | None
    is_open_to_public: bool


class VenueAddressResponse(Response):
    id: int | None


class VenueResponseV2(VenueResponse):
    address: VenueAddressResponse


class _Offer(Response):
    booking_contact: str | None
    extra_data: ExtraDataResponse | None
    id: int
    image: OfferImageResponse | None
    is_digital: bool
    is_permanent: bool
    name: str
    subcategory_id: SubcategoryIdEnum
    url: str | None


class OfferResponse(_Offer):
    address: AddressResponse | None
    venue: VenueResponse
    withdrawal_delay: int | None
    withdrawal_details: str | None
    withdrawal_type: WithdrawalType | None


class OfferResponseV2(_Offer):
    address: AddressResponseV2 | None
    venue: VenueResponseV2


class _Stock(Response):
    """`price` in cents."""

    beginning_datetime: UtcDatetime | None
    features: list[str]
    id: int
    price: int
    price_category_label: str | None


class StockResponse(_Stock):
    offer: OfferResponse


class StockResponseV2(_Stock):
    is_automatically_used: bool
    offer: OfferResponseV2


class ExternalBookingDataResponse(Response):
    barcode: str
    seat: str | None


class ExternalBookingResponse(Response):
    data: list[ExternalBookingDataResponse] | None


class TokenResponse(Response):
    data: str | None


class VoucherResponse(Response):
    data: str | None


class WithdrawalResponse(Response):
    details: str | None
    type: WithdrawalType | None
    delay: int | None


class TicketResponse(Response):
    activation_code: ActivationCodeResponse | None
    display: TicketDisplay
    external_booking: ExternalBookingResponse | None
    token: TokenResponse | None
    voucher: VoucherResponse | None
    withdrawal: WithdrawalResponse


class _Booking(Response):
    """`total_amount` in cents."""

    can_react: bool
    cancellation_date: UtcDatetime | None
    cancellation_reason: CancellationReason | None
    completed_url: str | None
    confirmation_date: UtcDatetime | None
    date_created: UtcDatetime
    date_used: UtcDatetime | None
    enable_pop_up_reaction: bool
    expiration_date: UtcDatetime | None
    id: int
    quantity: int
    total_amount: int
    user_reaction: ReactionTypeEnum | None


class BookingResponseV1(_Booking):
    activation_code: ActivationCodeResponse | None
    external_bookings: list[ExternalBookingDataResponse] | None
    qr_code_data: str | None
    stock: StockResponse
    token: str | None


class BookingsResponseV1(Response):
    ended_bookings: Annotated[list[BookingResponseV1], Field(alias="ended_bookings")]
    ongoing_bookings: Annotated[list[BookingResponseV1], Field(alias="ongoing_bookings")]
    has_bookings_after18: bool


class BookingResponse(_Booking):
    display_as_ended: bool | None
    stock: StockResponseV2
    ticket: TicketResponse


class BookingsResponseV2(Response):
    ended_bookings: list[BookingResponse]
    ongoing_bookings: list[BookingResponse]
    has_bookings_after18: bool


class ListItemAddressResponse(Response):
    city: str | None
    label: str | None
    timezone: str


class ListItemVenueResponse(Response):
    id: int
    name: str
    timezone: str


class ListItemOfferResponse(Response):
    address: ListItemAddressResponse | None
    id: int
    image_url: str | None
    is_digital: bool
    is_permanent: bool
    name: str
    subcategory_id: SubcategoryIdEnum
    venue: ListItemVenueResponse
    withdrawal_delay: int | None
    withdrawal_type: WithdrawalType | None


class ListItemStockResponse(Response):
    beginning_datetime: UtcDatetime | None
    is_automatically_used: bool
    offer: ListItemOfferResponse


class BookingListItemResponse(Response):
    """`total_amount` in cents."""

    activation_code: ActivationCodeResponse | None
    can_react: bool
    cancellation_date: UtcDatetime | None
    cancellation_reason: CancellationReason | None
    date_created: UtcDatetime
    date_used: UtcDatetime | None
    expiration_date: UtcDatetime | None
    id: int
    is_archivable: bool | None
    quantity: int
    stock: ListItemStockResponse
    total_amount: int
    user_reaction: ReactionTypeEnum | None


class BookingsListResponseV2(Response):
    bookings: list[BookingListItemResponse]
