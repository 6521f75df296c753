"""S8: what the gateway does for somebody, long after they asked, ends when they leave, move or may do less."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import new_id
from chassis.jobs.running import work_off
from chassis.ops import faultpoints
from gateway.policies import ROLES
from tests.security.test_s07_roles import a_role
from tests.support.suite_in_process import Api, InProcessSuite, new_member

KEEPS = {"staff.write", "subscription.read", "subscription.write", "audit.read", "audit.export"}
STAFF_KEEPER = sorted(KEEPS | ROLES["agent"].actions)  # who makes agents holds what agents do
GONE = {
    "left": {"state": "left"},
    "another role": {"role": "agent"},
    "another department": {"department_id": "二部"},
}
NARROWED: dict[str, dict[str, Any]] = {
    "less to do": {"actions": [action for action in STAFF_KEEPER if action != "ticket.read"]},
    "less to see": {"scope": "self"},
    "a hidden field": {"field_rules": {"player.note": {"access": "hidden"}}},
}


def of_the_gateway(suite: InProcessSuite, api: Api) -> list[str]:
    """Jobs that the gateway itself does: staff out of a file, a replay, and the audit log as a file."""
    here, no = suite.departments["一部"], new_id()[-8:]
    sent = api.request("POST", "/staff/imports", data=f"no,name\nG{no},新来的".encode(), content_type="text/csv")
    webhook = {"delivery": "webhook", "url": "https://192.0.9.1/hook", "department_id": here}
    told = api.made("/subscriptions", {"name": f"gone-{no}", "types": ["ticket.created.v1"], **webhook})
    again = api.made("/event-replays", {"subscription": told["id"], "from": "2026-01-01T00:00:00Z"})
    return [sent.json["id"], again["id"], api.made("/audit/exports", {"format": "csv"})["id"]]


def ends_of(suite: InProcessSuite, ids: list[str]) -> list[tuple[str, str | None]]:
    """(state, error) of the gateway's jobs, after it has done what it does."""
    while work_off(suite.gateway_runtime, threading.Event()):
        pass
    with suite.raw("gateway") as connection:
        query = text("SELECT state, error FROM jobs WHERE id = :id")
        found = [connection.execute(query, {"id": one}).one() for one in ids]
    return [(row.state, row.error["code"] if row.error else None) for row in found]


def a_keeper(suite: InProcessSuite) -> tuple[dict[str, Any], Api]:
    """A role of staff's keepers, and somebody who has it."""
    role = a_role(suite.api("admin"), actions=STAFF_KEEPER, scope="department_and_below")
    return role, suite.api(new_member(suite, role["code"]).no, fresh=True)


@pytest.mark.parametrize("how", GONE)
def test_the_gateway_does_nothing_for_somebody_who_left_or_moved_either(suite: InProcessSuite, how: str):
    admin, (_, keeper) = suite.api("admin"), a_keeper(suite)
    ids, change = of_the_gateway(suite, keeper), dict(GONE[how])
    if "department_id" in change:
        change["department_id"] = suite.departments[change["department_id"]]
    version = admin.get(f"/staff/{keeper.id}").json["version"]
    assert admin.patch(f"/staff/{keeper.id}", change, version=version).status_code == 200
    assert ends_of(suite, ids) == [("cancelled", "owner_gone")] * 3


@pytest.mark.parametrize("how", NARROWED)
def test_the_gateway_does_nothing_by_a_role_that_was_narrowed_since(suite: InProcessSuite, how: str):
    role, keeper = a_keeper(suite)
    ids = of_the_gateway(suite, keeper)
    changed = suite.api("admin").patch(f"/roles/{role['id']}", NARROWED[how], version=role["version"])
    assert changed.status_code == 200, changed.text
    assert ends_of(suite, ids) == [("cancelled", "owner_gone")] * 3


def test_the_gateway_does_what_somebody_asked_for_who_is_still_there(suite: InProcessSuite):
    role, keeper = a_keeper(suite)
    ids = of_the_gateway(suite, keeper)
    more = {"actions": [*STAFF_KEEPER, "player.delete"]}
    assert suite.api("admin").patch(f"/roles/{role['id']}", more, version=role["version"]).status_code == 200
    assert ends_of(suite, ids) == [("done", None)] * 3


def test_an_import_ends_where_its_owner_leaves(suite: InProcessSuite, monkeypatch):
    """What was committed before stays; of the rest nothing is taken."""
    admin, (_, keeper), no = suite.api("admin"), a_keeper(suite), new_id()[-8:]
    monkeypatch.setattr("chassis.jobs.importing.A_BATCH", 2)
    lines = "\n".join(["no,name", *(f"H{no}{number},新来的" for number in range(6))])
    sent = keeper.request("POST", "/staff/imports", data=lines.encode(), content_type="text/csv")

    def leave(_name: str) -> None:
        found = admin.get(f"/staff/{keeper.id}").json
        if found["state"] == "in_service":
            assert admin.patch(f"/staff/{keeper.id}", {"state": "left"}, version=found["version"]).status_code == 200

    monkeypatch.setattr(faultpoints, "reach", lambda name: leave(name) if name == "import.after_batch" else None)
    assert ends_of(suite, [sent.json["id"]]) == [("cancelled", "owner_gone")]
    assert len(admin.get("/staff", query_string={"q": f"H{no}"}).json["items"]) == 2
