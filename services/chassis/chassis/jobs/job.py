"""What a job is: its states, its kinds, and the errors it can end with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chassis.callers import Caller, Scope
from chassis.rules import RuleBroken

if TYPE_CHECKING:
    from chassis.jobs.running import Run

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
OPEN = (QUEUED, RUNNING)
KEPT = timedelta(days=7)  # a job that is over, and its files
LEASE = timedelta(seconds=30)  # a worker that dies with a job leaves it to another after this
MOST_ATTEMPTS = 5
LONGEST_WAIT = timedelta(days=7)  # for what is not there: then nobody waits for it any more
MOST_OPEN = 20  # of one person at a time
INPUT, RESULT = "input", "result"


@dataclass(frozen=True)
class JobKind:
    """A kind of long work: who may ask for it and fetch what came of it, and how it is done."""

    name: str
    action: str
    run: Callable[[Run], dict[str, Any]]


class JobOver(RuleBroken):
    """Only what waits or runs can be cancelled."""

    code = "job_over"
    zh = "任务已经结束"
    en = "The job is over"


class NotReady(RuleBroken):
    """There is no such file of the job: it is not done, has none, or it has been removed."""

    code = "file_not_there"
    zh = "任务还没有这个文件，或者文件已经清除"
    en = "The job has no such file yet, or it has been removed"


class TooManyJobs(RuleBroken):
    """One person's work must not keep everybody else's waiting."""

    status = 429
    code = "too_many_jobs"
    zh = "你还有太多任务没有完成，请等一等"
    en = "Too many of your jobs are still waiting"


class ReachChanged(RuleBroken):
    """What was written in the owner's name while they might see more than now is not handed out any more."""

    code = "reach_changed"
    zh = "你的权限已经变化，请重新导出"
    en = "Your permissions have changed, please export again"


class TryLater(Exception):
    """What a job needs is not there just now: somebody takes it again in `seconds`, and goes on where it stopped."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class OwnerGone(RuleBroken):
    """Nothing is done in the name of somebody who has left, has moved to where they see other rows, or may do less."""

    code = "owner_gone"
    zh = "任务的主人已离职、调动或权限已减少，任务不再执行"
    en = "Whoever asked for this has left, has moved or may do less by now, so it is not done"


class GaveUp(RuleBroken):
    """A job that workers died of again and again."""

    code = "gave_up"
    zh = "试了多次都没有完成"
    en = "It was tried several times and never finished"


class WentWrong(RuleBroken):
    """A mistake of ours; the log has its trace."""

    code = "internal_error"
    zh = "内部错误"
    en = "Internal error"


def still_reaches(then: Caller, now: Caller) -> bool:
    """Whether the caller of now may see all that the same caller might see then."""
    within = then.permissions <= now.permissions and _covers(then.scope, now.scope)
    return within and then.fields.as_strict_as(now.fields)


def _covers(then: Scope, now: Scope) -> bool:
    if now.kind == "all" or then == now:
        return True
    return then.kind == now.kind == "departments" and set(then.departments) <= set(now.departments)
