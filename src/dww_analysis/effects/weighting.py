"""Groups of units that were not formed by lot, made alike in what was measured before: the tables of one plan entry.

One row of `overlap` per unit that was allocated: its change is the mean score at the planned wave minus that at the
first, over everybody who answered then; units without answers at one of both take no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.plan import OF_UNITS
from dww_analysis.domain.tables.effects import WEIGHTING
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.overlap import NUMBERS, WEIGHED, Overlap, e_value, overlap
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.spread import spread_of


@dataclass(frozen=True, eq=False)
class Weighed:
    """The units of an entry with overlap weights, or why they cannot be weighed; neither where nothing is weighed."""

    overlap: Overlap | None = None
    refusal: Exception | None = None

    def answer(self, name: str) -> dict[str, Any] | None:
        """The numbers of one of WEIGHED; None where nothing is weighed. Raises the refusal."""
        if self.refusal is not None:
            raise self.refusal
        if self.overlap is None:
            return None
        return dict(self.overlap.answers.set_index("answer")[list(NUMBERS)].loc[name])


NOTHING_WEIGHED = Weighed()


def weighed(data: EntryData, found: EntryFit | None) -> Weighed:
    """The overlap weights of an entry; nothing is weighed where found is None, the plan names no propensity, the
    outcome is no number (a change of means is no log odds), or the contrast has no such groups. Groups that
    cannot be made alike are a refusal in the result, and raise nothing."""
    if found is None or not data.plan.propensity or data.study.by_lot or found.kind.family != "gaussian":
        return NOTHING_WEIGHED
    contrast = found.model.planned.contrast
    if contrast.from_wave is None or contrast.wave is None:
        return NOTHING_WEIGHED
    try:
        units = unit_table(data, found, contrast.from_wave, contrast.wave)
        return Weighed(overlap(units, data.plan.propensity, data.plan.conf_level))
    except REFUSALS as error:
        return Weighed(refusal=error)


def weighting_of(data: EntryData, found: EntryFit | None, units: Weighed) -> pd.DataFrame:
    """Balance, groups and E-values of an entry; without rows where nothing was weighed (its check says why)."""
    result = units.overlap
    if result is None or found is None:
        return pd.DataFrame(columns=list(WEIGHTING.names))
    study, sizes = data.study, result.units["treated"].value_counts()
    left_out = _left_out(data, found, result.units)
    balance = result.balance.round(12).rename(columns={"covariate": "name"}).assign(part="covariate")
    groups = [
        {
            "part": "group",
            "name": arm,
            "n_units": int(sizes[treated]),
            "units_left_out": int(left_out.get(treated, 0)),
            "n_smallest": int(result.units["n_smallest"].min()),
            "effective_units": result.effective[treated],
            **dict(zip(("support_low", "support_high"), result.support[treated], strict=True)),
        }
        for treated, arm in ((True, study.treated_arm), (False, study.reference_arm))
    ]
    spread = spread_of(found.fitted, found.frame)
    answers = [
        {"part": "answer", "name": row["answer"], **_e_values(row, np.nan if spread is None else spread.sd)}
        for row in result.answers.to_dict("records")
        if row["answer"] in WEIGHED
    ]
    table = pd.concat([balance, pd.DataFrame([*groups, *answers])], ignore_index=True)
    return table.assign(entry=data.entry.id).reindex(columns=list(WEIGHTING.names))


def _left_out(data: EntryData, found: EntryFit, weighed: pd.DataFrame) -> pd.Series[int]:
    """Treated or not -> units with answers in the model that are not among the weighed ones."""
    arms = found.used.groupby(data.study.unit, observed=True)["arm"].first()
    arms = arms[~arms.index.isin(weighed["unit"])]
    return (arms == data.study.treated_arm).value_counts()


def _e_values(row: dict[str, float], sd: float) -> dict[str, float]:
    near = row["conf_low"] if row["estimate"] > 0 else row["conf_high"]
    return dict(zip(("e_value", "e_value_limit"), e_value(row["estimate"] / sd, near / sd), strict=True))


def unit_table(data: EntryData, found: EntryFit, before: int, after: int) -> pd.DataFrame:
    """One row a unit that has all of these: unit, treated, change, the covariates, which are means of its persons at
    wave `before` (sizes count who answered then), and n_smallest, the fewest persons behind one of these numbers."""
    unit, used = data.study.unit, found.used
    first = used[used["wave"] == str(before)]
    waves = [rows.groupby(unit, observed=True) for rows in (used[used["wave"] == str(after)], first)]
    table = pd.DataFrame({"change": waves[0]["score"].mean() - waves[1]["score"].mean()})
    table["treated"] = used.groupby(unit, observed=True)["arm"].first() == data.study.treated_arm
    with_background = _with_background(first, data, before)
    for name in data.plan.propensity:
        table[name] = _of_units(name, with_background, unit)
    known = with_background.groupby(unit, observed=True)[_background(data)].count()
    counts = [*(rows["person"].nunique() for rows in waves), known]
    table["n_smallest"] = pd.concat(counts, axis=1).min(axis=1)
    return table.dropna().rename_axis("unit").reset_index()


def _background(data: EntryData) -> list[str]:
    return [n for n in data.plan.propensity if n not in OF_UNITS]


def _with_background(first: pd.DataFrame, data: EntryData, wave: int) -> pd.DataFrame:
    """Rows of the first wave with the background numbers that the propensity names."""
    wanted = _background(data)
    answers = data.answers[(data.answers["sample"] == data.entry.sample) & (data.answers["wave"] == wave)]
    facts = answers[["person", *wanted]].drop_duplicates("person")
    return first.assign(person=first["person"].astype(str)).merge(
        facts.assign(person=facts["person"].astype(str)), on="person", how="left", suffixes=("", "_answered")
    )


def _of_units(name: str, first: pd.DataFrame, unit: str) -> pd.Series[float]:
    if name in OF_UNITS and name.endswith("_size"):
        level = name.removesuffix("_size")
        sizes = first.groupby(level, observed=True)["person"].nunique()
        first = first.assign(
            **{name: first[level].astype(str).map({str(k): float(v) for k, v in sizes.items()})}
        )
    column = "score" if name == "mean_baseline" else name
    return first.assign(value=first[column].astype(np.float64)).groupby(unit, observed=True)["value"].mean()
