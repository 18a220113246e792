"""Roles and account states, as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.accounts.rules import (
    BENEFICIARY_ROLES,
    AccountState,
    Role,
    RoleConflict,
    SuspensionEntry,
    SuspensionReason,
    account_state,
    add_role,
    check_roles,
    has_any_pro_role,
    is_beneficiary,
    normalise_email,
    pro_roles,
    remove_role,
)


def _is_allowed(roles: frozenset[Role]) -> bool:
    try:
        check_roles(roles)
    except RoleConflict:
        return False
    return True


allowed = st.frozensets(st.sampled_from(Role)).filter(_is_allowed)


@given(allowed, st.sampled_from(Role))
def test_adding_keeps_the_exclusions_or_is_refused(held: frozenset[Role], role: Role) -> None:
    try:
        after = add_role(held, role)
    except RoleConflict:
        return
    assert role in after
    assert len({Role.ADMIN, Role.BENEFICIARY, Role.UNDERAGE_BENEFICIARY}.intersection(after)) <= 1
    assert len({Role.PRO, Role.NON_ATTACHED_PRO}.intersection(after)) <= 1
    assert add_role(after, role) == after


@given(allowed, st.sampled_from(Role))
def test_removing_is_idempotent_and_takes_nothing_else(held: frozenset[Role], role: Role) -> None:
    after = remove_role(held, role)
    assert set(after) == held - {role}
    assert remove_role(after, role) == after


@given(allowed.filter(lambda roles: not {Role.ADMIN, Role.ANONYMIZED, Role.BENEFICIARY} & roles))
def test_a_beneficiary_of_18_replaces_the_younger_ones(held: frozenset[Role]) -> None:
    after = set(add_role(held, Role.BENEFICIARY))
    assert after & BENEFICIARY_ROLES == {Role.BENEFICIARY}
    assert after - BENEFICIARY_ROLES == held - BENEFICIARY_ROLES


@pytest.mark.parametrize("role", [Role.BENEFICIARY, Role.UNDERAGE_BENEFICIARY])
def test_an_admin_receives_no_credit_role(role: Role) -> None:
    with pytest.raises(RoleConflict):
        add_role([Role.ADMIN], role)


def test_under_age_does_not_replace_18() -> None:
    with pytest.raises(RoleConflict):
        add_role([Role.BENEFICIARY], Role.UNDERAGE_BENEFICIARY)


def test_one_may_be_partner_and_beneficiary() -> None:
    assert set(add_role([Role.BENEFICIARY], Role.PRO)) == {Role.BENEFICIARY, Role.PRO}


def test_an_anonymised_account_holds_nothing_else() -> None:
    assert add_role([Role.PRO, Role.BENEFICIARY], Role.ANONYMIZED) == [Role.ANONYMIZED]
    with pytest.raises(RoleConflict):
        add_role([Role.ANONYMIZED], Role.PRO)


@given(allowed, st.booleans(), st.booleans())
def test_attachments_touch_the_pro_roles_alone(held: frozenset[Role], validated: bool, waiting: bool) -> None:
    after = set(pro_roles(held, validated=validated, waiting=waiting))
    assert after - {Role.PRO, Role.NON_ATTACHED_PRO} == held - {Role.PRO, Role.NON_ATTACHED_PRO}
    if Role.ANONYMIZED not in held:
        assert (Role.PRO in after) == validated
        assert has_any_pro_role(after) == (validated or waiting or has_any_pro_role(held))
    assert is_beneficiary(after) == is_beneficiary(held)


entries = st.none() | st.builds(SuspensionEntry, st.booleans(), st.none() | st.sampled_from(SuspensionReason))


@given(allowed, st.booleans(), entries)
def test_states_are_decided_in_order(held: frozenset[Role], is_active: bool, last: SuspensionEntry | None) -> None:
    state = account_state(held, is_active, last)
    if Role.ANONYMIZED in held:
        assert state is AccountState.ANONYMIZED
    elif is_active:
        assert state is AccountState.ACTIVE
    elif last is None or not last.is_suspension:
        assert state is AccountState.INACTIVE
    else:
        expected = {
            SuspensionReason.DELETED: AccountState.DELETED,
            SuspensionReason.UPON_USER_REQUEST: AccountState.SUSPENDED_UPON_USER_REQUEST,
            SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER: AccountState.SUSPICIOUS_LOGIN_REPORTED_BY_USER,
            SuspensionReason.WAITING_FOR_ANONYMIZATION: AccountState.WAITING_FOR_ANONYMIZATION,
        }.get(last.reason or SuspensionReason.FRAUD_HACK, AccountState.SUSPENDED)
        assert state is expected


@given(st.text(max_size=40))
def test_normalising_an_address_twice_changes_nothing(text: str) -> None:
    once = normalise_email(text)
    assert normalise_email(once) == once or "İ" in text
