"""Players are given to agents; every span is kept (P5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from player.application.players import known_agent, locked
from player.domain.binding import Binding
from player.domain.player import Player
from player.persistence import bindings


def bind_player(
    uow: UnitOfWork, player_id: str, fields: Mapping[str, Any], *, version: int | None, phones: Phones
) -> Player:
    """Give a player to an agent, and to one of the agent's WeChat accounts. Raises NotFound, StaleRecord."""
    player = locked(uow, player_id, version)
    agent_id = fields["agent_id"]
    if agent_id is not None:
        known_agent(uow, agent_id)
    facts = player.bind(agent_id, fields.get("wechat_account_id"), fields["reason"], phones, uow.now())
    if facts:
        bindings.close(uow.session, player.id, uow.now())
        uow.add(Binding.of(player, fields["reason"], by=uow.caller.id, at=uow.now()))
        uow.publish(facts)
    return player
