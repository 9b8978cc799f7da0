"""Scales of results: the linear predictor, and the outcome as it was measured.

The way from one to the other is the inverse link of the family, or the way back from a transformed outcome. A mean is
turned back by it; a difference only where the way is a straight line, and as a ratio where it begins with a logarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from scipy.special import expit

from ..errors import MethodError
from ..formula.outcome import CannotUndo, Step, slope_of_all, steps_back, undo_all
from ..model import Array, Design

SCALES = ("link", "response")


@dataclass(frozen=True)
class ResponseScale:
    """From the linear predictor to the outcome."""

    inverse: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    expression: str  # the outcome as the formula writes it
    difference: float | None = (
        None  # what one unit of difference becomes, where the way back is a straight line
    )
    ratio: str | None = None  # what exp(log_unit * difference) is: "ratio", "odds ratio"
    log_unit: float = 1.0

    def limits(self, estimate: Array, low: Array, high: Array) -> tuple[Array, Array]:
        """Limits turned back, in order and in the shape of the estimates: a falling way back changes their places.
        NaN where they do not enclose the estimate: between them the way back has a gap, as 1/x has at zero."""
        middle, a, b = self.inverse(estimate), self.inverse(low), self.inverse(high)
        lower, upper = np.minimum(a, b), np.maximum(a, b)
        inside = (lower <= middle) & (middle <= upper)
        return np.where(inside, lower, np.nan), np.where(inside, upper, np.nan)


# by link: its inverse, the derivative of that, and what exp(difference) is
LINK_SCALES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array], str]] = {
    "logit": (expit, lambda eta: expit(eta) * expit(-eta), "odds ratio"),
    "cloglog": (lambda eta: -np.expm1(-np.exp(eta)), lambda eta: np.exp(eta - np.exp(eta)), "hazard ratio"),
    "log": (np.exp, np.exp, "ratio"),
}


def check_scale(scale: str) -> bool:
    """Whether the outcome's scale is asked for; refuses other names."""
    if scale not in SCALES:
        raise MethodError(f"type is 'link' or 'response', not {scale!r}.")
    return scale == "response"


def response_scale(design: Design, link: str) -> ResponseScale:
    """The way back for a design; refuses a transformed outcome that has none, naming the expression."""
    if design.categories:
        return ResponseScale(_no_single_mean, _no_single_mean, design.response, ratio="cumulative odds ratio")
    if link in LINK_SCALES:
        inverse, derivative, ratio = LINK_SCALES[link]
        return ResponseScale(inverse, derivative, design.response, ratio=ratio)
    steps = steps_back(design.spec)
    factor, curved = _straight_part(steps)
    scale = ResponseScale(
        lambda eta: undo_all(steps, eta), lambda eta: slope_of_all(steps, eta), design.response
    )
    return _with_differences(scale, factor, curved)


def _no_single_mean(eta: Array) -> Array:
    raise MethodError(
        "An ordered outcome has a probability for each category, not one mean; use predict(new, type='response'), or "
        "type='link' for the location."
    )


def _straight_part(steps: list[Step]) -> tuple[float, list[Step]]:
    """What one unit before the outer straight lines is after them, and the steps from the first curve on."""
    factor = 1.0
    for place, step in enumerate(steps):
        if step.factor is None:
            return factor, steps[place:]
        factor *= step.factor
    return factor, []


def _with_differences(scale: ResponseScale, factor: float, curved: list[Step]) -> ResponseScale:
    """How differences are turned back: by the line, or as a ratio of what the logarithm or the logit is of."""
    if not curved:
        return replace(scale, difference=1 / factor)
    first, inner = curved[0], curved[1:]
    if first.log_base is None and not first.odds:
        return scale
    word = "odds ratio" if first.odds else "ratio"
    plain = not inner if first.odds else not first.shifted and all(_keeps_ratios(step) for step in inner)
    unit = (first.log_base or 1.0) / factor
    return replace(scale, ratio=word if plain else f"{word} of {first.label}", log_unit=unit)


def _keeps_ratios(step: Step) -> bool:
    """Whether a step only changes the unit."""
    return step.factor is not None and step.factor > 0 and float(step.undo(np.zeros(1))[0]) == 0.0


def refuse_differences(scale: ResponseScale) -> NoReturn:
    """Raise CannotUndo: a difference of a curve, say of sqrt(y), is no difference of y."""
    raise CannotUndo(
        f"A difference of the transformed {scale.expression} cannot be turned back to the outcome's scale: how much it "
        f"is depends on where it begins. Use type='link' for the difference of {scale.expression}, or "
        "means(..., type='response') for the means themselves."
    )


def mean_given_effects(eta: Array, design: Design, link: str) -> Array:
    """The expected outcome of the model, in the shape of eta, as its formula writes it: the inverse link, without
    undoing a transform. MethodError for an ordered outcome, which has none."""
    if design.categories:
        raise MethodError(
            "An ordered outcome has no fitted mean and no residual; predict(type='response') gives the probabilities "
            "of its categories."
        )
    return np.asarray(LINK_SCALES[link][0](eta)) if link in LINK_SCALES else eta


def category_probabilities(location: Array, thresholds: Array) -> Array:
    """(rows, K) probabilities of the categories at locations (rows,), thresholds (K - 1,)."""
    below = expit(thresholds[None, :] - np.asarray(location)[:, None])
    edges = np.hstack([np.zeros((len(below), 1)), below, np.ones((len(below), 1))])
    return np.diff(edges, axis=1)
