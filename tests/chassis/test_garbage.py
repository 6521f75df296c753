"""No thread of a process stands still because the collector looks once more at what the process has loaded."""

from __future__ import annotations

import sys
from subprocess import run

from chassis.ops import worker as worker_module
from chassis.ops.worker import Worker

LOOKED_AT = """
import gc
import ticket.app
from chassis.ops.garbage import spare_what_stays
before = len(gc.get_objects())
spare_what_stays()
print(before, len(gc.get_objects()))
"""


def test_what_a_service_has_loaded_is_not_looked_at_again():
    """In a process of its own: this one goes on collecting what other tests leave."""
    answer = run([sys.executable, "-c", LOOKED_AT], capture_output=True, text=True, timeout=60, check=True)
    before, after = map(int, answer.stdout.split())
    assert before > 50_000, "else there is nothing to be spared"
    assert after < before / 100


def test_a_worker_spares_it_before_its_threads_begin(serve, monkeypatch):
    service, begun = serve(), []
    worker = Worker(service.runtime, only={"relay"})
    monkeypatch.setattr(worker_module, "spare_what_stays", lambda: begun.append(list(worker.threads)))
    monkeypatch.setattr(worker_module.signal, "signal", lambda *_: None)
    worker.stop.set()
    worker.run()
    assert begun == [[]]
    assert worker.threads
