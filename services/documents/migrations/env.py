import documents.mails.models
import documents.replicas.models  # noqa: F401 - models register themselves
from documents.base import Base
from shared.database.migrations import run_environment

run_environment(Base.metadata)
