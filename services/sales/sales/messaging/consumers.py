"""What the sales service hears: players, staff and packs."""

from chassis.data.copies import PlayerState, StaffState
from chassis.facts import revoking
from chassis.facts.inbox import Listen, Subscription
from sales.messaging import company, erasure
from sales.persistence.projections import PACKS, PLAYERS, STAFF, PackState

SUBSCRIPTIONS = (
    Subscription(
        "copies",
        (
            Listen(("player.erased.v1",), PlayerState, erasure.hear),
            Listen(("player.*.v1",), PlayerState, PLAYERS.handle),
            Listen(("staff.*.v1",), StaffState, STAFF.handle),
            Listen(("pack.*.v1",), PackState, PACKS.handle),
        ),
    ),
    company.SUBSCRIPTION,
    revoking.SUBSCRIPTION,
)
