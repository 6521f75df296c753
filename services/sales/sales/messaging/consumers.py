"""What the sales service hears: players, staff, packs and options."""

from chassis.data.copies import PlayerState, StaffState
from chassis.data.options import OptionState
from chassis.facts import revoking
from chassis.facts.inbox import Listen, Subscription
from sales.messaging import company, erasure, leavers
from sales.persistence.projections import OPTIONS, PACKS, PLAYERS, STAFF, PackState

SUBSCRIPTIONS = (
    Subscription(
        "copies",
        (
            Listen(("player.erased.v1",), PlayerState, erasure.hear),
            Listen(("player.*.v1",), PlayerState, PLAYERS.handle),
            Listen(("staff.*.v1",), StaffState, STAFF.handle),
            Listen(("option.changed.v1",), OptionState, OPTIONS.handle),
            Listen(("pack.*.v1",), PackState, PACKS.handle),
        ),
        gather=0.05,
    ),
    company.SUBSCRIPTION,
    leavers.SUBSCRIPTION,
    revoking.SUBSCRIPTION,
)
