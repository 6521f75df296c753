"""One suite in this process for all tests of the gateway."""

from __future__ import annotations

import pytest

from tests.support.postgres import new_database  # noqa: F401
from tests.support.suite_in_process import InProcessSuite, shared_suite


@pytest.fixture(scope="session")
def suite(new_database, tmp_path_factory: pytest.TempPathFactory) -> InProcessSuite:  # noqa: F811
    """The gateway and whatever services there are, running."""
    return shared_suite(new_database, tmp_path_factory.mktemp)
