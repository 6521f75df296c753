"""The whole suite in the test's own process: real databases, real HTTP between the gateway and the services."""

from __future__ import annotations

import base64
import importlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, create_engine, text
from werkzeug.test import TestResponse

from chassis.callers import service_itself
from chassis.clock import new_id
from chassis.data.migrations import migrate
from chassis.data.rights import append_only
from chassis.facts import dead
from chassis.facts.bus import open_bus
from chassis.facts.event import facts_of, schema_of
from chassis.facts.inbox import Inbox
from chassis.facts.inward import contracts_of
from chassis.facts.postgres_bus import _connect, _handle_some, _take_some
from chassis.facts.relay import Relay
from chassis.http.app import make_app
from chassis.http.auth import Minter
from chassis.http.documents import asyncapi, openapi
from chassis.ops import logging
from chassis.ops.samples import key_pair, sample_settings
from chassis.service import Runtime, Service
from deploy.local.game.server import GameServer
from gateway.app import SERVICE as GATEWAY
from gateway.app import make_gateway
from gateway.clients import directory
from gateway.identity import people
from gateway.merging import merge_asyncapi, merge_openapi
from tests.support.http_server import Served
from tests.support.requirements import require_all
from tests.support.servers import LOGIN

DOMAIN = ("player", "ticket", "sales", "catalog")
PASSWORD = "playdesk-demo"
_GAME_SECRET = "a secret for the tests alone"
_CSRF = re.compile(r'(?:name="csrf_token"[^>]*value|name="csrf-token"[^>]*content)="([^"]+)"')


def available_services() -> tuple[dict[str, Service], dict[str, str]]:
    """({name: service}, {name: why it is not there}); with PLAYDESK_REQUIRE_ALL a missing one is an error."""
    found: dict[str, Service] = {}
    missing: dict[str, str] = {}
    for name in DOMAIN:
        try:
            found[name] = importlib.import_module(f"{name}.app").SERVICE
        except Exception as error:
            if require_all():
                raise
            missing[name] = f"{type(error).__name__}: {error}"
    return found, missing


@dataclass
class Member:
    """Somebody who works here."""

    id: str
    no: str
    role: str
    department_id: str | None


@dataclass
class Running:
    """One service that runs: its parts, and the server the gateway talks to."""

    service: Service
    runtime: Runtime
    app: Flask
    served: Served


class Api:
    """The API of the gateway as one person, or nobody, sees it; paths are without /api/v1."""

    def __init__(self, client: FlaskClient, token: str | None = None, member: Member | None = None) -> None:
        self.client, self.token, self.member = client, token, member

    @property
    def id(self) -> str:
        """The person's ID."""
        assert self.member is not None
        return self.member.id

    def request(
        self, method: str, path: str, json: Any = None, *, version: Any = None, key: str | None = None, **options: Any
    ) -> TestResponse:
        """One request; `version` is the number, or a whole If-Match."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if version is not None:
            headers["If-Match"] = version if isinstance(version, str) else f'"{version}"'
        headers |= {"Idempotency-Key": key} if key else {}
        headers |= options.pop("headers", {})
        options |= {"json": json} if json is not None else {}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """POST."""
        return self.request("POST", path, json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        """PATCH."""
        return self.request("PATCH", path, json, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **options)

    def made(self, path: str, json: Any, **options: Any) -> dict[str, Any]:
        """What a POST made; anything but 200, 201 or 202 fails the test."""
        answer = self.post(path, json, **options)
        assert answer.status_code in (200, 201, 202), f"POST {path}: {answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json
        return found

    def everything(self, path: str) -> list[dict[str, Any]]:
        """All the rows of a list that one may see, page after page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(path, query_string={"limit": 200, **({"cursor": cursor} if cursor else {})}).json
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


class Pages:
    """The web pages in one browser: cookies are kept, forms carry the CSRF token."""

    def __init__(self, client: FlaskClient, member: Member | None = None) -> None:
        self.client, self.member = client, member

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET."""
        return self.client.get(path, **options)

    def csrf(self) -> str:
        """A token of this browser's session."""
        found: str = self.client.get("/login/again").json["csrf_token"]
        return found

    def post(self, path: str, data: dict[str, Any] | None = None, *, csrf: bool = True, **options: Any) -> TestResponse:
        """POST a form, with its token unless told otherwise."""
        token = {"csrf_token": self.csrf()} if csrf else {}
        return self.client.post(path, data={**(data or {}), **token}, **options)

    def sign_in(self, no: str, password: str = PASSWORD, **options: Any) -> TestResponse:
        """Sign in as the login page does."""
        return self.post("/login", {"staff_no": no, "password": password}, **options)


@dataclass
class InProcessSuite:
    """Everything that runs, the staff, and ways in."""

    gateway: Flask
    gateway_runtime: Runtime
    services: dict[str, Running]
    missing: dict[str, str]
    game: GameServer
    private_key: str
    public_key: str
    documents: Path
    database_urls: dict[str, str]
    log_lines: list[str]
    departments: dict[str, str] = field(default_factory=dict)
    staff: dict[str, Member] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether these services are there."""
        return all(name in self.services for name in names)

    def nobody(self) -> Api:
        """A caller without a token."""
        return Api(self.gateway.test_client(use_cookies=False))

    def api(self, no: str, *, fresh: bool = False) -> Api:
        """The API as a member of staff; `fresh` signs in anew instead of using the token of before."""
        if fresh or no not in self._tokens:
            self._forget_guesses()
            answer = self.nobody().post("/login", {"staff_no": no, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            token: str = answer.json["access_token"]
            if fresh:
                return Api(self.gateway.test_client(use_cookies=False), token, self.staff.get(no))
            self._tokens[no] = token
        return Api(self.gateway.test_client(use_cookies=False), self._tokens[no], self.staff.get(no))

    def pages(self, no: str | None = None) -> Pages:
        """A browser, signed in as `no`."""
        pages = Pages(self.gateway.test_client(), self.staff.get(no or ""))
        if no is not None:
            self._forget_guesses()
            answer = pages.sign_in(no)
            assert answer.status_code == 303, answer.text[:300]
        return pages

    def _forget_guesses(self) -> None:
        """All tests come from one address: what others guessed there shall not make this one wait."""
        with self.raw("gateway") as connection:
            connection.exec_driver_sql("DELETE FROM sign_in_failures WHERE key = 'address:127.0.0.1'")

    def minter(self) -> Minter:
        """Makes internal tokens as the gateway does."""
        return Minter(self.private_key)

    def openapi(self) -> dict[str, Any]:
        """The merged document, as the gateway serves it."""
        found: dict[str, Any] = json.loads((self.documents / "openapi.json").read_text("utf-8"))
        return found

    def runtimes(self) -> dict[str, Runtime]:
        """Every runtime by service name, the gateway's too."""
        return {**{name: one.runtime for name, one in self.services.items()}, "gateway": self.gateway_runtime}

    def pump(self, rounds: int = 4) -> int:
        """Take every fact from the outboxes through the bus to its consumers; returns how many were handled."""
        self.gateway.extensions["playdesk_audit_notes"].flush()
        return sum(self._pump_once() for _ in range(rounds))

    def _pump_once(self) -> int:
        for runtime in self.runtimes().values():
            _relay(runtime)
        return sum(_consume(runtime) for runtime in self.runtimes().values())

    def keep_dead_letters(self) -> None:
        """What the workers do all the time: take what is parked out of the queues."""
        for runtime in self.runtimes().values():
            queues = [s.queue(runtime.service.name).name for s in runtime.service.subscriptions]
            with _connect(runtime.settings.bus_url, "dead letters") as bus:
                while _take_some(bus, queues, partial(dead.keep_letters, runtime)):
                    pass

    def end_jobs(self) -> None:
        """End all jobs that wait: nobody may have more than a few, and who sends a lot asks for many."""
        ended = "UPDATE jobs SET state = 'cancelled', ended_at = now() WHERE state IN ('queued', 'running')"
        for name in self.runtimes():
            with self.raw(name) as connection:
                connection.exec_driver_sql(ended)

    @contextmanager
    def raw(self, name: str) -> Iterator[Connection]:
        """A connection to a service's database, each statement by itself."""
        with self.runtimes()[name].database.reading.connect() as connection:
            yield connection

    def close(self) -> None:
        """Stop what was started."""
        for one in self.services.values():
            one.served.close()
        self.game.stop()
        for runtime in self.runtimes().values():
            runtime.database.close()


def _relay(runtime: Runtime) -> None:
    relay = Relay(runtime.service.name, runtime.database, open_bus(runtime.settings.bus_url))
    stop = threading.Event()
    with runtime.database.reading.connect() as connection:
        while relay._one_batch(connection, stop):
            pass
    relay._close()


def _consume(runtime: Runtime) -> int:
    count = 0
    for subscription in runtime.service.subscriptions:
        box = Inbox(runtime.service.name, subscription, runtime.work, runtime.service.heard)
        with _connect(runtime.settings.bus_url, "pump") as connection:
            while handled := _handle_some(connection, box.queue, box.handle, 200, threading.Event()):
                count += handled
    return count


def start_suite(new_database: Callable[..., str], folder: Path) -> InProcessSuite:
    """Start everything; `folder` takes the merged documents, made from the code as it is."""
    lines = _keep_logs()
    services, missing = available_services()
    private, public = key_pair()
    game = GameServer(_GAME_SECRET).start()
    bus = new_database("bus")
    urls = {name: _migrated(new_database, service) for name, service in {**services, "gateway": GATEWAY}.items()}
    shared = {
        "TOKEN_PUBLIC_KEY": public,
        "TOKEN_PRIVATE_KEY": private,
        "PLAYDESK_BUS_URL": bus,
        "GAME_SERVER_URL": game.url,
        "GAME_SERVER_SECRET": _GAME_SECRET,
        "PHONE_KEYS": json.dumps({"k1": base64.b64encode(b"0123456789abcdef" * 2).decode()}),
        "PHONE_INDEX_KEY": "an index key for the tests alone",
        "MESSAGE_KEYS": json.dumps({"k1": base64.b64encode(b"fedcba9876543210" * 2).decode()}),
        "LOG_LEVEL": "WARNING",
    }
    running = {name: _run(service, urls[name], shared) for name, service in services.items()}
    addresses = {f"{name.upper()}_URL": one.served.url for name, one in running.items()}
    settings = sample_settings(
        GATEWAY.settings,
        DATABASE_URL=urls["gateway"],
        COOKIE_SECURE="true",
        RATE_LIMIT="1000000/minute",
        **shared,
        **addresses,
    )
    gateway_runtime = Runtime(GATEWAY, settings)
    gateway = make_gateway(gateway_runtime)
    gateway.config["PREFERRED_URL_SCHEME"] = "https"
    write_documents(folder, running, gateway)
    suite = InProcessSuite(gateway, gateway_runtime, running, missing, game, private, public, folder, urls, lines)
    _declare(suite, bus)
    seed_staff(suite)
    suite.pump()
    return suite


_shared: list[InProcessSuite] = []


def shared_suite(new_database: Callable[..., str], folder: Callable[[str], Path]) -> InProcessSuite:
    """The one suite of this test process, for all folders of tests that want one; it ends with the process."""
    if not _shared:
        _shared.append(start_suite(new_database, folder("documents")))
        for name, why in _shared[0].missing.items():
            print(f"!!! NOT TESTED with the {name} service: {why}")
    return _shared[0]


class _Lines(list[str]):
    """A stream that keeps what is written."""

    def write(self, line: str) -> None:
        self.append(line)

    def flush(self) -> None: ...


def _keep_logs() -> list[str]:
    """Logs as they are in production, kept in a list."""
    from logging import getLogger

    lines = _Lines()
    logging.configure("suite", "INFO")
    getLogger().handlers[0].setStream(lines)  # type: ignore[attr-defined]
    return lines


@contextmanager
def kept_logs() -> Iterator[list[str]]:
    """What is logged within the block, as in production; whoever configured logging before has it back afterwards."""
    from logging import getLogger

    root = getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield _keep_logs()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _migrated(new_database: Any, service: Service) -> str:
    """A database made by its owner; the address is that of the login, which has rows only."""

    def prepare(url: str) -> None:
        engine = create_engine(url)
        migrate(engine, service.migrations, login=LOGIN, append_only=append_only(service.metadata))
        engine.dispose()

    return str(new_database.login(new_database(f"suite_{service.name}", prepare)))


def _run(service: Service, url: str, shared: dict[str, str]) -> Running:
    runtime = Runtime(service, sample_settings(service.settings, DATABASE_URL=url, **shared))
    app = make_app(runtime)
    return Running(service, runtime, app, Served(app))


def write_documents(folder: Path, running: dict[str, Running], gateway: Flask) -> None:
    """Make the merged documents from the code and let the gateway read them in place of the committed ones."""
    from gateway import documents_routes
    from gateway.pages import docs

    documents = {name: openapi(one.app) for name, one in running.items()}
    services = {**{name: one.service for name, one in running.items()}, "gateway": GATEWAY}
    facts = {
        name: asyncapi(name, one.title, one.emits, heard=contracts_of(one.subscriptions))
        for name, one in services.items()
    }
    for name, document in documents.items():
        (folder / f"{name}.openapi.json").write_text(json.dumps(document), "utf-8")
    (folder / "schemas").mkdir(exist_ok=True)
    for service in services.values():
        schemas = {key: schema_of(kind) for key, kind in facts_of(service.emits).items()}
        schemas |= {key: one.schema() for key, one in contracts_of(service.subscriptions).items()}
        for key, schema in schemas.items():
            (folder / "schemas" / f"{key}.json").write_text(json.dumps(schema), "utf-8")
    (folder / "openapi.json").write_text(json.dumps(merge_openapi({**documents, "gateway": openapi(gateway)})), "utf-8")
    (folder / "asyncapi.json").write_text(json.dumps(merge_asyncapi(facts)), "utf-8")
    directory.DOCUMENTS = documents_routes.DOCUMENTS = docs.DOCUMENTS = folder
    directory._routes.cache_clear()


def _declare(suite: InProcessSuite, bus_url: str) -> None:
    queues = [s.queue(name) for name, r in suite.runtimes().items() for s in r.service.subscriptions]
    open_bus(bus_url).declare(queues)


# no, name, role, department
STAFF = (
    ("admin", "管理员", "admin", None),
    ("M001", "一部主管", "supervisor", "一部"),
    ("A001", "客服一", "agent", "一部"),
    ("A002", "客服二", "agent", "一部"),
    ("B001", "客服三", "agent", "二部"),
    ("S001", "二线一", "specialist", "二线"),
    ("Q001", "质检一", "inspector", "质检"),
)


def seed_staff(suite: InProcessSuite) -> None:
    """Departments, and one person of every role; 一组 lies below 一部."""
    work = suite.gateway_runtime.work(service_itself("gateway"))
    with work.session:
        for name in ("一部", "二部", "二线", "质检"):
            suite.departments[name] = people.create_department(work, name, None).id
        suite.departments["一组"] = people.create_department(work, "一组", suite.departments["一部"]).id
        for no, name, role, department in STAFF:
            add_member(suite, work, no, name, role, suite.departments[department] if department else None)
        work.commit()


def add_member(suite: InProcessSuite, work: Any, no: str, name: str, role: str, department_id: str | None) -> Member:
    """One more member of staff, with a WeChat account of their own."""
    account = {"wechat_id": f"pd_{no.lower()}", "wechat_name": f"客服 {no}"}
    fields = {"no": no, "name": name, "role": role, "password": PASSWORD, "department_id": department_id}
    staff = people.create_staff(work, {**fields, "wechat_accounts": [account]})
    suite.staff[no] = Member(staff.id, no, role, department_id)
    return suite.staff[no]


def new_member(suite: InProcessSuite, role: str = "agent", department: str | None = "一部") -> Member:
    """Somebody new, for a test of their own; known to the services at once."""
    work = suite.gateway_runtime.work(service_itself("gateway"))
    with work.session:
        no = f"X{new_id()[-8:]}"
        member = add_member(suite, work, no, "新来的", role, suite.departments[department] if department else None)
        work.commit()
    suite.pump(1)
    return member


def count_waiting(bus_url: str) -> int:
    """Messages on the PostgreSQL bus that nobody has handled."""
    with psycopg.connect(bus_url.replace("+psycopg", ""), autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM bus_messages").fetchone()
    return int(row[0]) if row else 0


def parked(bus_url: str) -> list[tuple[str, str]]:
    """(queue, reason) of the messages that could not be handled."""
    with psycopg.connect(bus_url.replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute("SELECT queue, dead_reason FROM bus_messages WHERE dead_reason IS NOT NULL")
        return [(row[0], row[1]) for row in found.fetchall()]


def rows_of(suite: InProcessSuite, name: str, query: str, **values: Any) -> list[Any]:
    """Rows of a service's database."""
    with suite.raw(name) as connection:
        return list(connection.execute(text(query), values))
