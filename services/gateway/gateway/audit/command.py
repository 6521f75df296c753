"""`python -m gateway audit-verify`: the log verified from a shell."""

from __future__ import annotations

import argparse
from typing import Any

from sqlalchemy import Connection, text

from chassis.clock import utc_now
from chassis.data.patient import allow
from chassis.service import Runtime, Service
from gateway.audit.verify import ON_ITS_WAY, Report, verify

_OWN_LOG = text("SELECT coalesce(max(sequence), 0) FROM event_log WHERE logged_at < :settled")


def verify_log(service: Service, arguments: list[str]) -> Report:
    """Verify the log of the database that the environment names; `--head` is a head told before."""
    parser = argparse.ArgumentParser(prog="python -m gateway audit-verify")
    parser.add_argument(
        "--head", default="", metavar="NUMBER:LINK", help="a head told before, which must still be there"
    )
    given = parser.parse_args(arguments)
    settings: Any = service.settings.load()
    runtime = Runtime(service, settings, pool_size=1)
    with runtime.database.engine.connect() as connection:
        allow(connection, 0)
        return verify(
            connection,
            settings.audit_key,
            now=utc_now(),
            known_head=given.head,
            written_up_to={"gateway": _settled(connection)},
        )


def _settled(connection: Connection) -> int:
    """The newest fact of the gateway's own log that must have its entry by now."""
    return int(connection.execute(_OWN_LOG, {"settled": utc_now() - ON_ITS_WAY}).scalar_one())
