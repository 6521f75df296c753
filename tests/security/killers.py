"""S33: the tests that ought to turn red when a check is taken out, each callable by itself over one suite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from inspect import signature
from types import ModuleType
from typing import Any

from werkzeug.routing import Rule

from chassis.callers import Caller, Scope
from chassis.field_rules import READ
from tests.security import test_s01_further_checks as further
from tests.security import test_s01_lone_checks as lone
from tests.security import test_s01_no_power as power
from tests.security import test_s01_s02_api as api
from tests.security import test_s01_s02_pages as pages
from tests.security import test_s03_others_ids as ids
from tests.security import test_s08_leavers as leavers
from tests.security import test_s09_s10_tokens as tokens
from tests.security import test_s11_s12_s13_signing_in as signing_in
from tests.security import test_s14_csrf as csrf
from tests.security import test_s27_fields as fields
from tests.security import test_s27_masks as masks
from tests.security import test_s27_typed as typed
from tests.security import test_s28_nothing_told as told
from tests.security.expectations import API, Case, reaches
from tests.security.mutants import EVERYBODYS, Mutant, innermost
from tests.support.rows_in_suite import OWNERS, Rows
from tests.support.suite_in_process import InProcessSuite, new_member

Killer = Callable[[InProcessSuite, Rows], None]
Fill = Callable[[InProcessSuite, Rows], Rows]


def silent(*_: Any, **__: Any) -> None:
    """A figure that is not said."""


def no_power_in_the_api(suite: InProcessSuite, rows: Rows) -> None:
    assert power.through_the_api(suite, rows, api.operations(suite)) == []


def no_power_on_the_pages(suite: InProcessSuite, rows: Rows) -> None:
    assert power.through_the_pages(suite, rows, pages.rules(suite)) == []


def its_page(mutant: Mutant) -> Killer:
    """The page alone that the check stands before."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        names = [name for name, rule in pages.rules(suite).items() if _stands_before(mutant, suite, rule)]
        assert power.through_the_pages(suite, rows, names) == []

    kill.__name__ = "no_power_on_its_page"
    return kill


def its_operation(mutant: Mutant) -> Killer:
    """The operations of the gateway alone that the check stands before."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        there = [rule for rule in suite.gateway.url_map.iter_rules() if _stands_before(mutant, suite, rule)]
        paths = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1") for rule in there}
        names = [name for name in api.operations(suite) if name.split(" ")[1] in paths]
        through_the_gateway(suite, rows, names)
        for name in names:  # where every role of ours may, one's own may not
            if API[name].action not in ("own", "public"):
                held = [action for action in EVERYBODYS if action != API[name].action]
                other = power.powerless_one(suite).hold(*held)
                assert api.ask(other.api, name, Case(suite, rows, "A001")).status_code == 403, name

    kill.__name__ = "through_the_gateway, its operation"
    return kill


def _stands_before(mutant: Mutant, suite: InProcessSuite, rule: Rule) -> bool:
    code = innermost(suite.gateway.view_functions[rule.endpoint]).__code__
    return (code.co_name, code.co_firstlineno) == mutant.begins and code.co_filename.endswith(f"/{mutant.file}")


def services_decide(suite: InProcessSuite, rows: Rows, only: str | None = None) -> None:
    """Without the action 403, out of reach 404, asked straight; of one service or of all."""
    own = suite.staff["A001"]
    for name, one in suite.services.items():
        if only not in (None, name):
            continue
        for operation, expected in tokens.operations_of(suite, name):
            if expected.action == "own":
                continue
            others = frozenset(e.action for e in API.values()) - {expected.action}
            cells = [("A001", Caller(id=own.id, permissions=others, scope=Scope("all")), 403)]
            cells += [
                (owner, Caller(id=own.id, permissions=frozenset({expected.action})), 404)
                for owner in OWNERS
                if not reaches(suite, own, expected.row, owner)
            ]
            for owner, caller, status in cells:
                answer = tokens.straight(suite, one, operation, Case(suite, rows, owner), caller)
                assert answer.status == status, operation


@cache
def service_decides(name: str) -> Killer:
    """One service alone."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        services_decide(suite, rows, name)

    kill.__name__ = f"services_decide, {name}"
    return kill


def through_the_gateway(suite: InProcessSuite, rows: Rows, names: Iterable[str] | None = None) -> None:
    for name in api.operations(suite) if names is None else names:
        for actor, owner, status in api.cells(suite, API[name], denied=True):
            answer = api.ask(api.caller(suite, actor, name), name, Case(suite, rows, owner))
            assert answer.status_code == status, name


def as_somebody_new(test: Callable[..., None], *, figure: bool = False) -> Killer:
    """A test that wants a member of its own."""

    def kill(suite: InProcessSuite, _rows: Rows) -> None:
        signing_in.forget(suite)
        test(suite, new_member(suite), *([silent] if figure else []))

    kill.__name__ = test.__name__
    return kill


def plain(test: Callable[..., None], *more: Any) -> Killer:
    """A test that wants the suite, the rows and what else is given."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        test(suite, rows, *more)

    kill.__name__ = test.__name__
    return kill


def of_suite(test: Callable[..., None], *more: Any) -> Killer:
    """A test that wants the suite alone."""

    def kill(suite: InProcessSuite, _rows: Rows) -> None:
        test(suite, *more)

    kill.__name__ = test.__name__
    return kill


def all_of(module: ModuleType) -> list[Killer]:
    """Every test of a module whose tests want the suite and the rows, or one of them, or nothing."""
    return [_given(test) for name, test in vars(module).items() if name.startswith("test_")]


def _given(test: Callable[..., None]) -> Killer:
    def kill(suite: InProcessSuite, rows: Rows) -> None:
        there = {"suite": suite, "rows": rows}
        test(**{name: there[name] for name in signature(test).parameters})

    kill.__name__ = test.__name__
    return kill


POWER: list[Killer] = [no_power_in_the_api, no_power_on_the_pages, services_decide]
REACH: list[Killer] = [
    services_decide,
    plain(api.test_a_list_shows_exactly_the_rows_within_reach, silent),
    *(plain(api.test_counts_and_searches_do_not_tell_of_rows_out_of_reach, owner) for owner in OWNERS[1:]),
    plain(ids.test_a_department_out_of_a_supervisors_reach_is_not_found_either),
    plain(ids.test_not_there_and_out_of_reach_are_the_same_answer),
    plain(ids.test_who_was_merged_is_reached_by_whoever_reaches_the_survivor_and_by_nobody_else),
    plain(ids.test_an_id_out_of_reach_in_a_body_is_not_found_and_nothing_is_written, silent),
    through_the_gateway,
]
TOKENS: list[Killer] = [
    of_suite(tokens.test_a_forged_token_is_refused_by_every_service, silent),
    of_suite(tokens.test_every_route_of_every_service_asks_for_the_token, silent),
    of_suite(tokens.test_a_token_for_one_service_opens_no_other),
    of_suite(tokens.test_a_token_under_another_scheme_is_nobodys),
]
STRANGERS: list[Killer] = [
    plain(pages.test_nobody_is_sent_to_the_login_from_every_page, silent),
    plain(csrf.test_no_form_is_taken_without_its_token, silent),
    plain(csrf.test_a_cookie_alone_changes_nothing_through_the_api, silent),
    of_suite(csrf.test_signing_in_from_another_site_is_refused),
    of_suite(told.test_figures_are_for_the_inside_alone),
]
SIGNING_IN: list[Killer] = [
    as_somebody_new(signing_in.test_signing_in_makes_a_new_session_and_ends_the_one_before),
    as_somebody_new(signing_in.test_a_session_planted_beforehand_is_nobodys),
    as_somebody_new(signing_in.test_a_token_is_dead_after_the_logout),
    as_somebody_new(signing_in.test_every_other_session_is_dead_after_the_password_was_changed),
    as_somebody_new(signing_in.test_a_session_ends_by_itself),
    as_somebody_new(signing_in.test_a_leaver_and_a_changed_role_count_from_the_next_request, figure=True),
    as_somebody_new(signing_in.test_guessing_over_many_accounts_is_slowed_by_address, figure=True),
    as_somebody_new(signing_in.test_upper_case_and_other_forms_of_a_number_are_the_same_account),
    as_somebody_new(
        signing_in.test_guessing_is_slowed_by_account_and_the_right_password_works_after_the_wait, figure=True
    ),
]
FURTHER: list[Killer] = [
    *all_of(further),
    *all_of(lone),
    of_suite(power.test_a_page_gets_nothing_from_a_service_that_its_reader_may_not_ask_for),
]


def filled(test: Callable[..., None], *more: Any, fill: Fill = fields.fill) -> Killer:
    """A test over rows that hold canaries in what may be hidden, or that `fill` makes."""

    def kill(suite: InProcessSuite, rows: Rows) -> None:
        if fill not in _FILLED or _FILLED[fill][0] is not rows:
            _FILLED[fill] = (rows, fill(suite, rows))
        test(suite, _FILLED[fill][1], *more)

    kill.__name__ = test.__name__
    return kill


_FILLED: dict[Fill, tuple[Rows, Rows]] = {}
FIELDS: list[Killer] = [
    filled(fields.test_a_hidden_field_finds_nobody),
    filled(fields.test_what_is_read_only_or_hidden_is_set_by_no_way, READ),
    filled(fields.test_masked_in_lists_is_whole_in_the_record_itself),
    filled(fields.test_a_hidden_field_leaves_by_no_exit, silent),
]
TYPED: list[Killer] = [
    plain(typed.test_what_was_typed_is_told_by_no_fact, silent),
    filled(typed.test_what_was_typed_leaves_by_no_exit, silent, fill=typed.type_in),
]
MASKS: list[Killer] = all_of(masks)
LEAVERS: list[Killer] = [
    of_suite(leavers.test_s8_an_old_token_is_refused_by_every_service_within_two_seconds, silent, "left"),
    of_suite(leavers.test_nothing_new_is_given_to_somebody_who_left),
]
# Whoever decides on whole records is not noticed by what looks at single texts.
WHAT_IS_SHOWN = (
    fields.test_a_hidden_field_leaves_by_no_exit.__name__,
    typed.test_what_was_typed_leaves_by_no_exit.__name__,
)
# These ask everything there is and take seconds; most checks are noticed without them.
SLOW = (
    no_power_on_the_pages.__name__,
    through_the_gateway.__name__,
    csrf.test_no_form_is_taken_without_its_token.__name__,
    *WHAT_IS_SHOWN,
)
ALL = sorted(
    (*FURTHER, *MASKS, *TOKENS, *REACH, *POWER, *STRANGERS, *SIGNING_IN, *LEAVERS, *FIELDS, *TYPED),
    key=lambda killer: killer.__name__ in SLOW,
)
_FIRST: dict[str, list[Killer]] = {
    "field": FIELDS,
    "veil": FIELDS,
    "texts": TYPED,
    "mask": MASKS,
    "scope": REACH,
    "visible": REACH,
    "uow.get": REACH,
    "uow.select": REACH,
    "session": [*STRANGERS[:1], *SIGNING_IN],
}


def killers_of(mutant: Mutant, suite: InProcessSuite) -> list[Killer]:
    """All of them, those first that are most likely to notice."""
    own = {"page": its_page, "action": its_operation}.get(mutant.kind)
    first = [own(mutant)] if own else _FIRST.get(mutant.kind, [])
    service = mutant.file.split("/")[1]
    if service in suite.services:
        first = [service_decides(service), *first]
    elif "identity/" in mutant.file and mutant.kind != "action":
        first = [*first, *SIGNING_IN]
    shown = mutant.kind in ("field", "may", "mask", "texts", "veil")
    return list(dict.fromkeys((*first, *(killer for killer in ALL if shown or killer.__name__ not in WHAT_IS_SHOWN))))
