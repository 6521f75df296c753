"""A request counts as whole when its last byte is there, however it is cut into pieces, and never before."""

import pytest

from chassis.ops.incoming import BODY_MOST, HEAD_MOST, Incoming

WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    "a length in other letters": b"POST / HTTP/1.1\r\ncOnTeNt-LeNgTh:5 \r\nHost: x\r\n\r\nhello",
    "an empty body": b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
    "chunks with lines after them": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n\r\n",
    "chunks that look like an end": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("what", WHOLE)
def test_it_is_whole_with_its_last_byte_and_not_before(what: str):
    request = WHOLE[what]
    in_pieces = Incoming()
    for at, byte in enumerate(request):
        assert not in_pieces.is_whole, f"after {at} bytes"
        in_pieces.add(bytes([byte]))
    at_once = Incoming()
    at_once.add(request)
    for incoming in (in_pieces, at_once):
        assert (incoming.is_whole, incoming.refusal, bytes(incoming.data)) == (True, None, request)


def test_what_comes_after_it_is_kept_for_the_next():
    incoming = Incoming()
    incoming.add(WHOLE["a body"] + WHOLE["no body"])
    assert incoming.is_whole
    assert incoming.size == len(WHOLE["a body"]) + len(WHOLE["no body"])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nA: " + b"a" * HEAD_MOST, 431),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_MOST + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (BODY_MOST + 1), 413),
    ],
)
def test_what_is_too_large_is_refused_before_it_has_come(request_: bytes, status: int):
    incoming = Incoming()
    incoming.add(request_)
    assert (incoming.is_whole, incoming.refusal) == (False, status)


def test_a_chunked_body_without_end_is_refused_at_the_limit():
    incoming = Incoming()
    incoming.add(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
    while incoming.refusal is None and incoming.size < 2 * BODY_MOST:
        incoming.add(chunk)
    assert incoming.refusal == 413
    assert incoming.size < BODY_MOST + 2 * len(chunk)


def test_a_body_that_is_no_body_is_left_to_the_parser():
    incoming = Incoming()
    incoming.add(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n" + b"q" * 2000)
    assert incoming.is_whole


def test_somebody_who_asks_whether_to_go_on_is_told_so():
    incoming = Incoming()
    incoming.add(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert (incoming.asks_to_go_on, incoming.is_whole) == (True, False)
