"""S8: whoever left, or whose role or department changed, is refused from the next request, by every service itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pytest
import requests
from sqlalchemy import text

from chassis.clock import new_id
from chassis.jobs import handover, running
from tests.gateway.integration.test_company_facts import tell
from tests.support.figures import Figure
from tests.support.suite_in_process import DOMAIN, Api, InProcessSuite, new_member, rows_of

MOST = 2.0
PATHS = {
    "player": "/players?limit=1",
    "ticket": "/tickets?limit=1",
    "sales": "/orders?limit=1",
    "catalog": "/packs?limit=1",
}


@contextmanager
def at_work(suite: InProcessSuite) -> Iterator[None]:
    """Facts are carried on all the while, as the workers do."""
    over = threading.Event()

    def carry() -> None:
        while not over.is_set():
            suite.pump(1)
            over.wait(0.05)

    thread = threading.Thread(target=carry, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def seconds_until(refused: Callable[[], bool]) -> float:
    """How long until it is refused; 30 s at most."""
    started = monotonic()
    while not refused() and monotonic() - started < 30:
        sleep(0.05)
    return monotonic() - started


def old_tokens(suite: InProcessSuite, person: Api) -> dict[str, str]:
    """An internal token for each service, as somebody might have listened in on."""
    signed_in = suite.gateway.extensions["playdesk_sessions"].find(person.token)
    return {name: suite.minter().token(signed_in.caller, name) for name in DOMAIN}


def status(suite: InProcessSuite, name: str, token: str) -> int:
    """What a service itself answers to a token."""
    url = f"{suite.services[name].served.url}/api/v1{PATHS[name]}"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


def version_of(suite: InProcessSuite, staff_id: str) -> int:
    """The version of a member of staff."""
    return int(suite.api("admin").get(f"/staff/{staff_id}").json["version"])


def work_off(suite: InProcessSuite, name: str) -> None:
    """Do every job of a service."""
    while running.work_off(suite.services[name].runtime):
        pass


CHANGES = {
    "left": lambda suite, member: suite.api("admin").post(
        f"/staff/{member.id}/leave", {"rule": "pool"}, version=version_of(suite, member.id)
    ),
    "role": lambda suite, member: suite.api("admin").patch(
        f"/staff/{member.id}", {"role": "inspector"}, version=version_of(suite, member.id)
    ),
    "department": lambda suite, member: suite.api("admin").patch(
        f"/staff/{member.id}", {"department_id": suite.departments["二部"]}, version=version_of(suite, member.id)
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_s8_an_old_token_is_refused_by_every_service_within_two_seconds(suite: InProcessSuite, figure: Figure, change):
    member = new_member(suite)
    person, browser = suite.api(member.no, fresh=True), suite.pages(member.no)
    tokens = old_tokens(suite, person)
    assert {name: status(suite, name, token) for name, token in tokens.items()} == dict.fromkeys(DOMAIN, 200)
    with at_work(suite):
        answer = CHANGES[change](suite, member)
        assert answer.status_code == 200, answer.text
        started = monotonic()
        seconds = {}
        for name, token in tokens.items():
            seconds_until(lambda name=name, token=token: status(suite, name, token) == 401)
            seconds[name] = round(monotonic() - started, 2)
        if change == "left":
            seconds_until(lambda: person.get("/me").status_code == 401 and browser.get("/").status_code != 200)
            seconds["gateway"] = round(monotonic() - started, 2)
        else:
            again = seconds_until(lambda: person.get("/players").status_code == 200)
            seconds["in_again"] = round(again, 2)
    figure("S8", change=change, **seconds)
    assert max(seconds.values()) <= MOST, seconds


def test_whoever_comes_back_finds_no_session_of_before(suite: InProcessSuite):
    member, admin = new_member(suite), suite.api("admin")
    person, browser = suite.api(member.no, fresh=True), suite.pages(member.no)
    for state in ("left", "in_service"):
        answer = admin.patch(f"/staff/{member.id}", {"state": state}, version=version_of(suite, member.id))
        assert (answer.status_code, answer.json["state"]) == (200, state), answer.text
    suite.gateway.extensions["playdesk_sessions"].forget_person(member.id)
    assert person.get("/me").status_code == 401
    assert browser.get("/").status_code != 200
    assert suite.api(member.no, fresh=True).get("/me").status_code == 200


def belongings(suite: InProcessSuite, member: Any, count: int = 4) -> tuple[list[str], list[str]]:
    """Players and open tickets of somebody."""
    person = suite.api(member.no, fresh=True)
    players = [person.made("/players", {"wechat_id": f"wx_{new_id()[-10:]}"})["id"] for _ in range(count)]
    tickets = [person.made("/tickets", {"player_id": one, "question": "怎么充值"})["id"] for one in players]
    suite.pump()
    return players, tickets


def owners(suite: InProcessSuite, players: list[str], tickets: list[str]) -> tuple[set[Any], set[Any]]:
    """Whose they are now."""
    admin = suite.api("admin")
    return (
        {admin.get(f"/players/{one}").json["agent_id"] for one in players},
        {admin.get(f"/tickets/{one}").json["assignee_id"] for one in tickets},
    )


@pytest.mark.parametrize("rule", ["person", "department", "pool"])
def test_players_and_open_tickets_go_where_the_rule_says_and_the_history_names_it(suite: InProcessSuite, rule):
    member, taker = new_member(suite, department="二线"), new_member(suite, department="二线")
    players, tickets = belongings(suite, member)
    admin = suite.api("admin")
    left = admin.get(f"/staff/{member.id}/belongings").json
    assert (left["players"], left["tickets"]) == (4, 4)
    body = {"rule": rule, **({"to_id": taker.id} if rule == "person" else {})}
    answer = admin.post(f"/staff/{member.id}/leave", body, version=version_of(suite, member.id))
    assert (answer.status_code, answer.json["state"], answer.json["wechat_accounts"]) == (200, "left", [])
    suite.pump()
    work_off(suite, "player")
    work_off(suite, "ticket")
    agents, assignees = owners(suite, players, tickets)
    expected = {"person": {taker.id}, "pool": {None}}.get(rule)
    assert expected is None or (agents, assignees) == (expected, expected)
    if rule == "department":
        assert not {None, member.id} & (agents | assignees)
    history = admin.get(f"/players/{players[0]}/bindings").json["items"]
    assert [span["agent_id"] for span in history][-1] == member.id
    assert member.no in history[0]["reason"]
    assert history[0]["by"] == admin.id
    lines = admin.get(f"/tickets/{tickets[0]}/timeline").json["items"]
    assert [line for line in lines if line["kind"] == "handed_over" and member.no in line["reason"]]
    shown = [
        job for job in admin.get("/jobs").json["items"] if job["kind"] in ("players.handover", "tickets.handover")
    ][:2]
    assert {(job["state"], job["done"], job["total"]) for job in shown} == {("done", 4, 4)}


def test_a_hand_over_whose_worker_dies_in_the_middle_is_taken_up_again(suite: InProcessSuite, monkeypatch):
    monkeypatch.setattr(handover, "AT_ONCE", 1)
    member = new_member(suite)
    players, tickets = belongings(suite, member)
    suite.api("admin").post(f"/staff/{member.id}/leave", {"rule": "pool"}, version=version_of(suite, member.id))
    suite.pump()
    steps = iter(range(3))

    def dies(run: Any) -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return None

    runtime = suite.services["player"].runtime
    begun = running.Run.step

    def step(run: Any, **values: Any) -> Any:
        dies(run)
        return begun(run, **values)

    monkeypatch.setattr(running.Run, "step", step)
    with pytest.raises(KeyboardInterrupt):
        running.work_off(runtime)
    monkeypatch.setattr(running.Run, "step", begun)
    agents, _ = owners(suite, players, tickets)
    assert agents == {None, member.id}, "killed in the middle"
    with runtime.database.session() as session:
        session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'"))
        session.commit()
    work_off(suite, "player")
    work_off(suite, "ticket")
    assert owners(suite, players, tickets) == ({None}, {None})
    spans = rows_of(suite, "player", "SELECT count(*) FROM bindings WHERE player_id = ANY(:ids)", ids=players)
    assert spans[0][0] == 8, "each player once"


def test_nothing_new_is_given_to_somebody_who_left(suite: InProcessSuite):
    member = new_member(suite)
    belongings(suite, member, 1)
    admin, other = suite.api("admin"), new_member(suite)
    assert (
        admin.post(f"/staff/{member.id}/leave", {"rule": "pool"}, version=version_of(suite, member.id)).status_code
        == 200
    )
    suite.pump()
    [player], [ticket] = belongings(suite, other, 1)
    colleague = suite.api(other.no, fresh=True)
    bound = colleague.post(f"/players/{player}/binding", {"agent_id": member.id, "reason": "x"})
    moved = colleague.post(f"/tickets/{ticket}/transfers", {"staff_id": member.id, "reason": "x"}, version=1)
    given = colleague.patch(f"/tickets/{ticket}", {"assignee_id": member.id}, version=1)
    assert {(answer.status_code, answer.json["code"]) for answer in (bound, moved, given)} == {(409, "staff_left")}
    again = admin.post(f"/staff/{member.id}/leave", {"rule": "pool"}, version=version_of(suite, member.id))
    assert (again.status_code, again.json["code"]) == (409, "staff_left")
    work_off(suite, "ticket")
    work_off(suite, "player")


def test_where_hr_tells_it_the_rule_is_that_of_the_settings(suite: InProcessSuite):
    member, colleague = new_member(suite, department="二线"), new_member(suite, department="二线")
    players, tickets = belongings(suite, member, 2)
    tell(suite, "hr.employee.left.v1", new_id(), 1, {"staff_no": member.no})
    work_off(suite, "player")
    work_off(suite, "ticket")
    agents, assignees = owners(suite, players, tickets)
    assert not {None, member.id} & (agents | assignees), "to the department"
    suite.api("admin").post(f"/staff/{colleague.id}/leave", {"rule": "pool"}, version=version_of(suite, colleague.id))
    suite.pump()
    work_off(suite, "player")
    work_off(suite, "ticket")


def test_the_dialog_shows_what_is_handed_over_before_one_confirms(suite: InProcessSuite):
    member = new_member(suite)
    belongings(suite, member, 2)
    pages = suite.pages("admin")
    form = pages.get(f"/settings/staff/{member.id}/leave").text
    assert '<p class="pd-strong">玩家 2 · 未完成工单 2 · ' in form
    data = {"rule": "pool", "version": str(version_of(suite, member.id))}
    assert pages.post(f"/settings/staff/{member.id}/leave", data).status_code == 303
    assert suite.api("admin").get(f"/staff/{member.id}").json["state"] == "left"
    suite.pump()
    work_off(suite, "player")
    work_off(suite, "ticket")
