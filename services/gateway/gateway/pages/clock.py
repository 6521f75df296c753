"""Times as people read them: in the desk's time zone, near ones by day and hour, spans in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


def zone() -> ZoneInfo:
    """The desk's zone; one for all, as deadlines and shifts are."""
    return ZoneInfo(current_app.extensions["playdesk"].settings.timezone)


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def parse(value: str | datetime | None) -> datetime | None:
    """An API time (RFC 3339) as an aware datetime."""
    if isinstance(value, datetime):
        return value
    if not value:
        return None
    return datetime.fromisoformat(value.replace("Z", "+00:00"))


def from_input(value: str | None) -> str | None:
    """What a datetime-local or date field holds (desk time) as an API time; None when empty or no time."""
    try:
        local = datetime.fromisoformat((value or "").strip())
    except ValueError:
        return None
    return local.replace(tzinfo=zone()).astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_input(value: str | datetime | None) -> str:
    """An API time as a datetime-local field wants it."""
    moment = parse(value)
    return moment.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if moment else ""


def day_start(days: int = 0) -> str:
    """Midnight of today (plus days) in the desk's zone, as an API time."""
    local = now().astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return local.astimezone(UTC).isoformat().replace("+00:00", "Z")


def soon() -> str:
    """An hour from now, as an API time: what is due before it is due soon."""
    return (now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")


def when(value: str | datetime | None) -> str:
    """今天 20:00, 昨天 23:41, 11-18 20:14, 2025-11-18."""
    moment = parse(value)
    if moment is None:
        return ""
    local, today = moment.astimezone(zone()), now().astimezone(zone()).date()
    near = {0: _("今天"), 1: _("昨天"), -1: _("明天")}.get((today - local.date()).days)
    if near:
        return f"{near} {local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def is_past(value: str | datetime | None) -> bool:
    """Whether the moment has gone by."""
    moment = parse(value)
    return moment is not None and moment < now()


def day(value: str | datetime | None) -> str:
    """2026-11-18."""
    moment = parse(value)
    return f"{moment.astimezone(zone()):%Y-%m-%d}" if moment else ""


def full(value: str | datetime | None) -> str:
    """2026-11-18 20:14:05, for titles."""
    moment = parse(value)
    return f"{moment.astimezone(zone()):%Y-%m-%d %H:%M:%S}" if moment else ""


def span(seconds: float) -> str:
    """4 分, 3 时 10 分, 8 天."""
    seconds = abs(int(seconds))
    if seconds < HOUR:
        return _("%(n)s 分", n=max(1, seconds // MINUTE))
    if seconds < 10 * HOUR and seconds % HOUR >= MINUTE:
        return _("%(h)s 时 %(m)s 分", h=seconds // HOUR, m=seconds % HOUR // MINUTE)
    if seconds < DAY:
        return _("%(n)s 小时", n=seconds // HOUR)
    return _("%(n)s 天", n=seconds // DAY)


def took(seconds: int | None) -> str:
    """How long something took: 12 秒, 4 分; a dash where it is not known yet."""
    if seconds is None:
        return "—"
    return _("%(n)s 秒", n=seconds) if seconds < MINUTE else span(seconds)


def ago(value: str | datetime | None) -> str:
    """How long since, without the word for it: 4 分, 8 天."""
    moment = parse(value)
    return span((now() - moment).total_seconds()) if moment else ""


def age(value: str | datetime | None) -> str:
    """刚刚, 12 分前: how old a copy is."""
    moment = parse(value)
    if moment is None:
        return ""
    seconds = (now() - moment).total_seconds()
    return _("刚刚") if seconds < MINUTE else _("%(span)s前", span=span(seconds))


def working(minutes: int | None) -> str:
    """30 分, 1.5 小时: working time, which is not counted in days; as it is typed, too."""
    if minutes is None:
        return ""
    hours = minutes / 60
    return _("%(n)s 小时", n=f"{hours:g}") if minutes >= 60 and minutes % 30 == 0 else _("%(n)s 分", n=minutes)


def deadline(ticket: dict) -> dict:
    """`state` ok|warn|over|none, `text`, `title` and `percent` of the time used, for the bar of a ticket's next deadline."""
    found = ticket["deadlines"]
    title = " · ".join(
        f"{label} {full(found[name]['due_at'])}"
        for name, label in (("first_response", _("首次响应")), ("completion", _("完成")))
        if found[name]["due_at"]
    )
    if ticket["status"] == "done":
        return {"state": "none", "text": _time_taken(ticket), "percent": None, "title": title}
    first, whole = found["first_response"], found["completion"]
    answer_first = ticket["status"] == "pending" and first["due_at"] and whole["state"] != "missed"
    bar = _bar(first if answer_first else whole, ticket)
    text = _("首响 %(text)s", text=bar["text"]) if answer_first else bar["text"]
    text = _("等玩家 · %(text)s", text=text) if ticket["waiting"] else text
    return {**bar, "text": text, "title": title}


def _bar(standing: dict, ticket: dict) -> dict:
    """How one deadline stands, as it was when the ticket was read, with the time left of now."""
    due, began = parse(standing["due_at"]), parse(ticket["created_at"])
    assert due is not None
    assert began is not None
    left = (due - now()).total_seconds()
    if left <= 0:
        return {"state": "over", "text": _("超 %(span)s", span=span(left)), "percent": 100}
    used = 1 - left / max(1, (due - began).total_seconds())
    return {
        "state": "warn" if standing["state"] == "warned" else "ok",
        "text": _("剩 %(span)s", span=span(left)),
        "percent": max(3, min(100, round(100 * used))),
    }


def _time_taken(ticket: dict) -> str:
    began, ended = parse(ticket.get("created_at")), parse(ticket.get("completed_at"))
    return _("用时 %(span)s", span=span((ended - began).total_seconds())) if began and ended else ""
