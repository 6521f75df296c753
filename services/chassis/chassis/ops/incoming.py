"""A request while it comes in: whether its head and its body are there, judged from the bytes alone."""

from __future__ import annotations

import re

HEAD_MOST = 256 * 1024  # a token may carry copies of what the request names
BODY_MOST = 32 * 1024 * 1024  # more than any route takes; each route has a smaller limit of its own

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.I)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.I)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]*\r\n")


class Incoming:
    """The bytes of one request. What is odd about it is for the parser to refuse: odd ones count as whole."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.has_head = False
        self.is_whole = False
        self.asks_to_go_on = False
        self.refusal: int | None = None
        self._body = 0  # where the body begins
        self._length: int | None = None
        self._chunk = 0  # where the next chunk of a chunked body begins

    @property
    def size(self) -> int:
        """How many bytes are held."""
        return len(self.data)

    def add(self, data: bytes) -> None:
        """Take what came, and judge anew."""
        searched = max(0, len(self.data) - len(_END))
        self.data += data
        if not self.has_head:
            self._look_for_head(searched)
        if self.has_head and self.refusal is None:
            self._look_for_body()

    def _look_for_head(self, start: int) -> None:
        end = self.data.find(_END, start)
        if end < 0 or end > HEAD_MOST:
            self.refusal = 431 if len(self.data) > HEAD_MOST else None
            return
        self.has_head = True
        self._body = self._chunk = end + len(_END)
        head = bytes(self.data[: end + 2])
        self.asks_to_go_on = _EXPECT.search(head) is not None
        if _CHUNKED.search(head):
            return
        length = _LENGTH.search(head)
        self._length = int(length[1]) if length else 0
        if self._length > BODY_MOST:
            self.refusal = 413

    def _look_for_body(self) -> None:
        if self._length is not None:
            self.is_whole = len(self.data) - self._body >= self._length
        elif len(self.data) - self._body > BODY_MOST:
            self.refusal = 413
        else:
            self._walk_chunks()

    def _walk_chunks(self) -> None:
        """Go from chunk to chunk as far as they have come; the last one is empty and may have lines after it."""
        while True:
            found = _SIZE.match(self.data, self._chunk)
            if found is None:
                # Not even a size after so many bytes: the parser will say what is wrong.
                self.is_whole = len(self.data) - self._chunk > 1024
                return
            size = int(found[1], 16)
            if size == 0:
                last = self.data[found.end() - 2 :]
                self.is_whole = last.startswith(b"\r\n\r\n") or _END in last
                return
            if found.end() + size + 2 > len(self.data):
                self.refusal = 413 if size > BODY_MOST else None
                return
            self._chunk = found.end() + size + 2
