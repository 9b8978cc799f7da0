"""One plan entry with its missing values imputed: completed data sets, the planned model on each, one pooled answer.

The mixed model on the answers that there are is the primary answer; it is already right where missingness hangs on
what is in the model. Imputation adds what auxiliary scales know. Without them both must agree within Monte Carlo error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.plan import Delta, Imputation
from dww_analysis.effects.deciding import decided
from dww_analysis.effects.designs import prepared
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.frames import analysis_frame, covariate_names
from dww_analysis.effects.missing.chains import chains, draw_completed, laid_together, named
from dww_analysis.effects.missing.delta import Moving, delta_table, tipping_points
from dww_analysis.effects.missing.diagnostics import chain_table
from dww_analysis.effects.missing.expected import expected_rows, with_expected
from dww_analysis.effects.missing.gibbs import Draws, Rows
from dww_analysis.effects.missing.imputable import require_imputable
from dww_analysis.effects.missing.pooling import Pooled, pool
from dww_analysis.effects.missing.table import ModelTable, model_table
from dww_analysis.effects.models import fit_model
from dww_analysis.effects.spread import spread_of
from dww_analysis.effects.untested import untested
from dww_analysis.errors import FitError
from dww_analysis.parts import Work, done_here

Array = NDArray[Any]
METHOD = "kenward-roger"


@dataclass(frozen=True, eq=False)
class Imputed:
    """What imputation says of one entry.

    counts: arm, wave, n_expected, n_observed, n_imputed, mean_observed, mean_imputed of the outcome. chain: columns of
    `diagnostics.chain_table`. delta, tipping: `delta.delta_table` and `delta.tipping_points`; empty without a delta.
    """

    entry: str
    pooled: Pooled
    doubled: Pooled  # from twice as many data sets
    other_prior: Pooled  # under the other scale of the priors
    likelihood: float  # the estimate of the mixed model on the answers that there are
    likelihood_std_error: float
    scores: tuple[str, ...]  # completed together, the outcome first
    left_out: tuple[str, ...]  # columns of the fixed part that the answers cannot tell from others
    counts: pd.DataFrame
    chain: pd.DataFrame
    delta: pd.DataFrame
    tipping: pd.DataFrame
    untested: str = ""  # why the planned contrast has no test at all

    @property
    def mc_error(self) -> float:
        """Monte Carlo standard error of the pooled estimate."""
        return float(np.sqrt(self.pooled.between / self.pooled.m))

    @property
    def change_doubled(self) -> float:
        """Change of the estimate when the number of data sets doubles, relative to the estimate."""
        return abs(self.doubled.estimate - self.pooled.estimate) / abs(self.pooled.estimate)

    @property
    def share_imputed(self) -> float:
        """Share of the expected rows whose outcome was imputed."""
        return float(self.counts["n_imputed"].sum() / self.counts["n_expected"].sum())


@dataclass(frozen=True, eq=False)
class _Refits:
    """The planned model over all expected rows, ready for other outcomes."""

    fitted: Any  # the fit of the first completed data set
    weights: Array  # (1, p) of the planned contrast
    rows: Array  # positions in the frame of the rows of the fit

    def pool_many(self, Y: Array) -> list[Pooled]:
        """One pooled answer for each of the sets in Y (sets, m, n)."""
        return self.pool_near(Y)[0]

    def pool_near(self, Y: Array, near: Array | None = None) -> tuple[list[Pooled], Array]:
        """As `pool_many`, and the optima theta (sets, m, k); near: the same, as far as known."""
        from dww_analysis.multilevel.gaussian.refit import refit_many

        sets, m, n = Y.shape
        starts = None if near is None else near.reshape(sets * m, -1)
        found = refit_many(self.fitted.solution, Y.reshape(sets * m, n).T, METHOD, self.weights, starts)
        parts = (found.estimate, found.std_error**2, found.df)
        Q, U, df = (part[:, 0].reshape(sets, m) for part in parts)
        pooled = [pool(q, u, float(d.mean())) for q, u, d in zip(Q, U, df, strict=True)]
        return pooled, found.theta.reshape(sets, m, -1)


def impute_work(
    data: EntryData,
    imputation: Imputation,
    auxiliaries: Mapping[str, pd.DataFrame],
    *,
    background: Sequence[str] = (),
    delta: Delta | None = None,
    employed: pd.DataFrame | None = None,
) -> Work[Imputed]:
    """Impute, fit and pool one entry; its chains are parts.

    auxiliaries: scale -> scores table, of scales completed together with the outcome. background: columns of the
    answers that go with taking part. employed: person and wave of who worked at the unit, where records say so.
    FitError where the model cannot be had: outcomes that are not continuous, models of least squares, few clusters,
    empty arms at a wave.
    """
    found = fit_entry(data)
    require_imputable(data, found)
    frame = expected_frame(data, background, auxiliaries, employed)
    table = _table(data, found, frame, auxiliaries, background)
    twice_m = replace(imputation, m=2 * imputation.m)
    planned = chains(table, frame, twice_m, imputation.prior_scale)
    priors = chains(table, frame, imputation, imputation.other_prior_scale)
    done = yield {**named(planned, "chain"), **named(priors, "other prior")}
    twice = laid_together(planned, "chain", done)
    other = laid_together(priors, "other prior", done)
    refits = _refits(found, frame, twice.completed[0, :, 0])
    Y = twice.completed[:, refits.rows, 0]
    pooled = refits.pool_many(Y[None, : imputation.m])[0]
    doubled = refits.pool_many(Y[None])[0]
    other_prior = refits.pool_many(other.completed[None, :, refits.rows, 0])[0]
    own = _likelihood(found)
    moved, tipping = _moved(data, found, frame, refits, Y[: imputation.m], pooled, delta)
    return Imputed(
        entry=data.entry.id,
        pooled=pooled,
        doubled=doubled,
        other_prior=other_prior,
        likelihood=own[0],
        likelihood_std_error=own[1],
        scores=table.scores,
        left_out=table.left_out,
        counts=_counts(frame, twice.completed[: imputation.m, :, 0]),
        chain=chain_table(
            _effect_trace(refits, table, twice), twice.covariances, table.scores, imputation.between
        ),
        delta=moved,
        tipping=tipping,
        untested=untested(data, found.used, found.model.planned.contrast) or decided(data, found).lacking,
    )


impute_entry = done_here(impute_work)


@dataclass(frozen=True, eq=False)
class Imputing:
    """How values are imputed for an entry; `memory` keeps completed outcomes by the rows that they were drawn for."""

    imputation: Imputation
    auxiliaries: Mapping[str, pd.DataFrame]
    background: Sequence[str] = ()
    employed: pd.DataFrame | None = None
    memory: dict[bytes, Array] = field(default_factory=dict)


def pooled_entry(data: EntryData, found: EntryFit, how: Imputing) -> tuple[Pooled, int]:
    """The pooled estimate of a fitted entry alone, and its number of rows, imputed ones included.

    Other models over the same rows share the completed data sets. FitError as in `impute_work`.
    """
    require_imputable(data, found)
    frame = expected_frame(data, how.background, how.auxiliaries, how.employed)
    table = _table(data, found, frame, how.auxiliaries, how.background)
    drawn = _bytes_of(table.rows)
    if drawn not in how.memory:
        draws = draw_completed(table, frame, how.imputation, how.imputation.prior_scale)
        how.memory[drawn] = draws.completed[:, :, 0]
    completed = how.memory[drawn]
    refits = _refits(found, frame, completed[0])
    return refits.pool_many(completed[None, :, refits.rows])[0], len(refits.rows)


def _bytes_of(rows: Rows) -> bytes:
    """What tells apart the rows that a chain runs over: the same give the same completed outcomes."""
    parts = [rows.Y, rows.X, *rows.levels.values()]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).digest()


def expected_frame(
    data: EntryData,
    background: Sequence[str] = (),
    auxiliaries: Mapping[str, pd.DataFrame] | None = None,
    employed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The analysis frame with a row for every person and wave at which an answer is expected; NaN where none is."""
    entry, study = data.entry, data.study
    own = _of(data.scores, entry.outcome, entry.sample)
    others = [_of(t, name, entry.sample) for name, t in (auxiliaries or {}).items()]
    expected = expected_rows(
        _answered(data, [own, *others]),
        [w.number for w in study.waves if w.number in set(own["wave"])],
        employed,
    )
    scores = with_expected(own, expected, study)
    frame = analysis_frame(entry, study, scores, data.covariates, data.answers)
    known = {name: _first_known(data, name, frame) for name in background if name not in frame}
    return prepared(frame.assign(**known), entry, study)


def _of(scores: pd.DataFrame, name: str, sample: str) -> pd.DataFrame:
    return scores[(scores["scale"] == name) & (scores["sample"] == sample)]


def _answered(data: EntryData, scores: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows with any answer: as ingest counted them, and wherever there is a score."""
    rows = [table[table["score"].notna()] for table in scores]
    answers = data.answers
    if "participated" in answers:
        rows.append(answers[(answers["sample"] == data.entry.sample) & answers["participated"].astype(bool)])
    return pd.concat([table[["person", "wave"]] for table in rows])


def _first_known(data: EntryData, name: str, frame: pd.DataFrame) -> pd.Series:
    """What each person of the frame said first about their background."""
    rows = data.answers[data.answers["sample"] == data.entry.sample]
    known = rows.dropna(subset=[name]).sort_values("wave", kind="stable")
    first = known.assign(person=known["person"].astype(str)).groupby("person")[name].first()
    return frame["person"].astype(str).map(first)


def _table(
    data: EntryData,
    found: EntryFit,
    frame: pd.DataFrame,
    auxiliaries: Mapping[str, pd.DataFrame],
    background: Sequence[str],
) -> ModelTable:
    """The rows of the sampler; a covariate that is background is taken as known at any wave, like other background: so
    models with and without it rest on the same completed data."""
    entry = data.entry
    others = {n: _of(t, n, entry.sample) for n, t in auxiliaries.items() if n != entry.outcome}
    given = [*background, *covariate_names(entry, data.study)]  # in an order that points of a curve share
    names = [n for n in dict.fromkeys(given) if n in frame]
    known = {n: _first_known(data, n, frame) for n in background}
    return model_table(
        frame.assign(**known),
        entry.outcome,
        others,
        names,
        list(found.fitted.n_groups),
        "organisation_fixed" in found.model.methods,
    )


def _refits(found: EntryFit, frame: pd.DataFrame, outcome: Array) -> _Refits:
    """The entry's own model fitted to one completed outcome."""
    fitted = fit_model(found.model, frame.assign(score=outcome))
    weights = np.array([[found.model.planned.weights.get(n, 0.0) for n in fitted.design.x_names]])
    return _Refits(fitted, weights, frame.index.get_indexer(fitted.frame.index))


def _likelihood(found: EntryFit) -> tuple[float, float]:
    row = found.fitted.linear(found.weights_of(found.model.planned)).iloc[0]
    return float(row["estimate"]), float(row["std_error"])


def _effect_trace(refits: _Refits, table: ModelTable, draws: Draws) -> Array:
    """The planned contrast of the imputation model's own means, iteration by iteration: what least squares of these
    means on the analysis model gives."""
    X, A = table.rows.X[refits.rows], refits.fitted.design.X
    if draws.coefficients.shape[1] != X.shape[1]:
        return np.full(len(draws.coefficients), np.nan)  # chains by arm hold one arm each
    weights = refits.weights @ np.linalg.lstsq(A, X, rcond=None)[0]
    trace: Array = draws.coefficients[:, :, 0] @ weights[0]
    return trace


def _counts(frame: pd.DataFrame, completed: Array) -> pd.DataFrame:
    """Observed against imputed, by arm and wave."""
    absent = frame["score"].isna()
    rows = pd.DataFrame(
        {
            "arm": frame["arm"].astype("string").fillna(""),
            "wave": frame["wave"].astype(str).astype(int),
            "imputed": absent,
            "observed": frame["score"],
            "drawn": np.where(absent, completed.mean(axis=0), np.nan),
        }
    )
    return (
        rows.groupby(["arm", "wave"])
        .agg(
            n_expected=("imputed", "size"),
            n_observed=("observed", "count"),
            n_imputed=("imputed", "sum"),
            mean_observed=("observed", "mean"),
            mean_imputed=("drawn", "mean"),
        )
        .reset_index()
    )


def _moved(
    data: EntryData,
    found: EntryFit,
    frame: pd.DataFrame,
    refits: _Refits,
    Y: Array,
    pooled: Pooled,
    delta: Delta | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if delta is None:
        return pd.DataFrame(), pd.DataFrame()
    size = _sd(data, found) if delta.unit == "sd" else 1.0
    used = frame.iloc[refits.rows]
    missing, arm = used["score"].isna().to_numpy(), used["arm"].astype(str).to_numpy()
    table = delta_table(Moving(Y, missing, arm, size, refits.pool_near), delta, pooled)
    return table, tipping_points(table, delta.arms, 1 - data.plan.conf_level)


def _sd(data: EntryData, found: EntryFit) -> float:
    """The SD that standardises the entry's estimates."""
    spread = spread_of(found.fitted, found.frame)
    if spread is not None:
        return spread.sd
    raise FitError.of(
        found=f"the outcome of `{data.entry.id}` has no standard deviation to move imputed values by",
        where="plan.yaml, missing: delta",
        expected="scores that differ",
        action="give the deltas in points: `unit: score`",
    )
