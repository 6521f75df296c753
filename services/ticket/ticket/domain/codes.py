"""The codes a ticket can have; own ones are added as options."""

from datetime import timedelta

PENDING, IN_PROGRESS, DONE = "pending", "in_progress", "done"
STATUSES = (PENDING, IN_PROGRESS, DONE)
PRIORITIES = ("low", "normal", "high", "urgent")
CATEGORY_LIST = "ticket_category"
CATEGORIES = ("complaint", "recharge", "account", "gameplay", "bug", "refund", "suggestion", "other")

# How long a question may wait for its solution, by priority, until deadline policies say otherwise.
DUE_AFTER = {
    "urgent": timedelta(hours=1),
    "high": timedelta(hours=4),
    "normal": timedelta(hours=24),
    "low": timedelta(hours=72),
}

# Who speaks in a session, and through what.
PLAYER, AGENT, BOT = "player", "agent", "bot"
AUTHORS = (PLAYER, AGENT, BOT)
CHANNEL_LIST = "channel"
CHANNELS = ("wechat", "in_game", "web_chat", "phone", "portal")
OPEN, ENDED = "open", "ended"
SESSION_STATES = (OPEN, ENDED)

# Why a part of a message is masked: words of the company's list by their kind, and phone numbers by themselves.
ABUSIVE, SENSITIVE, PHONE = "abusive", "sensitive", "phone"
WORD_KINDS = (ABUSIVE, SENSITIVE)
