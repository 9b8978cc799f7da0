"""What a Gaussian solution keeps of its search."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MethodError
from ..model import Extra, Solution
from .likelihood import Criterion, Expansion


@dataclass(frozen=True, eq=False, kw_only=True)
class GaussianExtra(Extra):
    """The reduced data behind the solution and their derivatives at its end."""

    criterion: Criterion
    expansion: Expansion


def criterion_of(solution: Solution) -> Criterion:
    """The reduced data behind a Gaussian solution; refuses solutions of other engines."""
    if not isinstance(solution.extra, GaussianExtra):
        raise MethodError(
            f"This needs a Gaussian fit without a residual structure; the fit at hand is {solution.family} "
            f"by {solution.method} with its own engine. Use the function of that engine."
        )
    return solution.extra.criterion
