"""What the catalog hears: whose tokens are refused; it knows players and staff only by their IDs."""

from chassis.facts import revoking
from chassis.facts.inbox import Subscription

SUBSCRIPTIONS: tuple[Subscription, ...] = (revoking.SUBSCRIPTION,)
