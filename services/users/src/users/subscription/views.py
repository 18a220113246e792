"""What the app's pages show of a subscription, put together from the rules. Pure."""

from __future__ import annotations

from users.accounts.rules import Role
from users.eligibility.rules import EligibilityType, eligibility_to_activate
from users.subscription.checks import Candidate, CheckStatus, CheckType, is_relevant, registrations
from users.subscription.rules import State, Step, next_step, subscription_state
from users.subscription.wording import (
    Banner,
    activation_banner,
    amount_to_activate,
    geolocation_banner,
    retry_banner,
    transition_banner,
)

_STEPS_WITH_BANNER = frozenset(
    {Step.PHONE_VALIDATION, Step.PROFILE_COMPLETION, Step.IDENTITY_CHECK, Step.HONOR_STATEMENT}
)


def amount_of(candidate: Candidate) -> int | None:
    """The credit that the candidate would receive, in cents."""
    eligibility = eligibility_to_activate(
        candidate.person, registrations(candidate.checks), now=candidate.now, reform=candidate.reform
    )
    return amount_to_activate(eligibility, candidate.age)


def banner_of(candidate: Candidate, *, is_geolocated: bool, xpf: bool) -> Banner | None:
    """The one banner of the home page (users rules: banner)."""
    state = subscription_state(candidate)
    step = next_step(candidate, state)
    if candidate.eligibility is not EligibilityType.FREE and step in _STEPS_WITH_BANNER:
        if state is State.IDENTITY_CHECK_RETRY:
            return retry_banner()
        amount = amount_of(candidate)
        if not amount:
            return None
        if Role.UNDERAGE_BENEFICIARY in candidate.roles and Role.BENEFICIARY not in candidate.roles:
            return transition_banner(amount, identity_is_proven=_identity_is_proven(candidate), xpf=xpf)
        return activation_banner(amount, xpf=xpf)
    return None if is_geolocated else geolocation_banner()


def _identity_is_proven(candidate: Candidate) -> bool:
    return any(
        check.type in (CheckType.UBBLE, CheckType.DMS)
        and check.status is CheckStatus.OK
        and is_relevant(check, candidate)
        for check in candidate.checks
    )
