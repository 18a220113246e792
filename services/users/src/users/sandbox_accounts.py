"""Who is in the data sets: the well-known accounts and their situations. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from users.accounts.rules import Role, SuspensionReason


class Credit(StrEnum):
    """The credit that an account of a data set holds."""

    NONE = "none"
    V1 = "GRANT_18 of 500 €"
    V2 = "GRANT_18 of 300 €"
    V2_EXPIRED = "GRANT_18 of 300 €, over"
    V1_EXPIRED = "GRANT_18 of 500 €, over"
    LEGACY_UNDERAGE = "GRANT_15_17"
    LEGACY_UNDERAGE_EXPIRED = "GRANT_15_17, over"
    THIRD = "GRANT_17_18 by age"
    THIRD_SINCE_17 = "GRANT_17_18 with both amounts"
    THIRD_AFTER_LEGACY = "GRANT_17_18 that took a GRANT_15_17 over"
    THIRD_WITH_BONUS = "GRANT_17_18 with the bonus"
    FREE = "GRANT_FREE"


@dataclass(frozen=True)
class Someone:
    """One account. `age` None for partners and agents; `tiny`: in the small data set too."""

    email: str
    first_name: str
    last_name: str
    age: int | None = None
    credit: Credit = Credit.NONE
    roles: tuple[Role, ...] = ()
    postal_code: str = "93000"
    is_email_validated: bool = True
    suspended: SuspensionReason | None = None
    needs_survey: bool = True
    tiny: bool = False


def _pro(name: str, first: str, last: str, *, postal_code: str = "93000", tiny: bool = False) -> Someone:
    return Someone(
        f"{name}@example.com",
        first,
        last,
        roles=(Role.NON_ATTACHED_PRO,),
        postal_code=postal_code,
        needs_survey=False,
        tiny=tiny,
    )


POSTAL_CODES = {"93": "93100", "97": "97300"}
TINY_YOUNG = "has-booked-some"


def _young() -> list[Someone]:
    """Beneficiaries of 18 and above, by département, situation and generation of the credit."""
    found = []
    for area, postal_code in POSTAL_CODES.items():
        for situation in (
            "has-filled-cultural-survey",
            "has-booked-some",
            "has-booked-some-but-deposit-expired",
            "has-no-more-money",
        ):
            for generation in ("v1", "v2"):
                expired = situation.endswith("expired")
                credit = {
                    ("v1", False): Credit.V1,
                    ("v2", False): Credit.V2,
                    ("v1", True): Credit.V1_EXPIRED,
                    ("v2", True): Credit.V2_EXPIRED,
                }[generation, expired]
                found.append(
                    Someone(
                        f"pctest.jeune{area}.{situation}.{generation}@example.com",
                        "Camille",
                        f"Jeune {area} {generation}",
                        age=21 if expired else 20,
                        credit=credit,
                        postal_code=postal_code,
                        needs_survey=situation != "has-filled-cultural-survey",
                        tiny=situation == TINY_YOUNG or (expired and area == "93" and generation == "v2"),
                    )
                )
    return found


def _minors() -> list[Someone]:
    """Under-age people, by département: each age with and without a credit."""
    found = []
    for area, postal_code in POSTAL_CODES.items():
        for situation, age, credit in (
            ("has-signed-up-15", 15, Credit.NONE),
            ("has-free-credit-15", 15, Credit.FREE),
            ("has-free-credit-16", 16, Credit.FREE),
            ("has-legacy-credit-16", 16, Credit.LEGACY_UNDERAGE),
            ("has-signed-up-17", 17, Credit.NONE),
            ("has-booked-some-17", 17, Credit.THIRD),
            ("has-no-more-money-17", 17, Credit.THIRD),
        ):
            found.append(
                Someone(
                    f"pctest.mineur{area}.{situation}@example.com",
                    "Alix",
                    f"Mineur {area}",
                    age=age,
                    credit=credit,
                    postal_code=postal_code,
                )
            )
    return found


def _by_age() -> list[Someone]:
    found = [
        Someone("bene_15@example.com", "Nour", "Quinze", age=15, credit=Credit.FREE, tiny=True),
        Someone("bene_16@example.com", "Nour", "Seize", age=16, credit=Credit.FREE),
        Someone("bene_17@example.com", "Nour", "Dix-sept", age=17, credit=Credit.THIRD, tiny=True),
        Someone("bene_18@example.com", "Nour", "Dix-huit", age=18, credit=Credit.THIRD_SINCE_17, tiny=True),
        Someone("exunderage_18@example.com", "Sacha", "Ancien", age=18, credit=Credit.LEGACY_UNDERAGE_EXPIRED),
        Someone(
            "bene_18_exunderage@example.com", "Sacha", "Majeur", age=18, credit=Credit.THIRD_AFTER_LEGACY, tiny=True
        ),
        Someone("bene_18_bonus@example.com", "Sacha", "Bonus", age=18, credit=Credit.THIRD_WITH_BONUS),
        Someone("exbene_20@example.com", "Sacha", "Vingt", age=20, credit=Credit.V2_EXPIRED),
        Someone(
            "jeune.nc@example.com",
            "Wanya",
            "Nouméa",
            age=18,
            credit=Credit.THIRD_SINCE_17,
            postal_code="98800",
            tiny=True,
        ),
    ]
    for age in (15, 16, 17, 18):
        found.append(Someone(f"eli_{age}@example.com", "Lou", "Éligible", age=age, tiny=age == 18))
        before = Credit.V2 if age == 18 else Credit.LEGACY_UNDERAGE
        after = Credit.FREE if age < 17 else Credit.THIRD
        found.append(
            Someone(f"user{age}avantdecret@test.com", "Andrea", "Avant", age=age, credit=before, tiny=age == 16)
        )
        found.append(Someone(f"user{age}apresdecret@test.com", "Andrea", "Après", age=age, credit=after))
    return found


OTHERS = [
    Someone("pctest.autre93.has-signed-up@example.com", "Eden", "Autre", age=18, postal_code="93100"),
    Someone("pctest.autre97.has-signed-up@example.com", "Eden", "Autre", age=18, postal_code="97300"),
    Someone(
        "pctest.autre93.has-not-validated-email@example.com",
        "Eden",
        "Attente",
        age=18,
        is_email_validated=False,
        tiny=True,
    ),
    Someone("pctest.grandpublic.age-more-than-18yo@example.com", "Claude", "Public", age=35, tiny=True),
    Someone("pctest.grandpublic.age-less-than-15yo@example.com", "Claude", "Jeune", age=14),
    Someone(
        "pctest.suspended.upon-user-request@example.com",
        "Charlie",
        "Pause",
        age=18,
        credit=Credit.THIRD,
        suspended=SuspensionReason.UPON_USER_REQUEST,
        tiny=True,
    ),
    Someone(
        "pctest.suspended.fraud@example.com",
        "Charlie",
        "Fraude",
        age=18,
        credit=Credit.THIRD,
        suspended=SuspensionReason.FRAUD_SUSPICION,
        tiny=True,
    ),
    Someone(
        "pctest.suspended.deleted@example.com",
        "Charlie",
        "Supprimé",
        age=18,
        suspended=SuspensionReason.DELETED,
        tiny=True,
    ),
    Someone("pctest.admin93.0@example.com", "Dominique", "Admin", roles=(Role.ADMIN,), needs_survey=False, tiny=True),
    Someone(
        "pctest.admin97.0@example.com",
        "Dominique",
        "Admin",
        roles=(Role.ADMIN,),
        postal_code="97300",
        needs_survey=False,
    ),
]

PARTNERS = [
    _pro("retention_structures", "Maud", "Toutes-Structures", tiny=True),
    _pro("retention", "Maud", "Rétention"),
    _pro("user.offerer", "Yann", "Validé", tiny=True),
    _pro("activation", "Yann", "En-Attente", tiny=True),
    _pro("api", "Yann", "Sans-Structure", tiny=True),
    _pro("pro_adage_eligible", "Inès", "Adage"),
    _pro("eac_1_lieu", "Inès", "Un-Lieu"),
    _pro("eac_2_lieu", "Inès", "Deux-Lieux"),
    _pro("half_eac", "Inès", "Moitié"),
    _pro("eac_pending_bank_informations", "Inès", "Banque"),
    _pro("eac_no_cb", "Inès", "Sans-Réseau"),
    _pro("eac_rejected", "Inès", "Refusée"),
    _pro("eac_complete_30+d", "Inès", "Complète"),
    _pro("pctest.pro.incidents", "Paul", "Incidents"),
    *[_pro(f"{name}.autoentrepreneur", name.title(), "Dalton") for name in ("joe", "jack", "william", "averell")],
    *[_pro(f"pro{number}.nc", "Hélène", f"Calédonie {number}", postal_code="98800") for number in (1, 2, 3)],
]


def everybody() -> list[Someone]:
    """The industrial data set."""
    return [*PARTNERS, *_young(), *_by_age(), *_minors(), *OTHERS]


def a_few() -> list[Someone]:
    """The tiny data set."""
    return [someone for someone in everybody() if someone.tiny]
