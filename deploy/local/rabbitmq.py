"""A private RabbitMQ node with its data in the state folder, beside any node of the machine's own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from deploy.local import processes
from deploy.local.definitions import definitions
from deploy.local.ports import Ports
from deploy.local.state import State

# Debian's wrapper in /usr/sbin refuses every user but root and rabbitmq; the programs themselves do not.
FOLDERS = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/homebrew/opt/rabbitmq/sbin"), Path("/usr/local/opt/rabbitmq/sbin"))
START_SECONDS = 180.0  # it takes 5 to 17 seconds on a machine that has nothing else to do
CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
load_definitions = {base}/definitions.json
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 100MB
log.file.level = warning
{more}"""
# For logins and queues of other systems; its statistics are not wanted, and cost memory.
MANAGEMENT = (
    "management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\nmanagement_agent.disable_metrics_collector = true\n"
)


class RabbitFailed(RuntimeError):
    """The node would not start; the message ends with its output."""


def server_program() -> Path | None:
    """`rabbitmq-server` on this machine, or None."""
    for folder in FOLDERS:
        if os.access(folder / "rabbitmq-server", os.X_OK):
            return folder / "rabbitmq-server"
    found = shutil.which("rabbitmq-server")
    return Path(found) if found and shutil.which("epmd") else None


class Rabbit:
    """One node; `start`, `stop` and `kill` as often as one likes: ports, data and users stay the same."""

    def __init__(
        self,
        state: State,
        ports: Ports,
        services: Iterable[str] = (),
        vhosts: Iterable[str] = ("playdesk",),
        management: bool = False,
    ):
        self.base = state.path("rabbitmq")
        self._state, self._services, self.vhosts = state, tuple(services), tuple(vhosts)
        self.port, self._dist, self._epmd_port = (ports.port(f"rabbitmq{part}") for part in ("", ".dist", ".epmd"))
        self.management_port = ports.port("rabbitmq.management") if management else None
        self._up = False
        self.process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    def start(self) -> Rabbit:
        """Start the node and wait until it speaks AMQP (5 to 17 seconds)."""
        self.begin()
        return self.wait()

    def begin(self) -> None:
        """Start the node without waiting for it."""
        program = server_program()
        if program is None:
            raise RabbitFailed("there is no rabbitmq-server on this machine")
        self._write_files()
        self._program, self._log = program, self._state.path("logs") / "rabbitmq.log"
        self._epmd = processes.spawn(
            [self._epmd_program(), "-port", str(self._epmd_port), "-address", "127.0.0.1", "-relaxed_command_check"],
            env=self._environment(),
            log=self._log,
        )
        self.process = processes.spawn([program], env=self._environment(), cwd=self.base, log=self._log)

    def wait(self) -> Rabbit:
        """Until the node speaks AMQP; `RabbitFailed` when it does not."""
        if not processes.wait_until(self.is_ready, self.process, START_SECONDS, step=0.1):
            said = processes.tail(self._log)
            self.kill()
            raise RabbitFailed(f"RabbitMQ did not start:\n{said}")
        self._up = True
        return self

    def stop(self) -> None:
        """End the node cleanly, then its name server; one that is not up yet cannot be asked, only killed."""
        if self.process is not None and self._up:
            processes.stop(self.process, signal.SIGTERM, patience=30)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the node, its virtual machine included, as a power cut would.

        RabbitMQ 3.10 to 3.13 write the list of quorum queues to disk twice a second: a queue declared less than a
        second before this is broken afterwards (confirmed messages of older queues are safe).
        """
        for child in (self.process, self._epmd):
            if child is not None:
                processes.kill(child)
        self.process, self._epmd, self._up = None, None, False

    def url(self, user: str = "admin", vhost: str = "playdesk") -> str:
        """The AMQP address for a user; `admin` may do everything, a service what it needs."""
        return f"amqp://{user}:{self.password(user)}@127.0.0.1:{self.port}/{vhost.replace('/', '%2F')}"

    def management_url(self) -> str:
        """The HTTP API for `admin`, when the node was made with `management=True`."""
        return f"http://admin:{self.password('admin')}@127.0.0.1:{self.management_port}"

    def control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `rabbitmqctl` against this node (about two seconds)."""
        program = self._program.with_name("rabbitmqctl")
        return processes.run([program, "-q", *arguments], env=self._environment())

    def is_ready(self) -> bool:
        """Whether it answers the AMQP greeting now."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.5) as connection:
                connection.settimeout(2)
                connection.sendall(b"AMQP\0\0\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def password(self, user: str) -> str:
        return self._state.secret(f"rabbitmq.{user}", lambda: secrets.token_urlsafe(24))

    def _epmd_program(self) -> str:
        return shutil.which("epmd") or "/usr/bin/epmd"

    def _write_files(self) -> None:
        self.base.mkdir(mode=0o700, exist_ok=True)
        management = self.management_port
        plugins = "[rabbitmq_management]." if management else "[]."
        users = {user: self.password(user) for user in ("admin", *self._services)}
        more = MANAGEMENT.format(port=management) if management else ""
        self._write("enabled_plugins", plugins)
        self._write("rabbitmq.conf", CONFIGURATION.format(port=self.port, base=self.base, more=more))
        self._write("advanced.config", "[{kernel,[{inet_dist_use_interface,{127,0,0,1}}]}].")
        self._write("definitions.json", json.dumps(definitions(users, self.vhosts)))
        cookie = self.base / ".erlang.cookie"
        if not cookie.exists():
            self._write(cookie.name, secrets.token_hex(16), mode=0o400)

    def _write(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.base / name
        path.touch(mode=0o600)
        path.write_text(text)
        path.chmod(mode)

    def _environment(self) -> dict[str, str]:
        base = str(self.base)
        own = {
            "HOME": base,
            "RABBITMQ_NODENAME": "playdesk@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._dist),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": f"{base}/mnesia",
            "RABBITMQ_LOG_BASE": f"{base}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{base}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{base}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{base}/advanced.config",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_PID_FILE": f"{base}/pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{base}/generated",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
            "LC_ALL": "C.UTF-8",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}
        return {**kept, **own}
