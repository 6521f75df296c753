"""My account: password, language, theme, letter keys."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gateway import identity
from gateway.clients import api
from gateway.pages.answers import inner, saved, wants_fragment
from gateway.pages.errors import form_error, problem_of
from gateway.policies import requires

blueprint = Blueprint("account", __name__)


@blueprint.get("/account")
@requires("own")
def index():
    """The page."""
    factor, sessions = api.get("/me/second-factor").json, api.get("/me/sessions").json["items"]
    return render_template("account/index.html", factor=factor, sessions=sessions)


@blueprint.post("/account/preferences")
@requires("own")
def preferences():
    """Keep the theme, the language or the letter keys; the rest stays as it is."""
    chosen: dict = {name: request.form[name] for name in ("theme", "locale") if request.form.get(name)}
    if "letter_keys" in request.form:
        chosen["letter_keys"] = request.form["letter_keys"] == "on"
    identity.save_preferences(**chosen)
    if wants_fragment():
        return make_response("", 204)
    return redirect(inner(request.form.get("back"), url_for(".index")), 303)


@blueprint.post("/account/password")
@requires("own")
def password():
    """Change the password; other logins of the same person end."""
    refusal = identity.change_password(request.form.get("password_old", ""), request.form.get("password_new", ""))
    if refusal:
        return form_error(problem_of(refusal), 422)
    return saved("account/_password.html", back=url_for(".index"), text=_("密码已改"))
