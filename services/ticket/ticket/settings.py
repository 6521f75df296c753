"""The settings of the ticket service: where days begin, and the keys of what is masked in messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from environs import Env
from flask import current_app

from chassis.data.sealing import KeyVault, key_ring
from chassis.ops.settings import Settings, key_ring_settings


@dataclass(frozen=True, kw_only=True)
class TicketSettings(Settings):
    """What the ticket service needs beside the usual."""

    message_keys: str
    message_key_current: str

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name. Documents are made without keys; whoever keeps a masked message needs them."""
        keys, current = key_ring_settings(env, "MESSAGE")
        return {**super().read(env), "message_keys": keys, "message_key_current": current}

    @cached_property
    def messages(self) -> KeyVault:
        """Seals and opens messages as they were written. Raises MessageKeysMissing."""
        if not self.message_keys:
            raise MessageKeysMissing("MESSAGE_KEYS must be set")
        ring = key_ring(self.message_keys)
        return KeyVault(ring, self.message_key_current or list(ring)[-1])


class MessageKeysMissing(RuntimeError):
    """No message that is masked can be kept or opened without its keys."""


def settings() -> TicketSettings:
    """The settings of the running application."""
    found: TicketSettings = current_app.extensions["playdesk"].settings
    return found


def timezone() -> str:
    """Where the studio's days begin and end, for readable numbers."""
    return settings().timezone
