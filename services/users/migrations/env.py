"""Alembic's environment; what it does is the same for every service."""

from shared.database.migrations import run_environment
from users.accounts import models as accounts
from users.anonymization import models as anonymization
from users.base import Base
from users.deposits import models as deposits
from users.features import models as features
from users.identity import models as identity
from users.notices import models as notices
from users.permissions import models as permissions
from users.replicas import models as replicas
from users.sessions import models as sessions
from users.sso import models as sso
from users.subscription import models as subscription
from users.tasks import models as tasks
from users.tokens import models as tokens

MODELS = (
    accounts,
    anonymization,
    deposits,
    features,
    identity,
    notices,
    permissions,
    replicas,
    sessions,
    sso,
    subscription,
    tasks,
    tokens,
)

run_environment(Base.metadata)
