"""Copies of staff and options, kept from their facts: the scope of a department is decided here, and what a source may be."""

from chassis.data.copies import StaffCopyColumns
from chassis.data.options import OptionCopyColumns
from player.domain.base import Base


class StaffCopy(StaffCopyColumns, Base):
    """A member of staff as last heard of."""

    __tablename__ = "staff_copies"


class OptionCopy(OptionCopyColumns, Base):
    """An option of the company's own, or its words for a built-in code, as last heard of."""

    __tablename__ = "option_copies"
