"""What the sample service hears: staff."""

from chassis.data.copies import StaffState
from chassis.facts.inbox import Listen, Subscription
from sample.persistence.projections import STAFF

SUBSCRIPTIONS = (Subscription("copies", (Listen(("staff.*.v1",), StaffState, STAFF.handle),)),)
