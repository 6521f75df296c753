"""Merging by HTTP: two tickets of a player become one, nothing of either is lost, and they can be two again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.clock import new_id
from tests.ticket.desk import Desk


def merge(desk: Desk, ticket: dict, into: dict, by=None):
    """Merge the one into the other, at the version it was read at."""
    return (by or desk.agent).post(f"/tickets/{ticket['id']}/merge", {"into_id": into["id"]}, version=ticket["version"])


def unmerge(desk: Desk, ticket: dict, by=None):
    """Take it out again."""
    return (by or desk.agent).post(f"/tickets/{ticket['id']}/unmerge", version=ticket["version"])


def lines(desk: Desk, ticket: dict) -> list[tuple[str, str, str | None]]:
    """The timeline: (number, kind, reason) of each line."""
    items = desk.agent.get(f"/tickets/{ticket['id']}/timeline").json["items"]
    return [(item["ticket_no"], item["kind"], item["reason"]) for item in items]


def test_the_one_that_goes_is_done_and_says_where_it_went(desk: Desk):
    stays, goes = desk.write(), desk.write(question="月卡又没到账")
    answer = merge(desk, goes, stays)
    expected = {"status": "done", "merged_into_id": stays["id"], "solution": f"已合并到 {stays['no']}", "version": 2}
    assert (answer.status_code, expected.items() <= answer.json.items()) == (200, True), answer.text
    assert desk.now(stays) == stays
    listed = desk.agent.get("/tickets", query_string={"merged_into_id": stays["id"]}).json["items"]
    assert [one["id"] for one in listed] == [goes["id"]]


def test_its_timeline_is_read_from_the_one_that_stays_however_long_the_chain(desk: Desk):
    first, second, last = desk.write(), desk.move(desk.write(), "start"), desk.write()
    merge(desk, first, desk.now(second))
    merge(desk, desk.now(second), last)
    assert lines(desk, last) == [
        (first["no"], "created", None),
        (second["no"], "created", None),
        (second["no"], "started", None),
        (last["no"], "created", None),
        (first["no"], "merged", second["no"]),
        (second["no"], "merged_in", first["no"]),
        (second["no"], "merged", last["no"]),
        (last["no"], "merged_in", second["no"]),
    ]
    assert {no for no, _, _ in lines(desk, first)} == {first["no"]}


@pytest.mark.parametrize("steps", [(), ("start",), ("start", "complete")])
def test_taken_out_again_it_is_as_it_was_before(desk: Desk, steps):
    goes = desk.move(desk.write(), *steps)
    stays = desk.move(desk.write(), *steps)
    merged = merge(desk, goes, stays).json
    back = unmerge(desk, merged)
    changed = {"version", "updated_at"}
    kept = {name: value for name, value in goes.items() if name not in changed}
    assert (back.status_code, kept.items() <= back.json.items()) == (200, True), back.text
    assert lines(desk, stays)[-1] == (stays["no"], "unmerged_from", goes["no"])
    assert unmerge(desk, back.json).json["code"] == "not_merged"


def test_both_ways_are_told_as_facts(desk: Desk):
    stays, goes = desk.write(), desk.write()
    unmerge(desk, merge(desk, goes, stays).json)
    [_, merged, unmerged] = desk.facts(goes["id"])
    assert [(f.type, f.entity_version, f.data["merged_into_no"]) for f in (merged, unmerged)] == [
        ("ticket.merged.v1", 2, stays["no"]),
        ("ticket.unmerged.v1", 3, stays["no"]),
    ]
    assert set(merged.data["changed"]) == {"status", "solution", "completed_at", "merged_into_id"}
    assert (merged.data["merged_into_id"], unmerged.data["merged_into_id"]) == (stays["id"], None)
    assert [f.type for f in desk.facts(stays["id"])] == ["ticket.created.v1"]


def test_what_cannot_be_merged_is_refused_by_name_and_changes_nothing(desk: Desk):
    ticket, done = desk.write(), desk.move(desk.write(), "start", "complete")
    other = desk.write(player=desk.new_player(desk.agent))
    gone = merge(desk, desk.write(), ticket).json
    for goes, into, code in (
        (ticket, ticket, "same_ticket"),
        (ticket, other, "different_player"),
        (ticket, done, "into_done"),
        (gone, done, "merged_away"),
        (done, gone, "merged_away"),
    ):
        answer = merge(desk, goes, into)
        assert (answer.status_code, answer.json["code"]) == (409, code)
    assert [desk.now(one) for one in (ticket, done, other, gone)] == [ticket, done, other, gone]
    assert merge(desk, {**ticket, "version": 9}, done).status_code == 412


def test_a_ticket_out_of_reach_or_of_nobody_is_404_on_either_side(desk: Desk):
    mine = desk.write()
    theirs = desk.write(desk.stranger, player=desk.new_player(desk.stranger))
    assert merge(desk, mine, theirs).status_code == 404
    assert merge(desk, theirs, mine).status_code == 404
    assert merge(desk, mine, {"id": new_id()}).status_code == 404
    assert [desk.now(one) for one in (mine, theirs)] == [mine, theirs]


def test_a_merged_ticket_is_not_worked_on(desk: Desk):
    stays = desk.write()
    gone = merge(desk, desk.write(), stays).json
    path = f"/tickets/{gone['id']}"
    assert desk.agent.patch(path, {"question": "x"}, version=2).json["code"] == "merged_away"
    assert desk.agent.post(f"{path}/reopen", {"reason": "x"}, version=2).json["code"] == "merged_away"
    told = desk.agent.post(f"/causes/{desk.cause()['id']}/tickets/batch", {"ticket_ids": [gone["id"]]}).json["items"]
    assert [(one["status"], one["code"]) for one in told] == [(409, "merged_away")]
    assert desk.now(gone) == gone


def test_a_fix_taken_back_leaves_what_was_merged_since(desk: Desk):
    one, two = desk.write(), desk.write()
    cause = desk.cause(one, two)
    fixed = desk.specialist.post(f"/causes/{cause['id']}/fix", {"solution": "补发"}, version=cause["version"]).json
    gone = merge(desk, desk.now(one), desk.now(two)).json
    back = desk.specialist.post(f"/causes/{cause['id']}/unfix", {"reason": "x"}, version=fixed["version"])
    assert (back.status_code, back.json["moved"]) == (200, 1)
    assert (desk.now(two)["status"], desk.now(gone)) == ("in_progress", gone)


def test_a_merged_ticket_is_not_counted_as_an_answer_of_today(desk: Desk):
    merge(desk, desk.write(), desk.write())
    assert desk.agent.get("/ticket-counters").json["done_today"] == 0


def at_once(desk: Desk, tickets: list[dict], times: int) -> Counter:
    """Merge each into the next, all at the same time and more than once; returns how often which answer came."""

    def one(n: int) -> int:
        return merge(desk, tickets[n % len(tickets)], tickets[(n + 1) % len(tickets)]).status_code

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))


def test_merging_both_ways_at_once_ends_with_one_of_them_there(desk: Desk):
    for _ in range(10):
        pair = [desk.write(), desk.write()]
        counted = at_once(desk, pair, 8)
        assert counted[200] == 1
        assert counted.keys() <= {200, 409, 412}
        assert sorted(bool(desk.now(one)["merged_into_id"]) for one in pair) == [False, True]


def test_a_ring_of_three_merged_at_once_leaves_one_that_all_lead_to(desk: Desk):
    for _ in range(5):
        ring = [desk.write() for _ in range(3)]
        assert at_once(desk, ring, 6).keys() <= {200, 409, 412}
        now = {one["id"]: desk.now(one)["merged_into_id"] for one in ring}
        ends = set()
        for one in now:
            for _ in range(3):
                one = now[one] or one
            ends.add(one)
        assert all(now[end] is None for end in ends)


def test_merging_and_taking_out_at_once_loses_neither(desk: Desk):
    stays = desk.write()
    gone = merge(desk, desk.write(), stays).json
    with ThreadPoolExecutor(6) as pool:
        answers = Counter(answer.status_code for answer in pool.map(lambda _: unmerge(desk, gone), range(6)))
    assert answers[200] == 1
    assert answers.keys() <= {200, 409, 412}
    kinds = Counter(kind for _, kind, _ in lines(desk, stays))
    assert (kinds["merged_in"], kinds["unmerged_from"]) == (1, 1)
