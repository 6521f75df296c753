"""How our code reads: sizes as a hint, a sentence at the head of each module, no rooms for odds and ends."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.tree import ROOT, SERVICES, functions, parsed, python_files, shown

LONGEST_FUNCTION, LONGEST_MODULE = 40, 300
OURS = ("services/", "deploy/")

# Sizes are a hint. What is longer stands here with its reason.
LONG: dict[str, str] = {
    "services/chassis/chassis/facts/rabbitmq.py": "the one place that knows pika: consumer and publisher together",
}


def test_functions_are_short_enough_to_be_read_at_once():
    long = [
        f"{shown(path)} {name}: {lines} lines"
        for path in python_files(*OURS)
        if "/migrations/" not in path.as_posix()
        for name, lines in functions(path)
        if lines > LONGEST_FUNCTION and f"{shown(path)} {name}" not in LONG
    ]
    assert not long, f"split them, or give the reason in LONG of {__name__}"


def test_modules_do_one_thing():
    long = [
        f"{shown(path)}: {lines} lines"
        for path in python_files(*OURS)
        if "/migrations/" not in path.as_posix()
        and (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
        and shown(path) not in LONG
    ]
    assert not long, f"split them, or give the reason in LONG of {__name__}"


def test_no_reason_is_given_for_what_is_not_long_or_not_there():
    assert [name for name in LONG if not (ROOT / name.split()[0]).exists()] == []


@pytest.mark.parametrize("folder", ["services/", "deploy/", "tests/"])
def test_every_module_opens_with_one_sentence(folder):
    silent = [
        shown(path) for path in python_files(folder) if not ast.get_docstring(parsed(path)) and path.read_text("utf-8")
    ]
    assert not silent


def test_there_are_no_rooms_for_odds_and_ends():
    odd = re.compile(r"^(utils?|helpers?|managers?|common|misc|data2|.*_utils?)$")
    assert [shown(path) for path in python_files(*OURS) if odd.match(path.stem)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_same_rooms_and_manners_as_the_others(service):
    folder = ROOT / f"services/{service}"
    for name in ("pyproject.toml", "README.md", "openapi.json", "asyncapi.json", f"{service}/__main__.py", f"{service}/app.py",
                 f"{service}/settings.py", f"{service}/migrations/env.py"):  # fmt: skip
        assert (folder / name).exists(), f"services/{service}/{name} is missing"


def test_public_functions_of_the_chassis_say_what_they_promise():
    silent = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in python_files("services/chassis/")
        for node in parsed(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not silent
