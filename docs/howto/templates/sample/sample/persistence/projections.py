"""Copies kept from others' facts, and taken out of a caller's token."""

from chassis.data.copies import staff_columns
from chassis.facts.projection import Projection
from sample.domain.copies import StaffCopy

STAFF = Projection(StaffCopy.__table__, staff_columns)
