"""Observation check-lists: how much of what was looked for was seen, and whether observers agree.

One row an observation of a person by an observer on a day, one column an item with words such as ja, deels, nee. What
was not seen because there was no occasion is missing, not "no".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, person_code, text_column
from dww_analysis.delivery.declared import column_problems
from dww_analysis.delivery.idle import rule_problems
from dww_analysis.delivery.rows import DUPLICATE, Rows
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.exposure import Exposure, ObservationRules
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.exposure import exposed
from dww_analysis.exposure.contracts import check
from dww_analysis.exposure.periods import EARLIEST, read_dates, waves_of

NO_DATE = f"no date since {EARLIEST.year}"
STRUCTURE = ("person", "team", "date", "observer")
KEYS = ["sample", "person", "wave"]


def read_observations(
    data: pd.DataFrame,
    source: Source,
    study: Study,
    pseudonymise: Callable[[str], str],
    *,
    lines: np.ndarray | None = None,
) -> Exposure:
    """Delivered check-lists as observations with the share that was met, and features per person and wave.

    Columns of `source.columns`: person (who was observed), date; if delivered observer and team; every other column is
    an item. Words become 0 to 1 by `rules.words`; `met` is the mean of the items that were observed, missing when they
    are less than `min_observed` of all. Raises one `MeasurementError` with all problems: cells that are no dates, words
    that are not known, the same observation twice.
    """
    rules = source.rules if isinstance(source.rules, ObservationRules) else ObservationRules()
    given = DeliveredTable.of(data, source, lines=lines)
    items = [c for c in source.columns if c not in STRUCTURE]
    problems = column_problems(data, source, ["person", "date"])
    problems += rule_problems(data, source)
    if not items:
        problems.append(
            Problem(
                found="no item is declared",
                where=source.file,
                expected="columns of the check-list",
                action="name them in `columns`",
            )
        )
    raise_all(problems, MeasurementError)
    rows, codes = exposed.chosen_rows(data, source)
    date, wrong = read_dates(data[source.columns["date"]])
    expected, action = "dates such as 2026-03-02 or 02-03-2026", "correct the cells, or use drop_rows"
    absent = wrong | date.isna().to_numpy() | (date < EARLIEST).to_numpy()
    problems = given.rows_problem(absent & rows.keep, NO_DATE, "date", expected, action)
    values, found = _values(given, rules, items, rows)
    observer = _observers(data, source)
    key = pd.DataFrame({"person": codes, "date": date, "observer": observer.fillna("")})
    problems += [*found, *_settle_duplicates(key, rows, given)]
    raise_all(problems, MeasurementError)
    at = np.flatnonzero(rows.keep)
    table = pd.DataFrame(
        {
            "sample": pd.Series([source.sample] * len(at), dtype="str"),
            "person": exposed.pseudonyms(codes.iloc[at], pseudonymise),
            "observer": exposed.pseudonyms(observer.iloc[at], lambda code: pseudonymise("OBSERVER:" + code)),
            "team": exposed.text_of(data, "team", source).iloc[at].to_numpy(),
            "date": date.iloc[at].to_numpy(),
        }
    )
    table.insert(2, "wave", waves_of(table["date"], source, study))
    chosen = values.iloc[at].reset_index(drop=True)
    table = pd.concat([table, chosen], axis=1)
    table["n_observed"] = chosen.notna().sum(axis=1)
    enough = table["n_observed"] >= rules.min_observed * len(items)
    table["met"] = chosen.mean(axis=1).where(enough & (table["n_observed"] > 0))
    table = table.sort_values(["person", "date"], kind="stable", ignore_index=True)
    return Exposure(
        check(table, "observations"),
        check(observation_features(table), "observation_features"),
        exposed.flow_table(source, exposed.row_steps(len(data), rows)),
        check(_long(table, items), "observed_items"),
        exposed.notes_of(rows.dropped, source),
    )


def _observers(data: pd.DataFrame, source: Source) -> pd.Series:
    if "observer" not in source.columns:
        return pd.Series([None] * len(data), dtype="str")
    return text_column(data[source.columns["observer"]], person_code)


def _values(
    given: DeliveredTable, rules: ObservationRules, items: list[str], rows: Rows
) -> tuple[pd.DataFrame, list[Problem]]:
    """Every item as 0 to 1, NaN where it was blank or there was no occasion."""
    data, source = given.data, given.source
    words = {fold(word): value for word, value in rules.words.items()}
    nothing = {fold(word) for word in rules.no_occasion} | {""}
    columns: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for item in items:
        texts = [fold(text) for text in exposed.text_of(data, item, source).fillna("")]
        columns[item] = np.array([words.get(text, np.nan) for text in texts], dtype="float64")
        unknown = np.array([text not in words and text not in nothing for text in texts], dtype=bool)
        problems += given.rows_problem(
            unknown & rows.keep,
            "an unknown word",
            item,
            "one of " + ", ".join([*rules.words, *rules.no_occasion]),
            "say what it means: observations: {words: {...}, no_occasion: [...]}",
        )
    return pd.DataFrame(columns), problems


def _settle_duplicates(key: pd.DataFrame, rows: Rows, given: DeliveredTable) -> list[Problem]:
    """The same person observed by the same observer on one day more than once."""
    source = given.source
    twice = np.zeros(len(key), dtype=bool)
    if source.duplicates == "stop":
        twice[rows.keep] = key[rows.keep].duplicated(keep=False).to_numpy()
        action = "declare duplicates: keep_first or keep_last_complete for this source"
        return given.rows_problem(
            twice, "the same observation", "person", "one a day for each observer", action
        )
    keep = "first" if source.duplicates == "keep_first" else "last"
    twice[rows.keep] = key[rows.keep].duplicated(keep=keep).to_numpy()
    rows.drop(twice, DUPLICATE)
    return []


def _long(table: pd.DataFrame, items: list[str]) -> pd.DataFrame:
    """One row an observation and item that was observed."""
    numbered = table.assign(observation=np.arange(len(table)))
    long = numbered.melt(
        ["sample", "person", "wave", "observer", "date", "observation"], items, "item", "value"
    )
    return long[long["value"].notna()].sort_values(["observation", "item"], kind="stable", ignore_index=True)


def observation_features(table: pd.DataFrame) -> pd.DataFrame:
    """A row per sample, person and wave: columns team, observations, observers (different ones), and met, the mean
    of what was met (0 to 1). Observations outside the waves are left out."""
    rows = table[table["wave"].notna()]
    grouped = rows.groupby(KEYS, sort=True)
    return pd.DataFrame(
        {
            "team": grouped["team"].first(),
            "observations": grouped.size(),
            "observers": grouped["observer"].nunique(),
            "met": grouped["met"].mean(),
        }
    ).reset_index()


def observer_agreement(items: pd.DataFrame) -> pd.DataFrame:
    """How often two observers of one person on one day gave the same value: item, n_pairs, n_persons, equal, scott_pi.

    `items`: sample, person, date, observation, item, value. Of more than two observers the first two count. Observers
    are interchangeable, so chance agreement comes from the pooled shares: pi = (p_o - p_e) / (1 - p_e) with p_e the sum
    of squared shares of the values (Scott 1955). Missing when everybody gave the same value always.
    """
    records = []
    groups = items.sort_values("observation", kind="stable").groupby(["sample", "item"], sort=True)
    for (sample, item), rows in groups:
        number = rows.groupby(["person", "date"]).cumcount()
        wide = rows.assign(number=number)[number < 2].pivot(
            index=["person", "date"], columns="number", values="value"
        )
        pairs = wide.reindex(columns=[0, 1]).dropna()
        equal = (pairs[0] == pairs[1]).mean() if len(pairs) else np.nan
        shares = pd.concat([pairs[0], pairs[1]]).value_counts(normalize=True).to_numpy()
        chance = float((shares**2).sum())
        pi = (equal - chance) / (1 - chance) if len(pairs) and chance < 1 else np.nan
        persons = pairs.index.get_level_values("person").nunique()
        records.append((sample, item, len(pairs), persons, equal, pi))
    return pd.DataFrame(records, columns=["sample", "item", "n_pairs", "n_persons", "equal", "scott_pi"])
