"""How a route is written: one decorator says who may, what comes in, what goes out; the view is two to seven lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import orjson
from flask import Response, current_app, request
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy.exc import IntegrityError

from chassis.callers import Caller
from chassis.data.idempotency import Answer, Kept, Key, find_answer, is_taken
from chassis.data.pagination import Page
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.http.auth import caller
from chassis.http.documents import describe
from chassis.http.reading import etag, read_body, read_query, required_version
from chassis.http.uploads import read_upload
from chassis.http.veil import Veil, fields_read, fields_set
from chassis.ops import faultpoints
from chassis.rules import Busy, KeyRequired, Malformed, Stale

PREFIX = "/api/v1"
Show = Callable[[Any, Caller], dict[str, Any]]


class Routes(Blueprint):
    """The routes of one resource. `show(record, caller)` makes the JSON of its records, `answer` is its schema."""

    def __init__(self, name: str, title: str, *, show: Show | None = None, answer: type[Schema] | None = None) -> None:
        super().__init__(name, __name__, description=title, url_prefix=PREFIX)
        self.show, self.answer = show, answer

    def operation(
        self,
        method: str,
        rule: str,
        *,
        action: str,
        answer: type[Schema] | None,
        status: int = 200,
        body: type[Schema] | None = None,
        query: type[Schema] | None = None,
        references: Mapping[str, str] | None = None,
        versioned: bool = False,
        moves_money: bool = False,
        place: str = "",
        show: Show | None = None,
        upload: bool = False,
        files: bool = False,
        problems: Mapping[int, str] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Add a route.

        The view gets a unit of work, the path's parts as text, then `version`, `body` and `query` where they are
        declared; it returns a record, a Page, a dict, or None (204). `references` maps body fields that name
        something of another service to its kind; the gateway looks them up. `place` is the Location's form. With
        `upload` a table (xlsx, csv) is sent and the view gets it as `upload`; with `files` the view answers with one.
        """
        read = Reader(body() if body else None, query() if query else None, versioned, moves_money, upload=upload)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            shown = Shown(show or self.show, status, f"{PREFIX}{place}" if place else "", Veil(answer or self.answer))

            @wraps(view)
            def run(**path: Any) -> Response:
                who = caller()
                who.must(action)
                arguments = {name: str(value) for name, value in path.items()} | read.arguments()
                if who.fields:
                    who.fields.must_see(fields_read(query, arguments.get("query")))
                    who.fields.must_set(fields_set(body, arguments.get("body")))
                if method == "GET":
                    return _read(view, who, arguments, shown)
                return _write(view, who, arguments, shown, read.key(who))

            describe(
                run,
                action=action,
                answer=answer,
                status=status,
                body=body,
                query=query,
                references=references,
                versioned=versioned,
                creates=method == "POST",
                upload=upload,
                files=files,
                problems=problems,
            )
            self.route(rule, methods=[method])(run)
            return view

        return decorate

    def get(self, rule: str, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """A route that reads."""
        return self.operation("GET", rule, **options)

    def post(self, rule: str, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """A route that creates or moves on."""
        return self.operation("POST", rule, **options)

    def put(self, rule: str, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """A route that makes something be there; its answer is never kept under a key."""
        return self.operation("PUT", rule, **options)

    def patch(self, rule: str, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """A route that changes some fields; needs If-Match."""
        return self.operation("PATCH", rule, versioned=True, **options)

    def delete(self, rule: str, **options: Any) -> Callable[..., Any]:  # type: ignore[override]
        """A route that removes; needs If-Match."""
        return self.operation("DELETE", rule, versioned=True, status=204, answer=None, **options)


class Reader:
    """What a route takes from the request."""

    def __init__(
        self, body: Schema | None, query: Schema | None, versioned: bool, moves_money: bool, *, upload: bool = False
    ) -> None:
        self.body, self.query, self.versioned, self.moves_money = body, query, versioned, moves_money
        self.upload = upload
        self.nothing = _NoParameters()

    def arguments(self) -> dict[str, Any]:
        """`version`, `body` and `query`, as far as the route has them."""
        found: dict[str, Any] = {}
        if self.query is not None:
            found["query"] = read_query(self.query)
        elif request.args:
            read_query(self.nothing)
        if self.upload:
            found["upload"] = read_upload()
        elif self.body is not None:
            found["body"] = read_body(self.body)
        elif request.content_length and request.get_data():
            read_body(self.nothing)
        if self.versioned:
            found["version"] = required_version()
        return found

    def key(self, who: Caller) -> Key | None:
        """The Idempotency-Key of a POST. Raises KeyRequired where money moves and there is none."""
        given = request.headers.get("Idempotency-Key", "").strip()
        if request.method != "POST" or not given:
            if self.moves_money:
                raise KeyRequired()
            return None
        if len(given) > 200 or not given.isprintable():
            raise Malformed()
        version = request.headers.get("If-Match", "")
        return Key.of(
            who.id, given, request.method.encode(), request.path.encode(), version.encode(), request.get_data()
        )


class _NoParameters(Schema):
    """A route without a body or query refuses whatever is sent."""

    error_messages = {"unknown": "unknown_field", "type": "wrong_type"}  # noqa: RUF012


class Shown:
    """How a result becomes a response."""

    def __init__(self, show: Show | None, status: int, place: str, veil: Veil | None = None) -> None:
        self.show, self.status, self.place, self.veil = show, status, place, veil or Veil(None)

    def view(self, result: Any, who: Caller) -> Any:
        """The JSON value of a record, a page or a dict, as the caller may see it."""
        return self.veil.answer(self._whole(result, who), who)

    def _whole(self, result: Any, who: Caller) -> Any:
        if result is None or isinstance(result, dict):
            return result
        assert self.show is not None, "a route that returns records needs `show`"
        if isinstance(result, Page):
            total = {} if result.total is None else {"total": result.total}
            items = [self.show(item, who) for item in result.items]
            return {"items": items, "next_cursor": result.next_cursor, **total}
        return self.show(result, who)

    def answer(self, result: Any, who: Caller) -> Answer:
        """Status, body and headers; ETag from the version, Location from the place."""
        value = self.view(result, who)
        if value is None:
            return Answer(204 if self.status == 200 else self.status, "", {})
        headers: dict[str, str] = {}
        if isinstance(value.get("version"), int):
            headers["ETag"] = etag(value["version"])
        if self.place:
            headers["Location"] = self.place.format(**value)
        return Answer(self.status, orjson.dumps(value).decode(), headers)


def _read(view: Callable[..., Any], who: Caller, arguments: dict[str, Any], shown: Shown) -> Response:
    runtime = current_app.extensions["playdesk"]
    work = runtime.reading(who)
    with work.session:
        result = view(work, **arguments)
        return result if isinstance(result, Response) else respond(shown.answer(result, who))


def _write(view: Callable[..., Any], who: Caller, arguments: dict[str, Any], shown: Shown, key: Key | None) -> Response:
    runtime = current_app.extensions["playdesk"]
    with runtime.database.session() as session:
        kept = find_answer(session, key) if key else None
        if kept is not None:
            return respond(kept, replayed=True)
        work: UnitOfWork = runtime.work(who, session=session)
        work.sent = arguments.get("body")
        try:
            result = view(work, **arguments)
            if isinstance(result, Response):  # another service's, passed on
                return result
            answer = shown.answer(result, who)
        except StaleRecord as stale:
            raise Stale(members={"current": shown.view(stale.record, who)}) from stale
        faultpoints.reach("web.before_commit")
        facts = _commit(work, Kept(key, answer, work.now()) if key else None)
        faultpoints.reach("web.after_commit")
    if facts:
        runtime.hint.wake()
    return respond(answer)


def _commit(work: UnitOfWork, kept: Kept | None) -> int:
    try:
        return work.commit(kept)
    except IntegrityError as error:
        if is_taken(error):
            raise Busy() from error
        raise


def respond(answer: Answer, *, replayed: bool = False) -> Response:
    """The response of an answer, fresh or kept."""
    response = Response(answer.body, answer.status, content_type="application/json")
    if not answer.body:
        response.headers.pop("Content-Type", None)
    response.headers.update(answer.headers)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
