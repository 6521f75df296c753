"""S1 for what is refused neither by a route's action nor by reach: schemes, states, others' parts of what one reaches."""

from __future__ import annotations

from base64 import b64encode
from uuid import uuid4

from sqlalchemy import text

from chassis.callers import Scope
from chassis.clock import new_id
from tests.gateway.integration.test_api_clients import made
from tests.gateway.integration.test_second_factor import code
from tests.security.test_s01_further_checks import straight
from tests.security.test_s01_no_power import powerless_one
from tests.security.test_s03_others_ids import NOBODYS
from tests.security.test_s07_roles import CLERK, a_role, not_held
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite, Member, new_member


def test_a_clients_secret_under_another_scheme_gets_no_token(suite: InProcessSuite):
    client = made(suite)
    packed = b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
    for scheme, status in (("Basic", 200), ("Bearer", 401)):
        headers = {"Authorization": f"{scheme} {packed}"}
        grant = {"grant_type": "client_credentials"}
        answer = suite.nobody().client.post("/oauth/token", data=grant, headers=headers)
        assert answer.status_code == status, scheme


def test_what_lies_in_the_pool_is_given_back_by_nobody(suite: InProcessSuite, rows: Rows):
    agent = suite.api("A001")
    lead = agent.made("/leads", {"wechat_id": f"wx_{uuid4().hex[:8]}"})
    if lead["owner_id"] is not None:
        lead = agent.made(f"/leads/{lead['id']}/release", {"reason": "没空"}, version=lead["version"])
    assert lead["owner_id"] is None
    again = agent.post(f"/leads/{lead['id']}/release", {"reason": "没空"}, version=lead["version"])
    assert code(again) == (409, "not_held")


def test_what_is_not_there_is_not_found_by_its_name_either(suite: InProcessSuite, rows: Rows):
    agent, player = suite.api("A001"), rows.of["A001"]["player"]["id"]
    order = {"player_id": player, "pack_no": "LB00000000"}
    assert code(agent.post("/orders", order, key=uuid4().hex)) == (404, "not_found")


def test_the_whole_companys_campaign_is_changed_by_who_reaches_the_company(suite: InProcessSuite, rows: Rows):
    plan = {"name": f"全公司 {uuid4().hex[:6]}", "budget": {"amount": "9.00", "currency": "CNY"}}
    campaign = suite.api("admin").made("/campaigns", plan)
    change = {"name": f"一部的 {uuid4().hex[:6]}"}
    for no, status in (("M001", 403), ("admin", 200)):
        answer = suite.api(no).patch(f"/campaigns/{campaign['id']}", change, version=campaign["version"])
        assert answer.status_code == status, no


def test_a_sale_ends_no_contact_with_another_player(suite: InProcessSuite, rows: Rows):
    agent, pack_no = suite.api("A001"), rows.shared["pack_on_sale"]["no"]
    others = agent.made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}"})
    suite.pump()
    logged = {"channel": "phone", "outcome": "considering"}
    touches = {id: agent.made("/touches", {"player_id": id, **logged})["id"] for id in (others["id"], _players(rows))}
    order = {"player_id": _players(rows), "pack_no": pack_no}
    refused = agent.post("/orders", {**order, "touch_id": touches[others["id"]]}, key=uuid4().hex)
    assert code(refused) == (404, "not_found")
    agent.made("/orders", {**order, "touch_id": touches[_players(rows)]}, key=uuid4().hex)


def _players(rows: Rows) -> str:
    found: str = rows.of["A001"]["player"]["id"]
    return found


def test_nobody_makes_a_role_that_reaches_further_than_they_do(suite: InProcessSuite):
    role = a_role(suite.api("admin"), scope="department", actions=CLERK)
    clerk = suite.api(new_member(suite, role["code"]).no, fresh=True)
    body = {"code": f"t_{uuid4().hex[:8]}", "zh": "偷", "en": "Thief", "actions": ["player.read"]}
    assert not_held(clerk.post("/roles", {**body, "scope": "all"})) == ["all"]
    assert clerk.post("/roles", {**body, "scope": "self"}).status_code == 201


def test_the_session_of_somebody_who_is_not_in_service_opens_nothing(suite: InProcessSuite, member: Member):
    api = suite.api(member.no, fresh=True)
    assert api.get("/me").status_code == 200
    with suite.raw("gateway") as connection:
        connection.execute(text("UPDATE staff SET state = 'left' WHERE id = :id"), {"id": member.id})
        connection.commit()
    suite.gateway.extensions["playdesk_sessions"]._known.clear()
    assert api.get("/me").status_code == 401


def test_a_page_offers_nothing_that_its_reader_may_not_do(suite: InProcessSuite, rows: Rows):
    letter = rows.shared["dead_letter"]["id"]
    for held, offered in ((("dead_letter.read",), False), (("dead_letter.read", "dead_letter.write"), True)):
        shown = powerless_one(suite).hold(*held, scope=Scope("all")).pages.get(f"/settings/dead-letters/{letter}")
        assert shown.status_code == 200
        assert (f"/dead-letters/{letter}/discard" in shown.text) is offered, held


def test_a_review_is_finished_by_a_scorecard_that_is_there(suite: InProcessSuite, rows: Rows):
    inspector = suite.api("Q001")
    review = inspector.get(f"/reviews/{rows.of['A001']['review']['id']}").json
    marks = {"scorecard_id": NOBODYS, "scorecard_revision": 1, "answers": [{"question": "1.1", "points": 8}]}
    refused = inspector.post(f"/reviews/{review['id']}/finish", marks, version=review["version"])
    assert code(refused) == (404, "not_found")


def test_jobs_of_others_and_of_nobody_are_not_there(suite: InProcessSuite, rows: Rows):
    for job_id in (rows.of["B001"]["job"]["id"], new_id()):
        for method, path in (("GET", f"/jobs/{job_id}"), ("POST", f"/jobs/{job_id}/cancel")):
            assert straight(suite, "ticket", method, path, None).status == 404, path
