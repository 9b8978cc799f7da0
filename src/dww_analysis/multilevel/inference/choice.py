"""Which df method applies to a fit: the default of each kind of likelihood, and what a named method needs."""

from __future__ import annotations

from ..errors import MethodError
from ..model import Solution


def gaussian_df(solution: Solution, df: str | None) -> str:
    """Default: Kenward-Roger for REML with a covariance that is linear in its parameters, Satterthwaite for other
    Gaussian fits (ML, autoregressive residuals). Refuses Kenward-Roger for ML."""
    _refuse_residual(solution, df)
    if df == "kenward-roger" and solution.method != "REML":
        raise MethodError(
            "Kenward-Roger rests on the REML likelihood and this is an ML fit. Fit with method='REML', or use "
            "'satterthwaite'."
        )
    linear = solution.method == "REML" and solution.extra.residual_correlation is None
    return df or ("kenward-roger" if linear else "satterthwaite")


def generalised_df(solution: Solution, df: str | None) -> str:
    """Default: normal. Refuses the methods that are defined for Gaussian outcomes only."""
    _refuse_residual(solution, df)
    if df in ("kenward-roger", "satterthwaite"):
        raise MethodError(
            f"{df} is defined for Gaussian outcomes; this fit has family {solution.family!r}. Use 'normal', or "
            "'between-within' for t tests with few groups."
        )
    return df or "normal"


def least_squares_df(solution: Solution, df: str | None) -> str:
    """Default: n - p. Refuses the methods that rest on random terms."""
    if df not in (None, "normal", "residual"):
        raise MethodError(
            f"{df} does not apply to a fit by {solution.method}; leave df out, and the method that applies is taken."
        )
    return df or "residual"


def _refuse_residual(solution: Solution, df: str | None) -> None:
    if df == "residual":
        raise MethodError(
            f"{df} does not apply to a fit by {solution.method}; leave df out, and the method that applies is taken."
        )
