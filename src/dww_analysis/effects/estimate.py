"""One plan entry to its Estimates: build the frame, fit the model, read the contrasts, name the standard deviation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from dww_analysis.domain.contrasts import Contrast, Noun, columns_of, noun_of
from dww_analysis.domain.estimate import COLUMNS, Estimate, listed
from dww_analysis.domain.outcomes import KINDS, OutcomeKind, contradicting
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, say
from dww_analysis.effects.designs import model_for, prepared
from dww_analysis.effects.frames import analysis_frame
from dww_analysis.effects.means import arm_means
from dww_analysis.effects.models import Model, Target, fit_model
from dww_analysis.effects.sizes import Spread, standardised
from dww_analysis.effects.spread import spread_of
from dww_analysis.errors import FitError, PlanError

EXACT_DF = ("kenward-roger", "residual")  # of a mixed model, and of least squares


@dataclass(frozen=True, eq=False)
class EntryResult:
    """What one plan entry gave.

    estimates: columns of domain.estimate; components: entry, group, term_1, term_2, estimate, sd_or_correlation,
    boundary; record: formula, search, method, counts, means, warnings — everything the report says about the fit.
    """

    estimates: pd.DataFrame
    components: pd.DataFrame
    record: dict[str, Any]


@dataclass(frozen=True, eq=False)
class EntryData:
    """All that one plan entry needs: the plan's side, and the tables of scores and answers."""

    entry: PlanEntry
    plan: Plan
    study: Study
    scale: Scale  # of the outcome
    scores: pd.DataFrame  # scores table of that scale
    covariates: Mapping[str, pd.DataFrame]  # scale id -> scores table, of scales that the formula names
    answers: pd.DataFrame  # Measurements' answers, for background variables
    links: pd.DataFrame | None = None  # sample, person, wave and the person by other rules of linking


@dataclass(frozen=True, eq=False)
class EntryFit:
    """A fitted entry: the frame given to the engine, the model, the fit, and its coefficients by term."""

    frame: pd.DataFrame
    model: Model
    fitted: Any
    coefficients: pd.DataFrame
    kind: OutcomeKind

    def weights_of(self, target: Target) -> NDArray[Any]:
        """(1, p) weights of a target over the coefficients of the fit."""
        return np.array([[target.weights.get(name, 0.0) for name in self.coefficients.index]])

    @property
    def used(self) -> pd.DataFrame:
        """The rows of the frame that the fit used."""
        rows: pd.DataFrame = self.frame.loc[self.fitted.frame.index]
        return rows


def fit_entry(data: EntryData, change: Callable[[Model], Model] | None = None) -> EntryFit:
    """Fit one entry's model. FitError or PlanError when it cannot be estimated.

    `change`: makes another model of the planned one, for sensitivity analyses.
    """
    from dww_analysis.multilevel.errors import MultilevelError

    entry, study, plan = data.entry, data.study, data.plan
    frame, kind = entry_frame(data)
    model = model_for(entry, plan, study, frame)
    model = model if change is None else change(model)
    try:
        fitted = fit_model(model, frame, kind.family)
        coefficients = fitted.coefficients(conf_level=plan.conf_level).set_index("term")
    except MultilevelError as error:
        raise FitError.of(
            found=f"the model of `{entry.id}` cannot be estimated: {error}",
            where=f"plan.yaml, entry {entry.id}, outcome {entry.outcome}",
            expected="data that carry the planned model",
            action="look at the scores of this outcome; change the plan only as a reported deviation",
        ) from error
    _require_terms(entry, model, coefficients.index)
    return EntryFit(frame, model, fitted, coefficients, kind)


def entry_frame(data: EntryData) -> tuple[pd.DataFrame, OutcomeKind]:
    """The rows of an entry with the columns of its design, and the kind of its outcome. FitError where the outcome is
    of another kind, or the rows cannot carry the planned contrast."""
    entry, study = data.entry, data.study
    frame = analysis_frame(entry, study, data.scores, data.covariates, data.answers)
    kind = outcome_kind(entry, data.scale, frame["score"])
    _require_persons(entry, study, frame)
    return prepared(frame, entry, study), kind


def outcome_kind(entry: PlanEntry, scale: Scale, scores: pd.Series) -> OutcomeKind:
    """The declared kind of the entry's outcome. FitError when the scores cannot be of that kind."""
    wrong = contradicting(scale.measure, scores.dropna().unique())
    if wrong:
        seen = ", ".join(f"{v:g}" for v in wrong[:5]) + (", ..." if len(wrong) > 5 else "")
        raise FitError.of(
            found=f"`{entry.outcome}` is declared as `measure: {scale.measure}` and has scores {seen}",
            where=f"scales.yaml, scale {scale.id}; plan.yaml, entry {entry.id}",
            expected=KINDS[scale.measure].expected,
            action="correct `measure`, or the scoring and recoding that lead to these scores",
        )
    return KINDS[scale.measure]


def read_estimates(data: EntryData, found: EntryFit) -> EntryResult:
    """The estimates, variance components and record of a fitted entry."""
    return EntryResult(
        estimates=estimates_of(data, found),
        components=_components(data.entry, found.fitted, data.plan.conf_level),
        record=_record(data, found),
    )


def estimates_of(data: EntryData, found: EntryFit) -> pd.DataFrame:
    """The estimates of a fitted entry alone: columns of domain.estimate."""
    entry = data.entry
    shared = _shared(data, found)
    sd = _standardiser(entry, found)
    rows = [row for target in found.model.targets for row in _rows(target, found, data, shared, sd)]
    return pd.DataFrame([asdict(r) for r in rows], columns=list(COLUMNS))


def _standardiser(entry: PlanEntry, found: EntryFit) -> Spread | None:
    """The SD that standardises this entry, or None where there is no standardised row."""
    wanted = entry.standardise and found.kind.standardises
    return spread_of(found.fitted, found.frame) if wanted else None


def _require_persons(entry: PlanEntry, study: Study, frame: pd.DataFrame) -> None:
    """Refuse an estimate that would rest on fewer persons (in an arm) than may be shown."""
    scored = frame.dropna(subset=["score"])
    by_arm = scored.groupby("arm", observed=False)["person"].nunique() if study.groups else []
    fewest = min([scored["person"].nunique(), *by_arm])
    if fewest < study.min_cell_size:
        raise FitError.of(
            found=f"`{entry.outcome}` has scores of {fewest} persons in the smallest group of sample `{entry.sample}`",
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
    methods = found.coefficients["df_method"]
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
        "fallback": listed(m for m in dict.fromkeys(methods) if kind.standardises and m not in EXACT_DF),
    }


def boundary_groups(fitted: Any) -> list[str]:
    """The groups with a variance or correlation at its limit, each once, in the order of the model."""
    groups = [str(g) for g in dict(fitted.n_groups)]
    return [g for g in groups if any(name.startswith(f"{g} ") for name in fitted.boundary)]


def smallest_group(contrast: Contrast, used: pd.DataFrame, study: Study) -> int:
    """Persons in the smallest group that a contrast rests on: of an arm at a wave, or under a condition."""
    if not contrast.arm:
        return int(used["person"].nunique())
    if study.starts and "exposure" in used:
        exposed = used["exposure"] > 0
        if contrast.exposure.isdecimal():
            exposed = exposed & (used["exposure"] == int(contrast.exposure))
        here = used[exposed | (used["exposure"] == 0)]
        return _fewest(here, here["exposure"] > 0)
    waves = [str(w) for w in (contrast.wave, contrast.from_wave) if w is not None]
    cells = [used[used["wave"] == w] for w in waves] or [used]
    return min(_fewest(here, here["arm"]) for here in cells)


def _fewest(rows: pd.DataFrame, groups: pd.Series) -> int:
    return int(rows.groupby(groups, observed=False)["person"].nunique().min())


def smallest_side(target: Target, found: EntryFit) -> int:
    """Persons on the smaller side of the columns that a target rests on, where the plan gives the formula.

    Of a column with two values both sides count; of another, who differ from its most common value. A term that rests
    on one person would be that person's answer.
    """
    person, design = found.used["person"], found.fitted.design
    everybody = int(person.nunique())
    if target.contrast.arm or len(design.X) != len(
        person
    ):  # stacked rows of thresholds are not persons' rows
        return everybody
    sides = [everybody]
    for name in (n for n in target.weights if n != "(Intercept)"):
        values, counts = np.unique(design.X[:, design.x_names.index(name)], return_counts=True)
        column, common = design.X[:, design.x_names.index(name)], values[counts.argmax()]
        sides.append(int(person[column != common].nunique()))
        if len(values) == 2:
            sides.append(int(person[column == common].nunique()))
    return min(sides)


def identity_of(entry: PlanEntry, target: Target) -> str:
    """The id of an estimate: the entry's own for the planned contrast, with a suffix for the others."""
    contrast = target.contrast
    if target.primary:
        return entry.id
    if contrast.exposure:
        return f"{entry.id}.exposure_{contrast.exposure}"
    return f"{entry.id}.wave{contrast.wave}"


def _noun(target: Target, found: EntryFit, study: Study) -> Noun:
    """What the estimate may be called; units that started without a lot at waves of their own give associations."""
    if found.model.association or (study.starts and not study.by_lot):
        return "association"
    return noun_of(target.contrast, study.by_lot)


def _combined(target: Target, found: EntryFit, conf_level: float) -> pd.Series:
    """Estimate, test and interval of a target, from the covariance and df of the fit's own tests."""
    if target.single is not None:
        return found.coefficients.loc[target.single]
    return found.fitted.linear(found.weights_of(target), conf_level=conf_level).iloc[0]


def _rows(
    target: Target, found: EntryFit, data: EntryData, shared: dict[str, Any], sd: Spread | None
) -> list[Estimate]:
    """The estimate in the outcome's unit and, beside it, in standard deviations."""
    entry, row = data.entry, _combined(target, found, data.plan.conf_level)
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
        n_smallest=min(smallest_group(target.contrast, found.used, data.study), smallest_side(target, found)),
        sd_used=float("nan"),
        **shared,
    )
    return [raw] if sd is None else [raw, _standardised(raw, sd)]


def _standardised(raw: Estimate, spread: Spread) -> Estimate:
    """The same contrast in units of the SD, which counts as estimated; the test is that of the row it restates."""
    size = standardised(raw.estimate, raw.std_error, spread)
    half = float(stats.t(raw.df).ppf((1 + raw.conf_level) / 2)) * size.std_error
    values = {
        **asdict(raw),
        "id": f"{raw.id}.sd",
        "unit": "SD",
        "standardised": True,
        "sd_used": spread.sd,
        "estimate": size.estimate,
        "std_error": size.std_error,
        "conf_low": size.estimate - half,
        "conf_high": size.estimate + half,
    }
    return Estimate(**values)


def _components(entry: PlanEntry, fitted: Any, conf_level: float) -> pd.DataFrame:
    table = fitted.variance_components().copy()
    table.insert(0, "entry", entry.id)
    limits = _variance_limits(fitted, table, conf_level)
    table["conf_low"], table["conf_high"] = zip(*limits, strict=True)
    table["boundary"] = [_on_boundary(r, fitted.boundary) for r in table.itertuples()]
    return table


def _variance_limits(fitted: Any, table: pd.DataFrame, conf_level: float) -> list[tuple[float, float]]:
    """Limits of each variance: squared profile limits of its SD (of the ML deviance, as in lme4). NaN for covariances
    and for families without a profile."""
    nothing = (float("nan"), float("nan"))
    if fitted.family != "gaussian":
        return [nothing] * len(table)
    if not fitted.design.random:
        return [_residual_limits(fitted, conf_level)]
    names = [
        "sigma" if r.group == "Residual" else f"sd_{r.term_1}|{r.group}" if pd.isna(r.term_2) else ""
        for r in table.itertuples()
    ]
    profile = fitted.profile(conf_level=conf_level, terms=[n for n in names if n]).set_index("term")
    return [
        (profile.at[n, "conf_low"] ** 2, profile.at[n, "conf_high"] ** 2) if n else nothing for n in names
    ]


def _residual_limits(fitted: Any, conf_level: float) -> tuple[float, float]:
    """Limits of the variance of least squares: df s^2 over quantiles of chi-square."""
    df = fitted.n_obs - len(fitted.design.x_names)
    quantiles = stats.chi2(df).ppf([(1 + conf_level) / 2, (1 - conf_level) / 2])
    low, high = df * fitted.sigma**2 / quantiles
    return float(low), float(high)


def _on_boundary(row: Any, boundary: tuple[str, ...]) -> bool:
    """Whether a row of the components table, a variance or a correlation, is one of the names the engine flags."""
    name = row.term_1 if pd.isna(row.term_2) else f"cor({row.term_1}, {row.term_2})"
    return f"{row.group} {name}" in boundary


def _record(data: EntryData, found: EntryFit) -> dict[str, Any]:
    """Everything the report says about how an estimate was found."""
    entry, model, fitted, frame = data.entry, found.model, found.fitted, found.frame
    family = found.kind.family
    sd = _standardiser(entry, found)
    search = fitted.search
    return {
        "entry": entry.id,
        "outcome": entry.outcome,
        "formula": model.formula,
        "family": family,
        "estimation": _estimation(found),
        "methods": list(model.methods),
        "warnings": [*model.warnings, *(f"{entry.id}: {note}" for note in fitted.notes)],
        "n_obs": int(fitted.n_obs),
        "n_rows_without_score": int(len(frame) - fitted.n_obs),
        "n_groups": {k: int(v) for k, v in dict(fitted.n_groups).items()},
        "team_size": _team_sizes(found.used),
        "log_likelihood": float(fitted.log_likelihood),
        "converged": bool(fitted.converged),
        "boundary": list(fitted.boundary),
        "search": {
            "starts": len(search.starts),
            "evaluations": int(search.evaluations),
            "max_gradient": float(search.max_gradient),
            "smallest_curvature": float(search.smallest_curvature),
            "notes": list(search.notes),
        },
        "sd_used": None if sd is None else sd.sd,
        "sd_df": None if sd is None else sd.df,
        "sd_kind": None if sd is None else sd.kind,
        "icc": _shares(fitted),
        "means": arm_means(entry, fitted, frame, data.study, data.plan.conf_level),
    }


def _estimation(found: EntryFit) -> str:
    if found.kind.family != "gaussian":
        return "maximum likelihood, Laplace"
    return "REML" if found.fitted.design.random else "least squares"


def _team_sizes(used: pd.DataFrame) -> dict[str, float]:
    """Smallest, mean and largest number of persons a team has in this fit."""
    sizes = used.groupby("team", observed=True)["person"].nunique()
    return (
        {"min": int(sizes.min()), "mean": float(sizes.mean()), "max": int(sizes.max())} if len(sizes) else {}
    )


def _shares(fitted: Any) -> dict[str, float]:
    """Share of the variance of one answer that lies between the units of each group, on the scale of the linear
    predictor: an outcome of yes or no and a count have the variance of their distribution beside the groups'.
    {} where no such share is defined."""
    from dww_analysis.multilevel.errors import MultilevelError

    try:
        shares = fitted.icc().drop(["adjusted", "unadjusted"])
    except MultilevelError:
        return {}
    return {str(group): float(share) for group, share in shares.items() if np.isfinite(share)}
