"""The web process: gunicorn with threads, the application loaded once and shared by the workers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from chassis.ops.garbage import spare_what_stays
from chassis.ops.patience import PatientWorker
from chassis.ops.settings import Settings

MAX_HEADER = 64 * 1024  # a token may carry copies of what the request names


class _Server(BaseApplication):
    def __init__(self, make: Callable[[], Any], options: dict[str, Any]) -> None:
        self.make, self.options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        app = self.make()
        spare_what_stays()
        return app


def options_of(settings: Settings, **more: Any) -> dict[str, Any]:
    """The gunicorn settings every web process has."""
    return {
        "bind": f"{os.environ.get('HOST', '127.0.0.1')}:{settings.port}",
        "workers": settings.web_workers,
        "threads": settings.web_threads,
        "worker_class": PatientWorker,
        "preload_app": True,
        "keepalive": 75,
        "timeout": 30,
        "graceful_timeout": 10,
        "limit_request_field_size": MAX_HEADER,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        "loglevel": "warning",
        "control_socket_disable": True,
        **more,
    }


def serve(make: Callable[[], Any], options: dict[str, Any]) -> None:
    """Serve until told to stop; returns never."""
    _Server(make, options).run()
