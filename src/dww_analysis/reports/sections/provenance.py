"""Where the numbers come from: inputs with checksums, versions, settings, and how each estimation went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dww_analysis.domain.plan import Plan
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, count, heading, hidden, number, text
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.sections.fits import fitted_entries
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table


def provenance_of(
    provenance: Mapping[str, Any],
    fits: Mapping[str, Mapping[str, Any]],
    plan: Plan,
    suppressed: Collection[str],
    labels: Labels,
) -> dict[str, Any]:
    """Facts as (name, value), tables of inputs, versions and runs, whether versions differed, and warnings as the
    program gave them.

    suppressed: entries whose estimate disclosure control hid; of their estimation no number is shown.
    """
    words = labels.words
    values = {
        "package": package_of(provenance),
        "config": provenance.get("config_hash"),
        "seed": provenance.get("seed"),
    }
    facts = [(words(f"provenance.{n}"), str(v)) for n, v in values.items() if v not in (None, "")]
    tables = [
        _pairs(
            "inputs",
            ("source", "hash"),
            {s["id"]: s["sha256"] for s in provenance.get("sources") or ()},
            labels,
        ),
        _pairs("settings", ("file", "hash"), dict(provenance.get("config") or {}), labels),
        _pairs("versions", ("program", "version"), versions_of(provenance), labels),
        _runs(fits, plan, suppressed, labels),
    ]
    warnings = [str(w) for f in fits.values() for w in f.get("warnings") or ()]
    warnings += [str(w) for job in provenance.get("jobs") or () for w in job.get("warnings") or ()]
    return {
        "facts": facts,
        "several_versions": several_versions(provenance, words),
        "tables": [t for t in tables if t],
        "warnings": list(dict.fromkeys(warnings)),
    }


def package_of(provenance: Mapping[str, Any]) -> str:
    """The version of this package that made the page; "" where the record names none."""
    package = provenance.get("package") or {}
    return str(package.get("version", "")) if isinstance(package, Mapping) else str(package)


def versions_of(provenance: Mapping[str, Any]) -> dict[str, str]:
    """program -> the version that the page and the steps before it ran with, Python first; where steps ran with
    different ones, all of them."""
    return {program: " / ".join(sorted(found)) for program, found in _versions(provenance).items()}


def several_versions(provenance: Mapping[str, Any], words: Words) -> str:
    """The sentence that names the programs of which steps ran with different versions; "" where none did."""
    several = [program for program, found in _versions(provenance).items() if len(found) > 1]
    return words("provenance.several_versions", programs=words.listing(several)) if several else ""


def _versions(provenance: Mapping[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for made in (provenance, *(provenance.get("jobs") or ())):
        programs = {"Python": made.get("python"), **(made.get("packages") or {})}
        for program, version in programs.items():
            if version:
                found.setdefault(program, set()).add(str(version))
    return found


def keyed_with_test_key(provenance: Mapping[str, Any]) -> bool:
    """Whether persons' codes were made with the key that is in the repository for everyone to see."""
    return "test key" in str(provenance.get("pseudonyms", ""))


def _pairs(identity: str, heads: tuple[str, str], pairs: Mapping[str, str], labels: Labels) -> Table:
    words = labels.words
    columns = [words(f"provenance.{h}") for h in heads]
    rows = [(heading(name), Cell(str(value))) for name, value in sorted(pairs.items())]
    return build_table(identity, words(f"provenance.{identity}"), columns, rows)


def _runs(
    fits: Mapping[str, Mapping[str, Any]], plan: Plan, suppressed: Collection[str], labels: Labels
) -> Table:
    """One row per analysis: what was fitted, on how many answers, and how the search ended."""
    words = labels.words
    rows = []
    for entry, fit in fitted_entries(plan, fits):
        off = entry.id in suppressed
        evaluations = (fit.get("search") or {}).get("evaluations")
        likelihood = fit.get("log_likelihood")
        decimals = 1 if abs(likelihood or 0) < 1000 else 0  # of four digits
        cells = [
            count(fit.get("n_obs")),
            count(evaluations),
            number(likelihood, decimals),
            text(words("badge.converged" if fit.get("converged", True) else "badge.not_converged")),
        ]
        said = [heading(entry_name(entry.id, plan, labels)), Cell(str(fit["formula"]))]
        rows.append([*said, *([hidden()] * len(cells) if off else cells)])
    keys = ("entry", "formula", "rows", "evaluations", "log_likelihood")
    columns = [*(words(f"provenance.{k}") for k in keys), words("results.status")]
    return build_table("runs", words("provenance.runs"), columns, rows, cell_notes(rows, labels))
