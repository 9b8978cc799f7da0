"""Work that falls into parts which do not wait for each other, so that several machines can share it.

Work is a generator: it asks for its parts by name, gets what came of each, and returns its outcome. What comes of a
part hangs on nothing but the part, so that the outcome is the same whoever did which. Below every room: `effects`
says what the parts are, `stages` who does them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Part = Callable[[], Any]  # gives arrays, numbers and texts, in lists and in mappings by name
Parts = Mapping[str, Part]
Work = Generator[Parts, Mapping[str, Any], T]
NOTHING: Mapping[str, Any] = MappingProxyType({})


def whole(work: Work[T], known: Mapping[str, Any] = NOTHING) -> T:
    """The outcome: every part is done here, but those of which it is known what came of them. What a part refuses is
    raised where the work asked for it."""
    try:
        asked = next(work)
        while True:
            try:
                done = {name: known[name] if name in known else make() for name, make in asked.items()}
            except Exception as error:  # the work decides what a refusal means
                asked = work.throw(error)
            else:
                asked = work.send(done)
    except StopIteration as end:
        outcome: T = end.value
        return outcome


def done_here(work: Callable[P, Work[T]]) -> Callable[P, T]:
    """The function that gives the outcome of such work, of the same arguments."""

    @wraps(work)
    def outcome(*args: P.args, **kwargs: P.kwargs) -> T:
        return whole(work(*args, **kwargs))

    return outcome


def share(work: Work[Any], k: int, n: int, refusals: tuple[type[Exception], ...] = ()) -> dict[str, Any]:
    """What came of the k-th part (from 1) and every n-th after it, of those that the work asks for first, by name. A
    part that is refused is left out: whoever does the whole meets it again."""
    try:
        asked = next(work, NOTHING)
    except refusals:
        return {}
    found = {}
    for name in list(asked)[k - 1 :: n]:
        try:
            found[name] = asked[name]()
        except refusals:
            continue
    work.close()
    return found
