"""The fact of options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis.facts.event import Event, fact

if TYPE_CHECKING:
    from gateway.options.option import Option


@fact("option.changed.v1")
@dataclass(frozen=True, kw_only=True)
class OptionChanged(Event):
    """A code was added to a list, called otherwise, moved, retired, restored or removed."""

    list: str
    code: str
    zh: str
    en: str
    position: int
    active: bool
    built_in: bool
    removed: bool

    @classmethod
    def of(cls, option: Option, *changed: str, removed: bool = False) -> OptionChanged:
        """The fact that this option is now as it is."""
        return cls(
            subject=option.id,
            entity_version=option.version,
            occurred_at=option.updated_at,
            changed=tuple(changed),
            removed=removed,
            **{name: getattr(option, name) for name in ("list", "code", "zh", "en", "position", "active", "built_in")},
        )
