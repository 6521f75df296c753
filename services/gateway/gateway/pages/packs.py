"""Packs: the list, one pack, and the builder whose verdict is the service's own, line by line (C3–C6)."""

from decimal import Decimal
from itertools import zip_longest

from flask import Blueprint, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gateway.clients import Refused, Unavailable, api
from gateway.pages.answers import go, page, saved, shown, version, wants_fragment
from gateway.pages.filters import as_decimal, discount
from gateway.policies import requires

blueprint = Blueprint("packs", __name__)

TABS = {"sale": _l("在售"), "approve": _l("待审批"), "draft": _l("草稿"), "withdrawn": _l("已下架"), "all": _l("全部")}
STATES = {"sale": "on_sale", "approve": "awaiting_approval", "draft": "draft", "withdrawn": "withdrawn"}


@blueprint.get("/packs")
@requires("pack.read")
def index():
    """The list: ID, name, price, items."""
    tab = request.args.get("tab", "sale")
    filters = {"state": STATES.get(tab), "q": request.args.get("q"), "cursor": request.args.get("cursor"), "limit": 50}
    packs = api.get("/packs", params={name: value for name, value in filters.items() if value}).json
    return page("packs/index.html", "packs/_rows.html", tab=tab, tabs=TABS, packs=packs)


@blueprint.get("/packs/<pack_id>")
@requires("pack.read")
def one(pack_id):
    """One pack with the verdict it was saved under."""
    return page("packs/one.html", "packs/_one.html", pack=api.get(f"/packs/{pack_id}").json)


@blueprint.get("/packs/new")
@requires("pack.create")
def new():
    """An empty builder, or one for a player."""
    return _builder({"lines": [], "player_id": request.args.get("player_id")})


@blueprint.get("/packs/<pack_id>/edit")
@requires("pack.create")
def edit(pack_id):
    """The builder over a pack; saving one on sale makes its next revision."""
    return _builder(api.get(f"/packs/{pack_id}").json)


@blueprint.get("/packs/items")
@requires("item.read")
def items():
    """The items to choose from, as one types."""
    return render_template("packs/_items.html", items=_items(), chosen=request.args.getlist("line_id"))


@blueprint.post("/packs/build")
@requires("pack.create")
def build():
    """The builder after an item was added or taken out; nothing is saved."""
    pack = _typed_pack()
    if request.form.get("add"):
        _add(pack["lines"], request.form["add"])
    pack["lines"] = [line for line in pack["lines"] if line["item_id"] != request.form.get("remove")]
    if not wants_fragment():
        return _builder(pack)
    return render_template("packs/_body.html", pack=pack, **_judged(pack))


@blueprint.post("/packs/preview")
@requires("pack.create")
def preview():
    """The verdict for what is typed now: the same that saving would give."""
    pack = _typed_pack()
    return shown("packs/_verdict_and_sums.html", pack=pack, **_judged(pack))


@blueprint.post("/packs")
@requires("pack.create")
def create():
    """Save a new pack; `do=publish` puts it on sale or sends it to the supervisor."""
    pack = api.post("/packs", json=_body(), key=request.form.get("key")).json
    return _saved(pack)


@blueprint.post("/packs/<pack_id>")
@requires("pack.create")
def save(pack_id):
    """Change a pack from the version it was opened in."""
    return _saved(api.patch(f"/packs/{pack_id}", json=_body(), version=version()).json)


@blueprint.post("/packs/<pack_id>/<any(publish, withdraw):step>")
@requires("pack.publish")
def move(pack_id, step):
    """Put on sale, or take off."""
    pack = api.post(f"/packs/{pack_id}/{step}", json={}, version=version()).json
    return _shown(
        pack, _("已上架") if pack["state"] == "on_sale" else _("已送审") if step == "publish" else _("已下架")
    )


@blueprint.post("/packs/<pack_id>/approve")
@requires("pack.approve")
def approve(pack_id):
    """The supervisor's word on a discount beyond the agent's limit."""
    return _shown(api.post(f"/packs/{pack_id}/approve", json={}, version=version()).json, _("已批准，已上架"))


def _shown(pack: dict, text: str) -> Response:
    return saved("packs/_one.html", back=url_for(".one", pack_id=pack["id"]), text=text, pack=pack)


def _saved(pack: dict) -> Response:
    text = _("已保存 %(no)s", no=pack["no"])
    if request.form.get("do") == "publish" and pack["state"] == "draft":
        pack = api.post(f"/packs/{pack['id']}/publish", json={}, version=pack["version"]).json
        text = (
            _("%(no)s 已上架", no=pack["no"]) if pack["state"] == "on_sale" else _("%(no)s 已送主管审批", no=pack["no"])
        )
    return go(url_for(".one", pack_id=pack["id"]), text)


def _builder(pack: dict) -> str:
    return render_template(
        "packs/builder.html",
        pack=pack,
        items=_items(),
        **_judged(pack),
        chosen=[line["item_id"] for line in pack["lines"]],
    )


def _judged(pack: dict) -> dict:
    """{verdict, scale, problem}: the service's verdict, or why there is none yet."""
    if not pack["lines"]:
        return {"verdict": None, "scale": None, "problem": None}
    try:
        verdict = api.post("/packs/preview", json=_terms(pack)).json
    except Refused as refused:
        return {"verdict": None, "scale": None, "problem": refused.problem}
    return {"verdict": verdict, "scale": _scale(verdict), "problem": None}


def _terms(pack: dict) -> dict:
    """Lines and either price or discount, as the service takes them; without either, the plain sum."""
    lines = [{"item_id": line["item_id"], "quantity": line["quantity"]} for line in pack["lines"]]
    if pack.get("by") == "discount" and pack.get("discount") is not None:
        return {"lines": lines, "discount": pack["discount"]}
    if pack.get("price"):
        return {"lines": lines, "price": pack["price"]}
    return {"lines": lines, "discount": "0"}


def _body() -> dict:
    """The builder's form as the service takes it."""
    pack = _typed_pack()
    body = {"name": pack["name"], **_terms(pack)}
    return {**body, **{name: pack[name] for name in ("note", "player_id") if pack.get(name)}}


def _typed_pack() -> dict:
    """What the builder's form holds, in the shape of a pack."""
    form = request.form
    price, off = as_decimal(form.get("price")), _fraction_off(form.get("discount"))
    return {
        "id": form.get("id"), "no": form.get("no"), "version": form.get("version"), "revision": form.get("revision"),
        "state": form.get("state", "draft"), "name": form.get("name", "").strip(), "note": form.get("note", "").strip(),
        "player_id": form.get("player_id"), "by": form.get("by"), "lines": _typed_lines(form),
        "price": {"amount": f"{price:.2f}", "currency": "CNY"} if price is not None else None,
        "discount": str(off) if off is not None else None,
    }  # fmt: skip


def _typed_lines(form: MultiDict) -> list[dict]:
    """The lines as typed; names and prices only go along to be shown again, the service takes its own."""
    columns = (form.getlist(f"line_{name}") for name in ("id", "no", "name", "category", "price", "quantity"))
    return [
        {"item_id": item_id, "no": no, "name": name, "category": category, "quantity": _whole(quantity),
         "unit_price": {"amount": price, "currency": "CNY"}}
        for item_id, no, name, category, price, quantity in zip_longest(*columns, fillvalue="")
    ]  # fmt: skip


def _whole(text: str) -> int:
    return int(text) if text.strip().isdigit() else 1


def _fraction_off(text: str | None) -> Decimal | None:
    """8.5 (折) or 15 (% off, in English) as the fraction taken off."""
    number = as_decimal(text)
    if number is None:
        return None
    in_chinese = str(get_locale() or "zh").startswith("zh")
    return (1 - number / 10 if in_chinese else number / 100).quantize(Decimal("0.0001"))


def _add(lines: list[dict], item_id: str) -> None:
    """One more line, or one more of a line that is there."""
    line = next((line for line in lines if line["item_id"] == item_id), None)
    if line:
        line["quantity"] += 1
        return
    item = api.get(f"/items/{item_id}").json
    lines.append(
        {
            "item_id": item["id"],
            "no": item["no"],
            "name": item["name"],
            "category": item.get("category"),
            "unit_price": item["price"],
            "quantity": 1,
        }
    )


def _items() -> dict:
    filters = {
        "q": request.args.get("item_q"),
        "category": request.args.get("category"),
        "state": "on_sale",
        "limit": 60,
    }
    try:
        return api.get("/items", params={name: value for name, value in filters.items() if value}).json
    except Unavailable:
        return {"items": [], "next_cursor": None}


def _scale(verdict: dict) -> dict | None:
    """Where the price lies between the limits of the discount rules, in hundredths of the sum."""
    total, price = Decimal(verdict["sum"]["amount"]), Decimal(verdict["price"]["amount"])
    if not total:
        return None
    free, final = _limits()
    at = max(Decimal(0), min(Decimal(1), price / total))
    return {
        "at": round(at * 100, 1),
        "free": round((1 - free) * 100),
        "final": round((1 - final) * 100),
        "free_text": discount(free),
        "final_text": discount(final),
        "free_price": f"{total * (1 - free):.2f}",
    }


def _limits() -> tuple[Decimal, Decimal]:
    """The tightest active discount limits: what an agent may alone, what a supervisor may."""
    try:
        rules = api.get("/discount-rules", params={"limit": 50}).json["items"]
    except (Refused, Unavailable):
        rules = []
    active = [rule for rule in rules if rule["active"] and rule["kind"] == "max_discount"]
    free = min((Decimal(rule["free_limit"]) for rule in active if rule["free_limit"]), default=Decimal(0))
    final = min((Decimal(rule["approval_limit"]) for rule in active if rule["approval_limit"]), default=free)
    return free, final
