"""A model of the plan in symbols: what is fixed, and which deviations are drawn at random."""

from __future__ import annotations

from dww_analysis.domain.formulas import INTERCEPT, Terms
from dww_analysis.domain.outcomes import KINDS

NORMAL = "N(0, σ²({name}))"


def in_symbols(formula: str, kind: str = "continuous") -> tuple[str, str] | None:
    """(the model, what its random terms are) of a formula in lme4 syntax with random intercepts only, for a kind of
    outcome that is a number or a yes or no; None for others.

    `score ~ wave + (1 | team)` becomes `score = β₀ + β(wave) + u(team) + ε`,
    with `u(team) ~ N(0, σ²(team)); ε ~ N(0, σ²)`. Yes or no has a logit and no ε.
    """
    known = KINDS.get(kind)
    number, shares = known is not None and known.family == "gaussian", known is not None and known.has_shares
    written = Terms.read(formula)
    if not written.outcome or not (number or shares) or not all(t.is_intercept for t in written.random):
        return None
    if any(t == "0" or t.startswith("-") for t in written.fixed):
        return None
    fixed = [t for t in written.fixed if t != INTERCEPT]
    names = [" × ".join(level) for term in written.random for level in term.levels]
    name, rest = written.outcome, ["ε"] if number else []
    parts = ["β₀", *(f"β({t})" for t in fixed), *(f"u({n})" for n in names), *rest]
    drawn = [*(f"u({n}) ~ {NORMAL.format(name=n)}" for n in names), *(f"{e} ~ N(0, σ²)" for e in rest)]
    left = name if number else f"logit(P({name} = 1))"
    return f"{left} = {' + '.join(parts)}", "; ".join(drawn)
