"""What else a day holds in the demo: opportunities and leads, conversations, what is known, a common cause, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chassis.callers import Caller
from chassis.money import Money
from deploy.local.demo.aftersales import DAY
from deploy.local.demo.desk import Desk
from deploy.local.demo.history import SaleStory, TicketStory

Callers = Mapping[str, Caller]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REVIEWED = 3 * DAY  # ago
WANTS = (
    ("新赛季皮肤礼包", 648), ("周年庆限定", 328), ("冲榜补给", 1288), ("月卡加成长基金", 98), ("给副号也买一份", 168),
    ("联盟一起买", 1980), ("回归礼包", 198),
)  # fmt: skip
STAGES = ("first_contact", "interested", "offered", "negotiating")
LEADS = (
    ("直播间来的，问皮肤", "campaign"), ("老玩家介绍", "referral"), ("游戏里点了客服", "in_game_guide"), ("展会加的", "other"),
)  # fmt: skip
TALKS = (
    ("充值了没到账，等了半小时了", "在查，请把订单截图发一下", "图发了", "已经补发，重新登录看看"),
    ("换手机登不上了", "请先试试找回账号，还不行我转技术", "找回成功了，谢谢"),
    ("礼包里少了一张券", "查到是昨天更新的问题，已经登记，今晚统一补发"),
    ("这个礼包能便宜点吗", "可以送一张抽奖券，您看行不行", "行，我晚上买"),
)
SECTIONS = (
    ("态度", (("称呼和问候", 10), ("耐心听完再答", 20))),
    ("办事", (("说清楚怎么办", 40), ("按时回复", 30))),
)
CAUSE = ("补给礼包少发钻石", "09:30 更新之后买的都少 60，名单在技术那边")


def pursuits(desk: Desk, by: Callers, stories: Sequence[SaleStory], states: Sequence[Any], now: datetime) -> None:
    """Opportunities in every stage, won, lost and in the pool; leads open, discarded and in the pool."""
    from sales.application import leads, opportunities
    from sales.domain.pool import COMPANY_POOL

    for number, story in enumerate(stories[-60:]):
        agent, at, (title, amount) = by[story.agent_no], min(story.at, now - 3 * HOUR), WANTS[number % len(WANTS)]
        fields = {"player_id": states[story.customer.number]["id"], "title": title, "amount": Money(Decimal(amount))}
        fields |= {"note": story.note, "next_at": now + (number % 6 - 1) * DAY}
        if number % 10 == 9:
            desk.do(agent, at, opportunities.open_opportunity, fields | {"pool_id": COMPANY_POOL, "next_at": None})
            continue
        found = desk.do(agent, at, opportunities.open_opportunity, fields)
        if number % 4:
            move = opportunities.move_opportunity
            found = desk.do(agent, at + HOUR, move, found.id, STAGES[number % 4], version=found.version)
        if number % 7 == 5:
            desk.do(agent, at + 2 * HOUR, opportunities.win_opportunity, found.id, None, version=found.version)
        elif number % 7 == 6:
            lose, why = opportunities.lose_opportunity, ("too_expensive", "说等打折")
            desk.do(agent, at + 2 * HOUR, lose, found.id, *why, version=found.version)
    for number in range(16):
        name, source = LEADS[number % len(LEADS)]
        fields = {"name": name, "wechat_id": f"kanke_{number:02d}", "source": source}
        fields |= {"pool_id": COMPANY_POOL} if number % 4 == 3 else {}
        agent, at = by[f"A{number % 8 + 1:03d}"], now - (number + 1) * 5 * HOUR
        lead = desk.do(agent, at, leads.create_lead, fields, phones=desk.settings.phones)
        if number % 8 == 5:
            desk.do(agent, at + HOUR, leads.discard_lead, lead.id, "加了不通过", version=lead.version)


def conversations(
    desk: Desk, by: Callers, stories: Sequence[TicketStory], states: Sequence[Any], now: datetime
) -> None:
    """Sessions of today and yesterday: most ended, some running, one not answered yet."""
    from ticket.application import sessions

    chosen = stories[-24:]
    for number, story in enumerate(chosen):
        agent, at, said = by[story.agent_no], now - (len(chosen) - number) * 55 * MINUTE, TALKS[number % len(TALKS)]
        fields = {
            "player_id": states[story.customer.number]["id"],
            "channel": ("wechat", "in_game", "phone")[number % 3],
        }
        session = desk.do(agent, at, sessions.open_session, fields, timezone=desk.settings.timezone)
        for place, text in enumerate(said if number < len(chosen) - 1 else said[:1]):
            message = {"author": "agent" if place % 2 else "player", "text": text}
            when = at + place * 3 * MINUTE + number % 5 * MINUTE / 5
            desk.do(agent, when, sessions.write_message, session.id, message, vault=desk.settings.messages)
        if number < len(chosen) - 4:
            desk.do(agent, at + 20 * MINUTE, sessions.end_session, session.id, {}, version=session.version)


def what_is_known(desk: Desk, by: Callers, done: Sequence[str], now: datetime) -> None:
    """Articles out of solved tickets: most are published, one waits for its review, one is a draft."""
    from ticket.application import articles as use

    author, editor, at = by["S001"], by["M001"], now - 20 * DAY
    for number, ticket_id in enumerate(done):
        article = desk.do(author, at, use.draft_article, {"ticket_id": ticket_id})
        if number < len(done) - 1:
            desk.do(author, at + HOUR, use.submit_article, article.id, version=article.version)
        if number < len(done) - 2:
            desk.do(editor, at + DAY, use.publish_article, article.id, version=article.version)


def common_cause(desk: Desk, by: Callers, waiting: Sequence[str], now: datetime) -> None:
    """Some tickets that are open have one cause."""
    from ticket.application import causes

    cause = desk.do(by["S001"], now - 2 * HOUR, causes.create_cause, dict(zip(("title", "note"), CAUSE, strict=True)))
    desk.do(by["S001"], now - HOUR, causes.give_tickets, cause.id, waiting)


def reviewed(desk: Desk, by: Callers, done: Sequence[tuple[str, str]], now: datetime) -> None:
    """Solved tickets are reviewed: scored, one appealed, some wait."""
    from ticket.application import reviews as use

    inspector, at = by["Q001"], now - REVIEWED
    sections = [
        {"title": title, "questions": [{"text": text, "points": points} for text, points in questions]}
        for title, questions in SECTIONS
    ]
    card = desk.do(inspector, at - 30 * DAY, use.create_scorecard, {"name": "工单质检", "sections": sections})
    for number, (ticket_id, agent_no) in enumerate(done):
        review = desk.do(inspector, at, use.begin_review, ticket_id)
        if number % 3 == 2:
            continue
        lost = number % 4 * 10
        marks = [("1.1", 10), ("1.2", 20), ("2.1", 40 - lost), ("2.2", 30)]
        answers = [{"question": question, "points": points} for question, points in marks]
        given = {"scorecard_id": card.id, "scorecard_revision": card.revision, "answers": answers}
        review = desk.do(inspector, at + HOUR, use.finish_review, review.id, given, version=review.version)
        if number == 1:
            desk.do(by[agent_no], at + DAY, use.appeal, review.id, "步骤在聊天里说过了", version=review.version)
