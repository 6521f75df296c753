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


class DifferentPlayer(RuleBroken):
    """Only tickets of one player are merged."""

    code = "different_player"
    zh = "只有同一位玩家的工单可以合并"
    en = "Only tickets of the same player can be merged"


class SameTicket(RuleBroken):
    """A ticket is not merged into itself."""

    code = "same_ticket"
    zh = "不能合并到自己"
    en = "A ticket cannot be merged into itself"


class MergedAway(RuleBroken):
    """A ticket that was merged into another is worked on there, or taken out again first."""

    code = "merged_away"
    zh = "这张工单已合并到别的工单；在那里处理，或者先拆出来"
    en = "This ticket is merged into another: work on that one, or take it out again first"


class IntoDone(RuleBroken):
    """An open question is not merged into a ticket that is done, where nobody would answer it."""

    code = "into_done"
    zh = "未完成的工单不能合并到已完成的工单，请先重开那一张"
    en = "An open ticket is not merged into one that is done: reopen that one first"


class NotMerged(RuleBroken):
    """Only what was merged is taken out again."""

    code = "not_merged"
    zh = "这张工单没有合并到别的工单"
    en = "This ticket is not merged into another"


class NotADraft(RuleBroken):
    """Only a draft is handed in for review (T25)."""

    code = "not_a_draft"
    zh = "只有草稿可以提交审核"
    en = "Only a draft can be handed in for review"


class NotInReview(RuleBroken):
    """Only what is in review is published or sent back (T25)."""

    code = "not_in_review"
    zh = "文章不在审核中"
    en = "The article is not in review"


class OwnReview(RuleBroken):
    """Nobody publishes what they handed in themselves (T25)."""

    code = "own_review"
    zh = "自己提交的文章要由别人发布"
    en = "What you handed in yourself is published by somebody else"


class ArticleInArchive(RuleBroken):
    """What is in the archive is taken out of it before anything else (T25)."""

    code = "article_archived"
    zh = "文章已归档，请先恢复"
    en = "The article is archived: restore it first"


class NotArchived(RuleBroken):
    """Only what is in the archive is taken out of it (T25)."""

    code = "not_archived"
    zh = "文章没有归档"
    en = "The article is not archived"


class CatchAllStays(RuleBroken):
    """One policy fits every ticket, so that each has its deadlines (T22)."""

    code = "catch_all_stays"
    zh = "这条时限适用于所有工单，可以改，不能删除或缩小范围"
    en = "This policy fits every ticket: it can be changed, but not removed or narrowed"


class DuplicatePolicy(RuleBroken):
    """There is one policy for a department and a category (T22)."""

    code = "duplicate_policy"
    zh = "这个部门和类型已经有处理时限"
    en = "There is a policy for this department and category already"


class CalendarInUse(RuleBroken):
    """A calendar is removed when no policy reckons by it (T22)."""

    code = "calendar_in_use"
    zh = "还有处理时限在用这个日历"
    en = "There are policies that reckon by this calendar"
    zh_detail = "先给这些处理时限换一个日历：{names}"
    en_detail = "Give these policies another calendar first: {names}"

    def __init__(self, names: list[str]) -> None:
        super().__init__(members={"policies": names}, names="、".join(names))


class SurveyClosed(RuleBroken):
    """A survey is answered before it expires, and the answer changed within a day (T36)."""

    code = "survey_closed"
    zh = "这份满意度已经过期，或者早就评过了"
    en = "This survey has expired or was answered long ago"


class NothingToFollowUp(RuleBroken):
    """Only a low score that nobody has looked after is looked after (T36)."""

    code = "nothing_to_follow_up"
    zh = "这份满意度不用跟进，或者已经跟进了"
    en = "There is nothing to look after here, or it is done"


class OwnFollowUp(RuleBroken):
    """Nobody looks after the low scores they got themselves (T36)."""

    code = "own_follow_up"
    zh = "自己得的低分要由别人跟进"
    en = "Your own low score is looked after by somebody else"


class WrongAnswers(RuleBroken):
    """Every question of a scorecard gets points between none and its most (T35)."""

    code = "wrong_answers"
    zh = "每道题都要打分，不能少于 0，也不能超过这道题的满分"
    en = "Every question needs points between none and its most"


class ScorecardChanged(RuleBroken):
    """A review is made by the revision of the scorecard that is in use (T35)."""

    code = "scorecard_changed"
    zh = "评分表刚改过或停用了，请打开新的再评"
    en = "The scorecard has changed or is out of use: open the new one"


class NotWaiting(RuleBroken):
    """Only a review that waits is scored or left out (T35)."""

    code = "not_waiting"
    zh = "这条质检已经评过，或者不评了"
    en = "This review is finished or left out already"


class OwnReviewed(RuleBroken):
    """Nobody reviews their own tickets (T35)."""

    code = "own_ticket"
    zh = "自己的工单要由别人质检"
    en = "Your own ticket is reviewed by somebody else"


class NotReviewed(RuleBroken):
    """Only the agent who was reviewed appeals (T35)."""

    code = "not_reviewed"
    zh = "只有被质检的客服可以申诉"
    en = "Only the agent who was reviewed can appeal"


class AppealedAlready(RuleBroken):
    """One appeals against a review once (T35)."""

    code = "appealed_already"
    zh = "这条质检已经申诉过"
    en = "This review was appealed against already"


class NotAppealed(RuleBroken):
    """Only an appeal that waits is decided (T35)."""

    code = "not_appealed"
    zh = "没有等着处理的申诉"
    en = "There is no appeal to decide"


class OwnAppeal(RuleBroken):
    """Neither who was reviewed nor who reviewed decides about the appeal (T35)."""

    code = "own_appeal"
    zh = "申诉要由别人裁定：不能是被质检的人，也不能是当初的质检人"
    en = "An appeal is decided by neither the reviewed agent nor the reviewer"


class NobodysTicket(RuleBroken):
    """What is reviewed is a ticket that somebody has completed (T35)."""

    code = "nobodys_ticket"
    zh = "只有完成了的、有负责人的工单可以质检"
    en = "Only a ticket that somebody has completed can be reviewed"


class ReviewedAlready(RuleBroken):
    """A ticket is reviewed once (T35)."""

    code = "reviewed_already"
    zh = "这张工单已经在质检里"
    en = "This ticket is among the reviews already"
