"""The rules of options, each by the error that names it."""

from __future__ import annotations

from chassis.rules import RuleBroken


class DuplicateOption(RuleBroken):
    """The codes of a list differ."""

    code = "duplicate_option"
    zh = "这个列表里已经有这个编号"
    en = "The list has this code already"


class BuiltInOption(RuleBroken):
    """A built-in code is called otherwise or retired, and never removed: other systems are built on it."""

    code = "built_in_option"
    zh = "内置选项不能删除，可以停用"
    en = "A built-in option is not removed; retire it"


class OptionActive(RuleBroken):
    """What is still offered is not removed: somebody may be choosing it just now."""

    code = "option_active"
    zh = "先停用，再删除"
    en = "Retire the option first, then remove it"


class OptionInUse(RuleBroken):
    """What a record has, or had, is retired and stays: it must still be shown."""

    code = "option_in_use"
    zh = "已经有记录用了这个选项，只能停用，不能删除"
    en = "There are records with this option; it can be retired, not removed"


class LastOption(RuleBroken):
    """A list that offers nothing would hold up every form that needs one of it."""

    code = "last_option"
    zh = "列表里至少要留一个可选的"
    en = "At least one option of a list stays offered"


class ListFull(RuleBroken):
    """So many that nobody finds one among them."""

    code = "list_full"
    zh = "一个列表最多 {most} 项"
    en = "A list has at most {most} options"
