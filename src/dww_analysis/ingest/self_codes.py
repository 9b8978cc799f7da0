"""Sources whose persons made their own codes: who is who over all files, before anything is written.

Codes are compared in memory only; what leaves is a pseudonym for every delivered line. The same rules for rows apply
as when the source itself is ingested, so that a second submission is one record and not a duplicate code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold, name_reader, text_column
from dww_analysis.delivery.declared import WHO_AND_WHERE
from dww_analysis.delivery.rows import UNANSWERED, Rows, drop_declared, finished_rows, settle_duplicates
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.measurements import LINKED
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest.linking import Linkage, LinkRule, link_by, normalise_code
from dww_analysis.ingest.source import nothing_answered, read_column


@dataclass(frozen=True, eq=False)
class LinkedSources:
    """`rows`: one row per delivered line with a code: source, row (position in the file, from 0), wave, team,
    kept (whether the source's own rules keep the row), person (pseudonym), outcome. `linkage`: report and placebo
    rates, without codes."""

    rows: pd.DataFrame
    linkage: Linkage

    def persons_of(self, source: Source, length: int) -> pd.Series:
        """`persons_in` these rows."""
        return persons_in(self.rows, source, length)

    def linked(self) -> np.ndarray:
        """For each row of `rows` whether it was linked to an earlier wave."""
        return self.rows["outcome"].isin(LINKED).to_numpy()


def persons_in(rows: pd.DataFrame, source: Source, length: int) -> pd.Series:
    """The pseudonym of each of the `length` delivered rows of one source; missing where there is no code."""
    mine = rows[rows["source"] == source.id]
    names = pd.Series([None] * length, dtype="str")
    names.iloc[mine["row"].to_numpy()] = mine["person"].to_numpy()
    return names


def delivered_records(
    tables: Iterable[DeliveredTable],
    facts: Sequence[str] = (),
    study: Study | None = None,
    allocation: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every delivered row with a code: source, row, wave, team, code, the facts, kept, organisation where known.

    facts: our names of columns that do not change for a person; a source that does not ask one leaves it unknown. With
    `study` they are read like any background variable, otherwise as delivered texts under `recode`. `allocation` says
    to which organisation a team belongs, so that persons who moved are found. MeasurementError for sources of more
    than one sample, because their persons are different.
    """
    ordered = sorted(tables, key=lambda given: (given.source.wave or 0, given.source.id))
    samples = {given.source.sample for given in ordered}
    if len(samples) > 1:
        raise MeasurementError.of(
            found=f"sources of the samples {', '.join(sorted(samples))}",
            where="the sources to link",
            expected="one sample: persons of different samples are different persons",
            action="link each sample by itself",
        )
    parts = [_records(given, facts, study) for given in ordered]
    return _one_spelling(pd.concat(parts, ignore_index=True), allocation)


def _one_spelling(delivered: pd.DataFrame, allocation: pd.DataFrame | None) -> pd.DataFrame:
    """Teams as the allocation (or the first file) spells them, and their organisation, so that blocks meet."""
    spelling: dict[str, str] = {}
    if allocation is not None and "team" in allocation:
        spelling = {fold(name): name for name in allocation["team"].dropna()}
    for name in pd.unique(delivered["team"].dropna()):
        spelling.setdefault(fold(name), name)
    teams = delivered["team"].map(lambda name: spelling[fold(name)], na_action="ignore")
    delivered = delivered.assign(team=teams.astype("str").where(delivered["team"].notna(), None))
    if allocation is not None and {"team", "organisation"} <= set(allocation.columns):
        pairs = allocation[["team", "organisation"]].dropna().drop_duplicates()
        home = pairs[~pairs["team"].duplicated(keep=False)].set_index("team")["organisation"]
        listed = delivered["team"].map(home)
        own = delivered.get("organisation", listed)
        delivered = delivered.assign(organisation=listed.where(listed.notna(), own))
    return _one_team_a_block(delivered)


def _one_team_a_block(delivered: pd.DataFrame) -> pd.DataFrame:
    """A team name that occurs in several organisations is several teams."""
    if "organisation" not in delivered:
        return delivered
    pairs = delivered[["team", "organisation"]].dropna().drop_duplicates()
    several = delivered["team"].isin(pairs.loc[pairs["team"].duplicated(keep=False), "team"])
    joined = delivered["organisation"].fillna("") + "/" + delivered["team"].fillna("")
    return delivered.assign(team=delivered["team"].mask(several, joined))


def link_records(
    delivered: pd.DataFrame,
    pseudonymise: Callable[[str], str],
    by: LinkRule,
    *,
    with_placebo: bool = True,
) -> LinkedSources:
    """`delivered_records` linked by one rule: the same rows in the same order for every rule."""
    kept = delivered[delivered["kept"]].reset_index(drop=True)
    linkage = link_by(kept, by, with_placebo=with_placebo)
    kept = kept.assign(key=linkage.persons, outcome=linkage.outcomes["outcome"])
    again = ["source", "team", "code"]
    first = kept.drop_duplicates(again).set_index(again)[["key", "outcome"]]
    everyone = delivered[~delivered["kept"]].join(first, on=again, how="inner")
    rows = pd.concat([kept, everyone], ignore_index=True).sort_values(
        ["wave", "source", "row"], ignore_index=True
    )
    codes = _stable_names(rows)
    names = {key: pseudonymise(code) for key, code in codes.items()}
    rows["person"] = rows["key"].map(names).astype("str")
    return LinkedSources(rows[["source", "row", "wave", "team", "kept", "person", "outcome"]], linkage)


def _stable_names(rows: pd.DataFrame) -> dict[str, str]:
    """One text for every person: source, team and code of the first record, and a number where a code is repeated."""
    first = rows.drop_duplicates("key")
    text = first["source"] + "|" + first["team"].fillna("") + "|" + first["code"]
    number = text.groupby(text).cumcount().astype(str)
    return dict(zip(first["key"], text + "|" + number, strict=True))


def _records(given: DeliveredTable, facts: Sequence[str], study: Study | None) -> pd.DataFrame:
    """Code, team and facts of every row that has a code, and whether the row counts under the source's rules."""
    data, source = given.data, given.source
    absent = [name for name in ("person", "team") if source.columns.get(name) not in data.columns]
    if absent:
        raise MeasurementError.of(
            found="no column for " + " and ".join(absent),
            where=source.file,
            expected="the code and the team of every person: codes are compared inside teams",
            action="name the columns in sources.yaml",
        )
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    codes = text_column(data[source.columns["person"]], normalise_code)
    teams = text_column(data[source.columns["team"]], name_reader("team", source))
    finished = finished_rows(rows, data, source)
    if source.complete is not None:
        answers = [t for ours, t in source.columns.items() if ours not in WHO_AND_WHERE and t in data.columns]
        rows.drop(~finished & nothing_answered(data, answers), UNANSWERED)
    rows.drop(codes.isna().to_numpy(), "no person code")
    about = {name: _fact(name, given, study) for name in facts}
    if source.duplicates != "stop":
        who = _submitters(teams, codes, about)
        settle_duplicates(rows, who, pd.factorize(teams)[0], finished, given)
    table = {
        "source": source.id,
        "row": np.arange(len(data)),
        "wave": source.wave,
        "team": teams,
        "code": codes,
    }
    table |= about
    if source.columns.get("organisation") in data.columns:
        column = data[source.columns["organisation"]]
        table["organisation"] = text_column(column, name_reader("organisation", source))
    return pd.DataFrame(table).assign(kept=rows.keep)[codes.notna().to_numpy()]


def _submitters(teams: pd.Series, codes: pd.Series, facts: Mapping[str, pd.Series]) -> np.ndarray:
    """A number for every person who may have submitted more than once: one code in one team.

    Rows of one code that contradict each other in a fact are different persons, each with a number of its own.
    """
    who = pd.Series(pd.factorize(teams.fillna("") + "|" + codes.fillna(""))[0])
    contradicting = np.zeros(len(who), dtype=bool)
    for values in facts.values():
        contradicting |= (values.groupby(who).transform("nunique") > 1).to_numpy()
    own = np.arange(len(who)) + len(who)
    return np.where(contradicting, own, who.to_numpy())


def _fact(name: str, given: DeliveredTable, study: Study | None) -> pd.Series:
    """One fact of every row as text, in the study's codes; missing where it is not known."""
    if name not in given.present:
        return pd.Series([None] * len(given.data), dtype="str")
    if study is not None:
        values = read_column(name, given, study, {}, np.arange(len(given.data))).values
        return text_column(pd.Series(values), code_text)
    recode = given.source.recode.get(name, {})
    return text_column(given.column(name), lambda value: recode.get(code_text(value), code_text(value)))
