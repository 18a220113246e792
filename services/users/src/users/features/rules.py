"""The feature flags of the platform's front-ends and of this service: meaning, first value, who sees them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """`portal`: listed to the partners' portal. `default` is the value at installation; the table decides afterwards."""

    name: str
    description: str
    default: bool
    portal: bool = False


FLAGS = (
    Flag("ENABLE_ALL_CRON", "Run scheduled commands", True),
    Flag("WIP_FREE_ELIGIBILITY", "Give the free credit to 15 and 16 year-olds", True),
    Flag("ENABLE_UBBLE", "Offer Ubble for the identity check", True),
    Flag("ENABLE_EDUCONNECT_AUTHENTICATION", "Offer ÉduConnect for the identity check", True),
    Flag("ENABLE_UBBLE_SUBSCRIPTION_LIMITATION", "Offer Ubble near a birthday only", False),
    Flag(
        "ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_AGE_18", "Point to Démarche Numérique at 18 during maintenance", False
    ),
    Flag(
        "ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_UNDERAGE",
        "Point minors to Démarche Numérique during maintenance",
        False,
    ),
    Flag("ENABLE_NATIVE_APP_RECAPTCHA", "Verify a captcha in the app, where one is configured", True),
    Flag("ENABLE_NATIVE_CULTURAL_SURVEY", "Show the app's own cultural survey", True),
    Flag("ENABLE_CULTURAL_SURVEY", "Show the former cultural survey", False),
    Flag("ENABLE_PHONE_VALIDATION", "Validate phone numbers by SMS at 18", False),
    Flag("DISPLAY_DMS_REDIRECTION", "Point to Démarche Numérique in the app", False),
    Flag("ENABLE_FRONT_IMAGE_RESIZING", "Let the app ask for resized images", False),
    Flag("ID_CHECK_ADDRESS_AUTOCOMPLETION", "Complete addresses in the identity form", True),
    Flag("APP_ENABLE_AUTOCOMPLETE", "Complete searches in the app", True),
    Flag(
        "ENABLE_DS_APPLICATION_REFUSED_FROM_ANNOTATION",
        "Refuse applications at Démarche Numérique as their annotations say",
        False,
    ),
    Flag("BENEFICIARY_VALIDATION_AFTER_FRAUD_CHECKS", "Let agents validate beneficiaries after a review", True),
    Flag("USE_UNIVERSAL_LINKS", "Open mail links in the web app", True),
    Flag("DISCORD_ENABLE_NEW_ACCESS", "Open the Discord server to newcomers", True),
    Flag("ENABLE_PRO_ACCOUNT_CREATION", "Let partners create accounts", True, portal=True),
    Flag("ENABLE_PRO_FEEDBACK", "Gather what partners think of pages", True),
    Flag("ENABLE_MARSEILLE", "Show the Marseille en Grand programme", False, portal=True),
    Flag("DISABLE_SIRET_CHECK", "Create structures without asking the registry", False),
    Flag("ENABLE_VENUE_STRICT_SEARCH", "Search venues by exact words", False, portal=True),
    Flag("VENUE_REGULARIZATION", "Offer to regularise venues without SIRET", False, portal=True),
    Flag("WIP_ENABLE_FINANCE_SETTLEMENTS", "Show settlements", False, portal=True),
    Flag("WIP_ENABLE_OHO", "Show opening hours of offers", False, portal=True),
    Flag("WIP_LLM_OFFER_SEARCH", "Search offers in plain words", False, portal=True),
    Flag("WIP_OFFER_ARTISTS", "Link offers to artists", False, portal=True),
    Flag("WIP_PRO_AUTONOMOUS_ANONYMIZATION", "Let partners erase their own account", False, portal=True),
    Flag(
        "WIP_RESTRICT_VENUE_CREATION_TO_COLLECTIVITY", "Keep venue creation for local authorities", False, portal=True
    ),
    Flag("WIP_SWITCH_VENUE", "Work venue by venue in the portal", False, portal=True),
    Flag("ENABLE_IOS_OFFERS_LINK_WITH_REDIRECTION", "Redirect iOS links of offers", False, portal=True),
)
BY_NAME = {flag.name: flag for flag in FLAGS}
PORTAL = tuple(flag.name for flag in FLAGS if flag.portal)


class UnknownFlag(KeyError):
    """No such flag is declared: a programming error."""


def resolve(stored: dict[str, bool]) -> frozenset[str]:
    """The names that are on: what is stored, else the declared value."""
    return frozenset(flag.name for flag in FLAGS if stored.get(flag.name, flag.default))
