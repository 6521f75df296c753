"""The settings of the player service: the game server, and the keys of phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from environs import Env
from flask import current_app
from marshmallow import ValidationError
from marshmallow.validate import Range

from chassis.data.sealing import KeyVault, key_ring
from chassis.ops.settings import Settings, key_ring_settings, secret
from player.domain.phones import Phones
from player.gameserver import GameServer

_INDEX_KEY_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class PlayerSettings(Settings):
    """What the player service needs beside the usual."""

    game_server_url: str
    game_server_secret: str
    game_server_timeout: float
    phone_keys: str
    phone_key_current: str
    phone_index_key: str
    phone_index_key_former: str
    phone_reveals_a_day: int
    players_read_alarm: int
    players_read_limit: int

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name. Documents are made without keys; whoever handles a phone number needs them."""
        keys, current = key_ring_settings(env, "PHONE")
        return {
            **super().read(env),
            "game_server_url": env.str("GAME_SERVER_URL", "").rstrip("/"),
            "game_server_secret": env.str("GAME_SERVER_SECRET", ""),
            "game_server_timeout": env.float("GAME_SERVER_TIMEOUT", 3.0, validate=Range(0.05, 10)),
            "phone_keys": keys,
            "phone_key_current": current,
            "phone_index_key": secret(env, "PHONE_INDEX_KEY", validate=_is_index_key),
            "phone_index_key_former": secret(env, "PHONE_INDEX_KEY_FORMER", validate=_is_index_key),
            "phone_reveals_a_day": env.int("PHONE_REVEALS_A_DAY", 20, validate=Range(0, 100_000)),
            "players_read_alarm": env.int("PLAYERS_READ_ALARM", 2_000, validate=Range(50, 10_000_000)),
            "players_read_limit": env.int("PLAYERS_READ_LIMIT", 5_000, validate=Range(100, 10_000_000)),
        }

    @cached_property
    def phones(self) -> Phones:
        """Seals, opens and finds phone numbers. Raises PhoneKeysMissing."""
        if not self.phone_keys or not self.phone_index_key:
            raise PhoneKeysMissing("PHONE_KEYS and PHONE_INDEX_KEY must be set")
        ring = key_ring(self.phone_keys)
        former = self.phone_index_key_former.encode() or None
        return Phones(ring, self.phone_key_current or list(ring)[-1], self.phone_index_key.encode(), former)

    @cached_property
    def vault(self) -> KeyVault:
        """Seals files that may hold phone numbers, with their keys. Raises PhoneKeysMissing."""
        if not self.phone_keys:
            raise PhoneKeysMissing("PHONE_KEYS must be set")
        ring = key_ring(self.phone_keys)
        return KeyVault(ring, self.phone_key_current or list(ring)[-1])

    @cached_property
    def game(self) -> GameServer:
        """The game server's client, one per process."""
        return GameServer(self.game_server_url, self.game_server_secret, self.game_server_timeout)


class PhoneKeysMissing(RuntimeError):
    """No phone number can be handled without its keys."""


def _is_index_key(text: str) -> None:
    if text and len(text) < _INDEX_KEY_LENGTH:
        raise ValidationError(f"needs at least {_INDEX_KEY_LENGTH} characters")


def settings() -> PlayerSettings:
    """The settings of the running application."""
    found: PlayerSettings = current_app.extensions["playdesk"].settings
    return found


def phones() -> Phones:
    """What the running application seals and opens phone numbers with."""
    return settings().phones
