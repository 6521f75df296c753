"""What sessions, messages and the list of sensitive words refuse, in Chinese and English."""

from chassis.rules import RuleBroken


class SessionOver(RuleBroken):
    """Nothing more is said in a session that has ended (T8)."""

    code = "session_ended"
    zh = "这个服务单已结束，请新开一个"
    en = "This session has ended: open a new one"


class SessionsPlayerStays(RuleBroken):
    """A session is given its player once, and not another's (T12)."""

    code = "session_has_player"
    zh = "这个服务单已经有玩家，不能换成别人"
    en = "This session has its player already"


class OnlyChannels(RuleBroken):
    """A person writes in their own name and now; what a bot or a colleague said, or when, only a channel can tell (T13)."""

    code = "only_channels"
    zh = "机器人和别人说的话、以及说话的时间，只能由渠道接口写入"
    en = "What a bot or a colleague said, and when, is written by a channel's client alone"


class ExternalIdTaken(RuleBroken):
    """A channel's message belongs to one session (T8)."""

    code = "external_id_taken"
    zh = "这条消息已经在另一个服务单里"
    en = "This message is in another session already"


class NothingMasked(RuleBroken):
    """There is no more to a message than what everybody reads (T31)."""

    code = "nothing_masked"
    zh = "这条消息没有被屏蔽的内容"
    en = "Nothing is masked in this message"


class WordTaken(RuleBroken):
    """A word is on the list once, however it is written (T31)."""

    code = "word_taken"
    zh = "列表里已经有这个词"
    en = "This word is on the list already"
