"""One model on summarised answers: search, standard errors, test statistic and fit indices.

The estimators differ only in three places, kept apart here: which information gives standard errors, how the test
statistic is scaled, and which version of the indices is shown.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import fit_indices, robust
from dww_analysis.factor.baseline import Baseline, baseline
from dww_analysis.factor.cautions import few_clusters, with_cautions
from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.fit_indices import Size, Statistic
from dww_analysis.factor.fitted import Fitted, SatorraBentler, degrees_of_freedom, scaling_factor, search
from dww_analysis.factor.model import Model
from dww_analysis.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.summary import Summary

Array = NDArray[Any]
NAN = float("nan")


def fit_model(
    model: Model, summary: Summary, *, mlr: bool, fiml: bool, estimator: str, warm: Array | None = None
) -> FactorFit:
    """Fit a compiled model to summarised answers. `mlr` asks for robust errors, by MLM where `estimator` says so."""
    mlm = estimator == "MLM"
    fitted = search(model, summary, mlr, fiml, warm, SatorraBentler if mlm else Fitted)
    return assemble(fitted, baseline(summary, model, mlr, mlm), estimator)


def assemble(fitted: Fitted, null: Baseline, estimator: str) -> FactorFit:
    """Every number of the result. estimator: its name, as the result shows it. A search that did not converge has NaN
    for its errors and indices, and says so in its warnings; nothing is raised."""
    model, summary, found = fitted.model, fitted.summary, fitted.search
    n, size = summary.n_obs, Size(summary.n_obs, len(summary.moments))
    df = degrees_of_freedom(model, summary)
    h1 = sum(g.log_likelihood for g in summary.saturated)
    given = null.log_likelihood_covariates
    chi = max(2 * (h1 - found.log_likelihood), 0.0)
    plain = fit_indices.indices(Statistic(chi, df), Statistic(null.chi_square, null.df), size)
    scaled, proper = (None, None) if not found.converged else _other_indices(fitted, null, chi, df)
    shown = proper if fitted.robust and proper is not None else plain
    logl = found.log_likelihood - given
    covariance = fitted.covariance if found.converged else np.full((model.n_theta,) * 2, NAN)
    at = [state.at for state in fitted.states]
    fit = FactorFit(
        estimator=estimator,
        missing="fiml" if fitted.fiml else "listwise",
        n_obs=n,
        group_labels=tuple(g.label for g in summary.prepared.groups),
        n_clusters=summary.prepared.n_clusters,
        converged=found.converged,
        srmr=_srmr(fitted),
        log_likelihood=logl,
        log_likelihood_saturated=h1 - given,
        baseline_chi_square=null.chi_square,
        baseline_df=null.df,
        parameters=parameter_frame(model, fitted.values, covariance, at),
        heywood=heywood_cases(model, fitted.values),
        shown=shown,
        unscaled=plain,
        scaled=scaled,
        robust=proper,
        theta=found.theta,
        covariance=covariance,
        theta_of_row=model.theta_of_row,
        n_steps=found.n_steps,
        _fitted=fitted,
        _answers=summary.prepared,
    )
    return with_cautions(fit, model.blocks, at, summary.prepared.notes, few_clusters(fit))


def _srmr(fitted: Fitted) -> float:
    groups = [
        (h1.cov, h1.mean, sigma, mu)
        for h1, (mu, sigma) in zip(fitted.summary.saturated, fitted.implied_moments, strict=True)
    ]
    weights = np.array([m.total for m in fitted.summary.moments])
    return fit_indices.srmr(groups, weights, fitted.model.mean_structure)


def _other_indices(
    fitted: Fitted, null: Baseline, chi: float, df: int
) -> tuple[fit_indices.FitIndices | None, fit_indices.FitIndices | None]:
    """Scaled indices where the statistic is scaled; robust ones where it is scaled or answers are missing."""
    size = Size(fitted.summary.n_obs, len(fitted.summary.moments))
    if df == 0 or not (fitted.robust or fitted.fiml):
        return None, None
    c, scaled = 1.0, None
    if fitted.robust:
        c = scaling_factor(fitted, df)
        scaled = scaled_indices(Statistic(chi, df, c), null.statistic, size)
    if not fitted.fiml:
        return scaled, fit_indices.robust_indices(Statistic(chi, df, c), null.statistic, size)
    h1 = fitted.summary.saturated_with_information
    own = robust.missing_data_correction(
        fitted.summary.moments,
        h1,
        fitted.implied_moments,
        fitted.jacobians(),
        df,
        fitted.robust,
        fitted.summary.modelled_moments(fitted.model.table.roles[1].covariates),
    )
    of_null = null.correction
    assert of_null is not None
    corrected = Statistic(of_null.chi_square, null.df, of_null.scaling)
    return scaled, fit_indices.robust_indices(Statistic(own.chi_square, df, own.scaling), corrected, size)


def scaled_indices(found: Statistic, null: Statistic, size: Size) -> fit_indices.FitIndices:
    """CFI and TLI from the scaled statistics; RMSEA from the plain one with c * df expected under the model.

    A scaling factor that is not positive, which happens in tiny samples, leaves no statistic (NaN); that of the
    baseline, no CFI and TLI.
    """
    df = int(found.df)
    if found.c <= 0:
        return fit_indices.unknown(df)
    own = Statistic(found.scaled, df)
    of_null = Statistic(null.scaled if null.c > 0 else NAN, null.df)
    expected = Statistic(found.chi, found.c * found.df)
    low, high = fit_indices.rmsea_interval(expected, size)
    return fit_indices.FitIndices(
        own.chi,
        df,
        chi_square_tail(own.chi, df),
        fit_indices.cfi(own, of_null),
        fit_indices.tli(own, of_null),
        fit_indices.rmsea(expected, size),
        low,
        high,
        found.c,
    )
