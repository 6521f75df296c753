"""The rules of roles, each by the error that names it."""

from __future__ import annotations

from chassis.rules import Forbidden, RuleBroken


class NotHeld(Forbidden):
    """Nobody grants what they do not hold; member `missing` names the actions, or the reach."""

    code = "not_held"
    zh = "不能授予自己没有的权限"
    en = "Nobody grants what they do not hold"


class DuplicateRole(RuleBroken):
    """The codes of roles differ."""

    code = "duplicate_role"
    zh = "已经有这个编号的角色"
    en = "There is a role of this code"


class BuiltInRole(RuleBroken):
    """A built-in role is changed and never removed."""

    code = "built_in_role"
    zh = "内置角色不能删除"
    en = "A built-in role is not removed"


class RoleInUse(RuleBroken):
    """A role that somebody has, or had, is not removed."""

    code = "role_in_use"
    zh = "还有员工（含已离职的）是这个角色，不能删除"
    en = "There are staff of this role, also among those who left"
