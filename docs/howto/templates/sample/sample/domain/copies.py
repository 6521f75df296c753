"""Copies kept from the facts of others."""

from chassis.data.copies import StaffCopyColumns
from sample.domain.base import Base


class StaffCopy(StaffCopyColumns, Base):
    """A member of staff as last heard of."""

    __tablename__ = "staff_copies"
