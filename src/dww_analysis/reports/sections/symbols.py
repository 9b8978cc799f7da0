"""A model of the plan in symbols: what is fixed, and which deviations are drawn at random."""

from __future__ import annotations

import re

FIXED = re.compile(r"\((?P<terms>[^|()]*)\|(?P<group>[^()]*)\)")
NORMAL = "N(0, σ²({name}))"


def in_symbols(formula: str) -> tuple[str, str] | None:
    """(the model, what its random terms are) of a formula in lme4 syntax with random intercepts only; None for others.

    `score ~ wave + (1 | team)` becomes `score = β₀ + β(wave) + u(team) + ε`,
    with `u(team) ~ N(0, σ²(team)); ε ~ N(0, σ²)`.
    """
    outcome, mark, right = formula.partition("~")
    groups = [g for m in FIXED.finditer(right) for g in _groups(m["group"].strip())]
    terms = [m["terms"].strip() for m in FIXED.finditer(right)]
    if not mark or any(t != "1" for t in terms):
        return None
    plain = [t.strip() for t in FIXED.sub("", right).split("+")]
    fixed = [t for t in plain if t and t not in ("0", "1")]
    names = [g.replace(":", " × ") for g in groups]
    parts = ["β₀", *(f"β({t})" for t in fixed), *(f"u({n})" for n in names), "ε"]
    drawn = [f"u({n}) ~ {NORMAL.format(name=n)}" for n in names]
    return f"{outcome.strip()} = {' + '.join(parts)}", "; ".join([*drawn, "ε ~ N(0, σ²)"])


def _groups(group: str) -> list[str]:
    """The groups of a term: `organisation/team` stands for organisations, and teams within them."""
    levels = group.split("/")
    return [":".join(levels[:i]) for i in range(1, len(levels) + 1)]
