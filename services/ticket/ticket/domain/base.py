"""The metadata that all tables of this service share."""

from sqlalchemy import MetaData

from chassis.data.database import NAMES, DeclarativeBase


class Base(DeclarativeBase):
    """Declarative base of the ticket service."""

    metadata = MetaData(naming_convention=NAMES)
