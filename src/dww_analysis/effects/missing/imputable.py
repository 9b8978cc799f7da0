"""Which entries have their missing values drawn, and why others have not."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.errors import FitError, Problem, raise_all

ALL_ANSWERS = "nothing; the entry's own model uses all answers that there are"


def require_imputable(data: EntryData, found: EntryFit) -> None:
    """FitError with every reason for which missing values of an entry are not drawn; nothing where there is none."""
    raise_all(_reasons(data, found), FitError)


def _reasons(data: EntryData, found: EntryFit) -> Iterator[Problem]:
    entry = data.entry
    where = f"plan.yaml, missing: imputation; entry {entry.id}"
    if found.kind.family != "gaussian":
        yield Problem(
            found=f"imputation of `{entry.outcome}`, whose measure is {found.kind.id}",
            where=where,
            expected="continuous outcomes: the imputation model is normal",
            action=ALL_ANSWERS,
        )
    if not found.fitted.design.random:
        yield Problem(
            found=f"imputation for `{entry.id}`, whose model is one of least squares",
            where=where,
            expected="a model with units or with persons who answer more than once: values are drawn at these levels",
            action=ALL_ANSWERS,
        )
    if entry.adjusted:
        yield Problem(
            found=f"imputation for `{entry.id}`, which has `baseline: ancova`",
            where=where,
            expected="a model in which the first wave is an outcome: it is drawn together with the later ones",
            action="nothing; the entry's own model uses all answers of who answered the first wave",
        )
    if entry.units_once:
        yield Problem(
            found=f"imputation for `{entry.id}`, whose estimand has `average: cluster`",
            where=where,
            expected="a mixed model of the answers: how large a unit is hangs on who answered",
            action="nothing; the entry's own average uses all answers that there are",
        )
