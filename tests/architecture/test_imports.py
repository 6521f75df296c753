"""Who may know whom: the contracts of .importlinter, and what they cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from configparser import ConfigParser

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.support.tree import ROOT, SERVICES, parsed, python_files, shown


def test_the_contracts_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=".importlinter", no_cache=True) == EXIT_STATUS_SUCCESS, "run `lint-imports`"


def test_every_service_is_under_the_contracts():
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    assert set(config["importlinter"]["root_packages"].split()) == {"chassis", *SERVICES}
    for name in ("services", "chassis", "pika"):
        contract = config[f"importlinter:contract:{name}"]
        listed = set((contract.get("modules") or contract.get("forbidden_modules", "")).split())
        listed |= set(contract.get("source_modules", "").split())
        assert listed >= set(SERVICES), f".importlinter, contract {name}: add the new service"
    with_rooms = {name for name in SERVICES if (ROOT / f"services/{name}/{name}/domain").is_dir()}
    assert set(config["importlinter:contract:layers"]["containers"].split()) == with_rooms
    assert set(config["importlinter:contract:domain"]["source_modules"].split()) == {f"{n}.domain" for n in with_rooms}


def domain_files():
    """The modules of every domain."""
    return [path for path in python_files("services/") if "/domain/" in path.as_posix()]


def test_the_domain_opens_no_session_and_does_no_io():
    forbidden = {"Session", "sessionmaker", "create_engine", "Engine", "Connection", "open", "connect", "utc_now"}
    wrong = [
        f"{shown(path)}:{node.lineno} {name}"
        for path in domain_files()
        for node in ast.walk(parsed(path))
        for name in _names(node)
        if name in forbidden
    ]
    assert not wrong, "time is passed in, rows are loaded by the application"


def _names(node: ast.AST) -> list[str]:
    """Names that a statement brings in or calls."""
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return [node.func.id]
    return []


def test_only_the_chassis_knows_how_facts_are_carried_and_kept():
    """A service speaks to its bus by events and subscriptions, never by the adapters."""
    wrong = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files("services/")
        if "services/chassis" not in path.as_posix()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module in ("chassis.facts.rabbitmq", "chassis.facts.postgres_bus")
    ]
    assert not wrong


def test_a_web_process_opens_no_broker_connection():
    """It does not even know how: pika is loaded by the worker alone."""
    code = f"import sys, {', '.join(f'{name}.app' for name in SERVICES)}; sys.exit('pika' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
