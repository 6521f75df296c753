"""Signing in and out, in one step or two, and signing in again over a page whose login has run out."""

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from gateway import identity
from gateway.pages.answers import inner
from gateway.pages.errors import problem_of
from gateway.policies import public, requires

blueprint = Blueprint("login", __name__)


@blueprint.get("/login")
@public
def show():
    """The login page; `next` is where one wanted to go."""
    return login_page(inner(request.args.get("next"), "/"))


@blueprint.post("/login")
@public
def submit():
    """Check number and password; the answer never says which of them was wrong."""
    staff_no, onward = request.form.get("staff_no", "").strip(), inner(request.form.get("next"), "/")
    refusal = identity.first_step(staff_no, request.form.get("password", ""))
    if refusal and refusal.code == "otp_required":
        return redirect(url_for(".code", next=onward), 303)
    if refusal:
        return login_page(onward, problem_of(refusal), staff_no), refusal.status
    return redirect(onward, 303)


def login_page(onward: str, problem: dict | None = None, staff_no: str = "") -> str:
    """The page of the first step."""
    settings, wecom = current_app.extensions["playdesk"].settings, current_app.extensions["playdesk_wecom"]
    ways = {"oidc": bool(settings.oidc_issuer), "wecom": wecom.offered}
    return render_template("login/login.html", next=onward, problem=problem, staff_no=staff_no, ways=ways)


@blueprint.get("/login/code")
@public
def code():
    """The page of the second step; whoever has not done the first one is sent to it."""
    onward = inner(request.args.get("next"), "/")
    if "step" not in session:
        return redirect(url_for(".show", next=onward), 303)
    return render_template("login/code.html", next=onward, problem=None)


@blueprint.post("/login/code")
@public
def check_code():
    """Check the code of the second factor, or a recovery code."""
    onward = inner(request.form.get("next"), "/")
    refusal = identity.second_step(request.form.get("otp", "")[:40])
    if refusal is None:
        return redirect(onward, 303)
    if refusal.code == "otp_required":
        flash(_("等得太久了，请重新登录。"))
        return redirect(url_for(".show", next=onward), 303)
    return render_template("login/code.html", next=onward, problem=problem_of(refusal)), refusal.status


@blueprint.get("/login/again")
@public
def token():
    """A fresh CSRF token for the dialogue: the page's own may be as old as the login."""
    return jsonify(csrf_token=generate_csrf())


@blueprint.post("/login/again")
@public
def again():
    """The same for the dialogue over a page, in one step; answers with a fresh CSRF token."""
    form = request.form
    refusal = identity.sign_in(form.get("staff_no", "").strip(), form.get("password", ""), form.get("otp", "")[:40])
    if refusal:
        return jsonify(code=refusal.code, text=problem_of(refusal)["title"]), 401
    return jsonify(csrf_token=generate_csrf())


@blueprint.post("/logout")
@requires("own")
def sign_out():
    """End the login here."""
    identity.sign_out()
    flash(_("已退出登录"))
    return redirect(url_for(".show"), 303)
