"""B7: my open tickets, fifty with names and deadlines; and how many statements that takes."""

from __future__ import annotations

from chassis.http.app import make_app
from chassis.service import Runtime
from deploy.local.demo.desk import _settings
from tests.bench.compare import Result, Rounds, at_least
from tests.bench.stage import Stage
from tests.support.statements import statements_of
from ticket.app import SERVICE

MOST_STATEMENTS = 6


def _path(stage: Stage, limit: int) -> str:
    return f"/api/v1/tickets?assignee_id={stage.caller.id}&status=pending,in_progress&sort=due_at&limit={limit}"


def _statements(stage: Stage) -> dict[int, int]:
    """{rows: SQL statements} of the list in the service, counted in a copy of its web process."""
    runtime = Runtime(
        SERVICE, _settings(SERVICE.settings, stage.suite.programs.settings("ticket", "worker")), pool_size=1
    )
    client = make_app(runtime).test_client()
    counted = {}
    for rows in (25, 50, 100):
        with statements_of(runtime.database.engine) as seen:
            answer = client.get(_path(stage, rows), headers=stage.headers("ticket"))
        assert answer.status_code == 200, answer.text
        assert len(answer.json["items"]) == rows, f"only {len(answer.json['items'])} open tickets"
        counted[rows] = len(seen)
    runtime.database.close()
    return counted


def my_open_tickets(stage: Stage) -> list[Result]:
    """B7."""
    mine = stage.caller.id
    contenders = {
        "list": stage.reading("ticket", [_path(stage, 50)]),
        "bare list": stage.reading("floor", [f"/tickets-of/{mine}"]),
        "page": stage.reading("gateway", ["/tickets?tab=mine"]),
        "bare page": stage.reading("floor", [f"/tickets-page/{mine}"]),
    }
    rounds = Rounds(contenders, stage.sizes.rounds, warm=lambda: [one() for one in contenders.values()])
    counted = _statements(stage)
    equal = len(set(counted.values())) == 1 and counted[50] <= MOST_STATEMENTS
    words = ", ".join(f"{count} at {rows}" for rows, count in counted.items())
    page = at_least("B7", "my open tickets as a page, through the gateway", rounds, "page", "bare page", 0)
    return [
        at_least("B7", "my open tickets, 50 in the service", rounds, "list", "bare list", 0.6),
        Result(
            "B7",
            "SQL statements by rows",
            words,
            "",
            None,
            f"equal, ≤ {MOST_STATEMENTS}",
            equal,
            {"statements": counted},
        ),
        Result(page.row, page.what, page.ours, page.floor, page.ratio, "", None, page.more),
    ]
