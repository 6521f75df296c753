"""S33: each check is taken out in turn, and some test turns red.

A handful here; all of them under `make security`, half in this file and half in test_s33_more_mutants.py, so that two workers
share them. A survivor is named: the test that would have noticed is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.killers import ALL
from tests.security.mutants import Mutant, mutants
from tests.security.trial import Trial, judge, trial
from tests.support.postgres import Databases

KINDS = {"action", "page", "must", "refusal", "rule", "scope", "visible", "uow.get", "uow.select", "may", "session"}
KINDS |= {"field", "veil", "texts"}


@pytest.fixture(scope="module")
def one(suite: object, new_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A trial beside the suite of all other tests."""
    with trial(new_database, tmp_path_factory.mktemp) as found:
        yield found


@pytest.fixture(scope="module")
def every(one: Trial) -> list[Mutant]:
    """All checks there are."""
    return mutants()


def test_checks_of_every_kind_are_found(every: list[Mutant]):
    assert {mutant.kind for mutant in every} >= KINDS
    assert len(every) > 250


def test_with_nothing_taken_out_the_tests_are_green(one: Trial):
    assert [killer.__name__ for killer in ALL[:6] if one.is_red(killer)] == []


def test_some_checks_that_are_taken_out_are_noticed(every: list[Mutant], one: Trial, figure):
    kinds = ("action", "scope")
    first = [next(mutant for mutant in every if mutant.kind == kind) for kind in kinds]
    token = next(mutant for mutant in every if mutant.file.endswith("http/auth.py") and "iss" in mutant.text)
    judge([*first, token], one, figure, "S33 some")


@pytest.mark.security_long
@pytest.mark.timeout(7200)
def test_every_second_check_that_is_taken_out_is_noticed(every: list[Mutant], one: Trial, figure):
    judge(every[::2], one, figure, "S33 one half")
