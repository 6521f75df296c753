"""Every process of the suite: its command, its settings, its port."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy.local import keys
from deploy.local.ports import Ports
from deploy.local.state import ROOT, State
from deploy.local.supervisor import Program

DOMAIN = ("player", "ticket", "sales", "catalog")
SERVICES = (*DOMAIN, "gateway")
KINDS = ("web", "worker")
# What our shell may have set for something else must not reach the services.
FOREIGN = ("PORT", "HOST", "OPS_PORT", "DATABASE_URL", "AMQP_URL", "SECRET_KEY", "DEMO", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class Addresses:
    """Where things are: database and bus by service, the gateway's port, the broker's management API (empty: none)."""

    database: Callable[[str], str]
    bus: Callable[[str], str]
    gateway_port: int
    broker_admin: Callable[[], str] = str


class Programs:
    """Makes the programs of one suite out of its state folder."""

    def __init__(self, state: State, ports: Ports, addresses: Addresses, demo: bool = True):
        self.state, self.ports, self.addresses, self.demo = state, ports, addresses, demo
        self._private_key, self._public_key = keys.token_keys(state)

    def all(self, services: Sequence[str] = SERVICES) -> list[Program]:
        """The game server, then the processes of each service."""
        kinds = [(service, kind) for service in services for kind in KINDS]
        return [self.game_server(), *(self.program(service, kind) for service, kind in kinds)]

    def game_server(self) -> Program:
        """The stand-in for the studio's game server."""
        env = {
            **_inherited(),
            "PORT": str(self.port("game")),
            "GAME_SERVER_SECRET": self._secret("game.secret"),
        }
        argv = [sys.executable, "-m", "deploy.local.game_server"]
        return Program("game", argv, env, f"{self.url('game')}/healthz", ROOT)

    def program(self, service: str, kind: str) -> Program:
        """One process of a service: `web` or `worker`."""
        ready = f"{self.url(service)}/readyz" if kind == "web" else None
        argv = [sys.executable, "-m", service, kind]
        return Program(f"{service}.{kind}", argv, self.settings(service, kind), ready, ROOT)

    def settings(self, service: str, kind: str = "web") -> dict[str, str]:
        """The environment of a process: the machine's, less what is foreign, and the service's settings."""
        own = {
            "DATABASE_URL": self.addresses.database(service),
            "PLAYDESK_BUS_URL": self.addresses.bus(service),
            "PORT": str(self.port(service)),
            "TOKEN_PUBLIC_KEY": self._public_key,
            "DEMO": str(int(self.demo)),
            "EVENTS_URL": f"{self.url('gateway')}/api/v1/events",
            "EVENTS_CLIENT_ID": self.state.secret("events.client", lambda: str(uuid.uuid4())),
            "EVENTS_CLIENT_SECRET": self._secret("events.secret"),
        }
        if kind == "worker":
            own["OPS_PORT"] = str(self.port(f"{service}.ops"))
        if kind == "web":
            own["PROMETHEUS_MULTIPROC_DIR"] = self._metrics_folder(service)
        return {**_inherited(), **own, **self._particular(service)}

    def port(self, name: str) -> int:
        """The gateway's is chosen by who starts the suite; the others are free ones that stay."""
        return self.addresses.gateway_port if name == "gateway" else self.ports.port(name)

    def url(self, name: str) -> str:
        """The address of a service's web process, or of `game`."""
        return f"http://127.0.0.1:{self.port(name)}"

    def _particular(self, service: str) -> dict[str, str]:
        """What only some services need."""
        game = {"GAME_SERVER_URL": self.url("game"), "GAME_SERVER_SECRET": self._secret("game.secret")}
        phones = {"PHONE_KEYS": keys.phone_keys(self.state), "PHONE_INDEX_KEY": self._secret("phone.index")}
        gateway = {
            "TOKEN_PRIVATE_KEY": self._private_key,
            "SECRET_KEY": self._secret("gateway.secret"),
            "AUDIT_KEY": self._secret("audit.key"),
            "BROKER_ADMIN_URL": self.addresses.broker_admin(),
            **{f"{name.upper()}_URL": self.url(name) for name in DOMAIN},
        }
        messages = {"MESSAGE_KEYS": keys.message_keys(self.state)}
        return {
            "player": {**game, **phones},
            "ticket": messages,
            "sales": phones,
            "catalog": game,
            "gateway": gateway,
        }.get(service, {})

    def _metrics_folder(self, service: str) -> str:
        """Where the web workers of one service share their counters; emptied at each start of the suite."""
        folder = self.state.path("metrics") / service
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)

    def _secret(self, name: str) -> str:
        return self.state.secret(name, keys.random_bytes)


def _inherited() -> dict[str, str]:
    """Our own environment without what is meant for others; compiled modules are kept, so that starts are quick."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN and "PLAYDESK" not in name}
    return {**kept, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
