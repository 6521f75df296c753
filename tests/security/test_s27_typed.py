"""S27: a phone number that somebody types into a text is masked wherever the text is shown, and is not lost by that."""

from __future__ import annotations

from secrets import randbelow
from typing import Any
from uuid import uuid4

import pytest

from chassis.data.masking import mask_answer, mask_fact, mask_phone, unmasked
from tests.gateway.integration.test_roles import a_role
from tests.security.test_s27_fields import EVERYTHING, answers
from tests.support.rows_in_suite import Rows
from tests.support.suite_in_process import Api, InProcessSuite, Pages, new_member, rows_of

TYPED = "13655504177"
MASKED = "136****4177"
TEXT = f"打{TYPED}找他"


@pytest.fixture(scope="module")
def typed(suite: InProcessSuite, rows: Rows) -> Rows:
    """Records of A001 with the number in every text one can type."""
    return type_in(suite, rows)


def type_in(suite: InProcessSuite, rows: Rows) -> Rows:
    """Write the number into every text, and let it be told everywhere."""
    agent, admin = suite.api("A001"), suite.api("admin")
    names = dict.fromkeys(("wechat_id", "wechat_name", "nickname", "note"), TEXT)
    player = agent.made("/players", {**names, "tags": [TEXT], "custom": {"phone": TYPED, "hobby": TEXT}})
    own: dict[str, Any] = {"player": player}
    question = {"player_id": player["id"], "question": TEXT}
    ticket = agent.made("/tickets", question)
    started = agent.post(f"/tickets/{ticket['id']}/start", version=ticket["version"]).json
    done = agent.post(f"/tickets/{ticket['id']}/complete", {"solution": TEXT}, version=started["version"])
    assert done.status_code == 200, done.text
    own["ticket"] = done.json
    pack_no = rows.shared["pack_on_sale"]["no"]
    touch = {"channel": "wechat", "outcome": "refused", "lost_reason": "other", "note": TEXT, "pack_no": pack_no}
    own["touch"] = agent.made("/touches", {"player_id": player["id"], **touch})
    own["order"] = agent.made("/orders", {"player_id": player["id"], "pack_no": pack_no}, key="typed")
    shared = dict(rows.shared)
    for kind in ("item", "pack"):
        record = admin.get(f"/{kind}s/{rows.shared[kind]['id']}").json
        edited = admin.patch(f"/{kind}s/{record['id']}", {"note": TEXT}, version=record["version"])
        assert edited.status_code == 200, edited.text
        shared[kind] = edited.json
    suite.pump()
    return Rows({"A001": {**rows.of["A001"], **own}}, shared)


def who_sees_no_number(suite: InProcessSuite) -> tuple[Api, Pages]:
    """One who may do everything and reaches everything, but sees no phone numbers."""
    actions = [action for action in EVERYTHING if not action.startswith("player.phone")]
    no = new_member(suite, a_role(suite.api("admin"), scope="all", actions=actions)["code"]).no
    return suite.api(no, fresh=True), suite.pages(no)


def test_what_was_typed_would_be_seen(suite: InProcessSuite, typed: Rows):
    """Who sees numbers meets it in lists, records, pages and exports: else the walk would prove nothing."""
    role = a_role(suite.api("admin"), scope="all", actions=EVERYTHING)
    no = new_member(suite, role["code"]).no
    shown = answers(suite, suite.api(no, fresh=True), suite.pages(no), typed)
    assert len([name for name, answer in shown.items() if TYPED in answer]) >= 20


def test_what_was_typed_leaves_by_no_exit(suite: InProcessSuite, typed: Rows, figure):
    shown = answers(suite, *who_sees_no_number(suite), typed)
    found = sorted(name for name, answer in shown.items() if TYPED in answer)
    figure("S27 typed into texts", answers=len(shown), leaks=len(found))
    assert not found, "\n".join(found)
    assert len([name for name, answer in shown.items() if MASKED in answer]) >= 20


@pytest.mark.parametrize(
    ("kind", "path", "field"),
    [
        ("player", "/players", "nickname"),
        ("player", "/players", "wechat_id"),
        ("player", "/players", "note"),
        ("player", "/players", "custom"),
        ("ticket", "/tickets", "question"),
        ("ticket", "/tickets", "solution"),
        ("touch", "/touches", "note"),
        ("item", "/items", "note"),
        ("pack", "/packs", "note"),
    ],
)
def test_what_is_shown_masked_and_sent_back_stays_what_it_was(
    suite: InProcessSuite, typed: Rows, kind: str, path: str, field: str
):
    api, _ = who_sees_no_number(suite)
    url = f"{path}/{typed.record(kind, 'A001')['id']}"
    read = api.get(url).json
    assert MASKED in str(read[field])
    assert TYPED not in str(read[field])
    more = {**read[field], "hobby": f"改{read[field]['hobby']}"} if field == "custom" else f"改{read[field]}"
    answer = api.patch(url, {field: more}, version=read["version"])
    assert answer.status_code == 200, answer.text
    assert answer.json[field] == more
    whole = suite.api("admin").get(url).json[field]
    assert (whole["hobby"] if field == "custom" else whole) == f"改{TEXT}"


def test_who_sees_numbers_may_take_one_away(suite: InProcessSuite, typed: Rows):
    url = f"/touches/{typed.record('touch', 'A001')['id']}"
    read = suite.api("M001").get(url).json
    answer = suite.api("M001").patch(url, {"note": f"打{MASKED}找他"}, version=read["version"])
    assert answer.status_code == 200, answer.text
    assert suite.api("admin").get(url).json["note"] == f"打{MASKED}找他"


def test_what_was_typed_is_told_by_no_fact(suite: InProcessSuite, rows: Rows, figure):
    number, mark = f"137{randbelow(10**8):08d}", uuid4().hex[:8]
    text, agent, admin = f"{mark} 打{number}", suite.api("A001"), suite.api("admin")
    typed = {"nickname": text, "wechat_name": text, "tags": [text], "custom": {"phone": number, "hobby": text}}
    player = agent.made("/players", {"wechat_id": f"wx_{mark}", **typed})
    agent.made("/tickets", {"player_id": player["id"], "question": text})
    agent.made("/touches", {"player_id": player["id"], "channel": "wechat", "outcome": "considering", "note": text})
    agent.made("/opportunities", {"player_id": player["id"], "title": text, "note": text})
    agent.made("/leads", {"name": text, "note": text, "wechat_id": f"lead_{mark}"})
    admin.made("/suppliers", {"name": text, "code": f"{number}-S", "contact": text, "note": text})
    suite.api("M001").made("/articles", {"title": text, "body": text})
    admin.made("/options", {"list": "channel", "code": f"o_{mark}", "zh": text, "en": text})
    order = agent.made("/orders", {"player_id": player["id"], "pack_no": rows.shared["pack_on_sale"]["no"]}, key=mark)
    agent.made(f"/orders/{order['id']}/cancel", {"reason": text}, version=order["version"])
    for path in (f"/items/{rows.shared['item']['id']}", f"/packs/{rows.shared['pack']['id']}"):
        edited = admin.patch(path, {"note": text}, version=admin.get(path).json["version"])
        assert edited.status_code == 200, edited.text
    suite.pump()
    query = "SELECT type, data::text AS told FROM {} WHERE data::text LIKE :mark"
    found = [
        row
        for name in suite.runtimes()
        for table in ("outbox", "event_log")
        for row in rows_of(suite, name, query.format(table), mark=f"%{mark}%")
    ]
    leaks = sorted({row.type for row in found if number in row.told})
    figure("S27 typed and told", facts=len(found), leaks=len(leaks))
    assert leaks == []
    assert len({row.type for row in found if mask_phone(number) in row.told}) >= 11


def test_a_fact_keeps_what_names_somebody_or_a_payment():
    told = {"wechat_id": TYPED, "external_no": TYPED, "player_id": TYPED, "uid": TYPED, "no": TYPED}
    assert mask_fact({**told, "note": TEXT, "custom": {"no": TYPED}}) == {
        **told,
        "note": TEXT.replace(TYPED, MASKED),
        "custom": {"no": MASKED},
    }


def test_ids_and_what_names_a_record_are_not_taken_for_numbers():
    answer = {"id": TYPED, "player_id": TYPED, "next_cursor": TYPED, "pack_no": TYPED, "phone": TYPED, "note": TYPED}
    assert mask_answer(answer) == {**answer, "note": mask_phone(TYPED)}


def test_only_the_number_it_is_the_mask_of_is_put_back():
    assert unmasked("136****4177和137****0000", f"{TYPED}或 137 1234 5678") == f"{TYPED}和137****0000"
    assert unmasked("ab****yz", "abcdefyz") == "abcdefyz"
    assert unmasked("ab****yz", "abcdefgh") == "ab****yz"
    assert unmasked(5, TYPED) == 5
