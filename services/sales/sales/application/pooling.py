"""What is done alike with leads and opportunities: claim from the pool, give back, assign (S13, S14, S16)."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from sqlalchemy import func, select

from chassis.data.copies import must_be_in_service
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import Forbidden
from sales.application.steps import told
from sales.domain.copies import StaffCopy
from sales.domain.pool_codes import ASSIGNED, CLAIMED, HANDED_OVER, RELEASED
from sales.domain.pool_errors import NotYours
from sales.domain.pooled import Pooled
from sales.persistence.pools import claimed_today, held, pool_of, rule_of

P = TypeVar("P", bound=Pooled)


def claim(uow: UnitOfWork, kind: type[P], record_id: str, *, version: int, timezone: str) -> P:
    """Take a record out of the pool for the caller, within the limits of that pool; of many at once exactly one gets it.

    One person's claims are counted one after the other, so that the limits hold; a system claims nothing. Raises
    Forbidden, NotFound, StaleRecord, NotInPool, HoldsTooMany, ClaimedTooMany, and as closed records do.
    """
    if uow.caller.staff_id is None:
        raise Forbidden()
    _one_after_the_other(uow)
    found = uow.for_update(kind, record_id, version)
    rule = rule_of(uow, found.pool_id, found.kind) if found.pool_id else None
    if rule is not None:
        rule.must_allow(
            held=held(uow, kind, uow.caller.id), claimed=claimed_today(uow, found.kind, uow.caller.id, timezone)
        )
    told(uow, found, found.claim(by=uow.caller.id, at=uow.now()), CLAIMED)
    return found


def release(uow: UnitOfWork, kind: type[P], record_id: str, reason: str | None, *, version: int) -> P:
    """Give a record back to the pool of its owner's department; others' only with `pool.assign`.

    Raises NotFound, StaleRecord, NotYours, NotHeld, and as closed records do.
    """
    found = uow.for_update(kind, record_id, version)
    if found.owner_id not in (None, uow.caller.id) and not uow.caller.may("pool.assign"):
        raise NotYours()
    facts = found.release(pool_of(uow, found.owner_id), at=uow.now())
    told(uow, found, facts, RELEASED, reason=reason)
    return found


def assign(uow: UnitOfWork, kind: type[P], record_id: str, staff_id: str, reason: str | None, *, version: int) -> P:
    """Give a record to somebody, whoever has it and whatever the limits say: a supervisor's word counts more.

    Raises NotFound, StaleRecord, StaffHasLeft, and as closed records do.
    """
    found = uow.for_update(kind, record_id, version)
    must_be_in_service(uow.session.get(StaffCopy, staff_id))
    told(uow, found, found.give(staff_id, ASSIGNED, at=uow.now()), ASSIGNED, reason=reason)
    return found


def hand_over(uow: UnitOfWork, record: Pooled, staff_id: str | None, *, reason: str) -> None:
    """Its owner has left: it goes to a colleague, or to the pool of the department where nobody takes it."""
    if staff_id is None:
        facts = record.release(pool_of(uow, record.owner_id), at=uow.now())
    else:
        facts = record.give(staff_id, HANDED_OVER, at=uow.now())
    told(uow, record, facts, HANDED_OVER, reason=reason)


def _one_after_the_other(uow: UnitOfWork) -> None:
    digest = hashlib.blake2b(f"claim\0{uow.caller.id}".encode(), digest_size=8).digest()
    uow.session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest, signed=True))))
