"""What the app reads of a subscription."""

from __future__ import annotations

from enum import StrEnum

from shared.web import Response, UtcDatetime
from users.subscription.rules import (
    Completion,
    IdentityMethod,
    MaintenancePage,
    Step,
    SubscriptionStatus,
    YoungStatusType,
)
from users.subscription.wording import Message


class CallToActionIcon(StrEnum):
    EMAIL = "EMAIL"
    RETRY = "RETRY"
    EXTERNAL = "EXTERNAL"


class PopOverIcon(StrEnum):
    INFO = "INFO"
    ERROR = "ERROR"
    WARNING = "WARNING"
    CLOCK = "CLOCK"
    FILE = "FILE"
    MAGNIFYING_GLASS = "MAGNIFYING_GLASS"


class SubscriptionStepTitle(StrEnum):
    PHONE = "Numéro de téléphone"
    PROFILE = "Profil"
    IDENTITY = "Identification"
    CONFIRMATION = "Confirmation"


class CallToActionMessageV2(Response):
    call_to_action_icon: CallToActionIcon | None = None
    call_to_action_link: str | None = None
    call_to_action_title: str | None = None


class SubscriptionMessageV2(Response):
    call_to_action: CallToActionMessageV2 | None = None
    message_summary: str | None = None
    pop_over_icon: PopOverIcon | None = None
    updated_at: UtcDatetime | None = None
    user_message: str

    @classmethod
    def of(cls, message: Message | None) -> SubscriptionMessageV2 | None:
        if message is None:
            return None
        action = None
        if message.action_title is not None:
            action = CallToActionMessageV2(
                call_to_action_icon=CallToActionIcon(message.action_icon) if message.action_icon else None,
                call_to_action_link=message.action_link,
                call_to_action_title=message.action_title,
            )
        return cls(
            call_to_action=action,
            message_summary=message.summary,
            pop_over_icon=PopOverIcon(message.icon) if message.icon and action is None else None,
            updated_at=message.updated_at,
            user_message=message.text,
        )


class YoungStatusResponse(Response):
    status_type: YoungStatusType
    subscription_status: SubscriptionStatus | None = None


class SubscriptionStepDetailsResponseV2(Response):
    completion_state: Completion
    name: Step
    subtitle: str | None = None
    title: SubscriptionStepTitle


class SubscriptionStepperResponseV2(Response):
    allowed_identity_check_methods: list[IdentityMethod]
    has_identity_check_pending: bool
    maintenance_page_type: MaintenancePage | None = None
    next_subscription_step: Step | None = None
    subscription_message: SubscriptionMessageV2 | None = None
    subscription_steps_to_display: list[SubscriptionStepDetailsResponseV2]
    subtitle: str | None = None
    title: str


class SubscriptionMessageV3(SubscriptionMessageV2):
    """The same, under the name that the newest app knows."""


class SubscriptionStepDetailsResponseV3(SubscriptionStepDetailsResponseV2):
    """The same, under the name that the newest app knows."""


class SubscriptionStepperResponseV3(Response):
    """The stepper whose profile form asks for the phone number."""

    allowed_identity_check_methods: list[IdentityMethod]
    has_identity_check_pending: bool
    maintenance_page_type: MaintenancePage | None = None
    next_subscription_step: Step | None = None
    subscription_message: SubscriptionMessageV3 | None = None
    subscription_steps_to_display: list[SubscriptionStepDetailsResponseV3]
    subtitle: str | None = None
    title: str


class BannerName(StrEnum):
    GEOLOCATION = "geolocation_banner"
    ACTIVATION = "activation_banner"
    RETRY_IDENTITY_CHECK = "retry_identity_check_banner"
    TRANSITION_17_18 = "transition_17_18_banner"


class Banner(Response):
    name: BannerName
    text: str
    title: str


class BannerResponse(Response):
    banner: Banner | None = None
