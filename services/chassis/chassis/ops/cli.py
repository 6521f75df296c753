"""What `python -m <service>` does: web, worker, migrate, declare, reconcile, dead-letters, docs or config."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from chassis.clock import utc_now
from chassis.ops import dead_command
from chassis.service import Runtime, Service


def main(
    service: Service, *, make_app: Callable[[Runtime], Any] | None = None, arguments: list[str] | None = None
) -> int:
    """Run one command of a service; returns the exit status."""
    parser = argparse.ArgumentParser(prog=f"python -m {service.name}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("web", help="serve HTTP")
    worker = commands.add_parser("worker", help="relay, consumers, timers")
    worker.add_argument("--only", help="some of: relay,consumers,timers,loops,jobs,heartbeat")
    commands.add_parser("migrate", help="bring the database to the newest revision")
    commands.add_parser("declare", help="declare this service's queues at the bus")
    reconcile = commands.add_parser("reconcile", help="compare what was taken in with what was told, and repair it")
    reconcile.add_argument("--hours", type=float, default=24 * 6.5, help="how far back (the inbox remembers a week)")
    reconcile.add_argument("--grace", type=float, default=60, help="seconds in which a fact may still be on its way")
    reconcile.add_argument(
        "--dry-run", action="store_true", help="only report; the exit status is 1 where something differs"
    )
    dead_command.add_to(commands)
    docs = commands.add_parser("docs", help="write openapi.json, asyncapi.json and the schemas")
    docs.add_argument("--check", action="store_true", help="only say whether they are up to date")
    commands.add_parser("config", help="show the settings, secrets left out")
    given = parser.parse_args(arguments)
    if make_app is None:
        from chassis.http.app import make_app as make_service_app

        make_app = make_service_app
    if given.command == "docs":
        return _docs(service, make_app, check=given.check)
    return _run(service, given, make_app)


def _run(service: Service, given: argparse.Namespace, make_app: Callable[[Runtime], Any]) -> int:
    from environs.exceptions import EnvValidationError

    from chassis.ops import logging

    try:
        settings = service.settings.load()
    except EnvValidationError as error:
        print(f"{service.name}: wrong settings: {json.dumps(error.error_messages)}", file=sys.stderr)
        return 2
    logging.configure(service.name, settings.log_level)
    return _COMMANDS[given.command](service, settings, given, make_app) or 0


def _web(service: Service, settings: Any, _given: Any, make_app: Callable[[Runtime], Any]) -> None:
    from chassis.ops.web import options_of, serve

    serve(lambda: make_app(Runtime(service, settings, pool_size=settings.web_threads)), options_of(settings))


def _worker(service: Service, settings: Any, given: Any, _make_app: Any) -> None:
    from chassis.ops.worker import Worker

    only = {*given.only.split(","), "heartbeat"} if given.only else None
    Worker(Runtime(service, settings, pool_size=8), only).run()


def _migrate(service: Service, settings: Any, _given: Any, _make_app: Any) -> None:
    """As the owner of the database, where that is not the login of the application itself."""
    from chassis.data.database import Database
    from chassis.data.migrations import migrate
    from chassis.data.rights import append_only, login_of

    owner = Database(settings.database_owner_url or settings.database_url, pool_size=2, name=service.name)
    login = login_of(settings.database_url, settings.database_owner_url)
    head = migrate(owner.engine, service.migrations, login=login, append_only=append_only(service.metadata))
    print(f"{service.name}: at {head}")


def _declare(service: Service, settings: Any, _given: Any, _make_app: Any) -> None:
    from chassis.ops.worker import declare_queues

    declare_queues(Runtime(service, settings, pool_size=1))


def _reconcile(service: Service, settings: Any, given: Any, _make_app: Any) -> int:
    """Exit status 1 where a difference is left, 2 where the log could not be read."""
    from chassis.facts import reconciling

    since, grace = utc_now() - timedelta(hours=given.hours), timedelta(seconds=given.grace)
    runtime = Runtime(service, settings, pool_size=2)
    try:
        report = reconciling.reconcile(runtime, since, repair=not given.dry_run, grace=grace)
    except reconciling.LogAway as error:
        print(f"{service.name}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.shown(), indent=1))
    return int(report.missed + report.differing > report.repaired)


def _dead_letters(service: Service, settings: Any, given: Any, _make_app: Any) -> int:
    return dead_command.run(Runtime(service, settings, pool_size=4), given)


def _config(_service: Service, settings: Any, _given: Any, _make_app: Any) -> None:
    print(json.dumps(settings.public(), indent=2, default=str))


_COMMANDS: dict[str, Callable[[Service, Any, Any, Any], int | None]] = {
    "web": _web,
    "worker": _worker,
    "migrate": _migrate,
    "declare": _declare,
    "reconcile": _reconcile,
    "dead-letters": _dead_letters,
    "config": _config,
}


def _docs(service: Service, make_app: Callable[[Runtime], Any], *, check: bool) -> int:
    """Documents need no environment: the application is made with settings that lead nowhere."""
    from chassis.facts.inward import contracts_of
    from chassis.http.documents import generated, outdated
    from chassis.ops.samples import sample_settings

    runtime = Runtime(service, sample_settings(service.settings))
    heard = contracts_of(service.subscriptions)
    documents = generated(make_app(runtime), service.name, service.title, service.emits, _folder(service), heard)
    old = outdated(documents)
    if check and old:
        print(f"{service.name}: out of date: {', '.join(str(path) for path in old)}; run `make docs`", file=sys.stderr)
        return 1
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(documents[path], "utf-8")
    return 0


def _folder(service: Service) -> Path:
    """The service's own folder, two above its migrations."""
    return service.migrations.parent.parent
