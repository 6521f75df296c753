"""Leads over HTTP: written down once, sealed and masked, converted with all they have, discarded and reopened (S9, S10)."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from chassis.clock import new_id
from chassis.data.phones import Phones
from chassis.data.tables import idempotency_keys
from sales.application.erasure import erase_texts
from sales.application.rotation import rotate
from sales.domain.lead import Lead
from tests.sales.conftest import INDEX_KEY
from tests.sales.desk import LEAD, MANAGE, OPPORTUNITY, READ, Desk, money
from tests.sales.integration.test_payments import at_once

_numbers = count(13_700_000_001)


def phone() -> str:
    return str(next(_numbers))


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def told(desk: Desk, found: dict) -> list[str]:
    return [fact.type.removeprefix("lead.").removesuffix(".v1") for fact in desk.facts(found["id"])]


def test_a_lead_is_the_writers_own_with_its_source(desk: Desk):
    campaign = new_id()
    answer = desk.lead(source="campaign", campaign_id=campaign, channel="web_chat", note="想要皮肤")
    found = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/api/v1/leads/{found['id']}")
    assert (found["state"], found["owner_id"], found["source"], found["campaign_id"]) == (
        "assigned", desk.agent.id, "campaign", campaign,
    )  # fmt: skip
    assert desk.agent.get(f"/leads/{found['id']}").json == found
    assert [one["id"] for one in desk.agent.get(f"/leads?campaign_id={campaign}").json["items"]] == [found["id"]]
    assert told(desk, found) == ["created"]
    assert desk.agent.post("/leads", {"name": "没有联系方式"}).status_code == 422


def test_a_phone_number_is_sealed_masked_and_found_whole(desk: Desk):
    number, key = phone(), new_id()
    boss = desk.someone(READ, LEAD, "player.phone.see", scope="all")
    found = desk.agent.post("/leads", {"phone": number}, key=key).json
    masked = f"{number[:3]}****{number[-4:]}"
    assert (found["phone"], found["phone_visible"]) == (masked, False)
    assert desk.agent.get(f"/leads/{found['id']}").json["phone"] == masked
    shown = boss.get(f"/leads/{found['id']}").json
    assert (shown["phone"], shown["phone_visible"]) == (f"+86{number}", True)
    assert [one["id"] for one in desk.agent.get(f"/leads?phone={number}").json["items"]] == [found["id"]]
    assert [one["phone"] for one in boss.get(f"/leads?phone={number}").json["items"]] == [f"+86{number}"]
    desk.agent.patch(f"/leads/{found['id']}", {"note": f"回电 {number}"}, version=1)
    with desk.service.runtime.database.reading.connect() as connection:
        row = connection.execute(text("SELECT leads::text FROM leads WHERE id = :id"), {"id": found["id"]}).scalar_one()
        kept = connection.execute(idempotency_keys.select().where(idempotency_keys.c.key == key)).one()
    assert number not in row.replace(f"回电 {number}", "")
    assert number not in kept.body
    assert all(number not in str(fact.data) for fact in desk.facts(found["id"]))


def test_one_person_is_one_open_lead(desk: Desk):
    number, handle = phone(), f"wx_{new_id()[-12:]}"
    first = desk.lead(phone=number, wechat_id=handle).json
    again = desk.lead(wechat_id=handle.upper())
    assert (*code(again), again.json["existing"]["id"]) == (409, "duplicate_lead", first["id"])
    elsewhere = desk.someone(READ, LEAD).post("/leads", {"phone": f"+86 {number}"})
    assert (*code(elsewhere), elsewhere.json["existing"]) == (409, "duplicate_lead", None)
    gone = desk.go(first, "discard", reason="空号").json
    second = desk.lead(phone=number).json
    assert code(desk.go(gone, "reopen", reason="号码对的")) == (409, "duplicate_lead")
    third = desk.lead().json
    answer = desk.agent.patch(f"/leads/{third['id']}", {"phone": number}, version=1)
    assert (*code(answer), answer.json["existing"]["id"]) == (409, "duplicate_lead", second["id"])
    answers = at_once(10, lambda _: desk.lead(wechat_id="the_same_everywhere"))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 9}


def test_conversion_carries_its_opportunities_along_and_opens_another(desk: Desk):
    found = desk.lead().json
    body = {"lead_id": found["id"], "title": "皮肤礼包", "stage": "offered"}
    mine = desk.agent.post("/opportunities", body).json
    assert (mine["player_id"], mine["lead_id"]) == (None, found["id"])
    assert code(desk.go(mine, "win")) == (409, "lead_first")
    more = {"title": "首充", "amount": money("6.00")}
    key = new_id()
    path = f"/leads/{found['id']}/convert"
    body = {"player_id": desk.player["id"], "opportunity": more}
    done = desk.agent.post(path, body, version=1, key=key).json
    assert desk.agent.post(path, body, version=1, key=key).json == done, "sent twice, done once"
    assert (done["state"], done["player_id"], done["owner_id"]) == ("converted", desk.player["id"], desk.agent.id)
    shown = desk.agent.get(f"/opportunities?lead_id={found['id']}").json["items"]
    assert {(one["title"], one["player_id"], one["stage"]) for one in shown} == {
        ("皮肤礼包", desk.player["id"], "offered"), ("首充", desk.player["id"], "first_contact"),
    }  # fmt: skip
    assert desk.go(desk.agent.get(f"/opportunities/{mine['id']}").json, "win").status_code == 200
    assert code(desk.go(done, "convert", player_id=desk.player["id"])) == (409, "lead_closed")
    assert told(desk, found) == ["created", "converted"]
    again = desk.go(done, "reopen", reason="看错人了").json
    assert (again["state"], again["player_id"]) == ("assigned", None)


def test_a_player_out_of_reach_is_nobody_one_converts_into(desk: Desk):
    other = desk.a_player(agent_id=new_id())
    desk.know(players=(other,))
    assert desk.go(desk.lead().json, "convert", player_id=other["id"]).status_code == 404


def test_a_discarded_lead_has_a_reason_and_can_be_reopened(desk: Desk):
    found = desk.lead().json
    assert desk.go(found, "discard").status_code == 422
    found = desk.go(found, "discard", reason="空号").json
    assert (found["state"], found["reason"]) == ("discarded", "空号")
    assert code(desk.agent.patch(f"/leads/{found['id']}", {"name": "新"}, version=2)) == (409, "lead_closed")
    found = desk.go(found, "reopen", reason="号码对的").json
    assert (found["state"], found["closed_at"]) == ("assigned", None)
    assert told(desk, found) == ["created", "discarded", "reopened"]


def test_a_lead_in_the_pool_is_new_until_it_is_claimed(desk: Desk):
    department, pool = desk.a_pool()
    colleague = desk.known(department)
    found = desk.lead(by=desk.someone(LEAD, scope="all"), pool_id=pool).json
    assert (found["state"], found["owner_id"], found["pool_id"]) == ("new", None, pool)
    found = desk.go(found, "claim", by=colleague).json
    assert (found["state"], found["owner_id"]) == ("assigned", colleague.id)
    found = desk.go(found, "release", by=colleague).json
    assert (found["state"], found["pool_id"]) == ("new", pool)
    boss = desk.someone(LEAD, MANAGE, scope="all")
    assert desk.go(found, "assign", by=boss, staff_id=colleague.id).json["state"] == "assigned"
    assert told(desk, found) == ["created", "assigned", "assigned", "assigned"]
    steps = colleague.get(f"/leads/{found['id']}/history").json["items"]
    assert [step["how"] for step in steps] == ["assigned", "released", "claimed", "opened"]


@pytest.mark.parametrize("path", ["/leads/{}", "/leads/{}/history"])
def test_a_colleagues_lead_is_not_there(desk: Desk, path: str):
    found = desk.lead().json
    assert desk.someone(READ, LEAD, OPPORTUNITY).get(path.format(found["id"])).status_code == 404


def test_of_an_erased_player_no_word_is_left_in_leads_and_opportunities(desk: Desk):
    number, word = phone(), f"秘密{new_id()[-12:]}"
    lead = desk.lead(phone=number, name=word, wechat_id=f"wx{new_id()[-12:]}", note=word).json
    desk.agent.post("/opportunities", {"lead_id": lead["id"], "title": word, "note": word})
    done = desk.go(lead, "convert", player_id=desk.player["id"]).json
    (mine,) = desk.agent.get(f"/opportunities?lead_id={lead['id']}").json["items"]
    desk.go(mine, "lose", reason="other", note=word)
    with desk.work() as work:
        erase_texts(work, [desk.player["id"]])
    with desk.service.runtime.database.reading.connect() as connection:
        for table, column in (("leads", "id"), ("opportunities", "lead_id"), ("pool_steps", "record_id")):
            query = text(f"SELECT string_agg(t::text, ' ') FROM {table} t WHERE {column} IN (:lead, :mine)")
            rows = connection.execute(query, {"lead": lead["id"], "mine": mine["id"]}).scalar_one()
            assert not [told for told in (word, lead["wechat_id"], lead["phone"]) if told in rows], table
    told_now = str([fact.data for fact in desk.facts(lead["id"], mine["id"])])
    assert not [told for told in (word, lead["wechat_id"], lead["phone"]) if told in told_now]
    assert desk.agent.get(f"/leads/{done['id']}").json["version"] == 3


def test_an_old_key_is_rotated_out_and_numbers_are_read_and_found_by_the_new_one(desk: Desk):
    number = phone()
    found = desk.lead(phone=number).json
    sales = desk.service.runtime
    keys = {"k1": b"0123456789abcdef" * 2, "k2": b"fedcba9876543210" * 2}
    after = Phones(keys, "k2", b"another index key", INDEX_KEY.encode())
    *_, (looked, written) = rotate(sales.database.session, after, batch=2)
    assert looked == written > 0
    with sales.database.read_session() as session:
        lead = session.get(Lead, found["id"])
        assert (lead.phone(Phones({"k2": keys["k2"]}, "k2", b"another index key")), lead.version) == (f"+86{number}", 1)
        assert lead.phone_index == after.index(f"+86{number}")
    assert list(rotate(sales.database.session, after, batch=500))[-1][1] == 0
    before = Phones({**keys}, "k1", INDEX_KEY.encode())
    assert list(rotate(sales.database.session, before, batch=500))[-1][1] == looked, "back, for the other tests"
