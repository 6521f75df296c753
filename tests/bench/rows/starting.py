"""B14: the second start of the suite as `make run` starts it, and its memory when nobody works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from deploy.local import processes
from deploy.local.state import ROOT
from tests.bench import memory
from tests.bench.compare import Result, at_most
from tests.bench.stage import Stage

IDLE_SECONDS = 10.0
START_LIMIT = 180.0


def second_start_and_memory(stage: Stage) -> list[Result]:
    """B14: the last row, for it stops the suite the others work with; what `make` looks at before is not counted."""
    stage.stop()
    kept = {name: value for name, value in os.environ.items() if "PLAYDESK" not in name}
    env = {**kept, "PLAYDESK_STATE": str(stage.suite.state.folder), "PLAYDESK_DEMO": "0", "PYTHONUNBUFFERED": "1"}
    env |= {"PORT": str(stage.port("gateway")), "PLAYDESK_BUS": "auto"}
    started = time.monotonic()
    argv = [sys.executable, "-m", "deploy.local", "run"]
    run = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        seconds = _until_ready(run, started)
        time.sleep(min(IDLE_SECONDS, stage.sizes.seconds * 5))
        megabytes = memory.family_megabytes(run.pid)
        many = len(processes.descendants(run.pid))
    finally:
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)
    words = f"memory of the whole suite idle ({many} processes)"
    return [
        at_most("B14", "second start of the suite", seconds, "s", 20),
        at_most("B14", words, megabytes, "MB", 1536),
    ]


def _until_ready(run: subprocess.Popen[str], started: float) -> float:
    assert run.stdout is not None
    said = []
    for line in run.stdout:
        said.append(line)
        if line.startswith("Ready in"):
            return time.monotonic() - started
        if time.monotonic() - started > START_LIMIT:
            break
    raise RuntimeError(f"the suite did not start a second time:\n{''.join(said)[-2000:]}")
