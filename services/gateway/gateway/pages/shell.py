"""What stands around every page: navigation, the counters bar, whose names are shown, the script modules."""

from flask import Blueprint, Flask, g, render_template
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

from gateway.clients import Refused, Unavailable, api
from gateway.composition.counters import compose_counters
from gateway.identity import anybody, directory
from gateway.pages.conflict import word
from gateway.policies import requires

blueprint = Blueprint("shell", __name__)

# action, endpoint, icon, word, key after g
NAVIGATION = (
    ("player.read", "home.index", "home", _("首页"), "h"),
    ("player.read", "players.index", "users", _("玩家"), "p"),
    ("ticket.read", "tickets.index", "ticket", _("工单"), "t"),
    ("session.read", "sessions.index", "chat", _("服务单"), "c"),
    ("sales.read", "sales.index", "yen", _("销售"), "s"),
    ("sales.read", "orders.index", "order", _("订单"), "o"),
    ("pack.read", "packs.index", "gift", _("礼包"), "l"),
    ("item.read", "items.index", "gem", _("物品"), "w"),
    ("article.read", "articles.index", "doc", _("知识库"), "k"),
    ("review.read", "reviews.index", "check", _("质检"), "z"),
)
MODULES = (
    "keys",
    "search",
    "palette",
    "drafts",
    "toast",
    "requests",
    "conflict",
    "relogin",
    "menus",
    "forms",
    "home",
    "packs",
    "articles",
    "board",
)


def staff_name(staff_id: str | None) -> str:
    """Name of a member of staff, or a dash; IDs are never shown."""
    person = directory().get(staff_id) if staff_id else None
    return f"{person['name']} {person['no']}" if person else "—"


def staff_no(staff_id: str | None) -> str:
    """Number of a member of staff, for narrow columns."""
    person = directory().get(staff_id) if staff_id else None
    return person["no"] if person else "—"


def known_staff(staff_id: str | None) -> bool:
    """Whether an ID is of a person, not of a service."""
    return staff_id in directory()


def account_name(account_id: str | None) -> str:
    """Name and ID of an agent's WeChat account, or a dash."""
    account = _accounts().get(account_id) if account_id else None
    return f"{account.get('wechat_name') or ''} {account['wechat_id']}".strip() if account else "—"


def _accounts() -> dict[str, dict]:
    """All WeChat accounts, asked for once a request and only where one is shown."""
    if "wechat_accounts" not in g:
        try:
            items = api.get("/wechat-accounts", params={"limit": 200}).json["items"]
        except (Refused, Unavailable):
            items = []
        g.wechat_accounts = {item["id"]: item for item in items}
    return g.wechat_accounts


def staff_options(staff: dict) -> list[tuple[str, str]]:
    """(id, number and name) of everybody in service, for filters and hand-overs."""
    here = [(key, person) for key, person in staff.items() if person.get("state", "in_service") == "in_service"]
    return [(key, f"{person['no']} {person['name']}") for key, person in sorted(here, key=lambda pair: pair[1]["no"])]


def value_of(value: object, field: str) -> str:
    """A changed field's value in words, for timelines."""
    return word(field, value)


def around() -> dict:
    """Who looks at the page, and in which language; also where nobody is signed in."""
    return {"me": anybody(), "language": str(get_locale() or "zh")[:2]}


def register(app: Flask) -> None:
    """Give the templates the navigation, the script modules, the person and the names."""
    app.context_processor(around)
    app.jinja_env.globals.update(navigation=NAVIGATION, script_modules=MODULES)
    own = (staff_name, staff_no, account_name, value_of, staff_options, known_staff)
    app.jinja_env.filters.update({function.__name__: function for function in own})


@blueprint.get("/counters")
@requires("player.read")
def counters():
    """The counters bar; asked for after the page, so that it never holds one up."""
    return render_template("shell/_counters.html", counters=compose_counters())
