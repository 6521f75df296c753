"""One suite in this process with rows of every kind; the figures are said by tests/support/figures.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.figures import figure, pytest_terminal_summary  # noqa: F401
from tests.support.postgres import new_database  # noqa: F401
from tests.support.real_gateway import RealGateway
from tests.support.rows_in_suite import Rows, make_rows
from tests.support.suite_in_process import DOMAIN, InProcessSuite, Member, new_member, shared_suite


@pytest.fixture(scope="session")
def suite(new_database, tmp_path_factory: pytest.TempPathFactory) -> InProcessSuite:  # noqa: F811
    """The gateway and whatever services there are, running."""
    return shared_suite(new_database, tmp_path_factory.mktemp)


@pytest.fixture(scope="session")
def rows(suite: InProcessSuite) -> Rows:
    """Rows of three owners."""
    if not suite.has(*DOMAIN):
        pytest.skip(f"NOT TESTED: needs the services {', '.join(suite.missing)}")
    return make_rows(suite)


@pytest.fixture
def member(suite: InProcessSuite) -> Member:
    """Somebody new."""
    return new_member(suite)


@pytest.fixture(scope="session")
def real_gateway(suite: InProcessSuite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealGateway]:
    """The gateway in processes of its own, under gunicorn as in production, before the suite's services."""
    gateway = RealGateway(suite, tmp_path_factory.mktemp("gateway"))
    yield gateway
    gateway.close()
