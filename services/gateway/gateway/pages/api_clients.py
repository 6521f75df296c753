"""API clients under the settings: listed, made, changed, given secrets, revoked."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.identity.scopes import SCOPES
from gateway.pages.answers import go, shown, typed, version
from gateway.pages.departments import all_departments
from gateway.policies import requires

blueprint = Blueprint("api_clients", __name__, url_prefix="/settings/api-clients")


@blueprint.get("")
@requires("api_client.read")
def index():
    """All of them, with their last use."""
    clients = api.get("/api-clients", params={"limit": 200}).json["items"]
    return render_template("api_clients/index.html", clients=clients, departments=all_departments())


@blueprint.get("/new")
@requires("api_client.write")
def new():
    """The form for a new one."""
    return shown("api_clients/_form.html", client=None, departments=all_departments(), scopes=SCOPES)


@blueprint.get("/<client_id>")
@requires("api_client.write")
def one(client_id):
    """One client: its form, its secrets, its end."""
    client = api.get(f"/api-clients/{client_id}").json
    return render_template("api_clients/one.html", client=client, departments=all_departments(), scopes=SCOPES)


@blueprint.post("")
@requires("api_client.write")
def create():
    """Add one; its secret is shown this once."""
    return _secret(api.post("/api-clients", json=_fields(), key=request.form.get("key")).json)


@blueprint.post("/<client_id>")
@requires("api_client.write")
def save(client_id):
    """Change one from the version the form was made from."""
    api.patch(f"/api-clients/{client_id}", json=_fields(), version=version())
    return go(url_for(".one", client_id=client_id), _("已保存"))


@blueprint.post("/<client_id>/secrets")
@requires("api_client.write")
def add_secret(client_id):
    """A second secret, shown this once."""
    return _secret(api.post(f"/api-clients/{client_id}/secrets", json={}).json)


@blueprint.post("/<client_id>/secrets/<uuid:secret_id>/remove")
@requires("api_client.write")
def remove_secret(client_id, secret_id):
    """Take a secret away."""
    api.delete(f"/api-clients/{client_id}/secrets/{secret_id}", version=None)
    return go(url_for(".one", client_id=client_id), _("密钥已删除"))


@blueprint.post("/<client_id>/revoke")
@requires("api_client.write")
def revoke(client_id):
    """End it for good."""
    client = api.post(f"/api-clients/{client_id}/revoke", version=version()).json
    return go(url_for(".index"), _("%(name)s 已吊销", name=client["name"]))


def _secret(client: dict) -> Response:
    return shown("api_clients/_secret.html", client=client, token_url=url_for("oauth.token", _external=True))


def _fields() -> dict:
    """The fields of the form; addresses one a line, an empty limit is none."""
    limit = request.form.get("rate_per_minute", "").strip()
    return {
        **typed("name"),
        "scopes": request.form.getlist("scopes"),
        "department_id": request.form.get("department_id") or None,
        "addresses": request.form.get("addresses", "").split(),
        "rate_per_minute": int(limit) if limit.isdigit() else None,
        "expires_at": f"{request.form['expires_on']}T23:59:59+08:00" if request.form.get("expires_on") else None,
    }
