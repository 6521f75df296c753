"""S27: masks that stand alone, each met where no other is behind it: around the gateway, by who sees numbers, in the rows."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from secrets import randbelow
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, text
from werkzeug.wrappers import Response

from chassis.callers import SEES_PHONES
from chassis.clock import new_id, utc_now
from chassis.data.masking import mask_everything, mask_phone
from chassis.data.tables import dead_letters
from gateway.integration.addresses import Target
from gateway.integration.sending import send
from tests.contracts.acts import surveys
from tests.security.test_s01_further_checks import straight
from tests.support.http_server import Served
from tests.support.rows_in_suite import Rows, a_delivery
from tests.support.suite_in_process import Api, InProcessSuite, rows_of


def a_number() -> str:
    """One that nobody has yet."""
    return f"158{randbelow(10**8):08d}"


def kept(suite: InProcessSuite, service: str, table: str, number: str) -> tuple[bool, bool]:
    """Whether rows of a table hold the number: (masked, whole)."""
    query = f"SELECT count(*) AS found FROM {table} t WHERE t::text LIKE :part"
    parts = (mask_phone(number), number)
    masked, whole = (rows_of(suite, service, query, part=f"%{part}%")[0].found for part in parts)
    return masked > 0, whole > 0


def test_a_player_is_shown_with_a_masked_number(suite: InProcessSuite, rows: Rows):
    number, api = a_number(), suite.api("A001")
    made = api.post("/players", {"phone": number, "wechat_id": f"wx_{uuid4().hex[:8]}"}, key=f"m{number}")
    shown = [made, api.get(f"/players/{made.json['id']}"), api.get("/players", query_string={"phone": number})]
    for answer in shown:
        assert mask_phone(number) in answer.text
        assert number not in answer.text


def test_why_a_player_was_found_is_told_masked_even_to_who_sees_numbers(suite: InProcessSuite, rows: Rows):
    number, admin = a_number(), suite.api("admin")
    goes, stays = (admin.made("/players", {"wechat_id": f"wx_{uuid4().hex[:8]}"}) for _ in range(2))
    goes = admin.patch(f"/players/{goes['id']}", {"phone": number}, version=goes["version"]).json
    for looked in (goes, stays):
        [found] = admin.get("/players", query_string={"q": number}).json["items"]
        assert found["id"] == looked["id"]
        assert found["match"] == {"field": "phone", "value": mask_phone(number)}
        if looked is goes:
            merge = {"into_id": stays["id"], "reason": "同一个人"}
            admin.made(f"/players/{goes['id']}/merge", merge, version=goes["version"])


def test_who_is_found_by_the_number_of_whoever_they_were_merged_with_is_told_it_masked(
    suite: InProcessSuite, rows: Rows
):
    number, admin = a_number(), suite.api("admin")
    goes = admin.made("/players", {"phone": number, "wechat_id": f"wx_{uuid4().hex[:8]}"})
    stays = admin.made("/players", {"phone": a_number(), "wechat_id": f"wx_{uuid4().hex[:8]}"})
    merge = {"into_id": stays["id"], "reason": "同一个人"}
    admin.made(f"/players/{goes['id']}/merge", merge, version=goes["version"])
    [found] = admin.get("/players", query_string={"q": number}).json["items"]
    assert (found["id"], found["match"]) == (stays["id"], {"field": "phone", "value": mask_phone(number)})


def test_an_answer_that_was_kept_is_masked_for_who_may_not_see_numbers_any_more(suite: InProcessSuite, rows: Rows):
    number, may = a_number(), ("player.create", "player.read")
    body = {"phone": number, "wechat_id": f"wx_{uuid4().hex[:8]}"}
    for permissions, sees in (((*may, SEES_PHONES), True), ((*may, "player.phone.reveal"), True), (may, False)):
        answer = straight(suite, "player", "POST", "/players", body, *permissions, key=f"k{number}")
        assert answer.status == 201
        assert (number in answer.data.decode()) is sees


def test_a_lead_is_shown_with_a_masked_number(suite: InProcessSuite, rows: Rows):
    number, api = a_number(), suite.api("A001")
    lead = api.made("/leads", {"phone": number})
    assert lead["phone"] == api.get(f"/leads/{lead['id']}").json["phone"] == mask_phone(number)
    assert not kept(suite, "sales", "leads", number)[1]


def test_a_fact_of_a_player_holds_the_masked_number(suite: InProcessSuite, rows: Rows):
    number = a_number()
    player = suite.api("A001").made("/players", {"phone": number})
    query = "SELECT data->>'phone' AS phone FROM {} WHERE subject = :id"
    found = [
        row
        for table in ("outbox", "event_log")
        for row in rows_of(suite, "player", query.format(table), id=player["id"])
    ]
    assert {row.phone for row in found} == {mask_phone(number)}


def test_words_about_a_ticket_are_kept_masked(suite: InProcessSuite, rows: Rows):
    number = a_number()
    said = f"回电 {number} 没有打"
    inspector, agent, supervisor = (suite.api(no) for no in ("Q001", "A001", "M001"))
    questions = [{"text": "说清楚怎么办", "points": 100}]
    sections = [{"title": "全部", "questions": questions}]
    card = inspector.made("/scorecards", {"name": f"质检 {uuid4().hex[:6]}", "sections": sections})
    by = {"scorecard_id": card["id"], "scorecard_revision": card["revision"]}
    marks = {"answers": [{"question": "1.1", "points": 40, "note": said}], "comment": said}
    review = inspector.made("/reviews", {"ticket_id": surveys(suite, f"wx_{uuid4().hex[:8]}")})
    path = f"/reviews/{review['id']}"
    steps = (
        (inspector, "finish", by | marks),
        (agent, "appeal", {"reason": said}),
        (supervisor, "decide", {"decision": said}),
    )
    for who, step, body in steps:
        review = who.made(f"{path}/{step}", body, version=review["version"])
    skipped = inspector.made("/reviews", {"ticket_id": surveys(suite, f"wx_{uuid4().hex[:8]}")})
    inspector.made(f"/reviews/{skipped['id']}/skip", {"reason": said}, version=skipped["version"])
    assert kept(suite, "ticket", "reviews", number) == (True, False)
    assert kept(suite, "ticket", "surveys", "13800138000") == (True, False)


def test_what_becomes_an_article_is_masked_on_its_way(suite: InProcessSuite, rows: Rows):
    number, agent = a_number(), suite.api("A001")
    said = {"question": f"打 {number} 没人接", "solution": f"改打 {number}"}
    ticket = agent.made("/tickets", {"player_id": rows.of["A001"]["player"]["id"], "question": said["question"]})
    path = f"/tickets/{ticket['id']}"
    ticket = agent.made(f"{path}/start", None, version=ticket["version"])
    agent.made(f"{path}/complete", {"solution": said["solution"]}, version=ticket["version"])
    article = suite.api("admin").made("/articles", {"ticket_id": ticket["id"]})
    for name in ("title", "body"):
        assert mask_phone(number) in article[name]
        assert number not in article[name]


def test_a_message_is_kept_masked_and_unmasked_by_an_inspector_but_for_numbers(suite: InProcessSuite, rows: Rows):
    number = a_number()
    session = suite.api("A001").made("/sessions", {"player_id": rows.of["A001"]["player"]["id"], "channel": "wechat"})
    asked = {"author": "player", "text": f"打 {number} 找我"}
    message = suite.api("A001").made(f"/sessions/{session['id']}/messages", asked)
    assert message["masked_for"] == ["phone"]
    assert kept(suite, "ticket", "messages", number) == (True, False)
    path, may = f"/messages/{message['id']}/unmask", ("message.unmask", "session.read")
    for permissions, sees in ((may, False), ((*may, SEES_PHONES), True)):
        answer = straight(suite, "ticket", "POST", path, {"reason": "抽查"}, *permissions)
        assert answer.status == 200, answer.data
        assert (number in answer.data.decode()) is sees


def test_a_dead_letter_is_shown_masked_to_whoever_asks(suite: InProcessSuite, rows: Rows):
    for body in (json.dumps({"data": {"note": "{}"}}), "打 {}"):
        number = a_number()
        letter_id = _put_letter(suite, number, body.replace("{}", number))
        shown = suite.api("admin").get("/dead-letters", query_string={"limit": 200})
        with suite.raw("ticket") as connection:
            connection.execute(text("DELETE FROM dead_letters WHERE id = :id"), {"id": letter_id})
        assert shown.text.count(str(mask_phone(number))) == 3
        assert number not in shown.text


def test_what_is_sent_out_and_what_comes_back_is_shown_masked(suite: InProcessSuite, rows: Rows):
    number = a_number()
    event = {"id": new_id(), "type": "playdesk.ticket.created.v1", "subject": new_id(), "data": {"note": number}}
    delivery = a_delivery(suite, rows.shared["subscription"]["id"], event)
    shown = suite.api("admin").get(f"/webhooks/deliveries/{delivery['id']}")
    assert (mask_phone(number) in shown.text, number in shown.text) == (True, False)
    repeats = Served(lambda environ, start: Response(f"got {number}", 500)(environ, start))
    target = Target("http", "127.0.0.1", int(repeats.url.rpartition(":")[2]), "127.0.0.1", "/")
    outcome = send(target, new_id(), "{}", ["whsec_" + b64encode(b"a secret of the tests alone").decode()])
    assert (outcome.status, outcome.answer) == (500, f"got {mask_phone(number)}")


def _put_letter(suite: InProcessSuite, number: str, body: str) -> str:
    letter = {"id": str(uuid4()), "queue": "ticket.copies", "message_id": str(uuid4()), "key": "player.created.v1"}
    texts = {"reason": f"号码 {number}", "note": f"又是 {number}", "body": body.encode()}
    moments = dict.fromkeys(("created_at", "updated_at"), utc_now())
    with suite.services["ticket"].runtime.database.session() as session:
        session.execute(insert(dead_letters).values(**letter, **texts, **moments, state="parked", times=0, version=1))
        session.commit()
    return letter["id"]


def test_what_is_exported_under_a_number_is_written_down_masked(suite: InProcessSuite, rows: Rows):
    number, admin = a_number(), suite.api("admin")
    asked = admin.post("/tickets/exports", {"format": "csv"}, query_string={"q": number})
    assert asked.status_code == 202, asked.text
    assert kept(suite, "ticket", "jobs", number) == (True, False)


def test_the_audit_log_is_written_masked(suite: InProcessSuite, rows: Rows):
    number = a_number()
    for api in _who_ask(suite):
        api.post(
            "/tickets/exports", {"format": "csv"}, query_string={"q": number}, headers={"User-Agent": f"x {number}"}
        )
        api.post(f"/staff/{number}/leave", {"rule": "pool"}, version=1)
        api.post("/login", {"staff_no": number, "password": "wrong"}, headers={"User-Agent": f"y {number}"})
    suite.pump()
    assert kept(suite, "gateway", "audit_entries", number) == (True, False)


def test_whatever_is_told_is_masked_to_its_names_and_to_what_is_no_text():
    number = a_number()
    told = str(mask_everything({number: {"at": [Path(f"/tmp/{number}"), Decimal(number), int(number)]}}))
    assert told.count(str(mask_phone(number))) == 4
    assert number not in told


def _who_ask(suite: InProcessSuite) -> Iterator[Api]:
    yield suite.api("admin")
    yield suite.nobody()


def test_a_refusal_repeats_no_number(suite: InProcessSuite, rows: Rows):
    number: Any = a_number()
    answers = [
        suite.api("admin").get(f"/players/{number}"),
        suite.api("admin").get("/players", query_string={number: number}),
        suite.api("admin").post("/players", {number: number}),
    ]
    assert [answer.status_code for answer in answers] == [404, 400, 422]
    assert not [answer.text for answer in answers if number in answer.text]
