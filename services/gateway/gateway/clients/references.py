"""Copies of what a request names in other services: looked up as the caller, so that what is out of reach is not found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chassis.callers import service_itself
from chassis.rules import NotFound
from gateway.identity.account import runtime
from gateway.identity.staff import IN_SERVICE, Department, Staff

Read = Callable[..., Any]
# What a copy is made of, and no more: a token goes through headers, where a phone number or a long note has no place.
_PLAYER = ("id", "version", "nickname", "wechat_id", "wechat_name", "agent_id", "vip_tier")
# Always looked up first: a price must be the one of now, and of departments no service keeps a copy that could say 404.
# Whose phone number it is, only the player service can tell: the others have no number, not even a masked one.
FRESH = frozenset({"pack", "department", "player_by_phone"})
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def wanted(references: Mapping[str, str], body: Any) -> dict[str, list[str]]:
    """{kind: values} of what the body names."""
    found: dict[str, list[str]] = {}
    if isinstance(body, dict):
        for name, kind in references.items():
            if isinstance(body.get(name), str) and _could_name(kind, body[name]):
                found.setdefault(kind, []).append(body[name])
    return found


def _could_name(kind: str, value: str) -> bool:
    """Whether it has the form of such a name; of what has not, the service itself says what is wrong."""
    return 0 < len(value) <= 64 if kind in ("pack", "player_by_phone") else _ID.fullmatch(value) is not None


def look_up(names: Mapping[str, list[str]], read: Read) -> dict[str, list[dict[str, Any]]]:
    """The copies by kind. Raises NotFound where one is not there or not within the caller's reach."""
    found = {
        kind: [_FINDERS[kind](value, read) for value in values] for kind, values in names.items() if kind in _FINDERS
    }
    return {kind: [copy for copy in copies if copy is not None] for kind, copies in found.items()}


def _player(value: str, read: Read) -> dict[str, Any]:
    found = read("player", f"/players/{value}")
    if found is None:
        raise NotFound()
    return {"deleted": False, **_player_copy(found)}


def _player_by_phone(value: str, read: Read) -> dict[str, Any] | None:
    """None where nobody within reach has this number: a filter then finds nothing."""
    found = read("player", "/players", {"phone": value, "limit": 1})
    return _player_copy(found["items"][0]) if found and found["items"] else None


def _player_copy(found: dict[str, Any]) -> dict[str, Any]:
    """While the suite is being brought to this release, a player service of the last one says nothing of merges."""
    return {**{name: found[name] for name in _PLAYER}, "merged_into_id": found.get("merged_into_id")}


def _pack(value: str, read: Read) -> dict[str, Any]:
    found = read("catalog", "/packs", {"no": value})
    if not found or not found["items"]:
        raise NotFound()
    pack: dict[str, Any] = found["items"][0]
    return pack


def _staff(value: str, _read: Read) -> dict[str, Any]:
    with (work := runtime().reading(service_itself("gateway"))).session:
        staff = work.session.get(Staff, value)
        if staff is None or staff.state != IN_SERVICE:
            raise NotFound()
        return {name: getattr(staff, name) for name in ("id", "version", "no", "name", "department_id", "state")}


def _department(value: str, _read: Read) -> dict[str, Any]:
    with (work := runtime().reading(service_itself("gateway"))).session:
        department = work.session.get(Department, value)
        if department is None:
            raise NotFound()
        return {"id": department.id, "version": department.version, "name": department.name}


_FINDERS: dict[str, Callable[[str, Read], dict[str, Any] | None]] = {
    "player": _player,
    "player_by_phone": _player_by_phone,
    "pack": _pack,
    "staff": _staff,
    "department": _department,
}
