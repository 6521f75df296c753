"""The audit log as a file: what the reader may see of it, under the list's own filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from chassis.data.pagination import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from chassis.jobs.exporting import Column, Export, add_export, moment, of
from gateway.audit import reading
from gateway.audit.schemas import AuditQuery
from gateway.audit.views import entry_view

routes = Routes("audit-exports", "The audit log as a file")

KIND_WORDS = {"fact": ("变更", "Change"), "deed": ("操作", "Deed"), "request": ("请求", "Request")}


def _json(*path: str) -> Any:
    """What stands there as one line of JSON; empty where there is nothing."""
    value = of(*path)

    def line(row: Mapping[str, Any]) -> str | None:
        found = value(row)
        return orjson.dumps(found, default=str).decode() if found else None

    return line


COLUMNS = (
    Column("at", "时间", "At", moment("at")),
    Column("kind", "种类", "Kind", of("kind"), KIND_WORDS),
    Column("action", "操作", "Action", of("action")),
    Column("actor_no", "工号", "Staff number", of("actor", "no")),
    Column("actor", "谁", "Who", of("actor", "name")),
    Column("subject_kind", "对象", "Of what", of("subject", "kind")),
    Column("subject", "对象 ID", "Its ID", of("subject", "id")),
    Column("before", "之前", "Before", _json("before")),
    Column("after", "之后", "After", _json("after")),
    Column("details", "说明", "Details", _json("details")),
    Column("address", "地址", "From", of("origin", "address")),
    Column("user_agent", "浏览器", "Browser", of("origin", "user_agent")),
    Column("request_id", "请求 ID", "Request ID", of("request_id")),
    Column("service", "服务", "Service", of("service")),
    Column("id", "ID", "ID", of("id")),
)


def _page(uow: UnitOfWork, query: Mapping[str, Any], _settings: Any) -> Page:
    return reading.find(uow, query)


def _shown(rows: Sequence[Any], uow: UnitOfWork, _settings: Any) -> list[dict[str, Any]]:
    return [entry_view(row, uow.caller) for row in rows]


AUDIT = Export("audit", "audit.export", AuditQuery, _page, _shown, COLUMNS)
add_export(routes, AUDIT)
