from offers.models import Base
from shared.database.migrations import run_environment

run_environment(Base.metadata)
