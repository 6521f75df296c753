"""Sensitive words under the settings: what is masked in messages (T31)."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from gateway.clients import api
from gateway.pages.answers import go, page, shown, typed, version
from gateway.policies import requires

blueprint = Blueprint("sensitive_word_pages", __name__, url_prefix="/settings/sensitive-words")


@blueprint.get("")
@requires("sensitive_word.read")
def index():
    """The list, the newest first."""
    asked = {name: request.args[name] for name in ("kind", "cursor") if request.args.get(name)}
    words = api.get("/sensitive-words", params={**asked, "limit": 100}).json
    return page("sensitive_words/index.html", "sensitive_words/_rows.html", words=words)


@blueprint.get("/new")
@requires("sensitive_word.write")
def new():
    """The form for a new word."""
    return shown("sensitive_words/_form.html", word=None)


@blueprint.get("/<uuid:word_id>")
@requires("sensitive_word.write")
def edit(word_id):
    """The form of one word."""
    return shown("sensitive_words/_form.html", word=api.get(f"/sensitive-words/{word_id}").json)


@blueprint.post("")
@requires("sensitive_word.write")
def create():
    """Put a word on the list."""
    api.post("/sensitive-words", json=typed("word", "kind"), key=request.form.get("key"))
    return go(url_for(".index"), _("已加入，从下一条消息起屏蔽"))


@blueprint.post("/<uuid:word_id>")
@requires("sensitive_word.write")
def save(word_id):
    """Change a word or its kind."""
    api.patch(f"/sensitive-words/{word_id}", json=typed("word", "kind"), version=version())
    return go(url_for(".index"), _("已保存"))


@blueprint.post("/<uuid:word_id>/remove")
@requires("sensitive_word.write")
def remove(word_id):
    """Take a word off the list; it can be put back at once."""
    word = api.get(f"/sensitive-words/{word_id}").json
    api.delete(f"/sensitive-words/{word_id}", version=version())
    undo = {"url": url_for(".create"), "fields": {"word": word["word"], "kind": word["kind"]}}
    return go(url_for(".index"), _("已删除"), undo)
