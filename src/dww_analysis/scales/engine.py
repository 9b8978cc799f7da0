"""The door to the factor engine: its refusals become this room's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dww_analysis.errors import Problem, ScaleError


@contextmanager
def refusals() -> Iterator[None]:
    """Inside, what the factor engine refuses is a ScaleError with the same four parts."""
    try:
        yield
    except ValueError as error:
        from dww_analysis.factor.errors import FactorError  # loaded already when it was raised

        if not isinstance(error, FactorError):
            raise
        parts = error.problems[0]
        raise ScaleError(
            Problem(found=parts.found, where=parts.where, expected=parts.expected, action=parts.action)
        ) from error
