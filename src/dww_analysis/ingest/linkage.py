"""Who is who in a study whose persons made their own codes: by the declared rule, and by the others for comparison.

Leaves pseudonyms only. The report counts outcomes; the placebo rate says how many links are wrong by chance; the
comparison says whether the linked are a selection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, say
from dww_analysis.ingest.linking import LinkRule, Rule, compare_linked
from dww_analysis.ingest.self_codes import LinkedSources, delivered_records, link_records

RULES: tuple[Rule, ...] = ("exact", "fuzzy", "none")
COMPARISON_COLUMNS = (
    *("sample", "wave", "kind", "variable", "category", "label"),
    *("n_linked", "mean_linked", "sd_linked", "n_unlinked", "mean_unlinked", "sd_unlinked", "difference"),
)


@dataclass(frozen=True, eq=False)
class LinkedStudy:
    """Links of all samples whose persons made their own codes.

    `rows`: one row per delivered row with a code: source, row (position in the file), sample, wave, team, kept,
    outcome, person (by the study's rule), and person_exact, person_fuzzy, person_none (by each rule). `report`:
    sample, wave, team ("" = all), outcome, count, share, from the second wave on. `placebo`: sample, wave, links,
    placebo_links, comparisons, expected_false, false_match_rate.
    """

    rows: pd.DataFrame
    report: pd.DataFrame
    placebo: pd.DataFrame


def link_study(
    tables: Sequence[DeliveredTable],
    study: Study,
    allocation: pd.DataFrame | None,
    pseudonymise: Callable[[str, str], str],
) -> LinkedStudy:
    """Link the persons of all sources with `persons: code`, sample by sample.

    tables: of these sources. pseudonymise: sample, text -> pseudonym. Refuses sources
    without columns for code and team.
    """
    of_samples: dict[str, list[DeliveredTable]] = {}
    for given in tables:
        of_samples.setdefault(given.source.sample, []).append(given)
    parts = [
        _link_sample(own, study, allocation, partial(pseudonymise, sample))
        for sample, own in of_samples.items()
    ]
    return LinkedStudy(
        *(
            pd.concat([getattr(p, name) for p in parts], ignore_index=True)
            for name in ("rows", "report", "placebo")
        )
    )


def _link_sample(
    tables: Sequence[DeliveredTable],
    study: Study,
    allocation: pd.DataFrame | None,
    pseudonymise: Callable[[str], str],
) -> LinkedStudy:
    linking, sample = study.linking, tables[0].source.sample
    delivered = delivered_records(tables, linking.facts, study, allocation)
    versions: dict[Rule, LinkedSources] = {
        rule: link_records(
            delivered,
            pseudonymise,
            LinkRule(linking.facts, rule, linking.elements or None, linking.margin, linking.came_from),
            with_placebo=rule == linking.rule,
        )
        for rule in RULES
    }
    chosen = versions[linking.rule]
    people = {f"person_{rule}": linked.rows["person"].to_numpy() for rule, linked in versions.items()}
    rows = chosen.rows.assign(sample=sample, **people)
    report, placebo = (
        table.assign(sample=sample)[["sample", *table.columns]]
        for table in (chosen.linkage.report, chosen.linkage.placebo)
    )
    return LinkedStudy(rows, report, placebo)


def compare_study(
    rows: pd.DataFrame,
    answers: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame],
    scales: Sequence[Scale],
    study: Study,
) -> pd.DataFrame:
    """Persons who were linked to another wave against those seen once, wave by wave: scores and background.

    rows: of a `LinkedStudy`. answers: of the Measurements. scores: scale id -> scores table. A category of a
    background variable is its share (0 to 1). `difference` is linked minus unlinked in units of the pooled standard
    deviation. A newcomer and a person whose code was not recognised look the same here: both are seen once.
    """
    kept = rows[rows["kept"]]
    waves_seen = kept.groupby(["sample", "person"])["wave"].transform("nunique")
    seen = kept.assign(linked=waves_seen > 1)[["sample", "person", "wave", "linked"]]
    values, about = _values(answers, scores, scales, study)
    table = seen.merge(values, on=["sample", "person", "wave"], how="inner")
    parts = []
    for (sample, wave), group in table.groupby(["sample", "wave"], sort=True):
        columns = [c for c in about.index if group[c].notna().any()]
        compared = compare_linked(group, group["linked"].to_numpy(dtype=bool), columns)
        parts.append(compared.assign(sample=sample, wave=wave))
    if not parts:
        return pd.DataFrame(columns=list(COMPARISON_COLUMNS))
    found = pd.concat(parts, ignore_index=True).join(about, on="column")
    return found[list(COMPARISON_COLUMNS)]


def _values(
    answers: pd.DataFrame, scores: Mapping[str, pd.DataFrame], scales: Sequence[Scale], study: Study
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A number per person, wave and variable, and what each column is (kind, variable, category, label)."""
    keys = ["sample", "person", "wave"]
    values = answers[keys].copy()
    about: dict[str, tuple[str, str, str, str]] = {}
    for scale in scales:
        total = scores[scale.id]
        total = total.loc[total["scale"] == scale.id, [*keys, "score"]].rename(
            columns={"score": f"s|{scale.id}"}
        )
        if len(total):
            values = values.merge(total, on=keys, how="left")
            about[f"s|{scale.id}"] = ("score", scale.id, "", say(scale.label, "en"))
    for variable in study.background:
        if variable.name not in answers:
            continue
        if variable.kind == "number":
            values[f"b|{variable.name}"] = answers[variable.name].to_numpy(dtype="float64", na_value=np.nan)
            about[f"b|{variable.name}"] = ("background", variable.name, "", say(variable.label, "en"))
            continue
        given = answers[variable.name].astype("string")
        for code, label in variable.categories.items():
            share = (given == code).astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
            values[f"b|{variable.name}|{code}"] = share
            about[f"b|{variable.name}|{code}"] = ("background", variable.name, code, say(label, "en"))
    names = ["kind", "variable", "category", "label"]
    return values, pd.DataFrame.from_dict(about, orient="index", columns=names)
