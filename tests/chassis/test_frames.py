"""Messages go over the wire just as pika would send them."""

from __future__ import annotations

from uuid import UUID

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import new_id
from chassis.facts.bus import EVENTS, Message
from chassis.facts.rabbitmq import CONTENT_TYPE, Frames

MOST = 131_064


def by_pika(channel: int, exchange: str, message: Message) -> bytes:
    properties = pika.BasicProperties(content_type=CONTENT_TYPE, delivery_mode=2, message_id=message.id)
    publish = pika.spec.Basic.Publish(exchange=exchange, routing_key=message.key, mandatory=True)
    frames = (
        pika.frame.Method(channel, publish),
        pika.frame.Header(channel, len(message.body), properties),
        pika.frame.Body(channel, message.body),
    )
    return b"".join(frame.marshal() for frame in frames)


@given(
    channel=st.integers(1, 65_535),
    exchange=st.sampled_from(["", EVENTS]),
    key=st.from_regex(r"[a-z]{1,20}\.[a-z_]{1,20}\.v[1-9]", fullmatch=True),
    ids=st.lists(st.uuids().map(str), min_size=1, max_size=3),
    body=st.binary(min_size=1, max_size=3000),
)
def test_a_message_is_the_same_bytes_as_by_pika(channel: int, exchange: str, key: str, ids: list[str], body: bytes):
    frames = Frames(channel, MOST)
    for message_id in (*ids, str(UUID(int=0))):
        message = Message(message_id, key, body)
        assert frames.of(exchange, message) == by_pika(channel, exchange, message)


@pytest.mark.parametrize(
    "message",
    [
        Message("not-a-uuid", "a.b.v1", b"{}"),
        Message(new_id(), "a.b.v1", b""),
        Message(new_id(), "a.b.v1", b"x" * (MOST + 1)),
        Message(new_id(), "a.b.v1", b"{}", {"x-try": 1}),
    ],
    ids=["another ID", "nothing in it", "more than a frame", "headers"],
)
def test_what_is_not_usual_is_left_to_pika(message: Message):
    assert Frames(1, MOST).of(EVENTS, message) is None
