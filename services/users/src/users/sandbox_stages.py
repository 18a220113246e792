"""Somebody at each stage of the subscription, for whoever wants to see its pages: `etape.<stage>@example.com`. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from users.subscription.checks import CheckStatus, CheckType
from users.subscription.rules import State


@dataclass(frozen=True)
class StageCheck:
    """A step that was taken `days` ago."""

    type: CheckType
    status: CheckStatus = CheckStatus.OK
    codes: tuple[str, ...] = ()
    days: int = 5


@dataclass(frozen=True)
class Stage:
    """A candidate who stands at `state`. `late`: they turned 19 since they began."""

    name: str
    state: State
    checks: tuple[StageCheck, ...] = ()
    age: int = 18
    has_phone: bool = True
    is_refused_by_agent: bool = False
    late: bool = False

    @property
    def email(self) -> str:
        return f"etape.{self.name}@example.com"


_PROFILE = StageCheck(CheckType.PROFILE_COMPLETION)
_HONOR = StageCheck(CheckType.HONOR_STATEMENT)
_EARLY_PROFILE = StageCheck(CheckType.PROFILE_COMPLETION, days=100)


def _ubble(status: CheckStatus, *codes: str) -> StageCheck:
    return StageCheck(CheckType.UBBLE, status, codes, days=4)


STAGES = (
    Stage("telephone", State.PHONE_VALIDATION, has_phone=False),
    Stage(
        "telephone-refuse",
        State.FAILED_PHONE_VALIDATION,
        (StageCheck(CheckType.PHONE_VALIDATION, CheckStatus.KO, ("phone_validation_attempts_limit_reached",)),),
    ),
    Stage("profil", State.PROFILE_COMPLETION),
    Stage("profil-15", State.PROFILE_COMPLETION, age=15),
    Stage("profil-17", State.PROFILE_COMPLETION, age=17),
    Stage("identite", State.IDENTITY_CHECK, (_PROFILE,)),
    Stage("identite-17", State.IDENTITY_CHECK, (_PROFILE,), age=17),
    Stage(
        "identite-a-refaire",
        State.IDENTITY_CHECK_RETRY,
        (_PROFILE, _ubble(CheckStatus.SUSPICIOUS, "id_check_expired")),
    ),
    Stage(
        "identite-refusee",
        State.FAILED_IDENTITY_CHECK,
        (_PROFILE, _ubble(CheckStatus.KO, "id_check_data_match")),
    ),
    Stage(
        "doublon",
        State.FAILED_IDENTITY_CHECK,
        (_PROFILE, _ubble(CheckStatus.SUSPICIOUS, "duplicate_user")),
    ),
    Stage("attestation", State.HONOR_STATEMENT, (_PROFILE, _ubble(CheckStatus.OK))),
    Stage(
        "attestation-17",
        State.HONOR_STATEMENT,
        (_PROFILE, StageCheck(CheckType.EDUCONNECT, days=4)),
        age=17,
    ),
    Stage(
        "en-attente",
        State.WAITING_FOR_IDENTITY_CHECK,
        (_PROFILE, _ubble(CheckStatus.PENDING), _HONOR),
    ),
    Stage(
        "examen",
        State.WAITING_FOR_MANUAL_REVIEW,
        (
            _EARLY_PROFILE,
            StageCheck(CheckType.DMS, days=5),
            StageCheck(CheckType.HONOR_STATEMENT, days=100),
        ),
        age=19,
        late=True,
    ),
    Stage("dossier-refuse", State.ADMIN_KO_REVIEW, (_PROFILE, _ubble(CheckStatus.OK)), is_refused_by_agent=True),
    Stage(
        "presque",
        State.COMPLETED,
        (_PROFILE, _ubble(CheckStatus.OK), _HONOR),
    ),
)
