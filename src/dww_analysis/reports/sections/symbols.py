"""A model of the plan in symbols: what is fixed, and which deviations are drawn at random."""

from __future__ import annotations

import re

from dww_analysis.domain.outcomes import KINDS

FIXED = re.compile(r"\((?P<terms>[^|()]*)\|(?P<group>[^()]*)\)")
NORMAL = "N(0, σ²({name}))"


def in_symbols(formula: str, kind: str = "continuous") -> tuple[str, str] | None:
    """(the model, what its random terms are) of a formula in lme4 syntax with random intercepts only, for a kind of
    outcome that is a number or a yes or no; None for others.

    `score ~ wave + (1 | team)` becomes `score = β₀ + β(wave) + u(team) + ε`,
    with `u(team) ~ N(0, σ²(team)); ε ~ N(0, σ²)`. Yes or no has a logit and no ε.
    """
    known = KINDS.get(kind)
    number, shares = known is not None and known.family == "gaussian", known is not None and known.has_shares
    outcome, mark, right = formula.partition("~")
    groups = [g for m in FIXED.finditer(right) for g in _groups(m["group"].strip())]
    terms = [m["terms"].strip() for m in FIXED.finditer(right)]
    if not mark or not (number or shares) or any(t != "1" for t in terms):
        return None
    plain = [t.strip() for t in FIXED.sub("", right).split("+")]
    fixed = [t for t in plain if t and t not in ("0", "1")]
    names = [g.replace(":", " × ") for g in groups]
    name, rest = outcome.strip(), ["ε"] if number else []
    parts = ["β₀", *(f"β({t})" for t in fixed), *(f"u({n})" for n in names), *rest]
    drawn = [*(f"u({n}) ~ {NORMAL.format(name=n)}" for n in names), *(f"{e} ~ N(0, σ²)" for e in rest)]
    left = name if number else f"logit(P({name} = 1))"
    return f"{left} = {' + '.join(parts)}", "; ".join(drawn)


def _groups(group: str) -> list[str]:
    """The groups of a term: `organisation/team` stands for organisations, and teams within them."""
    levels = group.split("/")
    return [":".join(levels[:i]) for i in range(1, len(levels) + 1)]
