"""The demo data are the same everywhere, varied, plausible, and in order."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from deploy.local.demo import history, people, sales_text, texts, tickets_text
from deploy.local.demo.load import Sizes
from deploy.local.game import players as game

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def customers():
    return list(people.customers(2_000, NOW))


@pytest.fixture(scope="module")
def tickets(customers):
    return history.tickets(6_000, customers, NOW)


@pytest.fixture(scope="module")
def sales(customers):
    return history.sales(4_000, 1_500, 34, customers, NOW)


def test_it_is_the_same_every_time(customers, tickets):
    assert list(people.customers(2_000, NOW)) == customers
    assert history.tickets(6_000, customers, NOW) == tickets


def test_there_are_20_people_in_3_departments_with_the_demo_logins():
    staff = people.colleagues()
    assert len(staff) == 20
    assert {colleague.department for colleague in staff} - {None} == {0, 1, 2}
    assert {colleague.no for colleague in staff} >= people.LOGINS
    assert {c.department for c in staff if c.no in ("M001", "A001", "A002")} == {0}


def test_no_two_players_share_a_wechat_id_or_a_phone_number(customers):
    handles = [handle for c in customers for handle in (c.wechat_id, c.former_wechat_id) if handle]
    numbers = [c.phone for c in customers if c.phone]
    assert len(set(handles)) == len(handles)
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{5,19}", handle) for handle in handles)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_most_players_are_in_the_game_and_later_ones_are_left_for_tests(customers):
    known = [c for c in customers if c.phone and game.index_of(c.phone) is not None]
    assert len(known) > 1_700
    assert all(game.index_of(c.phone) == c.number for c in known)
    assert game.phone(2_000) not in {c.phone for c in customers}


def test_every_template_can_be_filled_in():
    for cases in tickets_text.CASES.values():
        for question, solution in cases:
            slots = texts.Slots(texts.random.Random(1))
            assert "{" not in texts.filled(question, slots) + texts.filled(solution, slots)
    for notes in sales_text.NOTES.values():
        assert all("{" not in texts.filled(note, texts.Slots(texts.random.Random(1))) for note in notes)
    assert set(tickets_text.SHARES) == set(tickets_text.CASES)


def test_texts_are_chinese_and_varied(tickets):
    assert len({story.case.question for story in tickets}) > 4_500
    assert all(HAN.search(story.case.question) and HAN.search(story.case.solution) for story in tickets)


def test_ticket_stories_are_in_order_and_in_the_past(tickets):
    assert [story.at for story in tickets] == sorted(story.at for story in tickets)
    for story in tickets:
        steps = [story.customer.since, story.at, story.started_at, story.handed_over and story.handed_over[0]]
        steps += [story.done_at, story.reopened and story.reopened[0]]
        moments = [moment for moment in steps if moment]
        assert moments == sorted(moments)
        assert moments[-1] < NOW
        assert not (story.waiting and story.done_at)


def test_old_tickets_are_done_and_some_recent_ones_are_open(tickets):
    still_open = [story for story in tickets if not story.done_at]
    assert 50 < len(still_open) < 500
    assert sum(NOW - story.at > timedelta(days=2) for story in still_open) > 5  # some are overdue
    assert Counter(story.agent_no for story in still_open)["A001"] > 5


def test_the_sales_are_as_many_as_promised(sales):
    assert len(sales) == 4_000
    assert sum(story.ending is not None for story in sales) == 1_500
    assert all((story.outcome == "sold") == (story.ending is not None) for story in sales)
    assert all((story.outcome == "refused") == (story.lost_reason is not None) for story in sales)
    assert all(story.note for story in sales if story.lost_reason == "other")
    assert all(story.next_at > story.at for story in sales if story.next_at)


def test_somebody_is_to_be_contacted_today(sales):
    today = (NOW + history.SHANGHAI).date()
    due = Counter(s.agent_no for s in sales if s.next_at and (s.next_at + history.SHANGHAI).date() == today)
    assert due["A001"] >= 3


def test_a_smaller_demo_keeps_the_proportions():
    assert Sizes.of(0.05) == Sizes(players=100, packs=40, tickets=300, touches=200, orders=75)
    assert Sizes.of(1) == Sizes()
