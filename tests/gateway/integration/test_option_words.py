"""What the company calls its options is what files say, in the reader's language, and what a file may say (G9)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.gateway.integration.test_jobs import exported, imported
from tests.support.suite_in_process import Api, InProcessSuite


@pytest.fixture
def admin(suite: InProcessSuite) -> Api:
    return suite.api("admin")


def told(suite: InProcessSuite) -> None:
    """Every service has heard of what was changed, and looks it up anew."""
    suite.pump()
    for one in suite.services.values():
        one.runtime.options._until = 0


def own(suite: InProcessSuite, name: str, zh: str, en: str) -> str:
    code = f"own_{uuid4().hex[:8]}"
    suite.api("admin").made("/options", {"list": name, "code": code, "zh": zh, "en": en})
    told(suite)
    return code


def a_player(suite: InProcessSuite, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = suite.api("A001").made("/players", {"wechat_id": f"wx_{uuid4().hex[:10]}", **fields})
    return made


@pytest.mark.parametrize(
    ("language", "heading", "word"), [("zh", "类型", "活动咨询"), ("en", "Category", "Event question")]
)
def test_an_export_of_tickets_says_an_own_category_in_the_readers_language(suite, language, heading, word):
    code = own(suite, "ticket_category", "活动咨询", "Event question")
    body = {"player_id": a_player(suite)["id"], "question": "几点开始", "category": code}
    ticket = suite.api("A001").made("/tickets", body)
    rows = exported(suite, suite.api("M001"), "/tickets/exports", language=language, category=code)
    assert [(row["ID"], row[heading]) for row in rows] == [(ticket["id"], word)]


def test_an_export_of_touches_says_own_reasons_and_channels_and_new_words_of_built_in_ones(suite, admin):
    channel, reason = own(suite, "channel", "直播间", "Live room"), own(suite, "lost_reason", "换游戏了", "Left")
    phone = next(one for one in admin.get("/options?list=channel&limit=200").json["items"] if one["code"] == "phone")
    called = admin.patch(f"/options/{phone['id']}", {"zh": "外呼"}, version=phone["version"]).json
    told(suite)
    player = a_player(suite)["id"]
    refused = {"player_id": player, "channel": channel, "outcome": "refused", "lost_reason": reason}
    agent = suite.api("A001")
    agent.made("/touches", refused)
    agent.made("/touches", {"player_id": player, "channel": "phone", "outcome": "no_answer"})
    rows = exported(suite, suite.api("M001"), "/touches/exports", player_id=player)
    admin.patch(f"/options/{phone['id']}", {"zh": phone["zh"]}, version=called["version"])
    told(suite)
    assert {(row["方式"], row["未成功原因"]) for row in rows} == {("直播间", "换游戏了"), ("外呼", "")}


def test_an_import_of_players_takes_an_own_source_by_its_words_and_refuses_one_that_is_not_there(suite, admin):
    code, tag = own(suite, "player_source", "校园活动", "Campus"), f"导入{uuid4().hex[:6]}"
    lines = [
        f"i_{tag}_{number},{word},{tag}"
        for number, word in enumerate(("校园活动", "campus", code, "没有这个", "市场活动"))
    ]
    job = imported(suite, suite.api("M001"), ["微信ID,来源,标签", *lines])
    assert job["outcome"] == {"taken": 4, "refused": 1}, job
    found = suite.api("admin").get("/players", query_string={"tag": tag, "source": code}).json["items"]
    assert len(found) == 3
    rows = exported(suite, suite.api("admin"), "/players/exports", tag=tag)
    assert sorted(row["来源"] for row in rows) == ["市场活动", "校园活动", "校园活动", "校园活动"]
