"""Demo data: a small studio's last months, made up from word lists, the same on every machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from deploy.local.state import ROOT


class DemoFailed(RuntimeError):
    """The demo data could not be made."""


def run(environments: Mapping[str, Mapping[str, str]], share: float = 1.0) -> None:
    """Make the demo data in a process of its own, given each service's environment; its bar goes to our output."""
    told = json.dumps({"environments": environments, "share": share})
    argv = [sys.executable, "-m", "deploy.local.demo.load"]
    done = subprocess.run(argv, input=told, text=True, cwd=ROOT, env=_environment(), check=False)
    if done.returncode:
        raise DemoFailed("the demo data could not be made; the next start begins anew")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
