"""What agents may do, and the roles that allow it (back-office rules: roles and permissions). Pure.

Which role allows what is data, changed by agents; `SEED` is where it starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from users.accounts.rules import Role, has_any_pro_role, is_beneficiary


class Permission(StrEnum):
    READ_PERMISSIONS = "READ_PERMISSIONS"
    MANAGE_PERMISSIONS = "MANAGE_PERMISSIONS"
    READ_ADMIN_ACCOUNTS = "READ_ADMIN_ACCOUNTS"
    MANAGE_ADMIN_ACCOUNTS = "MANAGE_ADMIN_ACCOUNTS"
    FEATURE_FLIPPING = "FEATURE_FLIPPING"
    READ_USER_PROFILE_REFRESH_CAMPAIGN = "READ_USER_PROFILE_REFRESH_CAMPAIGN"
    MANAGE_USER_PROFILE_REFRESH_CAMPAIGN = "MANAGE_USER_PROFILE_REFRESH_CAMPAIGN"

    PRO_FRAUD_ACTIONS = "PRO_FRAUD_ACTIONS"
    BENEFICIARY_FRAUD_ACTIONS = "BENEFICIARY_FRAUD_ACTIONS"
    BENEFICIARY_MANUAL_REVIEW = "BENEFICIARY_MANUAL_REVIEW"
    MANAGE_FRAUDULENT_BOOKING_INFO = "MANAGE_FRAUDULENT_BOOKING_INFO"
    READ_FRAUDULENT_BOOKING_INFO = "READ_FRAUDULENT_BOOKING_INFO"

    READ_BENEFICIARY_BONUS_CREDIT = "READ_BENEFICIARY_BONUS_CREDIT"
    REQUEST_BENEFICIARY_BONUS_CREDIT = "REQUEST_BENEFICIARY_BONUS_CREDIT"

    READ_PUBLIC_ACCOUNT = "READ_PUBLIC_ACCOUNT"
    MANAGE_PUBLIC_ACCOUNT = "MANAGE_PUBLIC_ACCOUNT"
    ANONYMIZE_PUBLIC_ACCOUNT = "ANONYMIZE_PUBLIC_ACCOUNT"
    EXTRACT_PUBLIC_ACCOUNT = "EXTRACT_PUBLIC_ACCOUNT"
    SUSPEND_USER = "SUSPEND_USER"
    UNSUSPEND_USER = "UNSUSPEND_USER"
    MANAGE_ACCOUNT_UPDATE_REQUEST = "MANAGE_ACCOUNT_UPDATE_REQUEST"
    MANAGE_ACCOUNT_TAGS = "MANAGE_ACCOUNT_TAGS"
    MANAGE_ACCOUNT_TAGS_N2 = "MANAGE_ACCOUNT_TAGS_N2"

    READ_CHRONICLE = "READ_CHRONICLE"
    MANAGE_CHRONICLE = "MANAGE_CHRONICLE"
    READ_HIGHLIGHT = "READ_HIGHLIGHT"
    MANAGE_HIGHLIGHT = "MANAGE_HIGHLIGHT"
    READ_SPECIAL_EVENTS = "READ_SPECIAL_EVENTS"
    MANAGE_SPECIAL_EVENTS = "MANAGE_SPECIAL_EVENTS"

    READ_PRO_ENTITY = "READ_PRO_ENTITY"
    MANAGE_PRO_ENTITY = "MANAGE_PRO_ENTITY"
    DELETE_PRO_ENTITY = "DELETE_PRO_ENTITY"
    CREATE_PRO_ENTITY = "CREATE_PRO_ENTITY"
    READ_PRO_ENTREPRISE_INFO = "READ_PRO_ENTREPRISE_INFO"
    READ_PRO_SENSITIVE_INFO = "READ_PRO_SENSITIVE_INFO"
    READ_PRO_AE_INFO = "READ_PRO_AE_INFO"
    CONNECT_AS_PRO = "CONNECT_AS_PRO"
    VALIDATE_OFFERER = "VALIDATE_OFFERER"
    CLOSE_OFFERER = "CLOSE_OFFERER"

    MOVE_SIRET = "MOVE_SIRET"
    ADVANCED_PRO_SUPPORT = "ADVANCED_PRO_SUPPORT"

    MANAGE_BOOKINGS = "MANAGE_BOOKINGS"
    READ_BOOKINGS = "READ_BOOKINGS"
    READ_OFFERS = "READ_OFFERS"
    MANAGE_OFFERS = "MANAGE_OFFERS"
    MULTIPLE_OFFERS_ACTIONS = "MULTIPLE_OFFERS_ACTIONS"

    READ_TAGS = "READ_TAGS"
    MANAGE_OFFERER_TAG = "MANAGE_OFFERER_TAG"
    MANAGE_TAGS_N2 = "MANAGE_TAGS_N2"
    MANAGE_OFFERS_AND_VENUES_TAGS = "MANAGE_OFFERS_AND_VENUES_TAGS"

    READ_REIMBURSEMENT_RULES = "READ_REIMBURSEMENT_RULES"
    CREATE_REIMBURSEMENT_RULES = "CREATE_REIMBURSEMENT_RULES"
    CREATE_INCIDENTS = "CREATE_INCIDENTS"
    READ_INCIDENTS = "READ_INCIDENTS"
    MANAGE_INCIDENTS = "MANAGE_INCIDENTS"
    VALIDATE_COMMERCIAL_GESTURE = "VALIDATE_COMMERCIAL_GESTURE"
    READ_NON_PAYMENT_NOTICES = "READ_NON_PAYMENT_NOTICES"
    MANAGE_NON_PAYMENT_NOTICES = "MANAGE_NON_PAYMENT_NOTICES"

    READ_TECH_PARTNERS = "READ_TECH_PARTNERS"
    MANAGE_TECH_PARTNERS = "MANAGE_TECH_PARTNERS"


class AgentRole(StrEnum):
    ADMIN = "admin"
    RIGHTS_MANAGER = "gestionnaire_des_droits"
    SUPPORT_N1 = "support_n1"
    SUPPORT_N2 = "support_n2"
    SUPPORT_N3 = "support_n3"
    SUPPORT_PRO = "support_pro"
    SUPPORT_PRO_N2 = "support_pro_n2"
    SUPPORT_TECH_PARTNERS = "support_partenaires_techniques"
    TECH_PARTNER = "partenaire_technique"
    FRAUD_CONFORMITY = "fraude_conformite"
    FRAUD_YOUNG = "fraude_jeunes"
    FINANCE = "daf"
    FINANCE_HEAD = "responsable_daf"
    CODIR = "codir_admin"
    PROGRAMMING = "programmation_market"
    HOMOLOGATION = "homologation"
    HOMOLOGATION_PRO = "homologation_pro"
    PRODUCT = "product_management"
    DEVELOPMENT = "charge_developpement"
    COMMUNICATION = "communication"
    CONNECT_AS = "connect_as_pro"
    DPO = "dpo"
    READER = "lecture_seule"
    QA = "qa"
    GLOBAL = "global_access"


P, R = Permission, AgentRole

_TAGS = {P.READ_TAGS, P.MANAGE_OFFERER_TAG, P.MANAGE_TAGS_N2, P.MANAGE_OFFERS_AND_VENUES_TAGS}
_ACCOUNT_TAGS = {P.MANAGE_ACCOUNT_TAGS, P.MANAGE_ACCOUNT_TAGS_N2}
_TECH = {P.READ_TECH_PARTNERS, P.MANAGE_TECH_PARTNERS}
_FRAUDULENT = {P.READ_FRAUDULENT_BOOKING_INFO, P.MANAGE_FRAUDULENT_BOOKING_INFO}
_PRO_READ = {P.READ_PRO_ENTITY}
_PRO_EDIT = {P.READ_PRO_ENTITY, P.MANAGE_PRO_ENTITY}
_BOOKINGS = {P.READ_BOOKINGS, P.MANAGE_BOOKINGS}
_OFFERS = {P.READ_OFFERS, P.MANAGE_OFFERS, P.MULTIPLE_OFFERS_ACTIONS}
_RIGHTS = {P.READ_PERMISSIONS, P.MANAGE_PERMISSIONS}
# What nobody gets without being named for it.
_RESERVED = {*_RIGHTS, P.BENEFICIARY_MANUAL_REVIEW, P.READ_BENEFICIARY_BONUS_CREDIT, P.REQUEST_BENEFICIARY_BONUS_CREDIT}
_ALMOST_ALL = set(P) - _RESERVED

SEED: dict[AgentRole, frozenset[Permission]] = {
    role: frozenset(permissions)
    for role, permissions in {
        R.ADMIN: {
            P.READ_PERMISSIONS,
            P.READ_ADMIN_ACCOUNTS,
            P.MANAGE_ADMIN_ACCOUNTS,
            *_TAGS,
            *_ACCOUNT_TAGS,
            P.ANONYMIZE_PUBLIC_ACCOUNT,
            P.READ_USER_PROFILE_REFRESH_CAMPAIGN,
            P.MANAGE_USER_PROFILE_REFRESH_CAMPAIGN,
        },
        R.RIGHTS_MANAGER: _RIGHTS,
        R.SUPPORT_N1: {P.READ_PUBLIC_ACCOUNT},
        R.SUPPORT_N2: {
            P.READ_PUBLIC_ACCOUNT,
            P.MANAGE_PUBLIC_ACCOUNT,
            P.SUSPEND_USER,
            P.EXTRACT_PUBLIC_ACCOUNT,
            P.MANAGE_ACCOUNT_UPDATE_REQUEST,
            P.CREATE_INCIDENTS,
            P.READ_FRAUDULENT_BOOKING_INFO,
        },
        R.SUPPORT_N3: {P.ANONYMIZE_PUBLIC_ACCOUNT},
        R.SUPPORT_PRO: {
            *_PRO_EDIT,
            P.DELETE_PRO_ENTITY,
            P.CREATE_PRO_ENTITY,
            P.READ_PRO_ENTREPRISE_INFO,
            P.READ_PRO_AE_INFO,
            P.CONNECT_AS_PRO,
            *_BOOKINGS,
            P.READ_OFFERS,
            P.READ_REIMBURSEMENT_RULES,
            P.READ_INCIDENTS,
            P.CREATE_INCIDENTS,
            P.READ_TECH_PARTNERS,
            P.CLOSE_OFFERER,
            P.READ_NON_PAYMENT_NOTICES,
        },
        R.SUPPORT_PRO_N2: {
            P.MOVE_SIRET,
            P.ADVANCED_PRO_SUPPORT,
            P.CREATE_INCIDENTS,
            P.MANAGE_INCIDENTS,
            P.READ_NON_PAYMENT_NOTICES,
            P.MANAGE_NON_PAYMENT_NOTICES,
        },
        R.SUPPORT_TECH_PARTNERS: {
            *_PRO_EDIT,
            P.CONNECT_AS_PRO,
            P.READ_BOOKINGS,
            P.READ_OFFERS,
            P.READ_REIMBURSEMENT_RULES,
            P.READ_INCIDENTS,
            *_TECH,
        },
        R.TECH_PARTNER: _TECH,
        R.FRAUD_CONFORMITY: {
            P.PRO_FRAUD_ACTIONS,
            P.READ_PUBLIC_ACCOUNT,
            P.READ_PRO_ENTITY,
            P.READ_PRO_SENSITIVE_INFO,
            P.READ_PRO_AE_INFO,
            P.VALIDATE_OFFERER,
            *_BOOKINGS,
            *_OFFERS,
            P.CREATE_INCIDENTS,
            *_FRAUDULENT,
        },
        R.FRAUD_YOUNG: {
            P.READ_PUBLIC_ACCOUNT,
            P.SUSPEND_USER,
            P.UNSUSPEND_USER,
            P.BENEFICIARY_FRAUD_ACTIONS,
            *_BOOKINGS,
            *_FRAUDULENT,
        },
        R.FINANCE: {P.READ_REIMBURSEMENT_RULES, P.CREATE_INCIDENTS, P.MANAGE_INCIDENTS},
        R.FINANCE_HEAD: {P.READ_REIMBURSEMENT_RULES, P.CREATE_REIMBURSEMENT_RULES},
        R.CODIR: {P.READ_INCIDENTS, P.VALIDATE_COMMERCIAL_GESTURE},
        R.PROGRAMMING: {
            P.READ_PUBLIC_ACCOUNT,
            P.MANAGE_ACCOUNT_TAGS,
            *_PRO_EDIT,
            P.CONNECT_AS_PRO,
            P.VALIDATE_OFFERER,
            *_OFFERS,
            P.READ_TAGS,
            P.READ_CHRONICLE,
            P.MANAGE_CHRONICLE,
            P.READ_HIGHLIGHT,
            P.MANAGE_HIGHLIGHT,
        },
        R.HOMOLOGATION: {
            *_PRO_EDIT,
            P.READ_PRO_ENTREPRISE_INFO,
            P.READ_PRO_SENSITIVE_INFO,
            P.CONNECT_AS_PRO,
            P.VALIDATE_OFFERER,
        },
        R.HOMOLOGATION_PRO: {
            *_PRO_EDIT,
            P.READ_PRO_ENTREPRISE_INFO,
            P.READ_PRO_SENSITIVE_INFO,
            P.CONNECT_AS_PRO,
            P.CREATE_PRO_ENTITY,
        },
        R.PRODUCT: {P.FEATURE_FLIPPING, P.CONNECT_AS_PRO},
        R.DEVELOPMENT: {*_PRO_READ, P.READ_SPECIAL_EVENTS, P.READ_TECH_PARTNERS},
        R.COMMUNICATION: (),
        R.CONNECT_AS: {P.CONNECT_AS_PRO},
        R.DPO: {P.READ_PUBLIC_ACCOUNT, P.EXTRACT_PUBLIC_ACCOUNT, P.ANONYMIZE_PUBLIC_ACCOUNT},
        R.READER: {
            P.READ_ADMIN_ACCOUNTS,
            P.READ_PUBLIC_ACCOUNT,
            P.READ_PRO_ENTITY,
            P.READ_BOOKINGS,
            P.READ_OFFERS,
            P.READ_TAGS,
            P.READ_CHRONICLE,
            P.READ_SPECIAL_EVENTS,
            P.READ_TECH_PARTNERS,
            P.READ_USER_PROFILE_REFRESH_CAMPAIGN,
        },
        R.QA: _ALMOST_ALL | _RIGHTS,
        R.GLOBAL: set(P) - _RIGHTS,
    }.items()
}


def _kinds(
    roles: Iterable[Role | str], admin: Permission, pro: Permission, public: Permission
) -> frozenset[Permission]:
    """The permissions any of which opens an account: agents', partners' and young people's are of different agents."""
    held = set(roles)
    if Role.ADMIN in held:
        return frozenset({admin})
    kinds = {pro} if has_any_pro_role(held) else {public}
    return frozenset(kinds | ({public} if is_beneficiary(held) else set()))


def who_reads(roles: Iterable[Role | str]) -> frozenset[Permission]:
    return _kinds(roles, P.READ_ADMIN_ACCOUNTS, P.READ_PRO_ENTITY, P.READ_PUBLIC_ACCOUNT)


def who_manages(roles: Iterable[Role | str]) -> frozenset[Permission]:
    return _kinds(roles, P.MANAGE_ADMIN_ACCOUNTS, P.MANAGE_PRO_ENTITY, P.MANAGE_PUBLIC_ACCOUNT)


# The house's directory: one group a role and environment, whose name ends as the role's.
GROUP = re.compile(r"backoffice-(?P<environment>[a-z]+)-(?P<role>[a-z0-9_]+)")


def roles_of_groups(groups: Iterable[str], environment: str) -> frozenset[AgentRole]:
    """The roles that the directory's groups give in an environment; others' groups and unknown roles are ignored."""
    known = {role.value: role for role in AgentRole}
    found = (GROUP.fullmatch(group) for group in groups)
    return frozenset(
        known[match["role"]]
        for match in found
        if match is not None and match["environment"] == environment and match["role"] in known
    )


def scope_of(permissions: frozenset[Permission]) -> str:
    """The scope of an agent's token: its permissions in the order of their names."""
    return " ".join(sorted(permission.value for permission in permissions))
