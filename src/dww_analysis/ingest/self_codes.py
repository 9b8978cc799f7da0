"""Sources whose persons made their own codes: who is who over all files, before anything is written.

Codes are compared in memory only; what leaves is a pseudonym for every delivered line. The same rules for rows apply
as when the source itself is ingested, so that a second submission is one record and not a duplicate code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest.codes import code_text, name_reader, text_column
from dww_analysis.ingest.linking import LINKED, MARGIN, Linkage, Rule, link_persons, normalise_code
from dww_analysis.ingest.rows import Rows, drop_declared, finished_rows, settle_duplicates


@dataclass(frozen=True, eq=False)
class LinkedSources:
    """`rows`: one row per delivered line with a code: source, row (position in the file, from 0), wave, team,
    person (pseudonym), outcome. `linkage`: report and placebo rates, without codes."""

    rows: pd.DataFrame
    linkage: Linkage

    def persons_of(self, source: Source, length: int) -> pd.Series:
        """The pseudonym of each of the `length` delivered rows of one source; missing where there is no code."""
        mine = self.rows[self.rows["source"] == source.id]
        names = pd.Series([None] * length, dtype="str")
        names.iloc[mine["row"].to_numpy()] = mine["person"].to_numpy()
        return names

    def linked(self) -> np.ndarray:
        """For each row of `rows` whether it was linked to an earlier wave."""
        return self.rows["outcome"].isin(LINKED).to_numpy()


def link_sources(
    tables: Mapping[str, pd.DataFrame],
    sources: Sequence[Source],
    pseudonymise: Callable[[str], str],
    *,
    facts: Sequence[str] = (),
    rule: Rule = "fuzzy",
    elements: Sequence[int] | None = None,
    margin: int = MARGIN,
) -> LinkedSources:
    """Persons of all sources of one sample, linked by self-generated codes inside their teams.

    `tables`: source id -> delivered data. `facts`: our names of columns that do not change for a person; a source
    that does not ask one leaves it unknown. Other parameters as in `link_persons`. Give `persons_of` to
    `ingest_source` as `persons`. Refuses sources of more than one sample, because their persons are different.
    """
    samples = {source.sample for source in sources}
    if len(samples) > 1:
        raise MeasurementError.of(
            f"sources of the samples {', '.join(sorted(samples))}",
            "the sources to link",
            "one sample: persons of different samples are different persons",
            "link each sample by itself",
        )
    ordered = sorted(sources, key=lambda s: (s.wave or 0, s.id))
    delivered = pd.concat([_records(tables[s.id], s, facts) for s in ordered], ignore_index=True)
    kept = delivered[delivered["kept"]].reset_index(drop=True)
    linkage = link_persons(kept, facts=facts, rule=rule, elements=elements, margin=margin)
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
    return LinkedSources(rows[["source", "row", "wave", "team", "person", "outcome"]], linkage)


def _stable_names(rows: pd.DataFrame) -> dict[str, str]:
    """One text for every person: source, team and code of the first record, and a number where a code is repeated."""
    first = rows.drop_duplicates("key")
    text = first["source"] + "|" + first["team"].fillna("") + "|" + first["code"]
    number = text.groupby(text).cumcount().astype(str)
    return dict(zip(first["key"], text + "|" + number, strict=True))


def _records(data: pd.DataFrame, source: Source, facts: Sequence[str]) -> pd.DataFrame:
    """Code, team and facts of every row that has a code, and whether the row counts under the source's rules."""
    absent = [name for name in ("person", "team") if source.columns.get(name) not in data.columns]
    if absent:
        raise MeasurementError.of(
            "no column for " + " and ".join(absent),
            source.file,
            "the code and the team of every person: codes are compared inside teams",
            "name the columns in sources.yaml",
        )
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    codes = text_column(data[source.columns["person"]], normalise_code)
    teams = text_column(data[source.columns["team"]], name_reader("team", source))
    rows.drop(codes.isna().to_numpy(), "no person code")
    finished = finished_rows(rows, data, source)
    if source.duplicates != "stop":
        who = pd.factorize(teams.fillna("") + "|" + codes.fillna(""))[0]
        settle_duplicates(rows, who, pd.factorize(teams)[0], finished, data, source, np.arange(len(data)))
    table = {
        "source": source.id,
        "row": np.arange(len(data)),
        "wave": source.wave,
        "team": teams,
        "code": codes,
    }
    for name in facts:
        theirs = source.columns.get(name)
        known = theirs in data.columns
        table[name] = (
            text_column(data[theirs], code_text) if known else pd.Series([None] * len(data), dtype="str")
        )
    if source.columns.get("organisation") in data.columns:
        column = data[source.columns["organisation"]]
        table["organisation"] = text_column(column, name_reader("organisation", source))
    return pd.DataFrame(table).assign(kept=rows.keep)[codes.notna().to_numpy()]
