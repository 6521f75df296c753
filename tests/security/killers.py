"""S33: the tests that ought to turn red when a check is taken out, each callable by itself over one suite."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from werkzeug.routing import Rule

from chassis.callers import Caller, Scope
from chassis.field_rules import READ
from tests.gateway.integration import test_api_clients as api_clients
from tests.gateway.integration import test_people as people
from tests.gateway.integration import test_roles as roles
from tests.gateway.integration import test_second_factor as second_factor
from tests.gateway.integration import test_sessions as sessions
from tests.gateway.integration import test_sign_on as sign_on
from tests.gateway.integration import test_staff_imports as imports
from tests.security import test_s01_further_checks as further
from tests.security import test_s01_lone_checks as lone
from tests.security import test_s01_no_power as power
from tests.security import test_s01_refusals as refusals
from tests.security import test_s01_s02_api as api
from tests.security import test_s01_s02_pages as pages
from tests.security import test_s03_others_ids as ids
from tests.security import test_s03_reached_through as reached_through
from tests.security import test_s03_sums as sums
from tests.security import test_s03_told_to_others as told_to_others
from tests.security import test_s07_roles as granting
from tests.security import test_s08_jobs as jobs
from tests.security import test_s08_leavers as leavers
from tests.security import test_s09_s10_tokens as tokens
from tests.security import test_s11_s12_s13_signing_in as signing_in
from tests.security import test_s14_csrf as csrf
from tests.security import test_s27_fields as fields
from tests.security import test_s27_masks as masks
from tests.security import test_s27_typed as typed
from tests.security import test_s28_nothing_told as told
from tests.security.expectations import API, Case, reaches
from tests.security.given import Killer, all_of, asks
from tests.security.mutants import Mutant, innermost
from tests.support.rows_in_suite import OWNERS, Rows
from tests.support.suite_in_process import InProcessSuite


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
                other = power.powerless_one(suite).hold(*all_actions_but(API[name].action), scope=Scope("all"))
                with power.asked(suite) as others:  # a service would deny it too, but is not to be asked
                    assert api.ask(other.api, name, Case(suite, rows, "A001")).status_code == 403, name
                assert others == [], name

    kill.__name__ = "through_the_gateway, its operation"
    return kill


def all_actions_but(action: str) -> frozenset[str]:
    """What somebody holds who may do everything else."""
    return frozenset(one.action for one in API.values()) - {action, "own", "public"}


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
            others = Caller(id=own.id, permissions=all_actions_but(expected.action), scope=Scope("all"))
            cells = [("A001", others, 403)]
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


POWER: list[Killer] = [no_power_in_the_api, no_power_on_the_pages, services_decide]
REACH: list[Killer] = [
    services_decide,
    asks(api.test_a_list_shows_exactly_the_rows_within_reach),
    *(asks(api.test_counts_and_searches_do_not_tell_of_rows_out_of_reach, owner=owner) for owner in OWNERS[1:]),
    *all_of(ids),
    *all_of(reached_through),
    *(
        asks(reached_through.test_of_a_player_who_was_deleted_nothing_is_begun, path=path)
        for path in reached_through.BEGINNINGS
    ),
    *all_of(sums),
    through_the_gateway,
]
TOKENS: list[Killer] = [
    asks(tokens.test_a_forged_token_is_refused_by_every_service),
    asks(tokens.test_every_route_of_every_service_asks_for_the_token),
    asks(tokens.test_a_token_for_one_service_opens_no_other),
    asks(tokens.test_a_token_under_another_scheme_is_nobodys),
]
STRANGERS: list[Killer] = [
    asks(pages.test_nobody_is_sent_to_the_login_from_every_page),
    asks(csrf.test_no_form_is_taken_without_its_token),
    asks(csrf.test_a_cookie_alone_changes_nothing_through_the_api),
    asks(csrf.test_signing_in_from_another_site_is_refused),
    asks(told.test_figures_are_for_the_inside_alone),
]
SIGNING_IN: list[Killer] = [
    *all_of(signing_in),
    *all_of(sessions),
    *all_of(second_factor),
    *all_of(sign_on),
]
FURTHER: list[Killer] = [
    *all_of(further),
    *all_of(lone),
    *all_of(refusals),
    asks(power.test_a_page_gets_nothing_from_a_service_that_its_reader_may_not_ask_for),
]


FIELDS: list[Killer] = [
    asks(fields.test_a_hidden_field_finds_nobody),
    asks(fields.test_who_is_there_already_is_named_without_their_hidden_fields),
    asks(fields.test_what_is_read_only_or_hidden_is_set_by_no_way, access=READ),
    asks(fields.test_masked_in_lists_is_whole_in_the_record_itself),
    asks(fields.test_a_hidden_field_leaves_by_no_exit),
]
GATEWAY: list[Killer] = [
    *all_of(api_clients),
    *all_of(people),
    *all_of(roles),
    *all_of(granting),
    *all_of(told_to_others),
    asks(told_to_others.test_a_subscription_that_reaches_more_is_touched_by_no_way, department=None),
    asks(imports.test_nobody_imports_a_role_they_could_not_give),
]
TYPED: list[Killer] = [
    asks(typed.test_what_was_typed_is_told_by_no_fact),
    asks(typed.test_what_was_typed_leaves_by_no_exit),
]
MASKS: list[Killer] = all_of(masks)
LEAVERS: list[Killer] = [
    asks(leavers.test_s8_an_old_token_is_refused_by_every_service_within_two_seconds, change="left"),
    asks(leavers.test_nothing_new_is_given_to_somebody_who_left),
    asks(leavers.test_whoever_comes_back_finds_no_session_of_before),
    *(asks(jobs.test_the_gateway_does_nothing_for_somebody_who_left_or_moved_either, how=how) for how in jobs.GONE),
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
ALL = [*FURTHER, *GATEWAY, *MASKS, *TOKENS, *REACH, *POWER, *STRANGERS, *SIGNING_IN, *LEAVERS, *FIELDS, *TYPED]
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
    """All of them, those first that are most likely to notice; of an action, those that ask by action and reach."""
    service = mutant.file.split("/")[1]
    if mutant.live is not None:
        own = {"page": its_page, "action": its_operation}[mutant.kind](mutant)
        first = service_decides(service) if service in suite.services else own
        return list(dict.fromkeys((first, *FURTHER, *POWER, *REACH, *STRANGERS)))
    first_ones = _FIRST.get(mutant.kind, [])
    if service in suite.services:
        first_ones = [service_decides(service), *first_ones]
    elif "identity/" in mutant.file:
        first_ones = [*first_ones, *SIGNING_IN]
    shown = mutant.kind in ("field", "may", "mask", "texts", "veil")
    others = (killer for killer in ALL if shown or killer.__name__ not in WHAT_IS_SHOWN)
    return list(dict.fromkeys((*first_ones, *others)))
