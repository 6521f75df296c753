"""The words of deadlines, their calendars and their escalation."""

from flask_babel import lazy_gettext as _

DEADLINE_LABELS = {
    "deadline": {"first_response": _("首次响应"), "completion": _("完成")},
    "deadline_state": {
        "running": _("未到时限"),
        "warned": _("快到时限"),
        "missed": _("已超时"),
        "met": _("按时"),
        "none": _("不限时"),
    },
    "level": {"1": _("客服"), "2": _("主管"), "3": _("经理")},
    "weekday": {
        "mon": _("周一"),
        "tue": _("周二"),
        "wed": _("周三"),
        "thu": _("周四"),
        "fri": _("周五"),
        "sat": _("周六"),
        "sun": _("周日"),
    },
}
FIELDS = {
    "first_response_due_at": _("首次响应时限"),
    "deadline": _("哪个时限"),
    "deadline_at": _("到点"),
    "level": _("升级到"),
    "calendar_id": _("日历"),
    "standard": _("标准时间"),
    "warn_percent": _("提前提醒"),
    "warn_minutes": _("提前提醒"),
    "escalate_after": _("超时后升级"),
    "timezone": _("时区"),
    "week": _("上班时间"),
    "holidays": _("休息日"),
    "workdays": _("调休上班"),
}
CHANGES = {
    "deadline_warned": _("时限快到了"),
    "deadline_missed": _("超时了"),
    "deadline_escalated": _("超时升级"),
    "deadlines_recomputed": _("时限重算"),
}
