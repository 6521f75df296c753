"""What other systems build on: the merged log of facts, subscriptions by queue and by webhook, replays."""
