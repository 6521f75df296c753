"""The rules of tickets, each by the error that names it."""

from chassis.rules import RuleBroken


class SolutionMissing(RuleBroken):
    """A ticket is done only when its solution is written down (T3)."""

    code = "solution_missing"
    zh = "还没有写解决方案，不能完成"
    en = "A ticket cannot be done without a solution"


class NotPending(RuleBroken):
    """Only a pending ticket can be started (T3)."""

    code = "not_pending"
    zh = "只有待处理的工单可以开始处理"
    en = "Only a pending ticket can be started"


class NotInProgress(RuleBroken):
    """Only a ticket in progress can be completed (T3)."""

    code = "not_in_progress"
    zh = "只有处理中的工单可以完成"
    en = "Only a ticket in progress can be completed"


class NotDone(RuleBroken):
    """Only a ticket that is done can be reopened (T3)."""

    code = "not_done"
    zh = "只有已完成的工单可以重开"
    en = "Only a ticket that is done can be reopened"


class AlreadyDone(RuleBroken):
    """A ticket that is done is not handed over (T17)."""

    code = "already_done"
    zh = "已完成的工单不能转交"
    en = "A ticket that is done cannot be handed over"


class TransferDecided(RuleBroken):
    """A hand-over is accepted or sent back once (T17)."""

    code = "transfer_decided"
    zh = "这次转交已经处理过"
    en = "This hand-over has been decided already"


class CauseNotFixed(RuleBroken):
    """Only a cause that is fixed can be opened again (T33)."""

    code = "cause_not_fixed"
    zh = "这个原因还没有解决，不用重开"
    en = "This cause is not fixed, so there is nothing to open again"


class TooLateToUnfix(RuleBroken):
    """A fix is taken back within a day; later each ticket is reopened for itself (T33)."""

    code = "too_late_to_unfix"
    zh = "解决超过一天，不能整批撤销；请重开原因，再逐张重开工单"
    en = "Fixed more than a day ago: reopen the cause, and its tickets one by one"
