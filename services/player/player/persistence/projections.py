"""Copies kept from others' facts, and taken out of a caller's token."""

from chassis.data.copies import staff_columns
from chassis.data.options import option_columns
from chassis.facts.projection import Projection
from player.domain.copies import OptionCopy, StaffCopy

STAFF = Projection(StaffCopy.__table__, staff_columns)
OPTIONS = Projection(OptionCopy.__table__, option_columns)
