"""One's own second factor: set up with an app, recovery codes, given up."""

import io

import segno
from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, shown
from gateway.policies import requires

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")


@blueprint.get("")
@requires("own")
def index():
    """What it is, and where it begins."""
    return render_template("second_factor/index.html", factor=api.get("/me/second-factor").json)


@blueprint.post("/start")
@requires("own")
def start():
    """A new secret, shown as a QR code and in letters."""
    typed = request.form.get("password", "")
    begun = api.post("/me/second-factor", json={"password": typed} if typed else {}).json
    return shown("second_factor/_scan.html", **begun, picture=_picture(begun["address"]))


@blueprint.post("/confirm")
@requires("own")
def confirm():
    """Confirm it by a code; shows the recovery codes, this once."""
    return _codes(api.post("/me/second-factor/confirm", json=_code()).json)


@blueprint.post("/recovery-codes")
@requires("own")
def recovery_codes():
    """New recovery codes in place of those of before."""
    return _codes(api.post("/me/second-factor/recovery-codes", json=_code()).json)


@blueprint.post("/remove")
@requires("own")
def remove():
    """Do without."""
    api.post("/me/second-factor/remove", json=_code())
    return go(url_for("account.index"), _("两步验证已关闭"))


def _codes(found: dict) -> Response:
    return shown("second_factor/_codes.html", codes=found["recovery_codes"])


def _code() -> dict:
    return {"otp": request.form.get("otp", "").strip()}


def _picture(address: str) -> Markup:
    """The QR code as inline SVG: black on white in any theme, for cameras; made of attributes alone, no style."""
    out = io.BytesIO()
    drawn = {"scale": 5, "border": 4, "light": "white", "svgclass": "pd-qr", "lineclass": None}
    segno.make(address, error="m").save(out, kind="svg", xmldecl=False, svgns=True, title=_("设置用的二维码"), **drawn)
    return Markup(out.getvalue().decode())  # noqa: S704 - made by us of an address of ours
