"""The flow of rows, persons, teams and organisations through the study, as one table of counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from dww_analysis.domain.measurements import BY_ORGANISATION, NOT_RECOGNISED, Ingested
from dww_analysis.domain.study import Study
from dww_analysis.ingest.plausible import anonymous_waves

_LEVEL_OF_STEP = {"columns dropped": "column", "answers set to missing": "answer"}


@dataclass(frozen=True)
class Counted:
    """One row of the flow: what was counted where."""

    source: str
    sample: str
    wave: int | None
    level: str
    arm: str
    step: str
    reason: str
    count: int


def flow_table(
    parts: Sequence[Ingested],
    answers: pd.DataFrame,
    person: np.ndarray,
    allocation: pd.DataFrame | None,
    study: Study,
) -> pd.DataFrame:
    """Counts with columns source, sample, wave, level, arm ("" = all; no others where persons change condition), step,
    reason, count.

    level row (per source): read, dropped (by reason), kept. level person: answered (any answer), newly in, missed
    (comes back later), left, moved team (since the previous answer), answered by organisation (reason = organisation),
    not recognised (persons of anonymous sources: nobody is said to be new, away or gone around them). level team
    and organisation: allocated, answered. `wave` is missing for what holds before any wave.
    """
    records: list[Counted] = []
    for part in parts:
        for row in part.flow.to_dict("records"):
            level = _LEVEL_OF_STEP.get(row["step"], "row")
            own = {name: row[name] for name in ("source", "sample", "wave", "step", "reason")}
            records.append(Counted(**own, level=level, arm="", count=row["rows"]))
    records += _allocated(allocation, study)
    records += _participation(answers, person, allocation, study, anonymous_waves(parts))
    table = pd.DataFrame(records, columns=[f.name for f in fields(Counted)])
    for name in ("source", "sample", "level", "arm", "step", "reason"):
        table[name] = table[name].astype("str")
    return table.astype({"wave": "Int64", "count": "int64"})


def _arms(study: Study) -> list[str]:
    return ["", *(arm.id for arm in study.groups)]


def _allocated(allocation: pd.DataFrame | None, study: Study) -> list[Counted]:
    if allocation is None:
        return []
    sample = next(iter(study.samples))
    records = []
    for arm in _arms(study):
        rows = allocation if not arm else allocation[allocation["arm"] == arm]
        for level in ("organisation", "team"):
            if allocation[level].notna().any():
                records.append(Counted("", sample, None, level, arm, "allocated", "", rows[level].nunique()))
        if "person" in rows:
            records.append(
                Counted("", sample, None, "person", arm, "allocated", "", rows["person"].nunique())
            )
        if "n_persons" in rows:
            records.append(
                Counted("", sample, None, "person", arm, "allocated", "", int(rows["n_persons"].sum()))
            )
    return records


def _participation(
    answers: pd.DataFrame,
    person: np.ndarray,
    allocation: pd.DataFrame | None,
    study: Study,
    anonymous: set[tuple[str, int]],
) -> list[Counted]:
    arm_now = _arm_of_current_team(answers, allocation, study)
    table = pd.DataFrame(
        {
            "sample": answers["sample"].to_numpy(),
            "wave": answers["wave"].to_numpy(),
            "person": person,
            "organisation": answers["organisation"],
            "current_team": answers["current_team"],
            "arm": answers["arm"] if "arm" in answers else pd.Series([""] * len(answers), dtype="str"),
            "arm_now": arm_now,
        }
    )[answers["participated"].to_numpy()]
    records = []
    for sample in study.samples:
        of_sample = table[table["sample"] == sample]
        waves = sorted(of_sample["wave"].unique())
        unknown = {wave for wave in waves if (sample, wave) in anonymous}
        for arm in _arms(study):
            persons = of_sample if not arm else of_sample[of_sample["arm"] == arm]
            records += _person_records(persons, sample, arm, waves, unknown)
            units = of_sample if not arm else of_sample[of_sample["arm_now"] == arm]
            records += _unit_records(units, persons, sample, arm, waves)
    return records


def _arm_of_current_team(answers: pd.DataFrame, allocation: pd.DataFrame | None, study: Study) -> pd.Series:
    if "arm" not in answers:
        return pd.Series([""] * len(answers), dtype="str")
    if allocation is None or study.allocation is None or study.allocation.unit != "team" or study.starts:
        return answers["arm"]
    arms = allocation.dropna(subset=["team"]).drop_duplicates("team").set_index("team")["arm"]
    return answers["current_team"].map(arms).fillna(answers["arm"])


def _person_records(
    table: pd.DataFrame, sample: str, arm: str, waves: Sequence[int], unknown: set[int]
) -> list[Counted]:
    """Who came, stayed away and left; nobody is said to have where persons of a wave in between are not recognised."""
    by_wave = {
        wave: np.unique(table["person"].to_numpy()[table["wave"].to_numpy() == wave]) for wave in waves
    }
    records = []
    for i, wave in enumerate(waves):
        here = by_wave[wave]
        records.append(Counted("", sample, wave, "person", arm, "answered", "", len(here)))
        if wave in unknown:
            records.append(Counted("", sample, wave, "person", arm, NOT_RECOGNISED, "", len(here)))
        if i == 0:
            continue
        before = _union(by_wave[w] for w in waves[:i])
        later = _union(by_wave[w] for w in waves[i + 1 :])
        last = by_wave[waves[i - 1]]
        absent = np.setdiff1d(before, here)
        gone = np.setdiff1d(np.setdiff1d(last, here), later)
        counts = {
            "newly in": 0 if unknown & set(waves[: i + 1]) else len(np.setdiff1d(here, before)),
            "missed": 0 if wave in unknown else len(np.intersect1d(absent, later)),
            "left": 0 if unknown & set(waves[i - 1 :]) else len(gone),
            "moved team": _moved(table, wave),
        }
        records += [Counted("", sample, wave, "person", arm, step, "", n) for step, n in counts.items()]
    return records


def _union(groups: Iterable[np.ndarray]) -> np.ndarray:
    found = list(groups)
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype="int64")


def _moved(table: pd.DataFrame, wave: int) -> int:
    """Persons whose team at `wave` differs from that of their previous answer."""
    known = table[table["current_team"].notna() & (table["wave"] <= wave)].sort_values("wave", kind="stable")
    last_two = known.groupby("person", sort=False).tail(2)
    team, who = last_two["current_team"], last_two["person"]
    ordered = last_two.assign(previous=team.groupby(who).shift())
    now = ordered[(ordered["wave"] == wave) & ordered["previous"].notna()]
    return int((now["current_team"] != now["previous"]).sum())


def _unit_records(
    table: pd.DataFrame, persons: pd.DataFrame, sample: str, arm: str, waves: Sequence[int]
) -> list[Counted]:
    records = []
    for wave in waves:
        here = table[table["wave"] == wave]
        for level, column in (("team", "current_team"), ("organisation", "organisation")):
            if table[column].notna().any():
                records.append(Counted("", sample, wave, level, arm, "answered", "", here[column].nunique()))
        counts = persons[persons["wave"] == wave].groupby("organisation", sort=True).size()
        records += [
            Counted("", sample, wave, "person", arm, BY_ORGANISATION, str(name), int(n))
            for name, n in counts.items()
        ]
    return records
