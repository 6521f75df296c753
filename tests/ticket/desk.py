"""Two departments, the people in them, and players: what a test of tickets begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chassis.clock import new_id
from tests.support.services import Person, ServiceUnderTest

EVERYTHING = (
    "ticket.read",
    "ticket.create",
    "ticket.update",
    "ticket.transfer",
    "cause.write",
    "cause.fix",
    "article.read",
    "session.read",
    "session.write",
    "survey.read",
    "survey.send",
    "review.read",
    "review.appeal",
)
REVIEWS = ("review.read", "review.oversee", "review.write", "review.decide", "scorecard.write", "sampling_rule.write")


def answers(*points: int) -> list[dict[str, Any]]:
    """Points for the questions of `Desk.scorecard`."""
    return [{"question": one, "points": given} for one, given in zip(("1.1", "1.2", "2.1"), points, strict=False)]


class Desk:
    """`agent` and `colleague` serve in one department under `supervisor`; `stranger` in another; `inspector` reads all."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service
        self.department, self.other_department = new_id(), new_id()
        self.agent = self.person(EVERYTHING)
        self.colleague = self.person(EVERYTHING)
        self.stranger = self.person(EVERYTHING, department=self.other_department)
        self.supervisor = self.person(EVERYTHING, scope="departments", departments=(self.department,))
        self.specialist = self.person(EVERYTHING, scope="all")
        self.inspector = self.person(("ticket.read", "article.read", "session.read", "message.unmask"), scope="all")
        self.writer = self.person(("ticket.read", "article.read", "article.write", "article.publish"), scope="all")
        self.editor = self.person(("article.read", "article.write", "article.publish"), scope="all")
        self.admin = self.person(("ticket.read", "deadline_policy.read", "deadline_policy.write"), scope="all")
        self.player = self.new_player(self.agent)
        self.head = self.person(
            ("survey.read", "survey.follow_up"), scope="departments", departments=(self.department,)
        )
        self.reviewer = self.person(REVIEWS, scope="all")
        self.other_reviewer = self.person(REVIEWS, scope="all")
        self.visitor = self.person(("survey.public",), scope="all")
        self.know(self.agent, self.colleague, self.stranger, self.supervisor, self.specialist)

    def person(self, permissions: tuple[str, ...], *, department: str | None = None, **options: Any) -> Person:
        """Somebody of the first department, unless another is named."""
        return self.service.person(*permissions, department_id=department or self.department, **options)

    def know(self, *people: Person, state: str = "in_service") -> None:
        """Let the service have a copy of these members of staff, as their facts would."""
        from ticket.persistence.projections import STAFF

        states = [
            {
                "id": p.id,
                "version": 1,
                "no": f"A{n:03}",
                "name": "林岚",
                "department_id": p.caller.department_id,
                "state": state,
            }
            for n, p in enumerate(people)
        ]
        work = self.service.runtime.work()
        with work.session:
            STAFF.keep(work, states)
            work.commit()

    def new_player(self, agent: Person | None = None, **changes: Any) -> dict[str, Any]:
        """A player as the gateway would put it into a token; served by `agent`."""
        player_id = new_id()
        state = {
            "id": player_id,
            "version": 1,
            "nickname": "半盏清茶",
            "wechat_id": f"wx_{player_id[-12:]}",
            "wechat_name": "清茶",
            "agent_id": agent.id if agent else None,
            "vip_tier": 3,
            "deleted": False,
        }
        return state | changes

    def write(self, by: Person | None = None, *, player: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Write a ticket, as the gateway would forward it; returns it."""
        by, player = by or self.agent, player or self.player
        by.references = {"player": [player]}
        answer = by.post("/tickets", {"player_id": player["id"], "question": "礼包没到账", **fields})
        by.references = {}
        assert answer.status_code == 201, answer.text
        return answer.json

    def system(self, *permissions: str, **options: Any) -> Person:
        """A channel's client."""
        found = self.service.person(*(permissions or ("session.read", "session.write")), scope="all", **options)
        return replace(found, caller=replace(found.caller, kind="client"))

    def session(
        self, by: Person | None = None, *, player: dict[str, Any] | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Open a session with a player, as the gateway would forward it; returns it."""
        by, player = by or self.agent, player or self.player
        by.references = {"player": [player]}
        answer = by.post("/sessions", {"player_id": player["id"], "channel": "wechat", **fields})
        by.references = {}
        assert answer.status_code == 201, answer.text
        return answer.json

    def say(self, session: dict[str, Any], text: str, by: Person | None = None, **fields: Any) -> dict[str, Any]:
        """Say something in a session: the agent answers, unless it is said by the player; returns the message."""
        body = {"author": "agent", "text": text, **fields}
        answer = (by or self.agent).post(f"/sessions/{session['id']}/messages", body)
        assert answer.status_code == 201, answer.text
        return answer.json

    def cause(self, *tickets: dict[str, Any], by: Person | None = None, **fields: Any) -> dict[str, Any]:
        """Name a cause and give it these tickets; returns the cause."""
        by = by or self.specialist
        cause = by.post("/causes", {"title": "周末礼包少发钻石", **fields}).json
        if tickets:
            wanted = {"ticket_ids": [ticket["id"] for ticket in tickets]}
            answer = by.post(f"/causes/{cause['id']}/tickets/batch", wanted)
            assert {item["status"] for item in answer.json["items"]} == {200}, answer.text
        found: dict[str, Any] = by.get(f"/causes/{cause['id']}").json
        return found

    def article(self, *steps: str, **fields: Any) -> dict[str, Any]:
        """An article of the writer's, taken through some steps by the editor or, where it is handed in, by the writer."""
        found = self.writer.post("/articles", {"title": "月卡不到账怎么办", "body": "先查渠道回执", **fields}).json
        for step in steps:
            by = self.writer if step == "submit" else self.editor
            answer = by.post(f"/articles/{found['id']}/{step}", version=found["version"])
            assert answer.status_code == 200, answer.text
            found = answer.json
        return found

    def done(self, **fields: Any) -> dict[str, Any]:
        """A ticket that is done, of a player of its own."""
        return self.move(self.write(player=self.new_player(self.agent), **fields), "start", "complete")

    def survey(self, ticket: dict[str, Any] | None = None) -> dict[str, Any]:
        """The survey about a ticket that is done."""
        ticket = ticket or self.done()
        found: dict[str, Any] = self.agent.get("/surveys", query_string={"ticket_id": ticket["id"]}).json["items"][0]
        return found

    def link(self, survey: dict[str, Any], by: Person | None = None) -> str:
        """The token of a new link to a survey."""
        answer = (by or self.agent).request("PUT", f"/surveys/{survey['id']}/link")
        assert answer.status_code == 200, answer.text
        return str(answer.json["token"])

    def score(self, token: str, score: int, comment: str = "", *, version: int = 2) -> Any:
        """Answer by a link, as the gateway's public page does."""
        body = {"token": token, "score": score, "comment": comment}
        return self.visitor.post("/survey-links/answer", body, version=version)

    def scorecard(self, **fields: Any) -> dict[str, Any]:
        """A scorecard of two sections, a hundred points in three questions."""
        manner = {"title": "态度", "questions": [{"text": "称呼和问候", "points": 20}, {"text": "耐心", "points": 30}]}
        body = {
            "name": "工单质检",
            "sections": [manner, {"title": "解决", "questions": [{"text": "说清楚", "points": 50}]}],
        }
        answer = self.reviewer.post("/scorecards", {**body, **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    def review(self, ticket: dict[str, Any] | None = None) -> dict[str, Any]:
        """A review that waits, of a ticket that is done."""
        answer = self.reviewer.post("/reviews", {"ticket_id": (ticket or self.done())["id"]})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    def finish(self, review: dict[str, Any], *points: int, by: Person | None = None, **fields: Any) -> Any:
        """POST /reviews/{id}/finish with these points for the three questions of a new scorecard."""
        card = fields.pop("card", None) or self.scorecard()
        body = {
            "scorecard_id": card["id"],
            "scorecard_revision": card["revision"],
            "answers": answers(*points),
            **fields,
        }
        return (by or self.reviewer).post(f"/reviews/{review['id']}/finish", body, version=review["version"])

    def now(self, ticket: dict[str, Any]) -> dict[str, Any]:
        """A ticket as it is now."""
        found: dict[str, Any] = self.specialist.get(f"/tickets/{ticket['id']}").json
        return found

    def move(self, ticket: dict[str, Any], *steps: str, by: Person | None = None, **fields: Any) -> dict[str, Any]:
        """Take a ticket through some transitions; returns it as it is then."""
        bodies = {"start": None, "complete": {"solution": "已补发"}, "reopen": {"reason": "又没到账"}}
        for step in steps:
            body = {**(bodies[step] or {}), **fields} or None
            answer = (by or self.agent).post(f"/tickets/{ticket['id']}/{step}", body, version=ticket["version"])
            assert answer.status_code == 200, answer.text
            ticket = answer.json
        return ticket

    def facts(self, subject: str) -> list[Any]:
        """The facts of one ticket, oldest first."""
        return sorted((f for f in self.service.facts() if f.subject == subject), key=lambda f: f.entity_version)
