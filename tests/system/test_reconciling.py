"""Reconciliation as it runs in a suite: by the client that the gateway keeps for it, with nothing set up by hand (R19)."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

from deploy.local.state import ROOT
from deploy.local.tour.desk import until
from tests.system.at_work import AtWork

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("in_turn")]
COPY = "SELECT nickname FROM player_copies WHERE id = %s"


def environment(suite: AtWork, process: str) -> dict[str, str]:
    """The settings that a process of the suite was started with."""
    raw = Path(f"/proc/{suite.leader(process)}/environ").read_bytes()
    return dict(pair.decode().split("=", 1) for pair in raw.split(b"\0") if b"=" in pair)


def reconcile(settings: dict[str, str], *options: str) -> tuple[int, dict[str, Any], str]:
    """(exit status, report, what was said) of `python -m ticket reconcile`."""
    command = [sys.executable, "-m", "ticket", "reconcile", "--hours", "0.5", "--grace", "2", *options]
    ended = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else {}, ended.stderr


def test_a_copy_that_was_spoilt_is_found_and_put_right_by_the_command(suite: AtWork):
    settings, name = environment(suite, "ticket.worker"), f"对账 {uuid.uuid4().hex[:8]}"
    player = suite.desk("A001").post("/players", {"wechat_id": f"wx_{uuid.uuid4().hex[:12]}", "nickname": name})
    url = settings["DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as database:

        def copied() -> str | None:
            found = database.execute(COPY, [player["id"]]).fetchone()
            return found[0] if found else None

        until("the copy is there", lambda: copied() == name)
        database.execute("UPDATE player_copies SET nickname = 'spoilt' WHERE id = %s", [player["id"]])

        def seen() -> bool:  # a fact of the last two seconds may be on its way, and is not looked at
            status, report, said = reconcile(settings, "--dry-run")
            assert status in (0, 1), said
            return bool(report["differing"])

        until("a dry run names the difference", seen, seconds=60)
        assert copied() == "spoilt", "a dry run puts nothing right"
        status, report, said = reconcile(settings)
        assert status == 0, said
        assert report["repaired"] >= 1
        assert copied() == name


def test_a_client_that_is_not_known_is_told_so_and_nothing_is_compared(suite: AtWork):
    settings = environment(suite, "ticket.worker") | {"EVENTS_CLIENT_SECRET": "guessed"}
    status, report, said = reconcile(settings)
    assert (status, report) == (2, {})
    assert "/oauth/token" in said
    assert "guessed" not in said


def test_the_client_may_read_facts_and_nothing_else(suite: AtWork):
    client_id = environment(suite, "ticket.worker")["EVENTS_CLIENT_ID"]
    client = suite.desk("admin").get(f"/api-clients/{client_id}")
    assert (client["scopes"], client["state"]) == (["event:read"], "active")
