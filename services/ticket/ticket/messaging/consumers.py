"""What the ticket service hears: players and staff."""

from chassis.data.copies import PlayerState, StaffState
from chassis.facts import revoking
from chassis.facts.inbox import Listen, Subscription
from ticket.messaging import erasure, leavers
from ticket.persistence.projections import PLAYERS, STAFF

SUBSCRIPTIONS = (
    Subscription(
        "copies",
        (
            Listen(("player.erased.v1",), PlayerState, erasure.hear),
            Listen(("player.*.v1",), PlayerState, PLAYERS.handle),
            Listen(("staff.*.v1",), StaffState, STAFF.handle),
        ),
    ),
    leavers.SUBSCRIPTION,
    revoking.SUBSCRIPTION,
)
