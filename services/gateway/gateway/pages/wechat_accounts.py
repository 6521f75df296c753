"""The WeChat accounts on studio phones under the settings: whose each is, and whose it was."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import page
from gateway.policies import requires

blueprint = Blueprint("wechat_account_pages", __name__, url_prefix="/settings/wechat-accounts")


@blueprint.get("")
@requires("staff.read")
def index() -> str | Response:
    """All of them, with the one who has each now."""
    asked = {name: request.args[name] for name in ("staff_id", "cursor") if request.args.get(name)}
    accounts = api.get("/wechat-accounts", params={**asked, "limit": 50}).json
    return page("wechat_accounts/index.html", "wechat_accounts/_rows.html", accounts=accounts)


@blueprint.get("/<uuid:account_id>")
@requires("staff.read")
def one(account_id: str) -> str:
    """One account and everybody it belonged to."""
    account = api.get(f"/wechat-accounts/{account_id}").json
    spans = api.get(f"/wechat-accounts/{account_id}/holders").json["items"]
    return render_template("wechat_accounts/one.html", account=account, spans=spans)
