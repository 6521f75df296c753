"""`python -m tests.support.tools`: installs what tests need and this machine lacks, where that may be done (Debian, root)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.broker import find_broker
from tests.support import node
from tests.support.chromium import chromium_program

POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """Debian packages for what is not on this machine in any form."""
    wanted = [] if find_broker() else ["rabbitmq-server"]
    wanted += [] if chromium_program() else ["chromium"]
    wanted += [] if shutil.which("amqp-get") else ["amqp-tools"]  # a client of RabbitMQ that nobody here wrote
    return wanted + ([] if has_chinese_font() else ["fonts-noto-cjk"])


def has_chinese_font() -> bool:
    """Whether Chinese text would be shown, and not boxes."""
    if not shutil.which("fc-list"):
        return sys.platform == "darwin"
    found = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def may_install() -> bool:
    """Debian's packages, and the right to install them."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and bool(shutil.which("apt-get"))


def install(packages: list[str]) -> None:
    """apt-get install, without starting services: a RabbitMQ node of the machine's own is not wanted."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quiet, check=True)


@contextlib.contextmanager
def no_services() -> Iterator[None]:
    """Debian's way to say that installing a server must not start it; an existing policy stays as it is."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def main() -> int:
    """Install what is missing, or say what will not be tested; never an obstacle by itself."""
    packages = missing()
    if packages and may_install():
        print(f"installing {', '.join(packages)} for the tests", flush=True)
        with contextlib.suppress(subprocess.CalledProcessError):
            install(packages)
        packages = missing()
    for folder in node.FOLDERS:
        with contextlib.suppress(subprocess.CalledProcessError, LookupError):
            node.install(folder)
        packages += [] if node.installed(folder) else [f"node_modules of {folder.name}"]
    for package in packages:
        print(f"!!! {package} is not on this machine: what needs it will not be tested", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
