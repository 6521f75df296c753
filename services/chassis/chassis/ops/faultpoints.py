"""Named places where a test can kill the process, to prove that nothing is lost there; inert unless armed.

`PLAYDESK_FAULT=relay.after_confirm:3` kills the process with SIGKILL the third time it comes to that place.
"""

from __future__ import annotations

import os
import signal

_armed, _, _count = os.environ.get("PLAYDESK_FAULT", "").partition(":")
_left = int(_count or 1)


def reach(name: str) -> None:
    """Be at the place `name`."""
    global _left
    if _armed != name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
