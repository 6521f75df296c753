"""Two players who may be one person: what a supervisor does with them."""

from __future__ import annotations

from typing import Any

from tests.player.lobby import SUPERVISOR, Lobby

MERGE = "player.merge"
PASSING = ("version", "updated_at")  # what says only that something was done


class Pair:
    """What is done with duplicates, by a supervisor who sees whole numbers."""

    def __init__(self, lobby: Lobby) -> None:
        self.lobby = lobby
        self.boss = lobby.service.person(*SUPERVISOR, MERGE, "player.erase", scope="all")

    def player(self, **fields: Any) -> dict[str, Any]:
        """A player of the lobby's agent, as the supervisor sees them."""
        return self.read(self.lobby.a_player(**fields))

    def read(self, player: dict[str, Any]) -> dict[str, Any]:
        """The player as they are now."""
        return self.lobby.read(player, by=self.boss)

    def merge(self, gone: dict[str, Any], into: dict[str, Any], **more: Any) -> Any:
        """POST …/merge at the version of now."""
        body = {"into_id": into["id"], **more}
        return self.boss.post(f"/players/{gone['id']}/merge", body, version=self.read(gone)["version"])

    def merged(self, gone: dict[str, Any], into: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The survivor after a merge that was allowed."""
        answer = self.merge(gone, into, **more)
        assert answer.status_code == 200, answer.text
        assert answer.json["merged_into_id"] == into["id"]
        return self.read(into)

    def unmerge(self, gone: dict[str, Any], **more: Any) -> Any:
        """POST …/unmerge at the version of now."""
        return self.boss.post(f"/players/{gone['id']}/unmerge", more, version=self.read(gone)["version"])

    def unmerged(self, gone: dict[str, Any]) -> dict[str, Any]:
        """Who comes back by an unmerge that was allowed."""
        answer = self.unmerge(gone)
        assert answer.status_code == 200, answer.text
        return self.read(gone)


def lasting(player: dict[str, Any]) -> dict[str, Any]:
    """A player without what every change moves on."""
    return {name: value for name, value in player.items() if name not in PASSING}
