"""Long work: one's own exports and imports, how far they are, what came of them; and the form that sends a file."""

from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.clients import api
from gateway.pages.answers import go, page, saved
from gateway.policies import OWN, requires

blueprint = Blueprint("jobs", __name__)

OPEN = ("queued", "running")
UPLOADS = frozenset({"jobs.send", "jobs.send_staff", "staff-imports.ask"})  # what takes files of up to 20 MiB


@blueprint.get("/jobs")
@requires(OWN)
def index():
    """One's own jobs, the newest first; looked at again by itself as long as one goes on."""
    return page("jobs/index.html", "jobs/_rows.html", **_jobs())


@blueprint.post("/jobs/<uuid:job_id>/cancel")
@requires(OWN)
def cancel(job_id):
    """Cancel a job that waits or runs."""
    api.post(f"/jobs/{job_id}/cancel", json=None)
    return saved("jobs/_rows.html", back=url_for(".index"), text=_("已取消"), **_jobs())


@blueprint.get("/players/imports")
@requires("player.import")
def form():
    """The form that sends a table of players."""
    return render_template("jobs/import.html")


@blueprint.post("/players/imports")
@requires("player.import")
def send():
    """Take the file: tried first, or for good."""
    return _sent("/players/imports")


@blueprint.post("/jobs/<uuid:job_id>/import")
@requires("player.import")
def run(job_id):
    """Import for good the file of a trial."""
    api.post(f"/players/imports?{urlencode({'of': str(job_id)})}", json=None)
    return go(url_for(".index"), _("正在导入"))


@blueprint.get("/settings/staff/import")
@requires("staff.write")
def staff_form():
    """The form that sends a table of staff."""
    return render_template("jobs/import_staff.html")


@blueprint.post("/settings/staff/import")
@requires("staff.write")
def send_staff():
    """Take the file: tried first, or for good."""
    return _sent("/staff/imports")


@blueprint.post("/jobs/<uuid:job_id>/import-staff")
@requires("staff.write")
def run_staff(job_id):
    """Import for good the staff of a trial."""
    api.post(f"/staff/imports?{urlencode({'of': str(job_id)})}", json=None)
    return go(url_for(".index"), _("正在导入"))


def ask_export(path: str, filters: dict) -> Response:
    """Export what a list shows under these filters."""
    asked = {
        name: value for name, value in filters.items() if name not in ("limit", "cursor") and value not in (None, "")
    }
    api.post(f"{path}?{urlencode(asked)}" if asked else path, json={"format": request.form.get("format", "xlsx")})
    return go(url_for("jobs.index"), _("已开始导出，好了就在这里下载"))


def _sent(path: str) -> Response:
    file = request.files.get("file")
    content = (file.filename or "", file.read(), file.mimetype or "application/octet-stream") if file else ("", b"", "")
    trial = request.form.get("run") != "import"
    api.send(f"{path}?dry_run={'true' if trial else 'false'}", content)
    return go(url_for("jobs.index"), _("文件已收到，正在试跑") if trial else _("文件已收到，正在导入"))


def _jobs() -> dict:
    asked = {name: request.args[name] for name in ("cursor",) if request.args.get(name)}
    jobs = api.get("/jobs", params={**asked, "limit": 50}).json
    return {"jobs": jobs, "going_on": any(job["state"] in OPEN for job in jobs["items"])}
