"""Who is missing: the rows that are expected, and the scores table with a row for each of them.

A value is missing where a person worked at the unit at that wave and gave none. Personnel records say so where a study
has them; else a person counts as there from the first to the last wave with an answer. After leaving there is nothing
to impute.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from dww_analysis.domain.design import arm_at
from dww_analysis.domain.study import Study

KEYS = ["person", "wave"]
OF_PERSONS = ("sample", "organisation", "team", "arm", "start", "scale")  # the same at all waves of a person


def expected_rows(
    answered: pd.DataFrame, waves: Iterable[int], employed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Columns person, wave: a row for every wave at which a person is expected to have answered.

    answered: person and wave of every row with answers. waves: the numbers of the study's waves. employed: person and
    wave of everybody who worked at the unit then; persons without any record, and all where there are no records,
    count as there between their answers. Whoever never answered has no row. A row with answers is always expected.
    """
    seen = answered[KEYS].drop_duplicates()
    numbers = sorted(waves)
    there = seen.head(0) if employed is None else employed[employed["person"].isin(seen["person"])]
    between = _between(seen[~seen["person"].isin(there["person"])], numbers)
    rows = pd.concat([seen, there.loc[there["wave"].isin(numbers), KEYS], between])
    return rows.drop_duplicates().sort_values(KEYS, kind="stable").reset_index(drop=True)


def _between(seen: pd.DataFrame, waves: list[int]) -> pd.DataFrame:
    span = seen.groupby("person")["wave"].agg(["min", "max"]).reset_index()
    rows = span.merge(pd.DataFrame({"wave": waves}), how="cross")
    found: pd.DataFrame = rows.loc[rows["wave"].between(rows["min"], rows["max"]), KEYS]
    return found


def with_expected(scores: pd.DataFrame, expected: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The scores of one scale and sample with exactly the expected rows: where none was, the score is NaN.

    What is the same at all waves of a person (team, arm, ...) is taken from the person's own rows; the arm of persons
    whose unit starts on its own is the condition at the wave.
    """
    fixed = [c for c in OF_PERSONS if c in scores]
    of_person = scores.groupby("person", sort=False)[fixed].first().reset_index()
    known = expected[expected["person"].isin(of_person["person"])]
    rows = known.merge(scores[[*KEYS, "score"]], on=KEYS, how="left")
    found = rows.merge(of_person, on="person", how="left")
    if not study.starts:
        return found
    cells = zip(found["start"], found["wave"], strict=True)
    arms = pd.Series([arm_at(study, s, w) for s, w in cells], index=found.index, dtype="str")
    return found.assign(arm=arms.where(found["arm"].notna(), None))
