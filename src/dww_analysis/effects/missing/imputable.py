"""Which entries have their missing values drawn, and why others have not: by what they are, and by how many units there
are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from dww_analysis.domain.outcomes import OutcomeKind
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.effects.designs.terms import CLUSTERS
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.errors import FitError, Problem, raise_all


def require_imputable(data: EntryData, found: EntryFit) -> None:
    """FitError with every reason for which missing values of an entry are not drawn; nothing where there is none."""
    raise_all(reasons(data.entry, found.kind, bool(found.fitted.design.random)), FitError)


def reasons(entry: PlanEntry, kind: OutcomeKind, random: bool) -> list[Problem]:
    """Why missing values of an entry are not drawn by what it is; [] where they may be.

    kind: of its outcome; random: whether its model has random terms.
    """
    where = f"plan.yaml, missing: imputation; entry {entry.id}"
    return [
        Problem(found=what, where=where, expected=expected, action=f"nothing; the entry's own {own}")
        for what, expected, own in _reasons(entry, kind, random)
    ]


def _reasons(entry: PlanEntry, kind: OutcomeKind, random: bool) -> Iterator[tuple[str, str, str]]:
    """(found, expected, what uses all answers there are) of each reason."""
    own = "model uses all answers that there are"
    if kind.family != "gaussian":
        yield (
            f"imputation of `{entry.outcome}`, whose measure is {kind.id}",
            "continuous outcomes: the imputation model is normal",
            own,
        )
    if not random:
        yield (
            f"imputation for `{entry.id}`, whose model is one of least squares",
            "a model with units or with persons who answer more than once: values are drawn at these levels",
            own,
        )
    if entry.adjusted:
        yield (
            f"imputation for `{entry.id}`, which has `baseline: ancova`",
            "a model in which the first wave is an outcome: it is drawn together with the later ones",
            "model uses all answers of who answered the first wave",
        )
    if entry.units_once:
        yield (
            f"imputation for `{entry.id}`, whose estimand has `average: cluster`",
            "a mixed model of the answers: how large a unit is hangs on who answered",
            "average uses all answers that there are",
        )


def few_units(frame: pd.DataFrame, levels: Sequence[str], n_scores: int) -> list[Problem]:
    """Problems of units too few to estimate how scores go together between them; [] where they are enough.

    frame: a row per person and wave; levels: groups of the model, such as team and team:wave.
    """
    problems = []
    for level in (name for name in levels if name in CLUSTERS):
        persons = frame.groupby(level, observed=True)["person"].nunique()
        if len(persons) < n_scores + 2:
            problems.append(_problem(f"{len(persons)} {level}s for {n_scores} scores", n_scores + 2, level))
        elif int((persons > 1).sum()) < n_scores + 2:
            several = int((persons > 1).sum())
            problems.append(_problem(f"{several} {level}s of more than one person", n_scores + 2, level))
    return problems


def _problem(found: str, least: int, level: str) -> Problem:
    return Problem(
        found=f"imputation is not possible: {found}",
        where="plan.yaml, missing: imputation",
        expected=(
            f"at least {least} {level}s of two or more persons: a covariance between them is "
            "estimated for all scores"
        ),
        action="name fewer `auxiliaries`, or leave `imputation` out; the mixed model uses all answers that there are",
    )
