"""The figures of sessions: what a player waited, whatever the order in which it is told, and whoever else speaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ticket.domain.codes import AGENT, AUTHORS, BOT, PLAYER
from ticket.domain.figures import Said, figures, waits

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SAID = st.lists(
    st.builds(lambda s, who: Said(NOON + timedelta(seconds=s), who), st.integers(0, 900), st.sampled_from(AUTHORS))
)


def at(seconds: int, author: str) -> Said:
    return Said(NOON + timedelta(seconds=seconds), author)


def test_each_wait_is_from_the_first_unanswered_word_to_the_agents_next():
    said = [at(0, PLAYER), at(20, PLAYER), at(60, AGENT), at(70, AGENT), at(100, PLAYER), at(130, AGENT)]
    assert waits(NOON, said) == [timedelta(seconds=60), timedelta(seconds=30)]
    found = figures(NOON, said, NOON + timedelta(seconds=200))
    assert (found.first_response_seconds, found.average_response_seconds, found.handling_seconds) == (60, 45, 200)


def test_where_the_player_has_said_nothing_yet_they_wait_since_the_opening():
    assert waits(NOON, [at(40, AGENT), at(50, AGENT)]) == [timedelta(seconds=40)]


def test_a_bot_answers_nobody():
    assert figures(NOON, [at(0, PLAYER), at(1, BOT)], None).first_response_seconds is None
    assert waits(NOON, [at(0, PLAYER), at(1, BOT), at(9, AGENT)]) == [timedelta(seconds=9)]


def test_a_question_and_its_answer_at_the_same_moment_took_no_time():
    assert waits(NOON, [at(5, AGENT), at(5, PLAYER)]) == [timedelta(0)]


def test_nobody_waits_less_than_no_time():
    early = Said(NOON - timedelta(seconds=5), AGENT)
    assert waits(NOON, [early]) == [timedelta(0)]
    assert figures(NOON, [early], NOON - timedelta(seconds=1)).handling_seconds == 0


@given(SAID, st.randoms(use_true_random=False))
def test_the_order_in_which_messages_come_in_changes_nothing(said, random):
    shuffled = list(said)
    random.shuffle(shuffled)
    assert figures(NOON, shuffled, None) == figures(NOON, said, None)


@given(SAID)
def test_what_bots_say_changes_only_how_much_was_said(said):
    people = [one for one in said if one.author != BOT]
    with_bots, without = figures(NOON, said, None), figures(NOON, people, None)
    assert with_bots.messages - with_bots.bot_messages == without.messages == len(people)
    assert waits(NOON, said) == waits(NOON, people)


@given(SAID)
def test_a_player_is_answered_once_for_each_time_they_wait(said):
    found = figures(NOON, said, None)
    asked = sum(one.author == PLAYER for one in said)
    assert found.answers <= asked + 1
    assert (found.answers > 0) == any(one.author == AGENT for one in said)


@given(SAID)
def test_the_average_lies_between_the_shortest_and_the_longest_wait(said):
    waited, found = waits(NOON, said), figures(NOON, said, None)
    if waited:
        assert min(waited).total_seconds() <= found.average_response_seconds <= max(waited).total_seconds()
        assert found.first_response_seconds == waited[0].total_seconds()


@given(SAID)
def test_waits_do_not_overlap_and_lie_within_the_session(said):
    last = max((one.at for one in said), default=NOON)
    assert sum(waits(NOON, said), timedelta(0)) <= last - NOON
