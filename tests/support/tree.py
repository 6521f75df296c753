"""The repository as the tests of its shape see it: its files, its services, their modules."""

from __future__ import annotations

import ast
import importlib
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SERVICES = tuple(
    sorted(path.parent.name for path in ROOT.glob("services/*/*/app.py") if path.parent.name == path.parts[-3])
)


def service(name: str) -> Any:
    """The SERVICE of a service."""
    return importlib.import_module(f"{name}.app").SERVICE


def python_files(*folders: str) -> list[Path]:
    """Our Python files below these folders of the repository."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).as_posix().startswith(folders)]


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository, and every one that is not ignored and could become one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    found = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in found if path.is_file())


def shown(path: Path) -> str:
    """A path as one types it at the root of the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, lines from the first of its statements to the last) of each function; its docstring does not count."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
