"""S33: the other half of the checks, for another worker."""

from __future__ import annotations

import pytest

from tests.security.mutants import mutants
from tests.security.trial import judge, trial
from tests.support.postgres import Databases


@pytest.mark.security_long
@pytest.mark.timeout(7200)
def test_the_other_checks_that_are_taken_out_are_noticed(
    suite: object, new_database: Databases, tmp_path_factory: pytest.TempPathFactory, figure
):
    with trial(new_database, tmp_path_factory.mktemp) as one:
        judge(mutants()[1::2], one, figure, "S33 the other half")
