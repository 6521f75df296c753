"""Named places where a test can kill the process, to prove that nothing is lost there; inert unless armed.

`PLAYDESK_FAULT=relay.after_confirm:3` kills the process with SIGKILL the third time it comes to that place.
"""

from __future__ import annotations

import os
import signal

_armed, _left = "", 0


def arm(point: str) -> None:
    """Die at this place, as `name` or `name:times`; nowhere where it is empty."""
    global _armed, _left
    _armed, _, times = point.partition(":")
    _left = int(times or 1)


def reach(name: str) -> None:
    """Be at the place `name`."""
    global _left
    if _armed != name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("PLAYDESK_FAULT", ""))
