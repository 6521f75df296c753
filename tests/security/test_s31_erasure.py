"""S31: a player who was erased is nowhere any more, in no table of any service, and stays so when old facts come again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from chassis.facts.bus import Delivery, Fate
from chassis.facts.envelope import ROW, envelope
from chassis.facts.event import PREFIX
from chassis.facts.inbox import Inbox
from chassis.jobs.running import work_off
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import InProcessSuite

PHONE = "13871239876"
CANARIES = {
    "wechat_id": "canary_wx_s31",
    "wechat_name": "金丝雀微信名",
    "nickname": "金丝雀昵称",
    "note": "金丝雀备注",
    "tag": "金丝雀标签",
    "custom": "金丝雀生日",
    "former": "canary_wx_before",
    "question": "金丝雀问题",
    "solution": "金丝雀答案",
    "touch": "金丝雀接触",
    "order": "金丝雀订单",
    "reason": "金丝雀原因",
    "reveal": "金丝雀查看",
    "said": "金丝雀说的话",
    "contact": "金丝雀访客",
    "merged": "canary_wx_merged",
    "merged_name": "金丝雀被合并",
    "merged_question": "金丝雀另一个问题",
    "phone": PHONE,
}
# The audit log is append-only by its rights: what it keeps of somebody is blanked by its owner alone (decision 0013).
AUDIT = "gateway.audit_entries"
_COLUMNS = text(
    "SELECT table_name, column_name, data_type FROM information_schema.columns c JOIN information_schema.tables t "
    "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN "
    "('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'bytea') AND table_name NOT LIKE 'event_log_2%'"
)


def residues(suite: InProcessSuite, *words: str) -> dict[str, list[str]]:
    """{service.table.column: the canaries found there}, over every column of every table that can hold text."""
    found: dict[str, list[str]] = {}
    for name in suite.runtimes():
        with suite.raw(name) as connection:
            for table, column, kind in connection.execute(_COLUMNS).all():
                sung = "convert_to(:word, 'UTF8')" if kind == "bytea" else ":word"
                shown = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
                query = text(f'SELECT count(*) FROM "{table}" WHERE position({sung} IN {shown}) > 0')
                for word in words:
                    if connection.scalar(query, {"word": word}):
                        found.setdefault(f"{name}.{table}.{column}", []).append(word)
    return found


def canary(suite: InProcessSuite, rows: Rows) -> dict[str, Any]:
    """A player with everything a player can have, in every service."""
    agent, admin, c = suite.api("A001"), suite.api("admin"), CANARIES
    named = {"wechat_id": c["former"], "wechat_name": c["wechat_name"], "nickname": c["nickname"]}
    more = {"note": c["note"], "tags": [c["tag"]], "custom": {"birthday": c["custom"]}, "phone": PHONE}
    player = agent.made("/players", {**named, **more}, key="s31-player")
    path = f"/players/{player['id']}"
    assert agent.patch(path, {"wechat_id": c["wechat_id"]}, version=player["version"]).status_code == 200
    admin.made(f"{path}/binding", {"agent_id": suite.staff["A002"].id, "reason": c["reason"]})
    admin.made(f"{path}/binding", {"agent_id": agent.id, "reason": c["reason"]})
    twice = agent.made("/players", {"wechat_id": c["merged"], "nickname": c["merged_name"]}, key="s31-twice")
    agent.made("/tickets", {"player_id": twice["id"], "question": c["merged_question"]}, key="s31-other-ticket")
    merge = {"into_id": player["id"], "reason": c["reason"]}
    admin.made(f"/players/{twice['id']}/merge", merge, version=twice["version"], key="s31-merge")
    agent.made(f"{path}/phone-reveals", {"reason": c["reveal"]})
    ticket = agent.made("/tickets", {"player_id": player["id"], "question": c["question"]}, key="s31-ticket")
    started = agent.made(f"/tickets/{ticket['id']}/start", None, version=ticket["version"])
    done = agent.made(f"/tickets/{ticket['id']}/complete", {"solution": c["solution"]}, version=started["version"])
    agent.made(f"/tickets/{ticket['id']}/reopen", {"reason": c["reason"]}, version=done["version"])
    session = agent.made("/sessions", {"player_id": player["id"], "channel": "phone", "contact": c["contact"]})
    said = {"author": "player", "text": f"{c['said']}，去死，打 {PHONE}"}
    message = agent.made(f"/sessions/{session['id']}/messages", said, key="s31-message")
    assert (
        suite.api("Q001").post(f"/messages/{message['id']}/unmask", {"reason": c["reason"]}, key="s31").status_code
        == 200
    )
    contact = {"player_id": player["id"], "channel": "wechat", "outcome": "considering", "note": c["touch"]}
    agent.made("/touches", contact, key="s31-touch")
    sale = {"player_id": player["id"], "pack_no": rows.shared["pack_on_sale"]["no"], "note": c["order"]}
    order = agent.made("/orders", sale, key="s31-order")
    agent.made(f"/orders/{order['id']}/cancel", {"reason": c["reason"]}, version=order["version"])
    admin.made("/players/exports", {"format": "csv"}, query_string={"wechat_id": c["wechat_id"]})
    for one in suite.services.values():
        while work_off(one.runtime):
            pass
    suite.pump()
    found: dict[str, Any] = agent.get(path).json
    return found


@pytest.fixture(scope="module")
def erased(suite: InProcessSuite, rows: Rows) -> dict[str, Any]:
    """The canary's ID, the facts as they were told of it, what was disclosed, and where it was found before and after."""
    player = canary(suite, rows)
    before = residues(suite, *CANARIES.values())
    facts = {name: told(suite, name) for name in ("player", "ticket", "sales")}
    disclosed = suite.api("admin").get(f"/players/{player['id']}/export").json
    answer = suite.api("admin").post(
        f"/players/{player['id']}/erasure", {"reason": "本人要求"}, version=player["version"]
    )
    assert answer.status_code == 200, answer.text
    suite.pump()
    return {"id": player["id"], "facts": facts, "before": before, "disclosed": disclosed}


def told(suite: InProcessSuite, name: str) -> list[bytes]:
    """Every fact in a service's log, as it went over the wire."""
    query = text(f"SELECT {ROW} FROM event_log ORDER BY sequence")
    with suite.raw(name) as connection:
        return [envelope(name, row) for row in connection.execute(query).all()]


def delivery(body: bytes) -> Delivery:
    """A fact as the bus hands it over."""
    fact = json.loads(body)
    return Delivery(fact["id"], fact["type"].removeprefix(PREFIX), body)


def left(suite: InProcessSuite) -> dict[str, list[str]]:
    """What is found of the canary, the audit log apart."""
    found = residues(suite, *CANARIES.values())
    return {place: words for place, words in found.items() if not place.startswith(AUDIT)}


def test_what_is_known_of_a_player_is_disclosed_whole(erased: dict[str, Any]):
    shown = str(erased["disclosed"])
    missing = [name for name, word in CANARIES.items() if word not in shown and name not in ("reveal",)]
    assert missing == []


def test_the_canary_was_everywhere_before(erased: dict[str, Any]):
    services = {place.partition(".")[0] for place in erased["before"]}
    assert services == {"player", "ticket", "sales", "gateway"}
    sung = {word for words in erased["before"].values() for word in words}
    assert set(CANARIES.values()) - sung == {PHONE}, "all but the number, which is nowhere in plain, could be found"


def test_nothing_of_an_erased_player_is_left_in_any_table(suite: InProcessSuite, erased: dict[str, Any], figure):
    found = left(suite)
    figure("S31", places_before=len(erased["before"]), residues=len(found))
    assert found == {}


def test_old_facts_that_come_again_bring_nothing_back(suite: InProcessSuite, erased: dict[str, Any], figure):
    count = forgotten = 0
    for name, running in suite.services.items():
        for subscription in running.service.subscriptions:
            with suite.raw(name) as connection:
                queue = {"queue": subscription.queue(name).name}
                forgotten += connection.execute(text("DELETE FROM inbox WHERE consumer = :queue"), queue).rowcount
            box = Inbox(name, subscription, running.runtime.work)
            for facts in erased["facts"].values():
                count += len(facts)
                heard = [one for one in map(delivery, facts) if subscription.listener(one.key)]
                verdicts = box.handle(heard)
                assert {verdict.fate for verdict in verdicts} <= {Fate.DONE}, verdicts
    found = left(suite)
    figure("S31 after a replay", facts=count, forgotten=forgotten, residues=len(found))
    assert forgotten > 20, "the facts were taken for known ones, and nothing is proved"
    assert found == {}


def test_an_erased_player_is_not_there_and_cannot_be_erased_twice(suite: InProcessSuite, erased: dict[str, Any]):
    admin, path = suite.api("admin"), f"/players/{erased['id']}"
    assert admin.get(path).status_code == 404
    for word in ("wechat_id", "nickname", "former", "merged", "merged_name"):
        assert admin.get("/players", query_string={"q": CANARIES[word]}).json["items"] == []
    again = admin.post(f"{path}/erasure", {"reason": "再来"}, version='"999"')
    assert again.status_code in (409, 412)
    fresh = suite.api("A001").made("/players", {"phone": PHONE, "wechat_id": CANARIES["wechat_id"]})
    assert fresh["id"] != erased["id"], "number and WeChat ID may be used again"


def test_the_page_asks_twice_before_it_erases(suite: InProcessSuite):
    player = suite.api("A001").made("/players", {"wechat_id": "wx_s31_page", "nickname": "要忘记的人"})
    pages, path = suite.pages("admin"), f"/players/{player['id']}"
    assert "抹除" in pages.get(f"{path}/privacy").text
    form = {"reason": "本人要求", "version": str(player["version"])}
    assert "再确认一次" in pages.post(f"{path}/erasure", form).text
    assert "不一样" in pages.post(f"{path}/erasure", {**form, "confirm": "别人"}).text
    assert suite.api("admin").get(path).status_code == 200
    assert pages.post(f"{path}/erasure", {**form, "confirm": "要忘记的人"}).status_code == 303
    assert suite.api("admin").get(path).status_code == 404
