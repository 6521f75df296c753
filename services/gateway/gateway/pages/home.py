"""The home page: the list of players, one player's tickets and sales, and what is known of them."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import lazy_gettext as _

from gateway.clients import Refused, Unavailable, api
from gateway.composition.home import compose_home
from gateway.identity import current
from gateway.pages import clock
from gateway.pages.filters import as_decimal, whose
from gateway.policies import requires

blueprint = Blueprint("home", __name__)

VIEWS = {
    "mine": _("我的玩家"),
    "silent": _("7 天未联系"),
    "vip": _("大R 和超R"),
    "open": _("有未完成工单"),
    "follow": _("今日跟进"),
    "all": _("全部玩家"),
}
# The sales service decides; these only say beforehand what it will say.
ALONE, NEVER = Decimal("0.90"), Decimal("0.60")
PAGE = 30


@blueprint.get("/")
@requires("player.read")
def index():
    """The whole page; the address carries view and player."""
    chosen, view = request.args.get("player"), chosen_view()
    return render_template(
        "home/home.html",
        views=VIEWS,
        view=view,
        listing=listing(view),
        chosen=chosen,
        home=panes(chosen) if chosen else None,
    )


@blueprint.get("/home/list")
@requires("player.read")
def rows():
    """More rows of the list."""
    view = chosen_view()
    return render_template(
        "home/_rows.html",
        view=view,
        listing=listing(view, request.args.get("cursor")),
        chosen=request.args.get("player"),
    )


@blueprint.get("/home/player/<player_id>")
@requires("player.read")
def player(player_id):
    """Everything of one player, as fragments: the one request of a selection."""
    return render_template("home/_panes.html", home=panes(player_id), view=chosen_view(), chosen=player_id)


@blueprint.get("/home/player/<player_id>/game")
@requires("player.read")
def game(player_id):
    """The game block again, while its first snapshot is on the way; asked a few times, then left."""
    asked = request.args.get("asked", 0, int)
    player = api.get(f"/players/{player_id}").json
    return render_template("home/_game_and_bar.html", player=player, player_id=player_id, asked=asked + 1)


@blueprint.get("/home/pack")
@requires("pack.read")
def pack():
    """What a typed pack ID fills in: name, items, price, and what the price rule says of the price given."""
    number = request.args.get("pack_no", "").strip().upper()
    found = find_pack(number) if len(number) >= 2 else None
    price = as_decimal(request.args.get("price"))
    return render_template(
        "home/_pack.html", pack=found, number=number, price=price, verdict=price_verdict(found, price)
    )


@blueprint.get("/home/price")
@requires("pack.read")
def price():
    """What the price rule says of a price, as one types it."""
    found = find_pack(request.args.get("pack_no", "").strip().upper())
    return render_template(
        "home/_price_verdict.html", verdict=price_verdict(found, as_decimal(request.args.get("price")))
    )


def chosen_view() -> str:
    """The list's view: from the address, else the one that fits the role."""
    wanted = request.args.get("view", "")
    return wanted if wanted in VIEWS else "mine" if current.role == "agent" else "all"


def panes(player_id: str) -> dict:
    """The composed home of one player, ready for the templates."""
    home = compose_home(player_id=player_id)
    if not home.get("player") and "player" not in home["unavailable"]:
        abort(404)
    home["player_id"] = player_id
    home["timeline"] = timeline(home)
    home["tickets"] = {**home["tickets"], "items": few(home["tickets"]["items"])}
    return home


def few(tickets: list[dict]) -> list[dict]:
    """Every open ticket and the last three done ones; the rest is on the list page."""
    done = [ticket for ticket in tickets if ticket["status"] == "done"]
    return [ticket for ticket in tickets if ticket["status"] != "done"] + done[:3]


def regions(player_id: str) -> dict:
    """What the regions of a player show after a write: everything anew, each part missing on its own."""
    home = panes(player_id)
    names = ("player", "tickets", "sales", "resume", "suggestions", "guards", "unavailable", "player_id")
    return {"home": home, **{name: home[name] for name in names}}


def listing(view: str, cursor: str | None = None) -> dict:
    """Rows of pane A: {items, next_cursor, failed}; the list failing never takes the page with it."""
    source = {"open": _by_tickets, "follow": _by_touches}.get(view, _by_players)
    try:
        return {"failed": None, **source(view, cursor)}
    except Unavailable as error:
        return {"failed": error.service, "items": [], "next_cursor": None}


def _by_players(view: str, cursor: str | None) -> dict:
    filters: dict[str, dict] = {
        "mine": {"agent_id": current.id},
        "silent": {"agent_id": current.id, "silent_days[gte]": 7},
        "vip": {"vip_tier": "3,4"},
        "all": {},
    }
    page = api.get("/players", params=_page(filters[view], cursor)).json
    counts = open_counts()
    for row in page["items"]:
        row.update(counts.get(row["id"], {"open": 0, "overdue": 0}), at=row.get("last_contact_at"))
    return page


def _by_tickets(view: str, cursor: str | None) -> dict:
    filters = {"status": "pending,in_progress", "assignee_id": current.id, "sort": "due_at"}
    page = api.get("/tickets", params=_page(filters, cursor)).json
    return {
        **page,
        "items": _one_row_each(
            page["items"],
            lambda ticket: {"at": ticket["updated_at"], "open": 1, "overdue": int(bool(ticket.get("overdue")))},
        ),
    }


def _by_touches(view: str, cursor: str | None) -> dict:
    filters = {"staff_id": current.id, "next_at[gte]": clock.day_start(), "next_at[lte]": clock.day_start(1)}
    page = api.get("/touches", params=_page(filters, cursor)).json
    return {**page, "items": _one_row_each(page["items"], lambda touch: {"next_at": touch["next_at"]})}


def _page(filters: dict, cursor: str | None) -> dict:
    return {**filters, "limit": PAGE, **({"cursor": cursor} if cursor else {})}


def _one_row_each(records: list[dict], facts: Callable[[dict], dict]) -> list[dict]:
    """Tickets or touches as rows of players, each player once, counting its records; of who was merged, the survivor's."""
    rows: dict[str, dict] = {}
    for record in records:
        key = whose(record)
        row = rows.get(key)
        if row is None:
            rows[key] = {**(record.get("player") or {}), "id": key, **facts(record)}
        else:
            for key, value in facts(record).items():
                row[key] = row[key] + value if isinstance(value, int) else row[key]
    return list(rows.values())


def open_counts() -> dict[str, dict]:
    """{player: {open, overdue}} of the caller's own open tickets, for the badges; none when they cannot be read."""
    counts: dict[str, dict] = {}
    filters = {"status": "pending,in_progress", "assignee_id": current.id, "limit": 200}
    try:
        tickets = api.get("/tickets", params=filters).json["items"]
    except (Unavailable, Refused):
        return counts
    for ticket in tickets:
        row = counts.setdefault(whose(ticket), {"open": 0, "overdue": 0})
        row["open"] += 1
        row["overdue"] += bool(ticket.get("overdue"))
    return counts


def find_pack(number: str) -> dict | None:
    """The pack on sale with this number, or None."""
    if not number:
        return None
    try:
        hits = api.get("/packs", params={"no": number, "limit": 8}).json["items"]
    except Refused:
        return None
    return next((hit for hit in hits if hit["no"].upper() == number), None)


def price_verdict(found: dict | None, price: Decimal | None) -> str:
    """alone | ask | never | list: what the price rule will say of one pack's price."""
    if not found or price is None:
        return ""
    listed = Decimal(found["price"]["amount"])
    if price == listed:
        return "list"
    if price >= listed * ALONE:
        return "alone"
    return "ask" if price >= listed * NEVER else "never"


def timeline(home: dict, sessions: Sequence[dict] = ()) -> list[dict]:
    """Tickets, touches, orders and, where they were asked for, sessions in one line, newest first."""
    events = []
    for session in sessions:
        url = url_for("sessions.one", service_session_id=session["id"])
        events.append({"kind": "session", "at": session["opened_at"], "record": session, "url": url})
    for ticket in (home.get("tickets") or {}).get("items", []):
        events.append(
            {
                "kind": "ticket",
                "at": ticket["updated_at"],
                "record": ticket,
                "url": url_for("tickets.one", ticket_id=ticket["id"]),
            }
        )
    sales = home.get("sales") or {}
    for order in sales.get("orders", []):
        events.append(
            {
                "kind": "order",
                "at": order["placed_at"],
                "record": order,
                "url": url_for("orders.one", order_id=order["id"]),
            }
        )
    for touch in sales.get("touches", []):
        if not touch.get("order_id"):
            events.append({"kind": "touch", "at": touch["at"], "record": touch, "url": None})
    return sorted(events, key=lambda event: event["at"], reverse=True)[:8]
