"""What the ticket service hears: players, staff and options."""

from chassis.data.copies import PlayerState, StaffState
from chassis.data.options import OptionState
from chassis.facts import revoking
from chassis.facts.inbox import Listen, Subscription
from ticket.messaging import erasure, leavers
from ticket.persistence.projections import OPTIONS, PLAYERS, STAFF

SUBSCRIPTIONS = (
    Subscription(
        "copies",
        (
            Listen(("player.erased.v1",), PlayerState, erasure.hear),
            Listen(("player.*.v1",), PlayerState, PLAYERS.handle),
            Listen(("staff.*.v1",), StaffState, STAFF.handle),
            Listen(("option.changed.v1",), OptionState, OPTIONS.handle),
        ),
    ),
    leavers.SUBSCRIPTION,
    revoking.SUBSCRIPTION,
)
