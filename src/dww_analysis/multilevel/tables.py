"""The tables of a fit: coefficients, variance components, type III tests, random effects, and a printed summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.analyst.tables import section, table_markup

from .formula.orthogonal_terms import split_theta
from .inference.means import NOT_ESTIMABLE, linear_table
from .model import Array, Inference, RandomTerm, Solution, label_text

COEFFICIENT_COLUMNS = [
    "term", "estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "df_method",
]  # fmt: skip


def coefficient_table(
    names: tuple[str, ...], beta: Array, inference: Inference, conf_level: float
) -> pd.DataFrame:
    """One row per fixed effect; p value and interval from the covariance and df of `inference`."""
    columns = linear_table(np.eye(len(names)), beta, inference, conf_level)
    table = pd.DataFrame({"term": list(names), **columns, "df_method": inference.method})
    return table[COEFFICIENT_COLUMNS]


def component_table(solution: Solution) -> pd.DataFrame:
    """Variances and covariances per term, then the residual (Gaussian models).

    Columns group, term_1, term_2 (None for a variance), estimate, sd_or_correlation. A correlation with a component
    of zero variance is missing. Names of effects on the logit of extra zeros begin with "zero_".
    """
    rows: list[tuple[str, str | None, str | None, float, float]] = []
    for term, cov in _covariances(solution):
        sd = np.sqrt(np.diag(cov))
        rows += [(term.group, name, None, cov[i, i], sd[i]) for i, name in enumerate(term.names)]
        for i in range(len(term.names)):
            for j in range(i + 1, len(term.names)):
                scale = sd[i] * sd[j]
                corr = cov[i, j] / scale if scale > 0 else np.nan
                rows.append((term.group, term.names[i], term.names[j], cov[i, j], corr))
    rows += residual_rows(solution)
    return pd.DataFrame(rows, columns=["group", "term_1", "term_2", "estimate", "sd_or_correlation"])


def _covariances(solution: Solution) -> Iterator[tuple[RandomTerm, Array]]:
    """Every random term with its covariance, those of extra zeros last."""
    for r, term in enumerate(solution.design.random):
        yield term, solution.covariance(r)
    zero = solution.design.zero
    if zero is not None and zero.random:
        factors = split_theta(zero.random, solution.extra.zero_theta)
        yield from zip(zero.random, (factor @ factor.T for factor in factors), strict=True)


def residual_rows(solution: Solution) -> list[tuple[str, str | None, str | None, float, float]]:
    """The residual variance; one per level (term_1) where the model separates them. Autocorrelated residuals have a row
    "rho" with the covariance and correlation of neighbouring waves (first level)."""
    if solution.family != "gaussian":
        return []
    extra, levels = solution.extra, solution.extra.residual_variances
    if levels is None:
        return [("Residual", None, None, solution.sigma**2, solution.sigma)]
    single = extra.residual_variance is None
    rows: list[tuple[str, str | None, str | None, float, float]] = [
        ("Residual", None if single else level, None, value, float(np.sqrt(value)))
        for level, value in levels.items()
    ]
    rho = extra.rho
    return rows if rho is None else [*rows, ("Residual", "rho", None, rho * solution.sigma**2, rho)]


def anova_table(hypotheses: Mapping[str, Array], inference: Inference) -> pd.DataFrame:
    """Columns term, num_df, den_df, statistic (F), p_value, df_method; one row per term, without numbers where nothing
    of its hypothesis is estimable."""
    rows = []
    for label, L in hypotheses.items():
        if not len(L):
            rows.append((label, 0, np.nan, np.nan, np.nan, NOT_ESTIMABLE))
            continue
        test = inference.joint(L)
        rows.append((label, test.num_df, test.den_df, test.statistic, test.p_value, inference.method))
    return pd.DataFrame(rows, columns=["term", "num_df", "den_df", "statistic", "p_value", "df_method"])


def random_effect_table(solution: Solution, modes: list[Array], covariances: list[Array]) -> pd.DataFrame:
    """Conditional modes: columns group, level, term, estimate, std_error (root of the conditional variance)."""
    nothing: dict[str, list[Any]] = {
        "group": [],
        "level": [],
        "term": [],
        "estimate": [],
        "std_error": [],
    }
    parts = [pd.DataFrame(nothing)] if not solution.design.random else []
    found = list(zip(solution.design.random, modes, covariances, strict=True))
    if solution.design.zero is not None:
        pairs = zip(solution.design.zero.random, solution.extra.zero_modes, strict=True)
        found += [(term, mode, cov) for term, (mode, cov) in pairs]
    for term, mode, cov in found:
        q = len(term.names)
        sd = np.sqrt(np.maximum(np.einsum("lii->li", np.asarray(cov).reshape(-1, q, q)), 0.0))
        parts.append(
            pd.DataFrame(
                {
                    "group": term.group,
                    "level": np.repeat([label_text(level) for level in term.levels], q),
                    "term": list(term.names) * term.n_levels,
                    "estimate": np.asarray(mode).reshape(-1),
                    "std_error": sd.reshape(-1),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def summary_text(fit: Any) -> str:
    """The fit as text: what was fitted, how it was found, components, coefficients, and what to be careful about."""
    show = {"index": False, "float_format": lambda x: f"{x:.5g}", "na_rep": ""}
    lines = [title_of(fit), *found_lines(fit)]
    for heading, table in summary_tables(fit):
        lines += ["", heading, table.fillna(dict.fromkeys(("term_1", "term_2"), "")).to_string(**show)]
    return "\n".join(lines)


def summary_markup(fit: Any) -> str:
    """The same for a notebook."""
    tables = [table_markup(table, heading) for heading, table in summary_tables(fit)]
    return section(title_of(fit), found_lines(fit), tables)


def summary_tables(fit: Any) -> list[tuple[str, pd.DataFrame]]:
    """The tables of a summary under their headings: those of the distribution where it has parameters of its own."""
    found = [("Variance components", component_table(fit.solution))]
    if len(fit.log_dispersion):
        found.append((f"Dispersion (theta) {fit.dispersion:.5g}", fit.log_dispersion))
    if len(fit.zero_inflation):
        found.append(("Extra zeros (logit)", fit.zero_inflation))
    return [*found, ("Fixed effects", fit.coefficients())]


def title_of(fit: Any) -> str:
    solution = fit.solution
    kind = (
        "Linear mixed model"
        if solution.family == "gaussian"
        else f"Generalised mixed model ({solution.family}, {solution.extra.link})"
    )
    zero = f", extra zeros {solution.design.zero.formula}" if solution.design.zero is not None else ""
    return f"{kind} by {solution.method}: {solution.design.formula}{zero}"


def found_lines(fit: Any) -> list[str]:
    """Rows, groups, likelihood, how the search ended, and what a reader has to know: one line each."""
    solution, design = fit.solution, fit.solution.design
    groups = ", ".join(f"{name} {count}" for name, count in fit.n_groups.items())
    lines = [f"Rows {design.n} ({design.n_dropped} dropped as incomplete); groups: {groups or 'none'}"]
    if design.n_dropped:
        lines.append("Missing by column: " + ", ".join(f"{k} {v}" for k, v in design.spec.missing.items()))
    lines.append(f"Log-likelihood {solution.log_likelihood:.4f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}")
    failed = "NOT CONVERGED: " + "; ".join(solution.search.notes or ("see search",))
    lines.append("Converged" if solution.converged else failed)
    lines += fit.notes
    if solution.boundary:
        lines.append("On the boundary: " + "; ".join(solution.boundary))
    return lines
