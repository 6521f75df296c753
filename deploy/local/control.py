"""Lets another program of the same user kill and start parts of a running suite: for the tour."""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing.connection import Client, Listener
from typing import Any

from deploy.local.keys import random_bytes
from deploy.local.state import State


class Control:
    """Listens on loopback; only who can read the state folder knows the key."""

    def __init__(self, state: State, actions: dict[str, Callable[[str], Any]]):
        self._actions, self._key = actions, _key(state)
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        self.address: str = f"127.0.0.1:{self._listener.address[1]}"
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as connection:
                    connection.send(self._answer(*connection.recv()))
            except OSError:
                return  # closed
            except Exception:
                continue

    def _answer(self, action: str, name: str) -> str:
        try:
            self._actions[action](name)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "ok"


def tell(state: State, action: str, name: str) -> None:
    """Ask the suite that runs from this folder: `kill` or `start` a process, or `broker`. Raises RuntimeError."""
    host, port = state.read("running")["control"].split(":")
    with Client((host, int(port)), authkey=_key(state)) as connection:
        connection.send((action, name))
        answer = connection.recv()
    if answer != "ok":
        raise RuntimeError(answer)


def _key(state: State) -> bytes:
    return state.secret("control", random_bytes).encode()
