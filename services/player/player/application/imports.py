"""Many players at once: the rules of one, each looked at for the whole batch together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import Forbidden
from player.application.players import agent_of_new
from player.domain.binding import Binding
from player.domain.copies import StaffCopy
from player.domain.game import SnapshotJob
from player.domain.names import handle_key
from player.domain.player import Player

Seen = dict[bytes | str, int]


class Row(Protocol):
    """A row of the file: its number, its fields as those of POST /players with `agent_no`, and what is wrong with it."""

    number: int
    values: dict[str, Any]
    errors: list[tuple[str, str]]

    def refuse(self, name: str, code: str) -> None:
        """Say what is wrong."""


def take_players(uow: UnitOfWork, rows: Sequence[Row], *, phones: Phones, dry_run: bool, seen: Seen) -> None:
    """Write the players down that can be, and refuse the other rows; `seen` is what earlier rows of the file have had.

    As with one player, the game server is asked for each, and the fact of each is published.
    """
    _refuse_unknown_staff(uow, rows)
    _refuse_duplicates(uow, rows, phones, seen)
    right = [row for row in rows if not row.errors]
    if dry_run or not right:
        return
    try:
        with uow.session.begin_nested():
            facts = _write(uow, right, phones)
    except IntegrityError:  # somebody has written one of them down meanwhile: look again, then one by one
        facts = _one_by_one(uow, right, phones)
    uow.publish(facts)


def _refuse_unknown_staff(uow: UnitOfWork, rows: Sequence[Row]) -> None:
    numbers = {row.values["agent_no"] for row in rows if row.values.get("agent_no")}
    known = select(StaffCopy.no, StaffCopy.id).where(StaffCopy.no.in_(numbers), StaffCopy.state == "in_service")
    ids = dict(uow.session.execute(known).tuples().all()) if numbers else {}
    for row in rows:
        number = row.values.pop("agent_no", None)
        if number and number not in ids:
            row.refuse("agent_no", f"unknown_staff:{number[:32]}")
            continue
        try:
            row.values["agent_id"] = agent_of_new(uow, ids.get(number))
        except Forbidden:
            row.refuse("agent_no", "not_permitted")


def _refuse_duplicates(uow: UnitOfWork, rows: Sequence[Row], phones: Phones, seen: Seen) -> None:
    keys = {id(row): _keys(row.values, phones) for row in rows}
    there = _known(uow, [key for found in keys.values() for each in found.values() for key in each])
    for row in rows:
        mine = {} if row.errors else keys[id(row)]
        for name, each in mine.items():
            if each[0] in seen:
                row.refuse(name, f"duplicate_in_file:{seen[each[0]]}")
            elif not there.isdisjoint(each):
                row.refuse(name, "duplicate_player")
        if not row.errors:
            seen.update({each[0]: row.number for each in mine.values()})


def _keys(values: Mapping[str, Any], phones: Phones) -> dict[str, list[bytes | str]]:
    """What must be one player's alone: {field: the key it is written under, and others it may be found under}."""
    found: dict[str, list[bytes | str]] = {}
    if values.get("phone"):
        found["phone"] = [*phones.indexes(values["phone"])]
    if values.get("wechat_id"):
        found["wechat_id"] = [handle_key(values["wechat_id"])]
    return found


def _known(uow: UnitOfWork, keys: Sequence[bytes | str]) -> set[bytes | str]:
    numbers = [key for key in keys if isinstance(key, bytes)]
    handles = [key for key in keys if isinstance(key, str)]
    found: set[bytes | str] = set()
    if numbers:
        found |= set(uow.session.scalars(select(Player.phone_index).where(Player.phone_index.in_(numbers))))  # type: ignore[arg-type]
    if handles:
        found |= set(uow.session.scalars(select(Player.wechat_key).where(Player.wechat_key.in_(handles))))  # type: ignore[arg-type]
    return found


def _write(uow: UnitOfWork, rows: Sequence[Row], phones: Phones) -> list[Any]:
    facts: list[Any] = []
    hanging: list[Any] = []
    for row in rows:
        player = Player(id=new_id())
        facts += player.open(row.values, phones, uow.now())
        uow.session.add(player)
        if player.agent_id is not None:
            hanging.append(Binding.of(player, "", by=uow.caller.id, at=uow.now()))
        if player.phone_sealed is not None:
            hanging.append(SnapshotJob(player_id=player.id, urgent=False, due_at=uow.now(), attempts=0))
    uow.session.flush()
    uow.session.add_all(hanging)
    uow.session.flush()
    uow.session.expunge_all()
    return facts


def _one_by_one(uow: UnitOfWork, rows: Sequence[Row], phones: Phones) -> list[Any]:
    facts: list[Any] = []
    for row in rows:
        try:
            with uow.session.begin_nested():
                facts += _write(uow, [row], phones)
        except IntegrityError:
            row.refuse("phone" if row.values.get("phone") else "wechat_id", "duplicate_player")
    return facts
