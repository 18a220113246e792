"""The subscription workflow, as properties and as the cases that its rules name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.accounts.rules import Role
from users.eligibility.rules import EligibilityType, Person, Reform, birthday, eligibility_of
from users.features import Flag
from users.subscription.checks import (
    Candidate,
    Check,
    CheckStatus,
    CheckType,
    PhoneValidationStatus,
    ReviewVerdict,
    best_check,
    is_relevant,
    is_retryable,
    may_activate_next,
    registrations,
)
from users.subscription.rules import (
    Completion,
    IdentityMethod,
    State,
    Step,
    YoungStatusType,
    allowed_methods,
    has_issues,
    next_step,
    steps_to_display,
    subscription_state,
    young_status,
)
from users.subscription.views import banner_of
from users.subscription.wording import message_of, stepper_title

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
REFORM = Reform(datetime(2025, 3, 1, tzinfo=UTC))
FLAGS = frozenset({Flag.ENABLE_UBBLE, Flag.ENABLE_EDUCONNECT_AUTHENTICATION})


def check(
    kind: CheckType, status: CheckStatus = CheckStatus.OK, *, days: int = 1, codes: tuple[str, ...] = ()
) -> Check:
    at = NOW - timedelta(days=days)
    return Check(kind, status, EligibilityType.AGE17_18, at, at, codes)


def candidate(age: int, *checks: Check, roles: tuple[Role, ...] = (), since: int = 100) -> Candidate:
    person = Person(birthday(NOW.date() - timedelta(days=since), -age), ZoneInfo("Europe/Paris"))
    return Candidate(
        now=NOW,
        reform=REFORM,
        person=person,
        roles=roles,
        is_active=True,
        is_email_validated=True,
        phone_number="+33601020304",
        phone_validation_status=None,
        has_deposit=bool(roles),
        has_running_deposit=bool(roles),
        eligibility=eligibility_of(person, registrations(checks), now=NOW, reform=REFORM),
        checks=checks,
        flags=FLAGS,
    )


checks = st.lists(
    st.builds(
        Check,
        st.sampled_from(CheckType),
        st.none() | st.sampled_from(CheckStatus),
        st.none() | st.sampled_from(EligibilityType),
        st.datetimes(datetime(2023, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.datetimes(datetime(2023, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.lists(st.sampled_from(["blurry_video", "duplicate_user"]), max_size=2).map(tuple),
        st.booleans(),
    ),
    max_size=6,
)
credit_roles = st.sampled_from([(), (Role.FREE_BENEFICIARY,), (Role.UNDERAGE_BENEFICIARY,), (Role.BENEFICIARY,)])


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    base = candidate(
        draw(st.integers(13, 22)), *draw(checks), roles=draw(credit_roles), since=draw(st.integers(0, 364))
    )
    return replace(
        base,
        is_active=draw(st.booleans()),
        is_email_validated=draw(st.booleans()),
        phone_number=draw(st.sampled_from([None, "+33601020304"])),
        phone_validation_status=draw(st.none() | st.sampled_from(PhoneValidationStatus)),
        has_running_deposit=base.has_deposit and draw(st.booleans()),
        last_review=draw(st.none() | st.sampled_from(ReviewVerdict)),
        flags=draw(st.sampled_from([FLAGS, frozenset(), FLAGS | {Flag.ENABLE_PHONE_VALIDATION}])),
    )


@given(candidates())
def test_every_situation_has_one_consistent_answer(someone: Candidate) -> None:
    state = subscription_state(someone)
    step = next_step(someone, state)
    shown = steps_to_display(someone, state)
    assert len({name for name, _ in shown}) == len(shown)
    # What comes next is among the steps shown, and what precedes it is completed.
    reached = [at for at, (_, completion) in enumerate(shown) if completion in (Completion.CURRENT, Completion.RETRY)]
    assert len(reached) <= 1
    for at, (_, completion) in enumerate(shown):
        if reached:
            assert (completion is Completion.COMPLETED) == (at < reached[0])
    if step in (Step.PHONE_VALIDATION, Step.PROFILE_COMPLETION, Step.HONOR_STATEMENT, Step.IDENTITY_CHECK):
        assert shown[reached[0]][0] is step
    assert (step is Step.EMAIL_VALIDATION) == (not someone.is_email_validated)
    status, progress = young_status(someone, state)
    assert (progress is not None) == (status is YoungStatusType.ELIGIBLE)
    if not someone.is_active:
        assert status is YoungStatusType.SUSPENDED
    assert stepper_title(state, 150_00, xpf=False)[0]
    assert not has_issues(state) or message_of(state, someone) is not None
    banner = banner_of(someone, is_geolocated=True, xpf=False)
    assert banner is None or banner.name != "geolocation_banner"


@given(candidates())
def test_18_year_old_beneficiaries_have_nothing_more_to_obtain(someone: Candidate) -> None:
    if Role.BENEFICIARY in someone.roles:
        assert not may_activate_next(someone)
    if may_activate_next(someone):
        assert someone.eligibility is not None


def test_the_phone_comes_first_at_18_alone() -> None:
    no_phone = replace(candidate(18), phone_number=None)
    assert subscription_state(no_phone) is State.PHONE_VALIDATION
    assert subscription_state(replace(candidate(17), phone_number=None)) is State.PROFILE_COMPLETION
    refused = replace(candidate(18, check(CheckType.PHONE_VALIDATION, CheckStatus.KO)), phone_number=None)
    assert subscription_state(refused) is State.FAILED_PHONE_VALIDATION
    skipped = replace(refused, phone_validation_status=PhoneValidationStatus.SKIPPED_BY_SUPPORT)
    assert subscription_state(skipped) is State.PROFILE_COMPLETION


def test_a_stored_number_does_once_validation_is_on() -> None:
    on = replace(candidate(18), flags=FLAGS | {Flag.ENABLE_PHONE_VALIDATION})
    assert subscription_state(on) is State.PHONE_VALIDATION
    assert subscription_state(candidate(18)) is State.PROFILE_COMPLETION


def test_educonnect_never_carries_over_to_18() -> None:
    at_17 = check(CheckType.EDUCONNECT, days=300)
    assert not is_relevant(at_17, candidate(18, at_17))
    for kind in (CheckType.UBBLE, CheckType.DMS):
        assert is_relevant(check(kind, days=300), candidate(18))
    assert not is_relevant(check(CheckType.PROFILE_COMPLETION, days=300), candidate(18))
    assert is_relevant(check(CheckType.PROFILE_COMPLETION, days=50), candidate(18))


def test_the_best_check_then_the_newest_decides() -> None:
    old, new = check(CheckType.UBBLE, CheckStatus.KO, days=9), check(CheckType.UBBLE, CheckStatus.KO, days=2)
    pending = check(CheckType.UBBLE, CheckStatus.PENDING, days=20)
    kinds = frozenset({CheckType.UBBLE})
    assert best_check(candidate(17, old, new), kinds) is new
    assert best_check(candidate(17, old, new, pending), kinds) is pending


@pytest.mark.parametrize(("attempts", "retryable"), [(1, True), (2, True), (3, False)])
def test_ubble_may_be_tried_three_times(attempts: int, retryable: bool) -> None:
    failed = check(CheckType.UBBLE, CheckStatus.KO, codes=("blurry_video",))
    others = [check(CheckType.UBBLE, CheckStatus.CANCELED, codes=("blurry_video",))] * 4
    assert is_retryable(failed, candidate(17, *[failed] * attempts, *others)) is retryable


def test_what_is_never_retried() -> None:
    for kind, codes, may in (
        (CheckType.UBBLE, (), False),
        (CheckType.UBBLE, ("duplicate_user", "blurry_video"), False),
        (CheckType.DMS, ("blurry_video",), False),
        (CheckType.EDUCONNECT, ("duplicate_ine",), True),
    ):
        failed = check(kind, CheckStatus.KO, codes=codes)
        assert is_retryable(failed, candidate(17, failed)) is may


def test_a_file_accepted_after_the_right_ended_needs_a_human() -> None:
    late = Check(CheckType.DMS, CheckStatus.OK, EligibilityType.AGE17_18, NOW, NOW)
    begun = [check(kind, days=300) for kind in (CheckType.PROFILE_COMPLETION, CheckType.HONOR_STATEMENT)]
    someone = candidate(19, *begun, late)
    assert someone.eligibility is EligibilityType.AGE17_18
    assert subscription_state(someone) is State.WAITING_FOR_MANUAL_REVIEW


def test_ubble_near_a_birthday_only() -> None:
    limited = FLAGS | {Flag.ENABLE_UBBLE_SUBSCRIPTION_LIMITATION}
    far, near = candidate(17, since=100), candidate(17, since=300)
    assert allowed_methods(replace(far, flags=limited)) == [IdentityMethod.EDUCONNECT]
    assert IdentityMethod.UBBLE in allowed_methods(replace(near, flags=limited))
    assert allowed_methods(candidate(18)) == [IdentityMethod.UBBLE]


def test_a_leap_day_candidate_turns_18_on_28_february() -> None:
    person = Person(date(2008, 2, 29), ZoneInfo("Europe/Paris"))
    base = replace(candidate(17), person=person)
    eve = replace(base, now=datetime(2026, 2, 27, 22, 59, tzinfo=UTC), eligibility=EligibilityType.AGE17_18)
    day = replace(eve, now=datetime(2026, 2, 27, 23, 0, tzinfo=UTC))
    assert (eve.is_18_eligible, day.is_18_eligible) == (False, True)
