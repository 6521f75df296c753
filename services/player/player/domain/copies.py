"""Copies of staff, kept from their facts, so that the scope of a department can be decided here."""

from chassis.data.copies import StaffCopyColumns
from player.domain.base import Base


class StaffCopy(StaffCopyColumns, Base):
    """A member of staff as last heard of."""

    __tablename__ = "staff_copies"
