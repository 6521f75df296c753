"""The farm, started once; what a fault has cost becomes a row of the one table."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from deploy.local.rabbitmq import server_program
from tests.faults.farm import Farm, FarmOnPostgres
from tests.faults.invariant import Finding
from tests.support.requirements import cannot_test


@pytest.fixture
def farm(request: pytest.FixtureRequest) -> Farm:
    """The real processes on RabbitMQ, or on the bus a test is parametrized with."""
    found: Farm = request.getfixturevalue(f"farm_on_{getattr(request, 'param', 'rabbitmq')}")
    return found


@pytest.fixture(scope="session")
def farm_on_rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """With a broker."""
    if server_program() is None:
        cannot_test("the faults R1 to R6, R17, R18, R20", "rabbitmq-server is not installed, and it must be killed")
    yield from _started(Farm(_folder(tmp_path_factory)))


@pytest.fixture(scope="session")
def farm_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Without one."""
    yield from _started(FarmOnPostgres(_folder(tmp_path_factory)))


def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that the servers' own users may enter."""
    folder = tmp_path_factory.mktemp("farm")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o711)
    return folder


def _started(made: Farm) -> Iterator[Farm]:
    try:
        yield made.start()
    finally:
        made.stop()


Repeats = Callable[[int, int], int]


@pytest.fixture(params=["short", pytest.param("full", marks=pytest.mark.faults_long)])
def repeats(request: pytest.FixtureRequest) -> Repeats:
    """How often a fault is repeated: a few times in every run, as often as is asked for under `make faults`.

    FAULT_REPEATS lowers the full number, to try the long form out.
    """
    most = int(os.environ.get("FAULT_REPEATS") or 1_000_000)
    return lambda short, full: short if request.param == "short" else min(full, most)


@pytest.fixture
def table(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Put a row into the table and require that the invariant holds."""

    def put(row: str, finding: Finding, **more: Any) -> None:
        values = {"row": row, **asdict(finding), "more": ", ".join(f"{name} {value}" for name, value in more.items())}
        record_property("fault", json.dumps(values))
        assert finding.holds, finding

    return put
