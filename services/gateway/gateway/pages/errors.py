"""What a page says when something is refused, missing, away or broken; fragments get the same in small."""

from collections.abc import Iterable

from flask import Blueprint, Flask, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from chassis import context
from chassis.http import problems
from chassis.rules import Refusal
from gateway.clients import Refused, Unavailable
from gateway.pages.answers import go, wants_fragment
from gateway.pages.conflict import conflict

FORM_ERRORS = {400, 409, 413, 415, 422, 428, 429}


def register(blueprints: Iterable[Blueprint]) -> None:
    """Give every page blueprint these answers; the API keeps its own."""
    for blueprint in blueprints:
        blueprint.register_error_handler(Refused, refused)
        blueprint.register_error_handler(Unavailable, unavailable)
        blueprint.register_error_handler(HTTPException, http_error)
        blueprint.register_error_handler(Exception, broken)
        blueprint.register_error_handler(Refusal, forbidden)


def register_app(app: Flask) -> None:
    """Addresses that belong to nobody: a page for people, the problem document below /api/."""
    app.jinja_env.globals["wants_fragment"] = wants_fragment
    for code in (404, 405):
        app.register_error_handler(code, nobodys)


def nobodys(error: HTTPException) -> Response:
    """No route has this address, or not with this method."""
    if request.path.startswith(("/api/", "/oauth/", "/static/")):
        return problems.of_status(error.code or 404)
    return error_page(error.code or 404)


def broken(error: Exception) -> Response:
    """A mistake of ours: logged by the chassis with its trace, shown without it; a database that is away is a 503."""
    if isinstance(error, HTTPException):
        return http_error(error)
    answer = problems.of_database_error(error) if isinstance(error, DBAPIError) else problems.unexpected(error)
    return error_page(answer.status_code, context.current().request_id)


def refused(error: Refused) -> Response:
    """A service said no: the conflict dialogue, the form's errors, or a page."""
    if error.status == 412:
        return conflict(error.problem)
    if error.status == 401:
        return login_needed()
    if error.status in FORM_ERRORS and request.method == "POST":
        return form_error(error.problem, error.status)
    return error_page(error.status, error.problem.get("request_id"))


def form_error(problem: dict, status: int) -> Response:
    """Said above the form, which stays as it is with everything typed."""
    name = "errors/_problem.html" if wants_fragment() else "fragment_page.html"
    return make_response(render_template(name, fragment="errors/_problem.html", problem=problem, back=True), status)


def problem_of(refusal: Refusal) -> dict:
    """One of our own errors as the problem document a form shows."""
    language = g.get("language", "zh")
    words = {"title": refusal.title(language), "detail": refusal.detail(language)}
    return {"code": refusal.code, "status": refusal.status, **words, **refusal.members}


def unavailable(error: Unavailable) -> Response:
    """A service is away: its region says so with 重试, the rest of the page works."""
    name = "errors/_unavailable.html" if wants_fragment() else "errors/unavailable.html"
    return make_response(render_template(name, service=error.service), 503)


def forbidden(error: Refusal) -> Response:
    """The policy table said no, or nobody is signed in."""
    return login_needed() if error.status == 401 else error_page(error.status, None)


def http_error(error: HTTPException) -> Response:
    """403, 404 and the like, in the page's own look."""
    if error.code == 401:
        return login_needed()
    if error.code is None or error.code < 400:
        return error.get_response()
    return error_page(error.code, None)


def login_needed() -> Response:
    """htmx is told to log in over the page; everyone else is sent to the login."""
    if wants_fragment():
        return make_response("", 401)
    return go(url_for("login.show", next=request.full_path.rstrip("?")))


def error_page(status: int, request_id: str | None = None) -> Response:
    """A page for the status; unknown ones are shown as 500."""
    known = status if status in (400, 403, 404, 405, 413, 429) else 500
    name = "errors/_status.html" if wants_fragment() else "errors/page.html"
    return make_response(render_template(name, status=known, request_id=request_id, **texts(known)), status)


def texts(status: int) -> dict:
    """Title, sentence for one status."""
    return {
        400: {"title": _("这个请求看不懂"), "text": _("表单可能放得太久了。刷新后再试，写的字还在。")},
        403: {"title": _("你的角色做不了这件事"), "text": _("需要的话，请主管或管理员开通。")},
        404: {"title": _("没有找到"), "text": _("它可能被删了，或者不在你能看到的范围里。")},
        405: {"title": _("这个地址不能这样用"), "text": _("从左边的导航重新进入。")},
        413: {"title": _("内容太大"), "text": _("删短一些再提交。")},
        429: {"title": _("太频繁了"), "text": _("歇几秒再试。")},
        500: {"title": _("出错了"), "text": _("已经记下。重试一次；还不行就把请求编号发给值班。")},
    }[status]
