"""A player's opinion and a review of a ticket, made by the API for pages to be looked at."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from tests.system.at_work import AtWork


def done_ticket(suite: AtWork) -> dict[str, Any]:
    """A ticket of a new player's that A001 has solved."""
    agent = suite.desk("A001")
    player = agent.post("/players", {"wechat_id": f"quality_{token_hex(4)}", "wechat_name": "等着评的"})
    ticket = agent.post("/tickets", {"player_id": player["id"], "question": "充值没有到账\n昨晚十点充的月卡"})
    started = agent.post(f"/tickets/{ticket['id']}/start", status=200, version=ticket["version"])
    body = {"solution": "已经补发，请查收邮件"}
    done: dict[str, Any] = agent.post(f"/tickets/{ticket['id']}/complete", body, status=200, version=started["version"])
    return done


def survey_of(suite: AtWork, ticket: dict[str, Any]) -> dict[str, Any]:
    """The survey about a ticket that is done."""
    found: dict[str, Any] = suite.desk("A001").get(f"/surveys?ticket_id={ticket['id']}")["items"][0]
    return found


def link_to(suite: AtWork, survey: dict[str, Any]) -> str:
    """The path of a new link to it."""
    return str(suite.desk("A001").call("PUT", f"/surveys/{survey['id']}/link", 200)["path"])


def scorecard(suite: AtWork) -> dict[str, Any]:
    """A scorecard of three questions."""
    manner = {"title": "服务态度", "questions": [{"text": "称呼和问候", "points": 20}, {"text": "耐心", "points": 30}]}
    solving = {"title": "解决问题", "questions": [{"text": "说清楚怎么办", "points": 50}]}
    made: dict[str, Any] = suite.desk("Q001").post("/scorecards", {"name": "工单质检", "sections": [manner, solving]})
    return made


def waiting_review(suite: AtWork) -> dict[str, Any]:
    """A review of a solved ticket that waits."""
    made: dict[str, Any] = suite.desk("Q001").post("/reviews", {"ticket_id": done_ticket(suite)["id"]})
    return made


def finished_review(suite: AtWork, card: dict[str, Any]) -> dict[str, Any]:
    """A review that the inspector has scored."""
    review = waiting_review(suite)
    marks = [{"question": one, "points": given} for one, given in (("1.1", 20), ("1.2", 10), ("2.1", 50))]
    by = {"scorecard_id": card["id"], "scorecard_revision": card["revision"], "comment": "再耐心一点"}
    body = {**by, "answers": marks}
    path = f"/reviews/{review['id']}/finish"
    done: dict[str, Any] = suite.desk("Q001").post(path, body, status=200, version=review["version"])
    return done


def appealed_review(suite: AtWork, card: dict[str, Any]) -> dict[str, Any]:
    """A review that the agent has appealed against."""
    review, reason = finished_review(suite, card), {"reason": "玩家先骂人，我道歉了三次"}
    path = f"/reviews/{review['id']}/appeal"
    done: dict[str, Any] = suite.desk("A001").post(path, reason, status=200, version=review["version"])
    return done


def quality_records(suite: AtWork) -> dict[str, str]:
    """IDs for the addresses of all these pages."""
    card, asked = scorecard(suite), survey_of(suite, done_ticket(suite))
    rule = suite.desk("Q001").post("/sampling-rules", {"name": "每周抽检", "kind": "share", "share": "0.05"})
    return {
        "survey": asked["id"],
        "link": link_to(suite, asked).removeprefix("/s/"),
        "scorecard": card["id"],
        "rule": rule["id"],
        "waiting": waiting_review(suite)["id"],
        "finished": finished_review(suite, card)["id"],
        "appealed": appealed_review(suite, card)["id"],
    }
