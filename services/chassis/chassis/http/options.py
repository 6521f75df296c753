"""Fields whose codes the company may add to: a built-in code, or an own option that this service was told of (G9)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import current_app
from marshmallow import ValidationError, fields

from chassis.data.options import Options, of_the_job
from chassis.http.fields import documented, messages

CODE = re.compile(r"[a-z][a-z0-9_]{1,31}", re.ASCII)


class OptionField(fields.Field[str]):
    """One code of a list; `name` is the list's, `built_in` its codes that are always there."""

    default_error_messages = messages()

    def __init__(self, name: str, built_in: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.list_name, self.built_in = name, tuple(built_in)
        what = {"type": "string", "pattern": f"^{CODE.pattern}$", "description": _described(name, self.built_in)}
        documented(self, **what)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return known(self.list_name, self.built_in, value)


class OptionsField(fields.Field[list[str]]):
    """Several codes of a list with commas between them, in a query."""

    default_error_messages = messages()

    def __init__(self, name: str, built_in: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.list_name, self.built_in = name, tuple(built_in)
        several = f"{_described(name, self.built_in)}; several with commas"
        documented(self, type="string", description=several)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        return [known(self.list_name, self.built_in, part.strip()) for part in str(value).split(",")]


def known(name: str, built_in: tuple[str, ...], code: str) -> str:
    """The code, where the list has it. Raises ValidationError, which names what it could have been."""
    if code in built_in:
        return code
    options = _options()
    if CODE.fullmatch(code) and options.has(name, code):
        return code
    own = [one for one in options.words(name) if one not in built_in]
    raise ValidationError(f"not_a_choice:{' '.join((*built_in, *own))}")


def _options() -> Options:
    """Those of the job that is being done, else of the application that answers."""
    found: Options = of_the_job() or current_app.extensions["playdesk"].options
    return found


def _described(name: str, built_in: tuple[str, ...]) -> str:
    return f"of {', '.join(built_in)}, or an own option of the list {name} (GET /options)"
