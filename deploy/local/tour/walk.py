"""`make tour`: the ten steps against the running suite, or one of its own where none runs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from deploy.local.control import tell
from deploy.local.state import State
from deploy.local.suite import Suite
from deploy.local.tour.desk import Unexpected
from deploy.local.tour.listener import Listener
from deploy.local.tour.steps import STEPS, Walk


def main() -> int:
    """Walk; the exit status."""
    with _suite() as walk:
        for number, step in enumerate(STEPS, 1):
            walk.say(f"\n{number:>2}  {(step.__doc__ or '').split(' ', 1)[1].strip()}")
            try:
                step(walk)
            except Unexpected as error:
                print(f"    went wrong: {error}", file=sys.stderr)
                return 1
    print("\nAll ten steps went as they should.")
    return 0


@contextlib.contextmanager
def _suite() -> Iterator[Walk]:
    state = State()
    if state.running():
        yield from _over_running(state)
        return
    print("No suite is running: starting one (its data stay for the next `make run`).", flush=True)
    with Suite(
        state.folder, demo=True, say=lambda what, how, seconds: print(f"  {what:<11} {how} {seconds:.1f} s", flush=True)
    ):
        yield from _over_running(state)


def _over_running(state: State) -> Iterator[Walk]:
    running = state.running()
    listener = Listener(running["bus"]) if running["bus"].startswith("amqp") else None
    try:
        yield Walk(
            url=running["url"],
            game_url=running["game"],
            bus_url=running["bus"],
            kill=lambda name: tell(state, "kill", name),
            start=lambda name: tell(state, "start", name),
            say=lambda line: print(line if line.startswith("\n") else f"    {line}", flush=True),
            listener=listener,
        )
    finally:
        if listener is not None:
            listener.close()
