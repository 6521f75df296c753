"""Options under the settings: by list, in their order; added, called otherwise, moved, retired, restored, removed (G9)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.options.option import BUILT_IN
from gateway.pages.answers import go, page, saved, shown, typed, version
from gateway.pages.labels import options
from gateway.policies import requires

blueprint = Blueprint("option_pages", __name__, url_prefix="/settings/options")


@blueprint.get("")
@requires("option.read")
def index() -> str:
    """One list; alone where htmx asks for it anew."""
    name, lists = _asked(), dict(options("option_list"))
    return page("options/index.html", "options/_list.html", name=name, lists=lists, found=_list(name))


@blueprint.get("/new")
@requires("option.write")
def new() -> Response:
    """The form for a code of one's own."""
    return shown("options/_form.html", option={"list": _asked()}, made=False)


@blueprint.get("/<uuid:option_id>")
@requires("option.write")
def edit(option_id: str) -> Response:
    """The form of one option."""
    return shown("options/_form.html", option=api.get(f"/options/{option_id}").json, made=True)


@blueprint.post("")
@requires("option.write")
def create() -> Response:
    """Add a code."""
    option = api.post("/options", json=typed("list", "code", "zh", "en"), key=request.form.get("key")).json
    return go(url_for(".index", list=option["list"]), _("已新建 %(no)s", no=option["code"]))


@blueprint.post("/<uuid:option_id>")
@requires("option.write")
def save(option_id: str) -> Response:
    """Call an option otherwise."""
    option = api.patch(f"/options/{option_id}", json=typed("zh", "en"), version=version()).json
    return go(url_for(".index", list=option["list"]), _("已保存"))


@blueprint.post("/<uuid:option_id>/<any(retire, restore):step>")
@requires("option.write")
def offer(option_id: str, step: str) -> Response:
    """Offer an option no more, or again."""
    option = api.patch(f"/options/{option_id}", json={"active": step == "restore"}, version=version()).json
    other = "retire" if step == "restore" else "restore"
    undo = _undo(option, url_for(".offer", option_id=option_id, step=other))
    return _changed(option, _("已恢复") if step == "restore" else _("已停用，用了它的记录照常显示"), undo)


@blueprint.post("/<uuid:option_id>/place")
@requires("option.write")
def place(option_id: str) -> Response:
    """Put an option at another place of its list."""
    before = api.get(f"/options/{option_id}").json["position"]
    wanted = request.form.get("position", "")
    option = api.patch(
        f"/options/{option_id}", json={"position": int(wanted) if wanted.isdigit() else 0}, version=version()
    ).json
    undo = _undo(option, url_for(".place", option_id=option_id), position=before)
    return _changed(option, _("已移动"), undo)


@blueprint.post("/<uuid:option_id>/remove")
@requires("option.write")
def remove(option_id: str) -> Response:
    """Remove a retired code that nothing has had, after the confirmation."""
    name = api.get(f"/options/{option_id}").json["list"]
    api.delete(f"/options/{option_id}", version=version())
    return go(url_for(".index", list=name), _("已删除"))


def _asked() -> str:
    name = request.args.get("list", "")
    return name if name in BUILT_IN else next(iter(BUILT_IN))


def _list(name: str) -> list[dict]:
    found: list[dict] = api.get("/options", params={"list": name, "limit": 200}).json["items"]
    return found


def _undo(option: dict, url: str, **fields: object) -> dict:
    return {"url": url, "target": "#option-list", "fields": {**fields, "version": option["version"]}}


def _changed(option: dict, text: str, undo: dict) -> Response:
    back = url_for(".index", list=option["list"])
    return saved(
        "options/_list.html", back=back, text=text, undo=undo, name=option["list"], found=_list(option["list"])
    )
