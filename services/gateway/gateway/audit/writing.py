"""Entries are written: in the transaction of what they tell of, at once, or out of facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from flask import current_app, g, has_request_context, request
from sqlalchemy import Connection

from chassis import context
from chassis.clock import new_id, utc_now
from chassis.data.masking import mask_everything, mask_text
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Runtime
from gateway.audit.entry import DEED, GUARDED, code_of

_COLUMNS = (*GUARDED, "code")
_WRITE = (
    f"INSERT INTO audit_entries ({', '.join(_COLUMNS)}) VALUES ({', '.join(f'%({name})s' for name in _COLUMNS)}) "
    "ON CONFLICT (id) DO NOTHING"
)
_NOTHING = dict.fromkeys(GUARDED)


def record(
    work: UnitOfWork,
    action: str,
    *,
    subject_kind: str = "",
    subject: str = "",
    actor: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry of a deed that is no fact, in the transaction of `work`.

    `action` is `<what>.<done>`, `subject` the record it was done to, `actor` who did it where that is not who is signed
    in or the caller of the work ("" where nobody is known to have); `details` are JSON values. Phone numbers are masked
    here; no secret belongs in it.
    Address, user agent and request ID are those of the present request.
    """
    who = acting(work) if actor is None else actor or None
    made = deed(action, subject_kind=subject_kind, subject=subject, actor=who, details=details, at=work.now())
    write(work.session.connection(), [made], work.settings.audit_key)


def record_at_once(action: str, **about: Any) -> None:
    """The same in a transaction of its own, for the present request, where there is no other work."""
    runtime: Runtime = current_app.extensions["playdesk"]
    work = runtime.work()
    with work.session:
        record(work, action, **about)
        work.commit()


def acting(work: UnitOfWork) -> str:
    """Who acts: the person signed in to the present request, else the caller of the work."""
    signed_in = g.get("signed_in") if has_request_context() else None
    return str(signed_in.id) if signed_in else work.caller.id


def deed(
    action: str,
    *,
    kind: str = DEED,
    subject_kind: str = "",
    subject: str = "",
    actor: str | None = None,
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """The values of one entry made by the gateway itself, before its code."""
    here = has_request_context()
    return {
        **_NOTHING,
        "id": new_id(),
        "at": at or utc_now(),
        "kind": kind,
        "action": action,
        "actor": actor,
        "subject_kind": subject_kind,
        "subject": mask_text(subject)[:64],
        "service": "gateway",
        "request_id": context.current().request_id,
        "address": (request.remote_addr or "")[:64] if here else None,
        "user_agent": mask_text(request.headers.get("User-Agent", ""))[:200] if here else None,
        "data": json_text(details or {}),
    }


def json_text(value: Mapping[str, Any]) -> str:
    """JSON with every phone number in it masked."""
    return orjson.dumps(mask_everything(dict(value)), default=str).decode()


def write(connection: Connection, entries: Iterable[dict[str, Any]], key: str) -> None:
    """Add entries with their codes; one that is there already stays as it is."""
    now = utc_now()
    rows = [values | {"recorded_at": now} for values in entries]
    for row in rows:
        row["code"] = code_of(row, key)
    if rows:
        connection.exec_driver_sql(_WRITE, rows if len(rows) > 1 else rows[0])
