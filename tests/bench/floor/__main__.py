"""`python -m tests.bench.floor`: serve the bare endpoints with the settings every web process of ours has."""

from __future__ import annotations

import os

from chassis.ops.web import options_of, serve
from tests.bench.floor.app import make_floor


class _Settings:
    port, web_workers, web_threads = int(os.environ["PORT"]), 2, 8


serve(lambda: make_floor(os.environ["DATABASE_URL"]), options_of(_Settings()))  # type: ignore[arg-type]
