"""The settings of the catalog service: the usual ones, and where the game's price list is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from environs import Env
from flask import current_app
from marshmallow.validate import Regexp

from catalog.application.game_server import GameServer
from chassis.ops.settings import Settings


@dataclass(frozen=True, kw_only=True)
class CatalogSettings(Settings):
    """Without an address of the game server everything works but the sync, which then says 503."""

    game_server_url: str
    game_server_secret: str

    @classmethod
    def read(cls, env: Env) -> dict[str, Any]:
        """The values by field name."""
        return {
            **super().read(env),
            "game_server_url": env.str("GAME_SERVER_URL", "", validate=Regexp(r"^(https?://[^\s/?#]+[^\s?#]*)?$")),
            "game_server_secret": env.str("GAME_SERVER_SECRET", ""),
        }


def game_server() -> GameServer:
    """The game server that the running application's settings name."""
    settings: CatalogSettings = current_app.extensions["playdesk"].settings
    return GameServer(settings.game_server_url, settings.game_server_secret)
