"""Every place that decides who may what, found in the syntax tree and among what runs; and how it is taken out for a moment.

Taking out is done in memory, in the suite that runs: the code of the function is exchanged for one without the check,
what was remembered is forgotten, and afterwards everything is as it was.
"""

from __future__ import annotations

import ast
import copy
import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

from chassis.data.unit_of_work import company_wide
from chassis.http.auth import Verifier
from chassis.rules import Refusal
from tests.support.suite_in_process import InProcessSuite
from tests.support.tree import ROOT, python_files, shown

_NOT_READ = (
    "/migrations/",
    "/__main__.py",
    "/ops/",
    "/facts/",
    "/settings.py",
    "/assets.py",
    "gateway/merging.py",
)
EVERYBODYS = ("player.read", "ticket.read")  # every built-in role has both
# Rules that are called by name and refuse by themselves.
CALLED = {
    "_check_role_change", "_keep_one_administrator", "_may_grant", "_may_move", "_must_exist", "_must_hold", "_must_hold_its",
    "_ration", "_refuse_dots", "check_strength", "must_be_grantable", "must_hold", "must_reach_everything", "must_reach_its",
    "check_throttle", "count_failure", "end_session", "end_sessions_of", "known_agent", "protect",
}  # fmt: skip
MASKS = {"mask_phone", "mask_text", "mask_everything"}
TEXTS = {"mask_answer", "mask_fact"}
FIELDS = {"must_see", "must_set"}
# What a veil over fields is laid on, among its arguments.
VEILS = {"veiled": 1, "veiled_fact": 0, "over": 0}
_NO_SCOPES = ("everything", "staff_columns", "player_columns", "player_brief")
_WHOLE_COMPANY = ("catalog/", "gateway/")  # their rows are everybody's: there is no scope to take out


@dataclass(frozen=True)
class Mutant:
    """One check. `enclosing` names the functions it stands in, from the outermost on."""

    kind: str
    file: str
    line: int
    text: str
    position: tuple[int, int, int, int] = (0, 0, 0, 0)
    enclosing: tuple[str, ...] = ()
    live: Any = field(default=None, compare=False, repr=False)

    @property
    def begins(self) -> tuple[str, int]:
        """The innermost function it stands in, and the line it stands on."""
        return self.enclosing[-1], self.line

    def __str__(self) -> str:
        return f"{self.kind} at {self.file}:{self.line}: {self.text}"


def denials() -> set[str]:
    """The names of all refusals that keep somebody out: 401, 403, 404, 429, and those of roles."""
    found, open_ = set(), [Refusal]
    while open_:
        kind = open_.pop()
        open_ += kind.__subclasses__()
        if getattr(kind, "status", 0) in (401, 403, 404, 429) or "role" in getattr(kind, "code", ""):
            found.add(kind.__name__)
    return found | {"LastAdministrator"}


def mutants() -> list[Mutant]:
    """All of them, in the order of files and lines."""
    known = denials()
    files = [path for path in python_files("services/") if not any(part in path.as_posix() for part in _NOT_READ)]
    found = [mutant for path in files for mutant in _Checks(shown(path), path.read_text("utf-8"), known).found]
    return sorted([*found, *_actions()], key=lambda mutant: (mutant.file, mutant.line, mutant.position))


class _Checks(ast.NodeVisitor):
    """The checks in one file."""

    def __init__(self, file: str, source: str, denials: set[str]) -> None:
        self.file, self.source, self.denials = file, source, denials
        self.found: list[Mutant] = []
        self._inside: list[str] = []
        self._scopes = file.endswith(("persistence/scopes.py", "data/copies.py"))
        self._rows = not any(part in file for part in _WHOLE_COMPANY)
        self.visit(ast.parse(source))

    def _add(self, kind: str, node: ast.expr | ast.stmt) -> None:
        text = " ".join((ast.get_source_segment(self.source, node) or "").split())[:110]
        position = (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        if self._inside:
            self.found.append(Mutant(kind, self.file, node.lineno, text, position, tuple(self._inside)))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._inside.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside.append(f"{node.name}.")
        self.generic_visit(node)
        self._inside.pop()

    def visit_If(self, node: ast.If) -> None:
        raised = node.body[-1] if isinstance(node.body[-1], ast.Raise) else None
        if raised is not None and _name(raised.exc) in self.denials:
            parts = (
                node.test.values
                if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or)
                else [node.test]
            )
            for part in parts:
                self._add("refusal", part)
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            name = _name(node.value)
            if name == "must":
                self._add("must", node.value)
            elif name in FIELDS:
                self._add("field", node.value)
            elif name in CALLED or (name == "leave" and isinstance(node.value.func, ast.Name)):  # not policy.leave()
                self._add("rule", node.value)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if self._scopes and node.value is not None and self._inside[-1] not in _NO_SCOPES:
            self._add("scope", node.value.body if isinstance(node.value, ast.Lambda) else node.value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node)
        on_work = isinstance(node.func, ast.Attribute) and _name(node.func.value) == "uow"
        looks = name in ("visible", "select") and bool(node.args)
        scoped = self._rows and not (looks and _name(node.args[0]) in _everybodys())
        if name == "visible" and scoped:
            self._add("visible", node)
        elif name in ("get", "select") and on_work and scoped:
            self._add(f"uow.{name}", node)
        elif name in MASKS and len(node.args) == 1:
            self._add("mask", node)
        elif name in TEXTS:
            self._add("texts", node)
        elif name in VEILS and node.args:
            self._add("veil", node)
        elif name == "may" and isinstance(node.func, ast.Attribute):
            self._add("may", node)
        elif name == "where" and self.file.endswith("identity/current.py"):
            for argument in node.args:
                self._add("session", argument)
        self.generic_visit(node)


@cache
def _everybodys() -> set[str]:
    """The kinds of which everybody reaches all: to look at them has no scope to take out."""
    each = [import_module(f"{service}.persistence.scopes").SCOPES for service in ("player", "ticket", "sales")]
    return {kind.__name__ for scopes in each for kind, scope in scopes.items() if scope is company_wide}


def _name(node: Any) -> str:
    """The last part of a name, a call or what is raised."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


class _TakeOut(ast.NodeTransformer):
    """Exchanges the node at a position; every name in it stays in use, so that closures keep their form."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.done = 0

    def visit(self, node: ast.AST) -> ast.AST:
        where = tuple(getattr(node, name, 0) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
        if where != self.mutant.position or not isinstance(node, ast.expr) or self.done:
            return self.generic_visit(node)
        self.done += 1
        return ast.copy_location(_INSTEAD[self.mutant.kind](copy.deepcopy(node)), node)


def _parsed(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def _named(node: Any) -> list[ast.expr]:
    """What a call holds, kept in use."""
    held = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return [*held, *node.args, *(keyword.value for keyword in node.keywords)]


def _first(instead: ast.expr, *rest: ast.expr) -> ast.expr:
    """`instead`, after the rest was looked at and dropped: (instead, lambda: rest)[0]."""
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    later = ast.Lambda(args=nothing, body=ast.Tuple(elts=list(rest), ctx=ast.Load()))
    pair = ast.Tuple(elts=[instead, later], ctx=ast.Load())
    return ast.Subscript(value=pair, slice=ast.Constant(0), ctx=ast.Load())


_TRUE = "__import__('sqlalchemy').true()"
_INSTEAD: dict[str, Callable[[Any], ast.expr]] = {
    "must": lambda node: ast.Tuple(elts=_named(node), ctx=ast.Load()),
    "field": lambda node: ast.Tuple(elts=_named(node), ctx=ast.Load()),
    "veil": lambda node: _first(node.args[VEILS[_name(node)]], *_named(node)),
    "rule": lambda node: ast.Tuple(elts=_named(node), ctx=ast.Load()),
    "refusal": lambda node: _first(ast.Constant(False), node),
    "scope": lambda node: _first(_parsed(_TRUE), node),
    "visible": lambda node: _first(_parsed(_TRUE), node),
    "session": lambda node: _first(_parsed(_TRUE), node),
    "uow.get": lambda node: ast.Call(
        func=ast.Attribute(
            value=ast.Attribute(value=node.func.value, attr="session", ctx=ast.Load()), attr="get", ctx=ast.Load()
        ),
        args=node.args,
        keywords=[],
    ),
    "uow.select": lambda node: ast.Call(func=_parsed("__import__('sqlalchemy').select"), args=node.args, keywords=[]),
    "mask": lambda node: node.args[0],
    "texts": lambda node: node.args[0],
    "may": lambda node: _first(ast.Constant(True), node),
}


def _actions() -> Iterator[Mutant]:
    """The action of every route and every page, as they run: weakened to one that everybody has."""
    for one in [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__closure__]:
        cells = dict(zip(one.__code__.co_freevars, one.__closure__ or (), strict=True))
        kind = {"run": "action", "guarded": "page"}.get(one.__code__.co_name)
        if kind is None or not {"action", "view"} <= cells.keys():
            continue
        code = innermost(cells["view"].cell_contents).__code__
        action = cells["action"].cell_contents
        if "/services/" in code.co_filename and action not in ("own", "public"):  # nothing is weaker than these
            file = code.co_filename.split(f"{ROOT.as_posix()}/")[-1]
            text = f"{code.co_name} needs {action}"
            yield Mutant(kind, file, code.co_firstlineno, text, live=cells["action"], enclosing=(code.co_name,))


def innermost(view: Any) -> Any:
    """The function itself, without what is wrapped around it."""
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


@contextmanager
def taken_out(mutant: Mutant, suite: InProcessSuite) -> Iterator[None]:
    """Within the block the suite runs without this check."""
    undo = _weaken(mutant) if mutant.live is not None else _exchange(mutant, suite)
    forget(suite)
    try:
        yield
    finally:
        undo()
        forget(suite)


def _weaken(mutant: Mutant) -> Callable[[], None]:
    action = mutant.live.cell_contents
    everybodys = next(one for one in EVERYBODYS if one != action)
    mutant.live.cell_contents = "own" if mutant.kind == "page" else everybodys

    def undo() -> None:
        mutant.live.cell_contents = action

    return undo


def _exchange(mutant: Mutant, suite: InProcessSuite) -> Callable[[], None]:
    path = ROOT / mutant.file
    out = _TakeOut(mutant)
    tree = ast.fix_missing_locations(out.visit(ast.parse(path.read_text("utf-8"))))
    assert out.done == 1, f"{mutant}: not found"
    after = dict(_codes(compile(tree, str(path), "exec")))
    there = _there(suite).functions.get(str(path), [])
    there = [one for one in there if after.get(_key(one.__code__), one.__code__) != one.__code__]
    assert there, f"{mutant}: nothing that runs has this code"
    before = [(one, one.__code__) for one in there]
    for one in there:
        one.__code__ = after[_key(one.__code__)]

    def undo() -> None:
        for one, code in before:
            one.__code__ = code

    return undo


class _There:
    """What there is in this process of functions, by their file, and of verifiers of tokens."""

    def __init__(self) -> None:
        self.modules = len(sys.modules)
        self.functions: dict[str, list[FunctionType]] = defaultdict(list)
        self.verifiers: list[Verifier] = []
        for one in gc.get_objects():
            if type(one) is FunctionType:
                self.functions[one.__code__.co_filename].append(one)
            elif type(one) is Verifier:
                self.verifiers.append(one)


def _there(suite: InProcessSuite) -> _There:
    """Looked for once while a suite runs and no module is added: there are millions of objects to go through."""
    kept = suite.gateway.extensions
    if "test_there" not in kept or kept["test_there"].modules != len(sys.modules):
        kept["test_there"] = _There()
    found: _There = kept["test_there"]
    return found


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    """Every function's code within a module's."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield _key(one), one
            yield from _codes(one)


def forget(suite: InProcessSuite) -> None:
    """What was remembered of statements, tokens and sessions may have been made with the check, or without it."""
    from chassis.data import unit_of_work

    for one in (unit_of_work._kept, unit_of_work._by_id):
        one.cache_clear()
    suite.gateway.extensions["playdesk_sessions"]._known.clear()
    suite.gateway.extensions["playdesk_forwarder"].minter._kept.clear()
    for verifier in _there(suite).verifiers:
        verifier._seen.clear()
