"""The metadata that all tables of the gateway share."""

from sqlalchemy import MetaData

from chassis.data.database import NAMES, DeclarativeBase


class Base(DeclarativeBase):
    """Declarative base of the gateway."""

    metadata = MetaData(naming_convention=NAMES)
