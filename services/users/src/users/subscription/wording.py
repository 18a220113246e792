"""What the app tells a candidate, in French. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.money import french_price
from users.deposits.rules import AMOUNTS_BY_AGE, LEGACY_AMOUNT_18, LEGACY_AMOUNTS
from users.eligibility.rules import EligibilityType
from users.subscription.checks import Candidate
from users.subscription.rules import State, Step, has_issues, has_previous_profile, identity_check

SUPPORT_LINK = "mailto:support@passculture.app"


@dataclass(frozen=True)
class Message:
    """A message with, perhaps, one thing to do about it. `icon` and `action_icon` are the contract's names."""

    text: str
    summary: str | None = None
    icon: str | None = None
    action_title: str | None = None
    action_link: str | None = None
    action_icon: str | None = None
    updated_at: datetime | None = None


STEP_TITLES = {
    Step.PHONE_VALIDATION: "Numéro de téléphone",
    Step.PROFILE_COMPLETION: "Profil",
    Step.IDENTITY_CHECK: "Identification",
    Step.HONOR_STATEMENT: "Confirmation",
}


def amount_to_activate(eligibility: EligibilityType | None, age: int) -> int | None:
    """The credit that an activation would give, in cents; None when there is none to announce."""
    if eligibility is EligibilityType.AGE17_18:
        return AMOUNTS_BY_AGE[18] if age >= 18 else AMOUNTS_BY_AGE[17]
    if eligibility is EligibilityType.AGE18:
        return LEGACY_AMOUNT_18[2]
    if eligibility is EligibilityType.UNDERAGE:
        return LEGACY_AMOUNTS.get(age)
    return None


def stepper_title(state: State, amount_cents: int | None, *, xpf: bool) -> tuple[str, str | None]:
    """Title and subtitle above the steps."""
    if has_issues(state):
        return "La vérification de ton identité a échoué", None
    if state in (State.BENEFICIARY, State.EX_BENEFICIARY):
        return "Ton inscription est terminée", None
    if state in (State.NOT_ELIGIBLE, State.ADMIN_KO_REVIEW):
        return "Tu ne peux pas obtenir de crédit", None
    if amount_cents:
        price = french_price(amount_cents, xpf=xpf)
        return "Encore quelques étapes", f"Termine ton inscription pour recevoir {price} à dépenser dans la culture."
    return "Encore quelques étapes", "Termine ton inscription pour profiter du pass Culture."


def step_subtitle(step: Step, state: State, candidate: Candidate) -> str | None:
    if step is Step.PROFILE_COMPLETION and state is State.PROFILE_COMPLETION and has_previous_profile(candidate):
        return "Confirme tes informations"
    if step is Step.IDENTITY_CHECK and state is State.IDENTITY_CHECK_RETRY:
        return "Vérifie que ton document est lisible et en cours de validité, puis réessaie."
    return None


def message_of(state: State, candidate: Candidate) -> Message | None:
    """What the app shows about a subscription that waits or went wrong."""
    check = identity_check(candidate)
    updated_at = check.created_at if check else None
    if state is State.ADMIN_KO_REVIEW:
        return Message(
            "Ton inscription n'a pas pu aboutir. Notre équipe peut t'expliquer pourquoi.",
            icon="ERROR",
            action_title="Contacter le support",
            action_link=SUPPORT_LINK,
            action_icon="EMAIL",
        )
    if state is State.FAILED_PHONE_VALIDATION:
        return Message(
            "Ton numéro de téléphone n'a pas pu être vérifié.",
            icon="ERROR",
            action_title="Contacter le support",
            action_link=SUPPORT_LINK,
            action_icon="EMAIL",
        )
    if state is State.IDENTITY_CHECK_RETRY:
        return Message(
            "Ton identité n'a pas pu être vérifiée. Tu peux réessayer.",
            summary="Ton identité n'a pas pu être vérifiée.",
            icon="WARNING",
            action_title="Réessayer la vérification",
            action_link="passculture://verification-identite",
            action_icon="RETRY",
            updated_at=updated_at,
        )
    if state is State.FAILED_IDENTITY_CHECK:
        return Message(
            "Ton dossier n'a pas pu être accepté. Si tu penses que c'est une erreur, écris à notre équipe.",
            icon="ERROR",
            action_title="Contacter le support",
            action_link=SUPPORT_LINK,
            action_icon="EMAIL",
            updated_at=updated_at,
        )
    if state in (State.WAITING_FOR_IDENTITY_CHECK, State.WAITING_FOR_MANUAL_REVIEW):
        return Message(
            "Ton dossier est en cours d'étude. Nous te répondrons par e-mail.", icon="CLOCK", updated_at=updated_at
        )
    return None


@dataclass(frozen=True)
class Banner:
    name: str
    title: str
    text: str


def geolocation_banner() -> Banner:
    return Banner(
        "geolocation_banner", "Active ta géolocalisation", "Découvre les offres culturelles près de chez toi."
    )


def retry_banner() -> Banner:
    return Banner("retry_identity_check_banner", "Vérifie ton identité", "Réessaie pour débloquer ton crédit.")


def transition_banner(amount_cents: int, *, identity_is_proven: bool, xpf: bool) -> Banner:
    text = "Confirme tes informations" if identity_is_proven else "Vérifie ton identité"
    return Banner("transition_17_18_banner", f"Débloque tes {french_price(amount_cents, xpf=xpf)}", text)


def activation_banner(amount_cents: int, *, xpf: bool) -> Banner:
    return Banner(
        "activation_banner",
        f"Débloque tes {french_price(amount_cents, xpf=xpf)}",
        "Termine ton inscription pour profiter de ton crédit.",
    )
