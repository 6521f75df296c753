"""python -m gateway web | worker | migrate | declare | docs | config | add-administrator | audit-verify."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path

from chassis.callers import service_itself
from chassis.ops.cli import main
from chassis.service import Runtime
from gateway.app import SERVICE, make_gateway
from gateway.clients.directory import DOCUMENTS
from gateway.identity import people
from gateway.merging import merged_documents

OWN_FOLDER = Path(__file__).parent.parent


def _docs(arguments: list[str]) -> int:
    """The gateway's own documents first, then all of them merged."""
    status = main(SERVICE, make_app=make_gateway, arguments=arguments)
    own = [json.loads((OWN_FOLDER / name).read_text("utf-8")) for name in ("openapi.json", "asyncapi.json")]
    texts = merged_documents(OWN_FOLDER.parent, *own)
    old = [n for n, t in texts.items() if not (DOCUMENTS / n).exists() or (DOCUMENTS / n).read_text("utf-8") != t]
    if "--check" in arguments:
        if old:
            print(f"gateway: merged documents out of date: {', '.join(old)}; run `make docs`", file=sys.stderr)
        return status or bool(old)
    for name in old:
        (DOCUMENTS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCUMENTS / name).write_text(texts[name], "utf-8")
    return status


def _add_administrator(arguments: list[str]) -> int:
    """The first administrator of a new installation: staff number and name; the password is asked for."""
    if len(arguments) != 2:
        print("usage: python -m gateway add-administrator STAFF_NO NAME", file=sys.stderr)
        return 2
    password = getpass.getpass("Password (10 characters or more): ")
    with (work := Runtime(SERVICE, SERVICE.settings.load(), pool_size=1).work(service_itself("gateway"))).session:
        people.create_staff(work, {"no": arguments[0], "name": arguments[1], "role": "admin", "password": password})
        work.commit()
    print(f"{arguments[0]} may sign in now")
    return 0


def _audit_verify(arguments: list[str]) -> int:
    """Verify the audit log: what is found line by line, then how much was looked at and the head of the chain."""
    from gateway.audit.command import verify_log

    report = verify_log(SERVICE, arguments)
    for finding in report.findings:
        print(f"{finding.what:<9} {finding.text}")
    print(f"{report.entries} entries, {report.seals} seals, {len(report.findings)} findings; head {report.head}")
    return int(bool(report.findings))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    if arguments[:1] == ["docs"]:
        return _docs(arguments)
    if arguments[:1] == ["add-administrator"]:
        return _add_administrator(arguments[1:])
    if arguments[:1] == ["audit-verify"]:
        return _audit_verify(arguments[1:])
    return main(SERVICE, make_app=make_gateway, arguments=arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
