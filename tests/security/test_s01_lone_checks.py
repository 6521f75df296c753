"""S1 for checks of the gateway that stand alone: clients that are over, what one person may have open, what is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import text

from chassis.callers import Caller, Scope, service_itself
from chassis.clock import new_id, utc_now
from chassis.data.masking import mask_phone
from chassis.facts.envelope import Received
from chassis.jobs.job import MOST_OPEN, TooManyJobs
from chassis.jobs.store import add_job
from chassis.rules import NotFound
from gateway.audit.facts import take_down
from gateway.audit.writing import deed
from gateway.clients.references import look_up
from gateway.composition.counters import compose_counters
from gateway.identity.session import PENDING
from tests.gateway.integration.test_api_clients import ask, made
from tests.security.test_s01_no_power import asked, powerless_one
from tests.security.test_s27_masks import a_number, kept
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import Api, InProcessSuite, Member, new_member


def as_client(suite: InProcessSuite, client: dict[str, Any]) -> Api:
    """The API as this client calls it."""
    return Api(suite.gateway.test_client(use_cookies=False), ask(suite, client).json["access_token"])


def test_a_client_gets_no_token_with_a_wrong_secret_a_wider_scope_or_from_elsewhere(suite: InProcessSuite):
    client = made(suite)
    assert ask(suite, client).status_code == 200
    assert ask(suite, {**client, "secret": "wrong"}).status_code == 401
    assert ask(suite, {**client, "id": str(uuid4())}).status_code == 401
    elsewhere = ask(suite, made(suite, addresses=["192.0.2.0/24"]), place="198.51.100.7")
    for answer, error in (
        (ask(suite, client, scope="ticket:read"), "invalid_scope"),
        (elsewhere, "unauthorized_client"),
    ):
        assert (answer.status_code, answer.json["error"]) == (400, error)


def test_a_secret_ends_when_it_was_said_to(suite: InProcessSuite):
    client, until = made(suite), utc_now() + timedelta(minutes=20)
    second = suite.api("admin").made(f"/api-clients/{client['id']}/secrets", {"expires_at": until.isoformat()})
    assert ask(suite, second).status_code == 200
    with time_machine.travel(until + timedelta(seconds=1)):
        assert ask(suite, second).status_code == 401
        assert ask(suite, client).status_code == 200


def test_the_pages_are_for_people(suite: InProcessSuite):
    api = as_client(suite, made(suite))
    for path in ("/", "/players", "/live"):
        answer = api.client.get(path, headers={"Authorization": f"Bearer {api.token}"})
        assert answer.status_code in (303, 401), path


def test_what_is_a_persons_own_is_no_clients(suite: InProcessSuite):
    api = as_client(suite, made(suite))
    for path in ("/me/sessions", "/me/second-factor"):
        assert api.get(path).status_code == 403, path


def test_nobody_has_more_jobs_open_than_anybody_may(suite: InProcessSuite):
    work = suite.gateway_runtime.work(Caller(new_id(), scope=Scope("all")))
    with work.session:
        for _ in range(MOST_OPEN):
            add_job(work, "nothing", {}, language="zh")
        with pytest.raises(TooManyJobs):
            add_job(work, "nothing", {}, language="zh")


def test_who_has_seen_too_many_players_is_told_so_at_home(suite: InProcessSuite, rows: Rows):
    player = rows.of["A001"]["player"]["id"]
    with suite.services["player"].served.misbehave("status", 429):
        answer = suite.api("A001").get("/home", query_string={"player_id": player})
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_read")


def test_what_a_request_names_must_be_there(suite: InProcessSuite):
    gone, there = new_member(suite), new_member(suite)
    admin = suite.api("admin")
    version = admin.get(f"/staff/{gone.id}").json["version"]
    assert admin.post(f"/staff/{gone.id}/leave", {"rule": "pool"}, version=version).status_code == 200

    def empty(*_: Any) -> dict[str, Any]:
        return {"items": []}

    with suite.gateway.test_request_context():
        assert look_up({"staff": [there.id]}, empty)["staff"][0]["no"] == there.no
        for names in ({"staff": [gone.id]}, {"staff": [new_id()]}, {"department": [new_id()]}, {"pack": ["LB1"]}):
            with pytest.raises(NotFound):
                look_up(names, empty)
        for kind in ("player", "pack"):
            with pytest.raises(NotFound):
                look_up({kind: [new_id()]}, lambda *_: None)


def test_an_account_and_a_document_that_are_not_there_are_not_found(suite: InProcessSuite):
    assert suite.api("admin").get(f"/wechat-accounts/{new_id()}").status_code == 404
    assert suite.api("admin").get(f"/wechat-accounts/{new_id()}/holders").status_code == 404
    for name in ("nothing", "..%2fopenapi.json", "player.created.v1.json/.."):
        assert suite.nobody().client.get(f"/docs/events/schemas/{name}").status_code == 404


def test_the_audit_log_is_written_masked_down_to_whom_it_is_about(suite: InProcessSuite):
    number = a_number()
    assert deed("x", subject_kind="player", subject=number, actor=None)["subject"] == mask_phone(number)
    fact = Received(new_id(), "player.created.v1", "/playdesk/player", number, 1, 1, {"note": number}, time=utc_now())
    work = suite.gateway_runtime.work(service_itself("gateway"))
    with work.session:
        take_down(work, [fact])
        work.commit()
    assert kept(suite, "gateway", "audit_entries", number) == (True, False)


def test_who_has_done_the_first_step_alone_is_nobody_yet(suite: InProcessSuite, member: Member):
    api = suite.api(member.no, fresh=True)
    assert api.get("/me").status_code == 200
    with suite.raw("gateway") as connection:
        connection.execute(
            text("UPDATE sessions SET kind = :kind WHERE staff_id = :id"), {"kind": PENDING, "id": member.id}
        )
    suite.gateway.extensions["playdesk_sessions"]._known.clear()
    assert api.get("/me").status_code == 401


def test_of_what_the_reader_may_not_see_nothing_is_asked_nor_said_to_be_missing(suite: InProcessSuite):
    one = powerless_one(suite).hold("player.read", "player.create")
    player = one.api.made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}"})
    one.hold("player.read")
    with asked(suite) as others:
        home = one.api.get("/home", query_string={"player_id": player["id"]})
        found = one.api.get("/search", query_string={"q": player["wechat_id"]})
        with suite.gateway.test_request_context("/"):
            counters = compose_counters(caller=one.signed_in.caller)
    assert (home.status_code, found.status_code) == (200, 200)
    assert [*home.json["unavailable"], *found.json["unavailable"], *counters["unavailable"]] == []
    assert {other.partition(" ")[0] for other in others} == {"player"}
