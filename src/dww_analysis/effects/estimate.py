"""One plan entry to its Estimates: build the frame, fit the model, read the contrasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.contrasts import TREND, Noun, columns_of, noun_of
from dww_analysis.domain.estimate import COLUMNS, Estimate, listed
from dww_analysis.domain.outcomes import KINDS, OutcomeKind, contradicting
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, say
from dww_analysis.effects.components import components_of
from dww_analysis.effects.counted import counted, tested
from dww_analysis.effects.designs import model_for, prepared
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult, standardiser
from dww_analysis.effects.frames import analysis_frame
from dww_analysis.effects.models import ROW, Model, Target, fit_model, of_counts
from dww_analysis.effects.record import record_of
from dww_analysis.effects.sizes import Spread, in_sd
from dww_analysis.effects.smallest import smallest_of
from dww_analysis.errors import FitError, PlanError

EXACT_DF = ("kenward-roger", "residual")  # of a mixed model, and of least squares
LIKE_POISSON = (
    "{entry}: the formula has no term with a level for each row, so counts may vary no more than a Poisson "
    "distribution has it. Counts that do get intervals that are too narrow; `(1 | person:wave)` is such a term."
)


def fit_entry(data: EntryData, change: Callable[[Model], Model] | None = None) -> EntryFit:
    """Fit one entry's model. FitError or PlanError when it cannot be estimated.

    `change`: makes another model of the planned one, for sensitivity analyses.
    """
    from dww_analysis.multilevel.errors import MultilevelError

    entry, study, plan = data.entry, data.study, data.plan
    frame, kind = entry_frame(data)
    model = model_for(entry, plan, study, frame)
    model = of_counts(model) if kind.family == "poisson" and entry.formula is None else model
    model = model if change is None else change(model)
    try:
        fitted = fit_model(model, frame, kind.family)
        coefficients = fitted.coefficients(conf_level=plan.conf_level).set_index("term")
    except MultilevelError as error:
        raise FitError.of(
            found=f"the model of `{entry.id}` cannot be estimated",
            detail=str(error),
            where=f"plan.yaml, entry {entry.id}, outcome {entry.outcome}",
            expected="data that carry the planned model",
            action="look at the scores of this outcome; change the plan only as a reported deviation",
        ) from error
    _require_terms(entry, model, coefficients.index)
    if kind.family == "poisson" and max(fitted.n_groups.values(), default=0) < fitted.n_obs:
        model = replace(model, warnings=(*model.warnings, LIKE_POISSON.format(entry=entry.id)))
    return EntryFit(frame, model, fitted, coefficients, kind)


def entry_frame(data: EntryData) -> tuple[pd.DataFrame, OutcomeKind]:
    """The rows of an entry with the columns of its design, and the kind of its outcome. FitError where the outcome is
    of another kind, or the rows cannot carry the planned contrast."""
    entry, study = data.entry, data.study
    frame = analysis_frame(entry, study, data.scores, data.covariates, data.answers)
    kind = outcome_kind(entry, data.scale, frame["score"])
    _require_persons(entry, study, frame)
    frame = prepared(frame, entry, study)
    if kind.family == "poisson":
        frame[ROW] = pd.Categorical(frame.index.astype(str))
    return frame, kind


def outcome_kind(entry: PlanEntry, scale: Scale, scores: pd.Series) -> OutcomeKind:
    """The declared kind of the entry's outcome. FitError when the scores cannot be of that kind."""
    wrong = contradicting(scale.measure, scores.dropna().unique())
    if wrong:
        seen = ", ".join(f"{v:g}" for v in wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        raise FitError.of(
            found=f"`{entry.outcome}` is declared as `measure: {scale.measure}` and has other scores",
            detail=seen,
            where=f"scales.yaml, scale {scale.id}; plan.yaml, entry {entry.id}",
            expected=KINDS[scale.measure].expected,
            action="correct `measure`, or the scoring and recoding that lead to these scores",
        )
    return KINDS[scale.measure]


def read_estimates(data: EntryData, found: EntryFit) -> EntryResult:
    """The estimates, variance components and record of a fitted entry. Rows of estimates as `domain.estimate`
    declares them, the planned contrast first."""
    return EntryResult(
        estimates=estimates_of(data, found),
        components=components_of(data.entry, found.fitted, data.plan.conf_level),
        record=record_of(data, found),
    )


def estimates_of(data: EntryData, found: EntryFit) -> pd.DataFrame:
    """The estimates of a fitted entry alone: columns of domain.estimate."""
    entry = data.entry
    shared = _shared(data, found)
    sd = standardiser(entry, found)
    rows = [row for target in found.model.targets for row in _rows(target, found, data, shared, sd)]
    return pd.DataFrame([asdict(r) for r in rows], columns=list(COLUMNS))


def _require_persons(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> None:
    """Refuse an estimate that would rest on fewer persons (in an arm) than may be shown."""
    scored = frame.dropna(subset=["score"])
    by_arm = scored.groupby("arm", observed=False)["person"].nunique() if study.groups else []
    fewest = min([scored["person"].nunique(), *by_arm])
    if fewest < study.min_cell_size:
        few = f"`{entry.outcome}` has scores of fewer than {study.min_cell_size} persons in the smallest group of "
        found = few if scored["person"].nunique() else f"nobody answered `{entry.outcome}` in "
        raise FitError.of(
            found=f"{found}sample `{entry.sample}`",
            where=f"plan.yaml, entry {entry.id}",
            expected=f"at least {study.min_cell_size} persons, the study's minimum for any statistic",
            action="look at the missing rule of the scale and at the flow table",
        )


def _require_terms(entry: PlanEntry, model: Model, known: Iterable[str]) -> None:
    named = [name for target in model.targets for name in target.weights]
    absent = [t for t in named if t not in set(known)]
    if absent:
        raise PlanError.of(
            found=f"entry `{entry.id}` names the term `{absent[0]}`",
            where="plan.yaml",
            expected="a coefficient of the model: " + ", ".join(known),
            action="correct `term`",
        )


def _shared(data: EntryData, found: EntryFit) -> dict[str, Any]:
    """The fields that all rows of an entry have in common."""
    entry, fitted, kind, used = data.entry, found.fitted, found.kind, found.used
    return {
        "entry": entry.id,
        "outcome": entry.outcome,
        "kind": kind.id,
        "summary": kind.summaries[0],
        "conf_level": data.plan.conf_level,
        "adjust_method": "none",
        "p_adjusted": float("nan"),
        "n_obs": int(fitted.n_obs),
        "n_persons": int(used["person"].nunique()),
        "n_teams": int(used["team"].nunique()),
        "n_organisations": int(used["organisation"].nunique()),
        "unit": kind.unit_name or say(entry.unit or data.scale.unit, "en"),
        "status": entry.status,
        "converged": bool(fitted.converged),
        "boundary": listed(boundary_groups(fitted)),
        "fallback": listed(_fallbacks(found)),
    }


def _fallbacks(found: EntryFit) -> list[str]:
    """The methods by which the coefficients are tested because those that belong to the outcome could not be had."""
    methods = [str(m) for m in dict.fromkeys(found.coefficients["df_method"])]
    if found.kind.counts_df:
        return methods if counted(found) is None else []
    return [m for m in methods if found.kind.standardises and m not in EXACT_DF]


def boundary_groups(fitted: Any) -> list[str]:
    """The groups with a variance or correlation at its limit, each once, in the order of the model; [] where none
    is."""
    groups = [str(g) for g in dict(fitted.n_groups)]
    return [g for g in groups if any(name.startswith(f"{g} ") for name in fitted.boundary)]


def identity_of(entry: PlanEntry, target: Target) -> str:
    """The id of an estimate: the entry's own for the planned contrast, with a suffix for the others."""
    contrast = target.contrast
    if target.primary:
        return entry.id
    if contrast.exposure:
        return f"{entry.id}.exposure_{contrast.exposure}"
    if contrast.reference == TREND and contrast.per:
        return f"{entry.id}.{TREND}"
    return f"{entry.id}.wave{contrast.wave}"


def _noun(target: Target, found: EntryFit, study: Study) -> Noun:
    """What the estimate may be called; units that started without a lot at waves of their own give associations."""
    if found.model.association or (study.starts and not study.by_lot):
        return "association"
    return noun_of(target.contrast, study.by_lot)


def combined(target: Target, found: EntryFit, conf_level: float) -> Mapping[Any, Any]:
    """Estimate, test and interval of a target (columns of `linear`), from the covariance and df of the fit's own
    tests, or counted df."""
    inference = counted(found)
    if inference is not None:
        return tested(inference, found.weights_of(target), found.fitted.solution.beta, conf_level)
    if target.single is not None:
        return found.coefficients.loc[target.single]
    return found.fitted.linear(found.weights_of(target), conf_level=conf_level).iloc[0]


def _rows(
    target: Target, found: EntryFit, data: EntryData, shared: dict[str, Any], sd: Spread | None
) -> list[Estimate]:
    """The estimate in the outcome's unit and, beside it, in standard deviations."""
    entry, row = data.entry, combined(target, found, data.plan.conf_level)
    raw = Estimate(
        id=identity_of(entry, target),
        term=target.term,
        noun=_noun(target, found, data.study),
        primary=target.primary,
        standardised=False,
        **columns_of(target.contrast),
        estimate=float(row["estimate"]),
        std_error=float(row["std_error"]),
        df=float(row["df"]),
        statistic=float(row["statistic"]),
        p_value=float(row["p_value"]),
        conf_low=float(row["conf_low"]),
        conf_high=float(row["conf_high"]),
        df_method=str(row["df_method"]),
        family=entry.family if target.primary else "",
        n_smallest=smallest_of(target, found, data.study),
        sd_used=float("nan"),
        **shared,
    )
    return [raw] if sd is None else [raw, _standardised(raw, sd)]


def _standardised(raw: Estimate, spread: Spread) -> Estimate:
    """The same contrast in units of the SD, which counts as estimated; the test is that of the row it restates."""
    values = {
        **asdict(raw),
        "id": f"{raw.id}.sd",
        "unit": "SD",
        "standardised": True,
        "sd_used": spread.sd,
        **in_sd(raw.estimate, raw.std_error, raw.df, raw.conf_level, spread),
    }
    return Estimate(**values)
