"""Public names of a room that are loaded when first used, so that importing the room costs nothing (PEP 562)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = (
    False  # as a type checker has it; `typing` takes longer to import than all that a job's command needs
)
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def lazily(room: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a room.

    room: the room's `__name__`. homes: public name -> module that holds it: of the room (without the room's name), or
    of another room (its whole name, dww_analysis....).
    An unknown name is an AttributeError that lists the known ones.
    """

    def attribute(name: str) -> Any:
        if name not in homes:
            known = ", ".join(sorted(homes))
            raise AttributeError(f"module {room!r} has no attribute {name!r}; it has {known}")
        home = homes[name]
        return getattr(import_module(home if home.startswith("dww_analysis.") else f"{room}.{home}"), name)

    return attribute, lambda: sorted(homes)
