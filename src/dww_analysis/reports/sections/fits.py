"""How each estimate was found: df method, covariance, the record of the search, and what ended on a boundary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.outcomes import SUMMARY_UNITS
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, text
from dww_analysis.reports.headlines import entry_rows, marked_entry
from dww_analysis.reports.tables import Table, build_table

ADJUSTED = "kenward-roger"
CRITERIA = {"REML": "reml", "least squares": "least_squares"}  # estimation of a fit -> its words


def fitted_entries(
    plan: Plan, fits: Mapping[str, Mapping[str, Any]]
) -> list[tuple[PlanEntry, Mapping[str, Any]]]:
    """The entries that have a model of their own, in the plan's order, each with its facts."""
    return [(e, fits[e.id]) for e in plan.entries if "formula" in fits.get(e.id, {})]


def planned_formula(fit: Mapping[str, Any]) -> str:
    """The formula that the planned estimate is of, "" where there is none: of an average over units least squares,
    beside which the mixed model (`formula`) stands."""
    return str(fit.get("planned_formula") or fit.get("formula") or "")


def fit_blocks(
    estimates: pd.DataFrame, fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels
) -> list[Block]:
    """The folded table of all searches, with a sentence on how they ended. fits: entry id -> its record, of which
    formula, converged and boundary are read; nothing where no entry has a model of its own."""
    table = search_table(estimates, fits, plan, labels)
    if not table:
        return []
    words = labels.words
    ended = [bool(f.get("converged", True)) for f in fits.values() if "formula" in f]
    zero = sum(bool(f.get("boundary")) for f in fits.values())
    sentences = [words("search.all" if all(ended) else "search.not_all", n=sum(ended), total=len(ended))]
    if zero:
        sentences.append(words.many("search.zero", zero, n=words.few(zero)))
    return [block(words("search.heading"), sentences=sentences, folded=[fold(words("search.fold"), table)])]


def search_table(
    estimates: pd.DataFrame, fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels
) -> Table:
    """One row per analysis: criterion, starts, evaluations, gradient and curvature at the optimum, boundary."""
    words = labels.words
    rows = []
    for entry, fit in fitted_entries(plan, fits):
        rows_of_model = entry_rows(estimates, entry)[lambda r: ~r["summary"].isin(SUMMARY_UNITS)]
        methods = list(dict.fromkeys(rows_of_model["df_method"].dropna().astype(str)))
        rows.append([heading(marked_entry(entry, plan, labels)), *_cells(fit, methods, labels)])
    keys = (
        "df",
        "covariance",
        "criterion",
        "starts",
        "evaluations",
        "gradient",
        "curvature",
        "boundary",
        "end",
    )
    columns = [words("results.outcome"), *(words(f"search.{k}") for k in keys)]
    notes = [words("search.note"), words("search.note_covariance")]
    if any(labels.unverified(entry.outcome) for entry, _ in fitted_entries(plan, fits)):
        notes.append(words("table.unverified_note"))
    return build_table("search", words("search.caption"), columns, rows, notes)


def _cells(fit: Mapping[str, Any], methods: list[str], labels: Labels) -> list[Cell]:
    words = labels.words
    search = fit.get("search") or {}
    groups = [labels.group(str(b).split(" ")[0]) for b in fit.get("boundary") or ()]
    criterion = CRITERIA.get(str(fit.get("estimation")), "ml")
    adjusted = any(m.lower() == ADJUSTED for m in methods)
    return [
        text(words.listing(words.df_method(m) for m in methods if m) or "–"),
        text(words("search.adjusted" if adjusted else "search.model")),
        text(words(f"search.{criterion}")),
        count(search.get("starts")),
        count(search.get("evaluations")),
        Cell(search.get("max_gradient"), "scientific"),
        Cell(search.get("smallest_curvature"), "scientific"),
        text(words.listing(dict.fromkeys(groups)) or words("search.none")),
        text(words("badge.converged" if fit.get("converged", True) else "badge.not_converged")),
    ]
