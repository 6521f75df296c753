"""Facts as the services write them: tickets created, players updated."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from chassis.clock import new_id
from chassis.facts import outbox
from chassis.facts.bus import Message
from chassis.facts.envelope import envelope
from player.domain.events import PlayerUpdated
from tests.bench.rows.records import QUESTION
from tests.bench.stage import Stage
from ticket.domain.events import TicketCreated

COLUMNS = ", ".join(outbox.COLUMNS)
_TRACE = ("0123456789abcdef0123456789abcdef", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")


def created_rows(stage: Stage, count: int) -> tuple[str, Iterator[tuple[Any, ...]]]:
    """(columns, rows) of an outbox with so many ticket.created."""
    return COLUMNS, (_row(_created(stage, number), stage) for number in range(count))


def _row(event: Any, stage: Stage) -> tuple[Any, ...]:
    data = orjson.dumps(event.data()).decode()
    head = (event.event_id, event.key, event.subject, event.entity_version)
    return (*head, data, stage.caller.id, *_TRACE, event.occurred_at)


def _created(stage: Stage, number: int) -> TicketCreated:
    now, mine = datetime.now(UTC), stage.caller
    return TicketCreated(
        subject=new_id(), entity_version=1, occurred_at=now, no=f"T{now:%Y%m%d}-{number:06d}",
        player_id=stage.mine[number % len(stage.mine)].id, question=QUESTION, solution="", category="recharge",
        priority="high", status="pending", waiting=False, line=1, assignee_id=mine.id, department_id=mine.department_id,
        session_id=None, order_id=None, reopen_count=0, due_at=now + timedelta(hours=4), created_by=mine.id,
        created_at=now, started_at=None, completed_at=None,
    )  # fmt: skip


def _message(service: str, event: Any, stage: Stage, sequence: int) -> Message:
    return Message(event.event_id, event.key, envelope(service, (sequence, *_row(event, stage))))


def ticket_bodies(stage: Stage, count: int) -> list[bytes]:
    """The bytes of so many ticket.created, as they go over the wire."""
    return [_message("ticket", _created(stage, number), stage, number).body for number in range(count)]


def player_updated(stage: Stage, number: int) -> PlayerUpdated:
    """A player's new state, newer than whatever was told of the player before."""
    one, now = stage.filled.everyone[number % len(stage.filled.everyone)], datetime.now(UTC)
    return PlayerUpdated(
        subject=one.id, entity_version=_newer(), occurred_at=now, changed=("note",), nickname=one.nickname,
        wechat_id=one.wechat_id, wechat_name=one.wechat_name, agent_id=one.agent_id, wechat_account_id=None, vip_tier=1,
        registered=True, deleted=False, phone="138****8000", source="other", tags=("老玩家",), custom={},
        former_wechat_ids=(), game=None, last_contact_at=None, created_at=one.since,
    )  # fmt: skip


def _newer() -> int:
    """A version that grows with time and fits into 31 bits."""
    return int(time.time() - 1_700_000_000) * 8


def player_facts(stage: Stage, count: int) -> list[Message]:
    """So many player.updated, each of another player, in no order."""
    numbers = random.Random("bench facts").sample(range(len(stage.filled.everyone)), count)
    return [_message("player", player_updated(stage, number), stage, number) for number in numbers]
