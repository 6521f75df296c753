"""`python -m <service> dead-letters`: list, show, send again and discard what could not be handled, without the web."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from chassis.clock import utc_now
from chassis.data.unit_of_work import UnitOfWork
from chassis.facts import dead
from chassis.http.dead import letter_view
from chassis.rules import Refusal
from chassis.service import Runtime

# What a list takes; the command shows its first page.
FOUND = {"sort": "created_at", "cursor": None, "count": False}


def add_to(commands: Any) -> None:
    """The command's own arguments."""
    parser = commands.add_parser("dead-letters", help="list, show, send again or discard what could not be handled")
    deeds = parser.add_subparsers(dest="deed")
    listing = deeds.add_parser("list", help="those that are parked (the default)")
    listing.add_argument("--queue", help="of this queue alone")
    for name, what in (
        ("show", "one, with its body"),
        ("resend", "have one handled now, or all"),
        ("discard", "give one up"),
    ):
        deed = deeds.add_parser(name, help=what)
        deed.add_argument(
            "id", type=_letter_id, nargs="?" if name == "resend" else None, help="its ID, as the list shows it"
        )
        if name == "resend":
            deed.add_argument("--all", action="store_true", help="all that are parked")
            deed.add_argument("--queue", help="with --all: of this queue alone")
        if name == "discard":
            deed.add_argument("--reason", required=True)


def _letter_id(text: str) -> str:
    return str(UUID(text))


@contextmanager
def _work(runtime: Runtime) -> Iterator[UnitOfWork]:
    """One transaction of the service itself."""
    work = runtime.work()
    with work.session:
        yield work
        work.commit()


def run(runtime: Runtime, given: argparse.Namespace) -> int:
    """Do it; the exit status is 1 where something could not be handled, 2 where there is no such letter."""
    try:
        return _DEEDS[given.deed or "list"](runtime, given)
    except Refusal as refusal:
        print(f"{runtime.service.name}: {refusal.detail('en') or refusal.title('en')}", file=sys.stderr)
        return 2 if refusal.status == 404 else 1


def _list(runtime: Runtime, given: argparse.Namespace) -> int:
    with _work(runtime) as work:
        query = {**FOUND, "limit": 200, "state": [dead.PARKED], "queue": getattr(given, "queue", None)}
        page = dead.find_letters(work, query)
        for letter in page.items:
            print(
                f"{letter.id}  {letter.created_at:%Y-%m-%d %H:%M}  {letter.queue}  {letter.key}  {letter.reason[:120]}"
            )
        print(f"{dead.count_parked(work.session)} parked")
    return 0


def _show(runtime: Runtime, given: argparse.Namespace) -> int:
    with _work(runtime) as work:
        print(
            json.dumps(
                letter_view(dead.one_letter(work, given.id), work.caller), ensure_ascii=False, indent=1, default=str
            )
        )
    return 0


def _resend(runtime: Runtime, given: argparse.Namespace) -> int:
    if given.all:
        return _resend_all(runtime, given)
    with _work(runtime) as work:
        letter = dead.one_letter(work, given.id)
        dead.send_again(runtime, work, letter)
    print("handled")
    return 0


def _resend_all(runtime: Runtime, given: argparse.Namespace) -> int:
    sent, failed, begun = 0, 0, utc_now()
    while True:
        with _work(runtime) as work:
            found = dead.send_all_again(runtime, work, {"queue": given.queue}, before=begun)
        sent, failed = sent + found["sent"], failed + found["failed"]
        if not found["left"]:
            break
    print(f"{sent} handled, {failed} failed again")
    return int(failed > 0)


def _discard(runtime: Runtime, given: argparse.Namespace) -> int:
    with _work(runtime) as work:
        dead.discard(work, dead.one_letter(work, given.id), given.reason)
    print("discarded")
    return 0


_DEEDS = {"list": _list, "show": _show, "resend": _resend, "discard": _discard}
