"""The worker process: relay, consumers and timers, each a supervised thread."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

from sqlalchemy import text

from chassis.clock import utc_now
from chassis.data import idempotency, migrations
from chassis.facts import dead, inbox
from chassis.facts.bus import Bus, BusDown, open_bus
from chassis.facts.inbox import Inbox
from chassis.facts.reconciling import keep_reconciling
from chassis.facts.relay import Relay, backlog
from chassis.jobs import running, store
from chassis.ops import health
from chassis.ops.garbage import spare_what_stays
from chassis.ops.logging import log
from chassis.ops.metrics import exposition
from chassis.service import Runtime, Timer

TIMER_LOCK = 7_301_100
SWITCH = 0.0005  # seconds a thread keeps the interpreter while others want it; whoever serves a socket shall not wait for 5 ms


class Worker:
    """All threads of one worker, and what they report."""

    def __init__(self, runtime: Runtime, only: set[str] | None = None) -> None:
        self.runtime, self.only = runtime, only
        self.service = runtime.service
        self.bus: Bus = open_bus(runtime.settings.bus_url)
        self.stop = threading.Event()
        self.relay = Relay(self.service.name, runtime.database, self.bus)
        self.process = f"{socket.gethostname()}-{os.getpid()}"
        self.connected: dict[str, bool] = {}
        self.declared: set[str] = set()
        self.threads: list[threading.Thread] = []

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        sys.setswitchinterval(SWITCH)
        spare_what_stays()
        for name, work in self._parts().items():
            if self.only is None or name.split(":")[0] in self.only:
                self._supervise(name, work)
        server = self._serve_ops()
        log.info("worker started", threads=[thread.name for thread in self.threads])
        self.stop.wait()
        for thread in self.threads:
            thread.join(10)
        health.stop_beating(self.runtime, self.process)
        if server:
            server.shutdown()
        log.info("worker stopped")

    def _parts(self) -> dict[str, Callable[[], None]]:
        parts: dict[str, Callable[[], None]] = {"heartbeat": self._beat, "relay": lambda: self.relay.run(self.stop)}
        for subscription in self.service.subscriptions:
            parts[f"consumers:{subscription.name}"] = lambda s=subscription: self._consume(s)  # type: ignore[misc]
        for timer in (*_HOUSEKEEPING, *self.service.timers):
            parts[f"timers:{timer.name}"] = lambda t=timer: self._tick(t)  # type: ignore[misc]
        if self.service.jobs:
            parts["jobs"] = lambda: running.run_jobs(self.runtime, self.stop)
        if self.service.subscriptions:
            parts["consumers:dead letters"] = self._take_dead_letters
            parts["timers:reconcile"] = lambda: keep_reconciling(self.runtime, self.stop)
        for name, loop in self.service.loops.items():
            parts[f"loops:{name}"] = lambda run=loop: run(self.runtime, self.stop)  # type: ignore[misc]
        return parts

    def _supervise(self, name: str, work: Callable[[], None]) -> None:
        def keep_running() -> None:
            while not self.stop.is_set():
                try:
                    work()
                except Exception as error:  # a thread that dies must not leave a worker that looks alive
                    log.exception("thread failed, starting it again", thread=name, error=str(error).split("\n")[0])
                    self.stop.wait(1)

        thread = threading.Thread(target=keep_running, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _consume(self, subscription: inbox.Subscription) -> None:
        box = Inbox(self.service.name, subscription, self.runtime.work, self.service.heard)

        def connected(yes: bool) -> None:
            self.connected[subscription.name] = yes
            if yes:
                self.declared.add(subscription.name)

        self.bus.consume(box.queue, box.handle, stop=self.stop, connected=connected)

    def _take_dead_letters(self) -> None:
        queues = [subscription.queue(self.service.name) for subscription in self.service.subscriptions]
        self.bus.take_dead_letters(queues, lambda letters: dead.keep_letters(self.runtime, letters), stop=self.stop)

    def _tick(self, timer: Timer) -> None:
        """Every process wakes; the one that gets the lock does the work."""
        due = monotonic()
        while not self.stop.wait(max(0, due - monotonic())):
            due = monotonic() + timer.every.total_seconds()
            work = self.runtime.work()
            with work.session:
                key = TIMER_LOCK + sum(timer.name.encode())
                if work.session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}):
                    timer.run(work)
                    work.commit()

    def _beat(self) -> None:
        while not self.stop.is_set():
            try:
                health.beat(self.runtime, self.process, self.state())
            except Exception as error:
                log.warning("no heartbeat", error=str(error).split("\n")[0])
            self.stop.wait(2)

    def state(self) -> dict[str, Any]:
        """What the heartbeat and the ops port tell."""
        wanted = {subscription.name for subscription in self.service.subscriptions}
        return {
            "declared": wanted <= self.declared,
            "bus": self.relay.connected or (bool(wanted) and all(self.connected.get(name) for name in wanted)),
            "relay": "active" if self.relay.active else "standby",
            "consumers": dict(self.connected),
        }

    def _serve_ops(self) -> ThreadingHTTPServer | None:
        if not self.runtime.settings.ops_port:
            return None
        server = ThreadingHTTPServer(
            (os.environ.get("HOST", "127.0.0.1"), self.runtime.settings.ops_port), _ops_handler(self)
        )
        threading.Thread(target=server.serve_forever, name="ops", daemon=True).start()
        return server


def _ops_handler(worker: Worker) -> type[BaseHTTPRequestHandler]:
    class Ops(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                with worker.runtime.database.reading.connect() as connection:
                    backlog(connection)
                return self._answer(200, *exposition())
            ready = health.database_answers(worker.runtime)
            body = json.dumps({"ready": ready, **worker.state()}).encode()
            return self._answer(200 if ready or self.path == "/healthz" else 503, body, "application/json")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Probes are not worth a line each."""

    return Ops


def declare_queues(runtime: Runtime) -> None:
    """Declare this service's queues, so that no fact is published before there is somewhere for it to go."""
    bus = open_bus(runtime.settings.bus_url)
    try:
        bus.declare([s.queue(runtime.service.name) for s in runtime.service.subscriptions])
    except BusDown as error:
        log.warning("queues not declared yet", error=str(error))


def _housekeep(work: Any) -> None:
    idempotency.forget_old(work.session, work.now())
    inbox.forget_old(work, work.now())
    store.forget_old(work.session, work.now())
    dead.forget_old(work.session, work.now())
    dead.count_parked(work.session)
    today = utc_now().date()
    migrations.ensure_partitions(work.session.connection(), today)
    migrations.drop_partitions(work.session.connection(), today - timedelta(days=work.settings.log_days))


def _timers() -> tuple[Timer, ...]:
    return (Timer("housekeeping", timedelta(hours=1), _housekeep),)


_HOUSEKEEPING = _timers()
