"""The words of surveys and quality reviews."""

from flask_babel import lazy_gettext as _

QUALITY_LABELS = {
    "survey_state": {"made": _("还没发链接"), "sent": _("链接已发，等玩家评"), "answered": _("已评")},
    "score": {"5": _("很满意"), "4": _("满意"), "3": _("一般"), "2": _("不满意"), "1": _("很不满意")},
    "review_state": {
        "waiting": _("待质检"),
        "skipped": _("不评"),
        "finished": _("已评"),
        "appealed": _("申诉中"),
        "decided": _("已裁定"),
    },
    "review_cause": {
        "share": _("按比例抽到"),
        "low_survey": _("满意度低"),
        "reopened": _("重开过"),
        "by_hand": _("人工放入"),
    },
    "sampling_kind": {
        "share": _("每人每周按比例"),
        "low_survey": _("满意度 2 分以下的"),
        "reopened": _("重开过的"),
    },
    "verdict": {"upheld": _("维持原判"), "changed": _("改判")},
    "follow_up": {"needed": _("待跟进"), "done": _("已跟进")},
}
