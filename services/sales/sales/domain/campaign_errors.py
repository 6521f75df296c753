"""The rules of campaigns, each by the error that names it."""

from chassis.rules import RuleBroken


class CampaignNotRunning(RuleBroken):
    """Contacts and orders are counted for a campaign while it runs (S7)."""

    code = "campaign_not_running"
    zh = "这个市场活动现在没有进行"
    en = "This campaign is not running"


class CampaignNotDraft(RuleBroken):
    """A campaign is started once, and removed only before (S7)."""

    code = "campaign_not_draft"
    zh = "只有筹备中的市场活动可以开始或删除"
    en = "Only a campaign that is a draft can be started or removed"


class CampaignNotOpen(RuleBroken):
    """A campaign that has ended or was called off stays so (S7)."""

    code = "campaign_not_open"
    zh = "这个市场活动已经结束或取消"
    en = "This campaign has ended or was called off"


class CampaignOver(RuleBroken):
    """A campaign whose end has gone by is not started (S7)."""

    code = "campaign_over"
    zh = "结束时间已过，先改结束时间"
    en = "Its end has gone by: change that first"


class CampaignFixed(RuleBroken):
    """What was promised stays: a running campaign keeps its beginning and department, an ended one all but plan and cost (S7);
    member `fields` names what cannot be changed any more."""

    code = "campaign_fixed"
    zh = "市场活动开始以后，这些不能再改"
    en = "These can no longer be changed"
