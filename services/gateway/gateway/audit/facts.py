"""Every fact of every service becomes an entry, so that no write goes without one."""

from __future__ import annotations

from typing import Any

from chassis.data.masking import mask_text
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import Received
from chassis.facts.inbox import Anything, Listen, Subscription
from gateway.audit.entry import FACT
from gateway.audit.writing import json_text, write

SOURCE = "/playdesk/"


def take_down(work: UnitOfWork, facts: list[Received]) -> None:
    """Write the facts of our own services down."""
    entries = [_entry(work, fact) for fact in facts if fact.source.startswith(SOURCE)]
    write(work.session.connection(), entries, work.settings.audit_key)


def _entry(work: UnitOfWork, fact: Received) -> dict[str, Any]:
    return {
        "id": fact.id,
        "at": fact.time or work.now(),
        "kind": FACT,
        "action": fact.key[:80],
        "actor": fact.actor,
        "subject_kind": fact.key.partition(".")[0][:32],
        "subject": mask_text(fact.subject)[:64],
        "entity_version": fact.version,
        "service": fact.source.removeprefix(SOURCE)[:16],
        "sequence": fact.sequence,
        "request_id": fact.correlation_id,
        "address": None,
        "user_agent": None,
        "data": json_text(fact.data),
    }


SUBSCRIPTION = Subscription("audit", (Listen(("#",), Anything, take_down),), gather=0.5)
