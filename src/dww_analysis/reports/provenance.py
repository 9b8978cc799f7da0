"""Where the numbers come from: inputs with checksums, versions, settings, and how each estimation went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.plan import Plan
from dww_analysis.reports.labels import Labels
from dww_analysis.reports.tables import Cell, Table, build_table, count, heading, number, text


def provenance_of(
    provenance: Mapping[str, Any], fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels
) -> dict[str, Any]:
    """Facts as (name, value), tables of inputs, versions and runs, and warnings as the program gave them."""
    words = labels.words
    names = ("package", "config", "seed")
    facts = [(words(f"provenance.{n}"), str(provenance[n])) for n in names if provenance.get(n) not in (None, "")]
    code = provenance.get("code")
    if isinstance(code, str):
        facts.append((words("provenance.code"), code))
    inputs = provenance.get("inputs") or {}
    versions = provenance.get("versions") or {}
    pairs = {
        "inputs": build_table(
            "inputs",
            words("provenance.inputs"),
            (words("provenance.file"), words("provenance.hash")),
            [(heading(f), Cell(str(h))) for f, h in sorted(inputs.items())],
        ),
        "versions": build_table(
            "versions",
            words("provenance.versions"),
            (words("provenance.program"), words("provenance.version")),
            [(heading(p), text(v)) for p, v in sorted(versions.items())],
        ),
        "runs": _runs(fits, plan, labels),
    }
    warnings = [w for f in fits.values() for w in f.get("warnings") or ()]
    warnings += [w for w in provenance.get("warnings") or ()]
    return {"facts": facts, "tables": [t for t in pairs.values() if t], "warnings": list(dict.fromkeys(warnings))}


def _runs(fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels) -> Table:
    """One row per analysis: what was fitted, on how many answers, and how the search ended."""
    words = labels.words
    rows = []
    for entry in plan.entries:
        fit = fits.get(entry.id, {})
        if "formula" not in fit:
            continue
        search = fit.get("search") or {}
        rows.append(
            [
                heading(labels.outcome(entry.outcome)),
                Cell(str(fit["formula"])),
                count(fit.get("n_obs"), words),
                count(search.get("evaluations"), words),
                number(fit.get("log_likelihood"), words, 3),
                text(words("badge.converged" if fit.get("converged", True) else "badge.not_converged")),
            ]
        )
    keys = ("entry", "formula", "rows", "evaluations", "log_likelihood")
    columns = [*(words(f"provenance.{k}") for k in keys), words("results.status")]
    return build_table("runs", words("provenance.runs"), columns, rows)
