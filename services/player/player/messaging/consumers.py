"""What the player service hears: staff, options, and the contacts others have with players."""

from chassis.data.copies import StaffState
from chassis.data.options import OptionState
from chassis.facts import revoking
from chassis.facts.inbox import Listen, Subscription
from player.messaging import contacts, leavers, members
from player.persistence.projections import OPTIONS, STAFF

CONTACTS = (
    "touch.logged.v1",
    "ticket.created.v1",
    "ticket.updated.v1",
    "ticket.completed.v1",
    "ticket.reopened.v1",
)

SUBSCRIPTIONS = (
    Subscription(
        "copies",
        (
            Listen(("staff.*.v1",), StaffState, STAFF.handle),
            Listen(("option.changed.v1",), OptionState, OPTIONS.handle),
        ),
    ),
    Subscription("contacts", (Listen(CONTACTS, contacts.Contact, contacts.hear),)),
    members.SUBSCRIPTION,
    leavers.SUBSCRIPTION,
    revoking.SUBSCRIPTION,
)
