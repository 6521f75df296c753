"""Copies kept from others' facts, and taken out of a caller's token."""

from chassis.data.copies import player_columns, staff_columns
from chassis.data.options import option_columns
from chassis.data.people import People
from chassis.facts.projection import Projection
from ticket.domain.copies import OptionCopy, PlayerCopy, StaffCopy

PEOPLE = People(PlayerCopy)
PLAYERS = Projection(PlayerCopy.__table__, player_columns)
STAFF = Projection(StaffCopy.__table__, staff_columns)
OPTIONS = Projection(OptionCopy.__table__, option_columns)
