"""S33: which functions of ours each test enters; a check in a function that a test never enters cannot turn it red.

Looked at from the first call on and in every thread that takes part: the test's own, those that answer requests, and those
of pools. A function that is entered counts with all its lines, so nothing is left out that might notice.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

from flask import Flask

from tests.security.mutants import Mutant
from tests.support.tree import ROOT

_HERE = f"{ROOT.as_posix()}/"
_OURS = f"{_HERE}services/"


class Footprint:
    """The functions that were entered."""

    def __init__(self) -> None:
        self.codes: dict[int, CodeType] = {}  # by id: to compare code takes longer than to run it

    def reaches(self, mutant: Mutant) -> bool:
        """Whether the function that the check stands in was entered."""
        return any(first <= mutant.line <= last for first, last in self._lines.get(mutant.file, ()))

    @cached_property
    def _lines(self) -> dict[str, list[tuple[int, int]]]:
        """From the first line to the last of each function of ours, by file."""
        found: dict[str, list[tuple[int, int]]] = {}
        for code in self.codes.values():
            if code.co_filename.startswith(_OURS) and code.co_name != "<module>":
                last = max(line for _, _, line in code.co_lines() if line)
                found.setdefault(code.co_filename.removeprefix(_HERE), []).append((code.co_firstlineno, last))
        return found


@contextmanager
def entered(apps: list[Flask]) -> Iterator[Footprint]:
    """What is entered within the block, in this thread, while one of `apps` answers, and in threads of pools."""
    found = Footprint()
    over = threading.Event()

    def look(frame: FrameType, event: str, _: object) -> None:
        if over.is_set():
            sys.setprofile(None)  # each thread stops by itself: no other can do it
        elif event == "call":
            found.codes[id(frame.f_code)] = frame.f_code

    def watched(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            sys.setprofile(look)  # and stays: an answer that streams goes on after the call
            return call(*args, **kwargs)

        return run

    def submit(pool: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return of_pools(pool, watched(call), *args, **kwargs)

    of_pools, answers = ThreadPoolExecutor.submit, [app.wsgi_app for app in apps]
    ThreadPoolExecutor.submit = submit  # type: ignore[method-assign, assignment]
    for app in apps:
        app.wsgi_app = watched(app.wsgi_app)  # type: ignore[method-assign]
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        yield found
    finally:
        over.set()
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
        for app, answer in zip(apps, answers, strict=True):
            app.wsgi_app = answer  # type: ignore[method-assign]
        ThreadPoolExecutor.submit = of_pools  # type: ignore[method-assign]
