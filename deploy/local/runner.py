"""`make run`: start the suite, say calmly what was chosen and where it is, run until told to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib import metadata
from typing import Any

from deploy.local.demo import DemoFailed
from deploy.local.ports import is_free
from deploy.local.postgres import PostgresFailed
from deploy.local.postgres_files import PostgresMissing
from deploy.local.rabbitmq import RabbitFailed
from deploy.local.state import AlreadyRunning, State
from deploy.local.suite import NotReady, PreparationFailed, Suite

PORT = 8000
PASSWORD = "playdesk-demo"
LOGINS = (
    ("A001", "客服 agent", "her own players, masked phone numbers"),
    ("A002", "客服 agent", "the same department"),
    ("M001", "主管 supervisor", "the department, full phone numbers, approvals"),
    ("S001", "二线 specialist", "all tickets"),
    ("Q001", "质检 inspector", "reads everything, reviews"),
    ("admin", "管理员 administrator", "staff, items, packs, discount rules"),
)
EXPECTED = (
    AlreadyRunning,
    DemoFailed,
    LookupError,
    NotReady,
    PostgresFailed,
    PostgresMissing,
    PreparationFailed,
    RabbitFailed,
)


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP came."""


def run() -> int:
    """Run the suite in the foreground; the exit status."""
    start, port = time.monotonic(), int(os.environ.get("PORT") or PORT)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    say(f"Playdesk {metadata.version('playdesk-gateway')}")
    suite = None
    try:
        suite = make_suite(port)
        suite.start()
        _show(suite, time.monotonic() - start)
        threading.Event().wait()
    except Stopped:
        say("stopping …")
    except EXPECTED as error:
        say(f"\n{error}")
        return 1
    finally:
        if suite is not None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # once is enough: everything is being stopped
            suite.stop()
    say("stopped; nothing is left running")
    return 0


def make_suite(port: int) -> Suite:
    """The suite of `make run`: demo data, crashed processes restarted, the gateway on `port`."""
    state = State()
    if not state.running() and not is_free(port):
        raise NotReady(f"port {port} is taken by another program; choose one with PORT=8001 make run")
    bus = os.environ.get("PLAYDESK_BUS", "auto")
    return Suite(
        state.folder,
        bus=bus,
        port=port,
        demo=float(os.environ.get("PLAYDESK_DEMO", "1")),
        supervise=True,
        say=_progress,
    )


def say(line: str) -> None:
    print(line, flush=True)


def _progress(what: str, how: str, seconds: float) -> None:
    say(f"  {what:<11} {how:<78} {seconds:5.1f} s" if what != "!" else f"  ! {how}")


def _show(suite: Suite, seconds: float) -> None:
    say(f"\nReady in {seconds:.1f} s:  {suite.url}\n")
    for number, role, sees in LOGINS:
        say(f"  {number:<6} {role:<14} {sees}")
    say(f"\n  password of all: {PASSWORD}      logs: {suite.state.path('logs')}      stop with Ctrl+C\n")


def _stop(_number: int, _frame: Any) -> None:
    raise Stopped


def main() -> int:
    return run()


if __name__ == "__main__":
    sys.exit(main())
