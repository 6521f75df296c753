"""The loop that asks the game server: takes jobs, asks on several threads, keeps what comes; no transaction waits."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from chassis import context
from chassis.ops.logging import log
from chassis.service import Runtime
from player.application import snapshots
from player.application.players import locked
from player.persistence import jobs
from player.settings import PlayerSettings

AT_ONCE = 6
IDLE = 0.2


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Work through the queue until `stop` is set."""
    settings = _settings(runtime)
    if not settings.game_server_url:
        log.warning("GAME_SERVER_URL is not set: no game data are fetched")
        stop.wait()
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="snapshots") as threads:
        busy: set[Future[None]] = set()
        while not stop.is_set():
            taken = _take(runtime, AT_ONCE - len(busy)) if len(busy) < AT_ONCE else []
            busy |= {threads.submit(_one, runtime, job) for job in taken}
            busy = _still_busy(busy, stop)


def _still_busy(busy: set[Future[None]], stop: threading.Event) -> set[Future[None]]:
    """Wait a moment; a thread that is done ends the wait, so that a long queue is worked through without pauses."""
    if not busy:
        stop.wait(IDLE)
        return busy
    return set(wait(busy, timeout=IDLE, return_when=FIRST_COMPLETED).not_done)


def _take(runtime: Runtime, limit: int) -> list[jobs.Taken]:
    work = runtime.work()
    with work.session:
        taken = jobs.take(work.session, work.now(), limit)
        work.commit()
    return taken


def _one(runtime: Runtime, job: jobs.Taken) -> None:
    """One job from beginning to end; a job that fails for another reason is taken again when its lease is over."""
    context.begin()
    try:
        work_off(runtime, job)
    except Exception as error:
        log.exception("a snapshot job failed", player=job.player_id, error=type(error).__name__)


def work_off(runtime: Runtime, job: jobs.Taken) -> None:
    """Ask for one player and keep the outcome: two short transactions with the call between them."""
    settings = _settings(runtime)
    work = runtime.work()
    with work.session:
        phone = snapshots.phone_to_ask(work, job.player_id, settings.phones)
        work.commit()
    if phone is None:
        return
    outcome = snapshots.ask_for(phone, settings.game.player)
    work = runtime.work()
    with work.session:
        player = locked(work, job.player_id, None)
        snapshots.keep(work, player, phone, outcome, phones=settings.phones, attempts=job.attempts)
        facts = work.commit()
    if facts:
        runtime.hint.wake()


def _settings(runtime: Runtime) -> PlayerSettings:
    assert isinstance(runtime.settings, PlayerSettings)
    return runtime.settings
