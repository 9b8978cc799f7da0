"""Whether a given formula can be read, and has the coefficient that its plan entry names."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs import prepared
from dww_analysis.effects.frames import analysis_frame
from dww_analysis.errors import PlanError


def coefficients_of(entry: PlanEntry, frame: pd.DataFrame) -> tuple[str, ...]:
    """Names of the coefficients of the entry's formula on the rows of `frame`, those that the rows leave out included;
    () where the rows cannot carry the model at all. PlanError for a formula that cannot be read."""
    from dww_analysis.multilevel.errors import FormulaError, MultilevelError
    from dww_analysis.multilevel.formula.design import build_design

    right = str(entry.formula).split("~", 1)[1].strip()
    try:
        design = build_design(f"score ~ {right}", frame)
    except FormulaError as error:
        raise PlanError.of(
            found=f"the formula of `{entry.id}` cannot be read: {error}",
            where=f"plan.yaml, entry {entry.id}",
            expected="a formula as lme4 writes it, on columns of the study",
            action="correct `formula`",
        ) from error
    except MultilevelError:
        return ()
    return (*design.x_names, *design.spec.dropped)


def require_term(
    entry: PlanEntry,
    study: Study,
    scores: pd.DataFrame,
    covariates: Mapping[str, pd.DataFrame],
    answers: pd.DataFrame,
) -> None:
    """Refuse (PlanError) a `term` that is no coefficient of `formula`, with the coefficients that it has.

    scores, covariates, answers: as for `analysis_frame`.
    """
    if entry.formula is None:
        return
    frame = prepared(analysis_frame(entry, study, scores, covariates, answers), entry, study)
    known = coefficients_of(entry, frame)
    if known and entry.term not in known:
        raise PlanError.of(
            found=f"entry `{entry.id}` names the term `{entry.term}`, which its formula does not have",
            where=f"plan.yaml, entry {entry.id}",
            expected="a coefficient of the formula: " + ", ".join(known),
            action="correct `term` or `formula`",
        )
