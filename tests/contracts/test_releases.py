"""What a release has told, later ones tell so that old and new programs can read it; every break is refused (R24)."""

from __future__ import annotations

import pytest

from tests.contracts.mutants import harmless, mutants
from tests.contracts.released import broken, current, released
from tests.contracts.test_compatibility import TOLD
from tests.support.figures import figure  # noqa: F401


@pytest.mark.parametrize("release", released())
def test_old_data_are_read_with_the_schemas_of_now_and_new_data_with_the_old_ones(release):
    assert broken(released()[release], current()) == {}, "publish the change as the next version, beside this one"


def test_r24_every_change_that_breaks_a_schema_is_refused(figure):  # noqa: F811
    """Facts of one entity mostly have the same fields: each set of fields is tried once."""
    alike = {str(sorted(schema["properties"])): (key, schema) for key, schema in current().items()}
    made, missed = 0, []
    for key, schema in [*alike.values(), ("specimen", TOLD)]:
        for what, mutant in mutants(schema):
            made += 1
            missed += [f"{key}: {what}"] if broken({key: schema}, {key: mutant}) == {} else []
    figure("R24", mutants=made, refused=f"{100 * (made - len(missed)) / made:.1f} %")
    assert missed == []
    assert made > 1000


def test_r24_what_keeps_the_version_is_let_through():
    refused = [
        f"{key}: {what}"
        for key, schema in current().items()
        for what, same in harmless(schema)
        if broken({key: schema}, {key: same})
    ]
    assert refused == []


def test_a_fact_that_is_no_longer_told_is_a_break():
    then = current()
    assert broken(then, {key: schema for key, schema in then.items() if key != "order.paid.v1"}) == {
        "order.paid.v1": ["is no longer told"]
    }
