"""The same estimate with persons linked over waves by another rule, or not linked at all.

False links make persons look less like themselves and weaken within-person change; missed links make one person two.
Where persons made their own codes, an estimate is therefore repeated with equal codes only, with equal and nearly
equal ones, and as a repeated cross-section, in which nobody is the same person twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.formulas import INTERCEPT, RandomTerm, Terms
from dww_analysis.effects.apart import Rows, persons_regrouped, rows_of
from dww_analysis.effects.estimate import estimates_of, fit_entry
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.models import Model
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.errors import openly

ANALYSES: Mapping[str, str] = {
    "exact": "linked by equal codes",
    "fuzzy": "linked by equal and nearly equal codes",
    "none": "not linked",
}
KEYS = ["sample", "person", "wave"]


def linking_variants(
    data: EntryData,
    found: EntryFit,
    read: Callable[[EntryData, EntryFit], pd.DataFrame] = estimates_of,
) -> Iterator[tuple[str, pd.DataFrame, int, str, str]]:
    """For each rule of linking its name, its estimates (none when it cannot be estimated), the persons whose answers
    are grouped otherwise than under the study's own rule, a remark ("failed", "unlinked" for a repeated cross-section,
    or "") and why it failed.

    Nothing in a sample whose persons are known by a key. The rule of the study itself is the estimate as it stands.
    """
    if data.links is None or data.entry.sample not in set(data.links["sample"]):
        return
    for rule, name in ANALYSES.items():
        if rule == data.study.linking.rule:
            yield name, read(data, found), 0, "", ""
            continue
        apart = _regrouped(data, rule)
        try:
            other = relinked(data, rule)
            fitted = fit_entry(other, without_persons if rule == "none" else None)
            yield name, read(other, fitted), apart, "unlinked" if rule == "none" else "", ""
        except REFUSALS as error:
            yield name, pd.DataFrame(), apart, "failed", openly(error)


def _regrouped(data: EntryData, rule: str) -> int:
    """Persons with a score of the outcome whose answers another rule does not give to one person alike."""
    assert data.links is not None
    scored = data.scores[(data.scores["scale"] == data.entry.outcome) & data.scores["score"].notna()]
    return persons_regrouped(scored["person"], renamed(scored, person_names(data.links, rule))["person"])


def rows_as_known(data: EntryData, used: pd.DataFrame, rule: str) -> Rows:
    """The rows (columns person, wave) that a fit under a rule of linking used, by the persons of `data`, so that rows
    under several rules can be laid beside each other; where answers are linked, each with which answers are one
    person's by the rule: the first and the last of them, and how many there are."""
    if data.links is None:
        return rows_of(used, "wave")
    links = data.links[data.links["sample"] == data.entry.sample]
    by_rule = links["person"] if rule == data.study.linking.rule else links[f"person_{rule}"]
    known = pd.DataFrame({"name": by_rule, "wave": links["wave"].astype(str), "person": links["person"]})
    known["answer"] = range(len(known))
    named = pd.DataFrame({"name": used["person"].astype(str), "wave": used["wave"].astype(str)})
    rows = named.merge(known, on=["name", "wave"], how="left")
    answers = rows["answer"].fillna(-1).groupby(rows["name"], observed=True)
    together = {
        "first": answers.transform("min"),
        "last": answers.transform("max"),
        "n": answers.transform("size"),
    }
    rows = rows.assign(person=rows["person"].fillna(rows["name"]), **together)
    return rows_of(rows, "wave", *together)


def relinked(data: EntryData, rule: str) -> EntryData:
    """`data` with the persons of `rule` ("exact", "fuzzy", "none"), each in the team first observed for that person."""
    assert data.links is not None
    names = person_names(data.links, rule)
    covariates = {scale: renamed(table, names) for scale, table in data.covariates.items()}
    return replace(
        data,
        scores=_with_units(renamed(data.scores, names)),
        covariates=covariates,
        answers=renamed(data.answers, names),
        links=None,
    )


def person_names(links: pd.DataFrame, rule: str) -> pd.Series:
    """Sample, person and wave (the index) -> the person by a rule of linking, whose column person_<rule> the links
    have."""
    return links.set_index(KEYS)[f"person_{rule}"]


def renamed(table: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """A table of persons at waves with other names of the persons; who has none keeps the old one."""
    found = names.reindex(pd.MultiIndex.from_frame(table[KEYS])).to_numpy()
    return table.assign(person=np.where(pd.isna(found), table["person"].to_numpy(), found))


def _with_units(scores: pd.DataFrame) -> pd.DataFrame:
    """Team, organisation and arm of the first observation of each person, where the team of an answer is known."""
    if "current_team" not in scores:
        return scores
    first = scores[scores["current_team"].notna()].sort_values("wave", kind="stable")
    team = first.drop_duplicates(["sample", "person"]).set_index(["sample", "person"])["current_team"]
    mine = team.reindex(pd.MultiIndex.from_frame(scores[["sample", "person"]])).to_numpy()
    result = scores.assign(team=np.where(pd.isna(mine), scores["team"].to_numpy(), mine))
    home = scores[scores["team"].notna()].drop_duplicates(["sample", "team"]).set_index(["sample", "team"])
    keys = pd.MultiIndex.from_frame(result[["sample", "team"]])
    for unit in ("organisation", "arm"):
        if unit in scores:
            known = home[unit].reindex(keys).to_numpy()
            result[unit] = np.where(pd.isna(known), scores[unit].to_numpy(), known)
    return result


def without_persons(model: Model) -> Model:
    """The model of a repeated cross-section: no terms for persons, and teams where nothing else would be left."""
    written = Terms.read(model.formula)
    terms = [term for one in written.random for term in _of_units(one)]
    nothing = [RandomTerm(INTERCEPT, "team")] if written.random else []
    return replace(model, formula=str(written.with_random(terms or nothing)))


def _of_units(term: RandomTerm) -> Iterator[RandomTerm]:
    """The term as far as its groups are no persons: of `team/person` that of `team`, of `team:person` nothing."""
    persons = ["person" in level for level in term.levels]
    if not any(persons):
        yield term
    elif not persons[0]:
        yield term.within(persons.index(True))


def as_row(estimates: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, Any]:
    """The primary estimate in the outcome's unit, as one row of the sensitivity table."""
    row = estimates[estimates["primary"] & ~estimates["standardised"]].iloc[0].to_dict()
    return {k: v for k, v in row.items() if k in columns}
