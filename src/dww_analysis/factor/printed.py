"""Factor models and ladders as text and as markup: what was fitted, how well, the parameters and cautions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from dww_analysis.analyst.tables import p_text, section, table_markup

SHOWN = ["lhs", "rhs", "estimate", "std_error", "z", "p_value", "standardised"]
KINDS = {  # by operator, in the order in which they are printed
    "=~": "Loadings",
    "~": "Regressions",
    "covariances": "Covariances",
    "variances": "Variances",
    "~1": "Intercepts",
    "|": "Thresholds",
    "~*~": "Scales",
    ":=": "Defined parameters",
}
CHANGES = ["delta_cfi", "delta_rmsea", "delta_srmr", "accepted"]
STEPS = ["level", "chi_square", "df", "p_value", "cfi", "rmsea", "srmr", *CHANGES]
RELEASED = ["order", "parameter", "x2", "df", "p_value", *CHANGES]


def as_text(title: str, lines: list[str], tables: list[tuple[str, pd.DataFrame]]) -> str:
    """A title, sentences, and tables under their headings, without row names; numbers in four digits, NaN blank."""
    show = {"index": False, "float_format": lambda x: f"{x:.4g}", "na_rep": ""}
    below = [line for heading, table in tables for line in ("", heading, table.to_string(**show))]
    return "\n".join([title, *lines, *below])


def as_markup(title: str, lines: list[str], tables: list[tuple[str, pd.DataFrame]]) -> str:
    """The same for a notebook: HTML, with every text escaped and tables of rows and columns."""
    return section(title, lines, [table_markup(table, heading) for heading, table in tables])


# ---- one model
def model_parts(fit: Any) -> tuple[str, list[str], list[tuple[str, pd.DataFrame]]]:
    """Title, sentences and tables of a fitted factor model."""
    return model_title(fit), model_lines(fit), list(parameter_tables(fit))


def model_title(fit: Any) -> str:
    loadings = fit.parameters[fit.parameters["op"] == "=~"]
    factors = loadings["lhs"].drop_duplicates()
    items = loadings.loc[~loadings["rhs"].isin(factors), "rhs"].nunique()
    return f"Factor model by {fit.estimator}: {_counted(len(factors), 'factor')}, {_counted(items, 'item')}"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def model_lines(fit: Any) -> list[str]:
    """Persons, fit, how the search ended, and cautions: one line each."""
    persons = f"Persons {fit.n_obs}; missing answers: {fit.missing}"
    if fit.n_groups > 1:
        persons += f"; groups: {', '.join(fit.group_labels)}"
    if fit.n_clusters is not None:
        persons += f"; clusters: {fit.n_clusters}"
    lines = [persons]
    if fit.converged:
        lines += _fit_lines(fit)
    lines.append(
        f"Converged in {fit.n_steps} steps" if fit.converged else "NOT CONVERGED: every number is missing"
    )
    return [*lines, *fit.warnings]


def _fit_lines(fit: Any) -> list[str]:
    """What there is of statistic, indices and likelihood; cautions say why a number is not there."""
    lines = []
    if not math.isnan(fit.chi_square):
        kind = "Scaled chi-square" if fit.scaled is not None else "Chi-square"
        p = f", p {p_text(fit.p_value)}" if fit.df > 0 else ""
        lines.append(f"{kind} {fit.chi_square:.3f} with {fit.df} df{p}")
    if fit.df > 0 and (indices := list(_indices(fit))):
        lines.append(", ".join(indices))
    if not math.isnan(fit.log_likelihood):
        lines.append(f"Log-likelihood {fit.log_likelihood:.3f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}")
    return lines


def _indices(fit: Any) -> Iterator[str]:
    if not math.isnan(fit.cfi):
        yield f"CFI {fit.cfi:.3f}, TLI {fit.tli:.3f}"
    if not math.isnan(fit.rmsea):
        version = " (robust)" if fit.robust is not None and fit.shown is fit.robust else ""
        yield f"RMSEA {fit.rmsea:.3f} (90 % interval {fit.rmsea_low:.3f} to {fit.rmsea_high:.3f}){version}"
    if not math.isnan(fit.srmr):
        yield f"SRMR {fit.srmr:.3f}"


def parameter_tables(fit: Any) -> Iterator[tuple[str, pd.DataFrame]]:
    """(heading, rows) per group and level, for each kind of parameter that is there."""
    table = fit.parameters
    kind = table["op"].where(table["op"] != "~~", "covariances")
    kind = kind.where((table["op"] != "~~") | (table["lhs"] != table["rhs"]), "variances")
    for (group, level), rows in table.groupby(["group", "level"], sort=False):
        where = [fit.group_labels[group - 1]] if fit.n_groups > 1 and group else []
        where += [f"level {level}"] if fit.levels and level else []
        for op, heading in KINDS.items():
            found = rows[kind[rows.index] == op]
            if len(found):
                name = f"{heading}: {', '.join(where)}" if where else heading
                yield name, found[[c for c in SHOWN if c != "rhs" or op not in ("variances", "~1")]]


# ---- a ladder
def ladder_title(ladder: Any) -> str:
    level = "no level holds" if ladder.verdict == "none" else f"{ladder.verdict} invariance"
    return f"Equal measurement over {ladder.over} ({', '.join(ladder.members)}): {level}"


def ladder_parts(ladder: Any) -> tuple[str, list[str], list[tuple[str, pd.DataFrame]]]:
    """Title, sentences and tables of an invariance ladder."""
    means = "Means can be compared." if ladder.means_comparable else "Means cannot be compared."
    lines = [
        means,
        f"Persons {ladder.n_obs}; estimator {ladder.estimator}; missing answers: {ladder.missing}; "
        f"rule: {ladder.cutoffs.name}",
        f"The ladder ended: {ladder.stopped}.",
        *ladder.warnings,
    ]
    tables = [("Steps", ladder.steps[STEPS])]
    if len(ladder.partial):
        tables.append(("Parameters that were allowed to differ, in order", ladder.partial[RELEASED]))
    return ladder_title(ladder), lines, tables
