"""The settings of the player service: the game server, and the keys of phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from environs import Env
from flask import current_app
from marshmallow.validate import Range

from chassis.data.phones import Phones
from chassis.ops.phone_settings import PhoneSettings
from player.gameserver import GameServer


@dataclass(frozen=True, kw_only=True)
class PlayerSettings(PhoneSettings):
    """What the player service needs beside the usual."""

    game_server_url: str
    game_server_secret: str
    game_server_timeout: float
    phone_reveals_a_day: int
    players_read_alarm: int
    players_read_limit: int

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        return {
            **super().read(env),
            "game_server_url": env.str("GAME_SERVER_URL", "").rstrip("/"),
            "game_server_secret": env.str("GAME_SERVER_SECRET", ""),
            "game_server_timeout": env.float("GAME_SERVER_TIMEOUT", 3.0, validate=Range(0.05, 10)),
            "phone_reveals_a_day": env.int("PHONE_REVEALS_A_DAY", 20, validate=Range(0, 100_000)),
            "players_read_alarm": env.int("PLAYERS_READ_ALARM", 2_000, validate=Range(50, 10_000_000)),
            "players_read_limit": env.int("PLAYERS_READ_LIMIT", 5_000, validate=Range(100, 10_000_000)),
        }

    @cached_property
    def game(self) -> GameServer:
        """The game server's client, one per process."""
        return GameServer(self.game_server_url, self.game_server_secret, self.game_server_timeout)


def settings() -> PlayerSettings:
    """The settings of the running application."""
    found: PlayerSettings = current_app.extensions["playdesk"].settings
    return found


def phones() -> Phones:
    """What the running application seals and opens phone numbers with."""
    return settings().phones
