"""Where one is signed in, and where others are: listed, and ended."""

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _

from gateway.clients import api
from gateway.pages.answers import go
from gateway.policies import requires

blueprint = Blueprint("logins", __name__)


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@requires("own")
def end_own(session_id):
    """End one of one's own logins."""
    api.delete(f"/me/sessions/{session_id}", version=None)
    return go(url_for("account.index"), _("那次登录已结束"))


@blueprint.post("/account/sessions/end")
@requires("own")
def end_others():
    """End all of one's own logins but this one."""
    api.delete("/me/sessions", version=None)
    return go(url_for("account.index"), _("其他登录都已结束"))


@blueprint.get("/settings/staff/<staff_id>/logins")
@requires("staff.write")
def of_staff(staff_id):
    """Where somebody is signed in, and whether they have a second factor."""
    person, factor = api.get(f"/staff/{staff_id}").json, api.get(f"/staff/{staff_id}/second-factor").json
    sessions = api.get(f"/staff/{staff_id}/sessions").json["items"]
    bound = api.get(f"/staff/{staff_id}/identities").json["items"]
    return render_template("settings/logins.html", person=person, factor=factor, sessions=sessions, bound=bound)


@blueprint.post("/settings/staff/<staff_id>/identities/remove")
@requires("staff.write")
def unbind(staff_id):
    """Take somebody apart from what identity providers call them."""
    api.delete(f"/staff/{staff_id}/identities", version=None)
    return go(url_for(".of_staff", staff_id=staff_id), _("已解除绑定"))


@blueprint.post("/settings/staff/<staff_id>/sessions/end")
@requires("staff.write")
def end_all_of_staff(staff_id):
    """End all logins of somebody."""
    api.delete(f"/staff/{staff_id}/sessions", version=None)
    return go(url_for(".of_staff", staff_id=staff_id), _("登录都已结束"))


@blueprint.post("/settings/staff/<staff_id>/sessions/<uuid:session_id>/end")
@requires("staff.write")
def end_of_staff(staff_id, session_id):
    """End one login of somebody."""
    api.delete(f"/staff/{staff_id}/sessions/{session_id}", version=None)
    return go(url_for(".of_staff", staff_id=staff_id), _("那次登录已结束"))


@blueprint.post("/settings/staff/<staff_id>/second-factor/reset")
@requires("staff.write")
def reset_factor(staff_id):
    """Take away the second factor of somebody who lost it."""
    api.delete(f"/staff/{staff_id}/second-factor", version=None)
    return go(url_for(".of_staff", staff_id=staff_id), _("两步验证已重置，登录都已结束"))
