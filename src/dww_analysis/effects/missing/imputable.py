"""Which entries have their missing values drawn, and why others have not."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.errors import FitError, Problem, raise_all


def require_imputable(data: EntryData, found: EntryFit) -> None:
    """FitError with every reason for which missing values of an entry are not drawn; nothing where there is none."""
    where = f"plan.yaml, missing: imputation; entry {data.entry.id}"
    raise_all(
        [
            Problem(found=what, where=where, expected=expected, action=f"nothing; the entry's own {own}")
            for what, expected, own in _reasons(data, found)
        ],
        FitError,
    )


def _reasons(data: EntryData, found: EntryFit) -> Iterator[tuple[str, str, str]]:
    """(found, expected, what uses all answers there are) of each reason."""
    entry, own = data.entry, "model uses all answers that there are"
    if found.kind.family != "gaussian":
        yield (
            f"imputation of `{entry.outcome}`, whose measure is {found.kind.id}",
            "continuous outcomes: the imputation model is normal",
            own,
        )
    if not found.fitted.design.random:
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
