"""The state folder: everything a suite on this machine keeps between two starts."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class AlreadyRunning(RuntimeError):
    """Somebody else works in this folder right now."""


def default_folder() -> Path:
    """`PLAYDESK_STATE`, or `.playdesk/` at the root of the repository."""
    return Path(os.environ.get("PLAYDESK_STATE") or ROOT / ".playdesk").absolute()


class State:
    """Named values kept as small JSON files (0600) in one folder (open to be passed through, not to be read)."""

    def __init__(self, folder: Path | str | None = None):
        self.folder = Path(folder).absolute() if folder else default_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL runs as `nobody` when we are root, and must get through
        self._lock: int | None = None
        self._writing = threading.RLock()  # the bus starts on a thread of its own

    def path(self, name: str) -> Path:
        return self.folder / name

    def read(self, name: str) -> dict[str, Any]:
        """The values kept under `name`; empty when there are none."""
        try:
            return json.loads(self.path(f"{name}.json").read_text())
        except FileNotFoundError:
            return {}

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Replace the values under `name` in one step, readable by us alone."""
        new = self.path(f"{name}.json.new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(values, file, indent=1)
        new.replace(self.path(f"{name}.json"))

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """The secret `name`, made by `make()` the first time it is asked for."""
        with self._writing:
            secrets = self.read("secrets")
            if name not in secrets:
                secrets[name] = make()
                self.write("secrets", secrets)
            return secrets[name]

    def update(self, name: str, **values: Any) -> None:
        """Change some of the values under `name`."""
        with self._writing:
            self.write(name, {**self.read(name), **values})

    def outside(self, folder: Path) -> Path:
        """Remember a folder of ours that had to lie elsewhere, so that `remove` takes it away too."""
        known = self.read("outside").get("folders", [])
        if str(folder) not in known:
            self.update("outside", folders=[*known, str(folder)])
        return folder

    def lock(self, message: str) -> None:
        """Hold the folder until `unlock` or our end; `AlreadyRunning(message)` when another one does."""
        if self._lock is not None:
            return
        handle = os.open(self.path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunning(message) from None
        self._lock = handle

    def running(self) -> dict[str, Any]:
        """What the suite that runs from here says of itself; empty when none does, whatever a killed one left."""
        try:
            self.lock("")
        except AlreadyRunning:
            return self.read("running")
        self.unlock()
        return {}

    def unlock(self) -> None:
        """Let others use the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """Delete the folder and what was kept outside it; `AlreadyRunning` while a suite runs from it."""
        self.lock("the suite is running from this folder; stop it first")
        for folder in self.read("outside").get("folders", []):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.folder)
        self.unlock()


def clean() -> int:
    """Remove the default state folder, if nothing runs from it; needs nothing but the standard library."""
    if not default_folder().exists():
        return 0
    try:
        State().remove()
    except AlreadyRunning as error:
        print(error)
        return 1
    return 0
