"""The words of sessions: their states, who speaks in them, and why a part of a message is masked."""

from flask_babel import lazy_gettext as _

SESSION_LABELS = {
    "session_state": {"open": _("进行中"), "ended": _("已结束")},
    "author": {"player": _("玩家"), "agent": _("客服"), "bot": _("机器人")},
    "word_kind": {"abusive": _("辱骂"), "sensitive": _("敏感")},
    "masked_for": {"abusive": _("辱骂"), "sensitive": _("敏感"), "phone": _("手机号")},
}
