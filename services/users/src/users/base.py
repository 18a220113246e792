"""The metadata of this service's database."""

from shared.database import new_base

Base = new_base()
