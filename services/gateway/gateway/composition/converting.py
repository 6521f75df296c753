"""A lead becomes a player in two steps, each safe to repeat: the player is made or found, then the lead says who it is."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller, Scope
from chassis.rules import Stale
from gateway.clients.api import Refused, Unavailable, api, forwarder

# The number goes from service to service: whoever converts need not be somebody who sees it.
_READER = Caller(
    "gateway",
    kind="service",
    name="gateway",
    permissions=frozenset({"sales.read", "player.phone.see"}),
    scope=Scope("all"),
)


def convert(lead_id: str, *, version: int, opportunity: dict[str, Any] | None) -> dict[str, Any]:
    """The lead, converted into the player who has its contacts, or into a new one; as the person who is signed in.

    Where the player was made and the lead could not be told, the next attempt finds that player; nobody is made of a
    lead that has changed since it was seen. Raises Refused, Unavailable.
    """
    lead = api.get(f"/leads/{lead_id}").json  # what is out of reach is not found
    if lead["version"] != version:
        raise Refused(412, {"status": 412, "code": Stale.code, "title": Stale.zh, "current": lead})
    body = {"player_id": _player_of(lead), **({"opportunity": opportunity} if opportunity else {})}
    done: dict[str, Any] = api.post(f"/leads/{lead_id}/convert", json=body, version=version).json
    return done


def _player_of(lead: dict[str, Any]) -> str:
    """The ID of the player with the lead's contacts: made now, or named by the refusal of a second one."""
    told = {"phone": _phone(lead["id"]), "wechat_id": lead["wechat_id"], "nickname": lead["name"]}
    body = {name: value for name, value in {**told, "source": lead["source"], "note": lead["note"]}.items() if value}
    if lead["owner_id"]:
        body["agent_id"] = lead["owner_id"]
    try:
        return str(api.post("/players", json=body, key=f"lead-{lead['id']}-{lead['version']}").json["id"])
    except Refused as refused:
        existing = refused.problem.get("existing")
        if refused.problem.get("code") != "duplicate_player" or not existing:
            raise
        return str(existing["id"])


def _phone(lead_id: str) -> str | None:
    answer = forwarder().read(_READER, "sales", f"/leads/{lead_id}")
    if answer.status != 200:
        raise Unavailable("sales")
    found: str | None = answer.json["phone"]
    return found
