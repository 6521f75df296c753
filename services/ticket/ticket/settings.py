"""The settings of the ticket service."""

from flask import current_app

from chassis.ops.settings import Settings


def timezone() -> str:
    """Where the studio's days begin and end, for readable numbers."""
    settings: Settings = current_app.extensions["playdesk"].settings
    return settings.timezone
