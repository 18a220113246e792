from sqlalchemy.orm import Mapped, mapped_column

from shared.database import Replica, new_base

Base = new_base()


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]


class ThingReplica(Replica, Base):
    __tablename__ = "thing_replica"

    label: Mapped[str]
