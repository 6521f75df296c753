"""Staff, departments and accounts as JSON."""

from __future__ import annotations

from typing import Any

from chassis.callers import Caller
from chassis.clock import rfc3339
from gateway.identity.current import anybody
from gateway.identity.role import Role
from gateway.identity.session import Session
from gateway.identity.staff import Department, Holding, Staff, WechatAccount

BRIEF = ("id", "no", "name", "role", "line", "department_id")


def staff_view(staff: Staff, _who: Caller | None = None) -> dict[str, Any]:
    """One member of staff; never the password's hash."""
    return {
        **{
            name: getattr(staff, name)
            for name in (*BRIEF, "wechat_id", "wechat_name", "skills", "capacity", "state", "version")
        },
        "wechat_accounts": [
            {"id": account.id, "wechat_id": account.wechat_id, "wechat_name": account.wechat_name}
            for account in staff.accounts
        ],
        "created_at": rfc3339(staff.created_at),
        "updated_at": rfc3339(staff.updated_at),
    }


def staff_brief(staff: Staff) -> dict[str, Any]:
    """Whom a token is for."""
    return {name: getattr(staff, name) for name in BRIEF}


def department_view(department: Department, _who: Caller | None = None) -> dict[str, Any]:
    """One department."""
    return {
        "id": department.id,
        "name": department.name,
        "parent_id": department.parent_id,
        "created_at": rfc3339(department.created_at),
        "updated_at": rfc3339(department.updated_at),
        "version": department.version,
    }


def role_view(role: Role, _who: Caller | None = None) -> dict[str, Any]:
    """One role."""
    names = ("id", "code", "zh", "en", "scope", "departments", "requires_second_factor", "built_in", "version")
    shown = {name: getattr(role, name) for name in names}
    moments = {name: rfc3339(getattr(role, name)) for name in ("created_at", "updated_at")}
    members = {"members": role.members} if role.members is not None else {}
    return {**shown, "actions": sorted(role.actions), "field_rules": role.field_rules, **moments, **members}


def account_view(account: WechatAccount, _who: Caller | None = None) -> dict[str, Any]:
    """One WeChat account."""
    names = ("id", "wechat_id", "wechat_name", "staff_id", "version")
    return {name: getattr(account, name) for name in names}


def holding_view(held: Holding, staff: Staff) -> dict[str, Any]:
    """A span in which a WeChat account was somebody's."""
    moments = {name: rfc3339(getattr(held, name)) for name in ("from_at", "until_at")}
    return {"staff": {"id": staff.id, "no": staff.no, "name": staff.name}, **moments, "by": held.by}


def session_view(session: Session, _who: Caller | None = None) -> dict[str, Any]:
    """One sign-in."""
    me = anybody()
    return {
        **{name: getattr(session, name) for name in ("id", "kind", "way", "address", "user_agent")},
        **{name: rfc3339(getattr(session, name)) for name in ("created_at", "last_used_at", "expires_at")},
        "device": device_of(session.user_agent),
        "current": me is not None and me.session_id == session.id,
    }


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("wxwork", "WeCom"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """As "Chrome · Windows", of a User-Agent; a program's own first word; nothing where it said nothing."""
    found = [next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _SYSTEMS)]
    return " · ".join(part for part in found if part) or user_agent.split(" ")[0][:40]
