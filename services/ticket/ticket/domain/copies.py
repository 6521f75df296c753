"""Copies of players, staff and options, kept from their facts, so that a ticket can be shown and its scope decided here."""

from sqlalchemy import Index, text

from chassis.data.copies import PlayerCopyColumns, StaffCopyColumns
from chassis.data.options import OptionCopyColumns
from ticket.domain.base import Base


class PlayerCopy(PlayerCopyColumns, Base):
    """A player as last heard of."""

    __tablename__ = "player_copies"
    __table_args__ = (
        Index("ix_player_copies_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )


class StaffCopy(StaffCopyColumns, Base):
    """A member of staff as last heard of."""

    __tablename__ = "staff_copies"


class OptionCopy(OptionCopyColumns, Base):
    """An option of the company's own, or its words for a built-in code, as last heard of."""

    __tablename__ = "option_copies"
