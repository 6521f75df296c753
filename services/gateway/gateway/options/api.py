"""The routes of options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from chassis.http.routes import Routes
from gateway.options import lists, schemas
from gateway.options.option import Option

SORTS = {"position": Sort(Option.position, "position"), "created_at": Sort(Option.created_at, "created_at")}


def option_view(option: Option, _who: Caller | None = None) -> dict[str, Any]:
    """One option."""
    names = ("id", "list", "code", "zh", "en", "position", "active", "built_in", "version")
    moments = {name: rfc3339(getattr(option, name)) for name in ("created_at", "updated_at")}
    return {**{name: getattr(option, name) for name in names}, **moments}


routes = Routes("options", "Options", show=option_view)


@routes.get("/options", action="option.read", query=schemas.OptionQuery, answer=schemas.OptionPage)
def find(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """List the options, each list in its order."""
    statement = uow.select(Option)
    for name in ("list", "active"):
        if query.get(name) is not None:
            statement = statement.where(getattr(Option, name) == query[name])
    return paginate(uow.session, statement, sorts=SORTS, id_column=Option.id, query=query)


@routes.post(
    "/options",
    action="option.write",
    body=schemas.NewOption,
    answer=schemas.OptionShown,
    status=201,
    place="/options/{id}",
    problems={409: "duplicate_option, list_full"},
)
def add(uow: UnitOfWork, body: dict[str, Any]) -> Option:
    """Add a code of one's own; the services accept it as soon as they have heard of it."""
    return lists.add_option(uow, body)


@routes.get("/options/<uuid:option_id>", action="option.read", answer=schemas.OptionShown)
def read(uow: UnitOfWork, option_id: str) -> Option:
    """Read one option."""
    return uow.get(Option, option_id)


@routes.patch(
    "/options/<uuid:option_id>",
    action="option.write",
    body=schemas.OptionEdit,
    answer=schemas.OptionShown,
    problems={409: "last_option"},
)
def edit(uow: UnitOfWork, option_id: str, version: int, body: dict[str, Any]) -> Option:
    """Call an option otherwise, move it, retire or restore it."""
    return lists.edit_option(uow, option_id, body, version=version)


@routes.delete(
    "/options/<uuid:option_id>",
    action="option.write",
    problems={409: "built_in_option, option_active, option_in_use"},
)
def remove(uow: UnitOfWork, option_id: str, version: int) -> None:
    """Remove a retired code of one's own that nothing has had."""
    lists.remove_option(uow, option_id, version=version)
