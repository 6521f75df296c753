"""The knowledge base: found and read by all, written, reviewed and published by some; and found from within a ticket (T25)."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity import current
from gateway.pages.answers import go, page, saved, shown, typed, version
from gateway.policies import requires

blueprint = Blueprint("articles", __name__)

TABS = {
    "published": _l("已发布"),
    "draft": _l("草稿"),
    "review": _l("待审核"),
    "archived": _l("已归档"),
}
STEPS = {
    "submit": _l("已提交审核"),
    "publish": _l("已发布"),
    "archive": _l("已归档"),
    "restore": _l("已恢复为草稿"),
}


@blueprint.get("/articles")
@requires("article.read")
def index():
    """The list: what is published; and the other tabs for who writes."""
    tabs = TABS if current.can("article.write") else {"published": TABS["published"]}
    tab = request.args.get("tab", "published")
    tab = tab if tab in tabs else "published"
    which = {"published": "true"} if tab == "published" else {"state": tab}
    asked = {name: request.args.get(name) for name in ("q", "category", "cursor")}
    found = api.get("/articles", params={**which, **asked, "limit": 50}).json
    return page("articles/index.html", "articles/_rows.html", articles=found, tab=tab, tabs=tabs)


@blueprint.get("/articles/new")
@requires("article.write")
def new():
    """An empty editor."""
    return render_template("articles/edit.html", article=None)


@blueprint.post("/articles")
@requires("article.write")
def create():
    """Keep a new draft."""
    made = api.post("/articles", json=typed("title", "body", "category"), key=request.form.get("key")).json
    return go(url_for(".one", article_id=made["id"]), _("草稿已保存"))


@blueprint.get("/articles/<uuid:article_id>")
@requires("article.read")
def one(article_id):
    """One article with what was published of it before."""
    return page("articles/one.html", "articles/_one.html", **_whole(api.get(f"/articles/{article_id}").json))


@blueprint.get("/articles/<uuid:article_id>/edit")
@requires("article.write")
def edit(article_id):
    """The editor."""
    return render_template("articles/edit.html", article=api.get(f"/articles/{article_id}").json)


@blueprint.post("/articles/<uuid:article_id>")
@requires("article.write")
def save(article_id):
    """Keep what was typed."""
    api.patch(f"/articles/{article_id}", json=typed("title", "body", "category"), version=version())
    return go(url_for(".one", article_id=article_id), _("草稿已保存"))


@blueprint.post("/articles/<uuid:article_id>/submit")
@requires("article.write")
def submit(article_id):
    """Hand it in for review."""
    return _step(article_id, "submit")


@blueprint.post("/articles/<uuid:article_id>/<any(publish, archive, restore):step>")
@requires("article.publish")
def move(article_id, step):
    """Publish it, put it into the archive or take it out."""
    return _step(article_id, step)


@blueprint.post("/articles/<uuid:article_id>/return")
@requires("article.publish")
def give_back(article_id):
    """Send it back from review, with the reason."""
    article = api.post(f"/articles/{article_id}/return", json=typed("reason"), version=version()).json
    return _changed(article, _("已退回"))


@blueprint.post("/tickets/<ticket_id>/article")
@requires("article.write")
def from_ticket(ticket_id):
    """Draft an article out of a ticket's solution, and open it in the editor."""
    made = api.post("/articles", json={"ticket_id": ticket_id}).json
    return go(url_for(".edit", article_id=made["id"]), _("已按解决方案写成草稿，请去掉玩家的个人信息"))


@blueprint.get("/tickets/<ticket_id>/articles")
@requires("article.read")
def for_ticket(ticket_id):
    """The box in a ticket: what fits its question, or what was typed; each can be put into the solution."""
    q = request.args.get("q", "").strip()
    ticket = api.get(f"/tickets/{ticket_id}").json
    query = {"q": q, "published": "true"} if q else {"ticket_id": ticket_id}
    found = api.get("/articles", params={**query, "limit": 8}).json["items"]
    template = "articles/_hits.html" if "q" in request.args else "articles/_box.html"
    return shown(template, ticket=ticket, articles=found, q=q)


def _step(article_id: str, step: str) -> Response:
    article = api.post(f"/articles/{article_id}/{step}", version=version()).json
    return _changed(article, str(STEPS[step]))


def _changed(article: dict, text: str) -> Response:
    """Read anew: who published it is in no answer to a change."""
    found = api.get(f"/articles/{article['id']}").json
    back = url_for(".one", article_id=article["id"])
    return saved("articles/_one.html", back=back, text=text, **_whole(found))


def _whole(article: dict) -> dict:
    revisions = api.get(f"/articles/{article['id']}/revisions").json["items"]
    return {"article": article, "revisions": revisions}
