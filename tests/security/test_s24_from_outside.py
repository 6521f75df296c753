"""S24: what comes from outside forged, replayed or late changes nothing; every contract, each of its fields broken in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from chassis.clock import new_id
from chassis.facts.bus import Fate
from chassis.http.documents import inward_event
from tests.gateway.integration.test_company_facts import CONTRACTS, person, tell, verdict
from tests.support.rows_in_suite import Rows, checksum, differing
from tests.support.suite_in_process import InProcessSuite, new_member

JOINED = "hr.employee.joined.v1"
WRONG: tuple[Any, ...] = (None, 7, True, [], {"a": 1}, "x" * 5000, "13800008000", "\x00", "2026-13-45T99:00:00Z", -1)
ENVELOPE = {
    "id": (None, "", 7, "x" * 65),
    "type": (None, "weather.turned.v1", "playdesk.staff.left.v1", 7),
    "source": (None, "", "x" * 201, 7),
    "subject": (None, "", "x" * 65, "13800008000", 7),
    "entityversion": (None, 0, -1, "1", 1.5, True),
    "data": (None, [], "text", 7),
    "specversion": (None, "0.3"),
}


def broken(key: str) -> Iterator[tuple[str, Any]]:
    """Facts of this type with one thing wrong in each."""
    contract = CONTRACTS[key][1]
    honest = inward_event(contract, source="/company/forger", subject=new_id(), version=1)
    yield from ((f"{key} as {text!r}", text) for text in (b"", b"null", b"[]", b"{", b"\xff\xfe", b'"text"', b"{}"))
    for name, values in ENVELOPE.items():
        yield f"{key} without {name}", {k: v for k, v in honest.items() if k != name}
        yield from ((f"{key} with {name}={value!r}", {**honest, name: value}) for value in values)
    schema = contract.schema()
    for name in schema["properties"]:
        if name in schema["required"]:
            yield (
                f"{key} without data.{name}",
                {**honest, "data": {k: v for k, v in honest["data"].items() if k != name}},
            )
        for value in WRONG:
            data = {**honest["data"], name: value}
            if not jsonschema_rs.is_valid(schema, data):
                yield f"{key} with data.{name}={value!r}", {**honest, "data": data}


def test_what_breaks_a_contract_is_parked_and_changes_nothing(suite: InProcessSuite, rows: Rows, figure):
    before, taken, sent = checksum(suite), [], 0
    for key in CONTRACTS:
        for what, event in broken(key):
            sent += 1
            if verdict(suite, key, event).fate is not Fate.PARK:
                taken.append(what)
    changed = differing(before, checksum(suite))
    figure("S24 forged", sent=sent, taken=len(taken), tables_changed=len(changed))
    assert not taken, "\n".join(taken[:20])
    assert not changed


@pytest.mark.parametrize("times", [2, 10, 100])
def test_what_is_replayed_has_one_effect(suite: InProcessSuite, rows: Rows, times: int, figure):
    no, subject = f"H{new_id()[-8:]}", new_id()
    fact = {"staff_no": no, "name": "新来的", "department": "一部"}
    tell(suite, JOINED, subject, 1, fact, id=new_id())
    before = checksum(suite)
    for number in range(times):
        event = inward_event(CONTRACTS[JOINED][1], source="/company/hr", subject=subject, version=1)
        copy = {**event, "data": {**fact, "name": f"冒名 {number}"}, "id": new_id()}
        assert verdict(suite, JOINED, copy).fate is Fate.DONE, (
            "an older or equal version is dropped, and no reason to look at it"
        )
    changed = [
        table for table in differing(before, checksum(suite)) if not table.endswith((".inbox", ".heard_versions"))
    ]
    figure(f"S24 replayed {times} times", effects=1 + len(changed))
    assert not changed
    assert person(suite, no)["name"] == "新来的"


def test_what_comes_late_takes_back_nothing(suite: InProcessSuite):
    member, subject = new_member(suite), new_id()
    tell(suite, "hr.employee.left.v1", subject, 9, {"staff_no": member.no})
    for version in range(1, 9):
        tell(
            suite,
            JOINED,
            subject,
            version,
            {"staff_no": member.no, "name": "还在", "department": "一部"},
        )
    assert suite.api("admin").get(f"/staff/{member.id}").json["state"] == "left"
