"""One row per level, unit, wave and scale: what is known about the unit, before anything is hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.sheets import UNIT_LEVELS, Change, Reference
from dww_analysis.domain.tables.units import UNIT_SHEETS
from dww_analysis.sheets.change import Spread, change_of, paired, spread_of_change
from dww_analysis.sheets.means import (
    ONE_ITEM,
    pooled_sd,
    reference_band,
    std_error,
    t_interval,
    verdict_of,
)

COLUMNS = UNIT_SHEETS.names


@dataclass(frozen=True)
class ScaleFacts:
    """What is known of one scale: its reliability by wave, and the smallest effect of interest (None: not declared)."""

    id: str
    reliability: Mapping[int, float] = field(default_factory=dict)
    smallest: float | None = None

    def at(self, wave: int) -> float:
        """The reliability at a wave; that of a single item where none was estimated."""
        found = self.reliability.get(wave, np.nan)
        return found if np.isfinite(found) else ONE_ITEM


def unit_rows(
    scores: pd.DataFrame, members: pd.DataFrame, scale: ScaleFacts, *, minimum: int, reference: Reference
) -> pd.DataFrame:
    """The rows of one scale, as `unit_sheets` has them, without `shown`.

    scores: person, wave, team and organisation of that wave (or missing), score; one row a person and wave that has a
    score. members: level, unit, wave, members; units that are not in it are of unknown size.
    s and its df are pooled over all teams of the wave, for both levels. Change is since the first wave.
    """
    parts = []
    for wave in sorted(int(w) for w in scores["wave"].unique()):
        own = scores[(scores["wave"] == wave) & scores["team"].notna()]
        sd, df = pooled_sd(own["score"].to_numpy(dtype="float64"), pd.factorize(own["team"])[0])
        for level in UNIT_LEVELS:
            rows = _means(scores[scores["wave"] == wave], members, level, wave)
            error = std_error(sd, scale.at(wave), rows["n"].to_numpy("float64"), rows["members"].to_numpy())
            low, high = t_interval(rows["mean"].to_numpy(), error, df)
            rows = rows.assign(scale=scale.id, std_error=error, conf_low=low, conf_high=high)
            rows = _compared(rows, reference if level == "team" else "all_teams")
            parts.append(rows.assign(change=_changes(scores, scale, level, rows, wave, minimum)))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return found[[c for c in COLUMNS if c != "shown"]]


def _means(scores: pd.DataFrame, members: pd.DataFrame, level: str, wave: int) -> pd.DataFrame:
    """n, mean and members of every unit of a level with an answer at one wave; and the organisation it is in."""
    known = scores[scores[level].notna()]
    found = known.groupby(level, sort=True).agg(
        n=("score", "size"), mean=("score", "mean"), organisation_of=("organisation", "first")
    )
    sizes = members[(members["level"] == level) & (members["wave"] == wave)].set_index("unit")["members"]
    rows = found.rename_axis("unit").reset_index()
    rows["members"] = rows["unit"].map(sizes).astype("float64")
    return rows.assign(level=level, wave=wave)


def _compared(rows: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """With the band of all units of the level, or of those in the same organisation, and the verdict."""
    groups = rows["organisation_of"].fillna("") if reference == "organisation" else pd.Series("", rows.index)
    bands = {group: _band(rows[groups == group]) for group in groups.unique()}
    low, high = (groups.map({g: b[end] for g, b in bands.items()}).astype("float64") for end in (0, 1))
    verdicts = [
        verdict_of(row.conf_low, row.conf_high, bands[group])
        for row, group in zip(rows.itertuples(), groups, strict=True)
    ]
    return rows.assign(band_low=low, band_high=high, verdict=pd.Series(verdicts, rows.index, dtype="str"))


def _band(rows: pd.DataFrame) -> tuple[float, float]:
    enough = rows[rows["n"] >= 2]
    return reference_band(enough["mean"].to_numpy(), enough["std_error"].to_numpy())


def _changes(
    scores: pd.DataFrame, scale: ScaleFacts, level: str, rows: pd.DataFrame, wave: int, minimum: int
) -> Any:
    """The word of every unit; at the first wave nobody answered twice yet."""
    since = int(scores["wave"].min())
    if wave == since:
        return pd.Series("too_few", rows.index, dtype="str")
    spread = spread_of_change(paired(scores, "team", wave, since))
    by_unit = paired(scores, level, wave, since).groupby("unit")["change"].agg(["mean", "size"])
    words = list(_words(rows["unit"], by_unit, spread, scale, minimum))
    return pd.Series(words, rows.index, dtype="str")


def _words(
    units: pd.Series, by_unit: pd.DataFrame, spread: Spread, scale: ScaleFacts, minimum: int
) -> Iterator[Change]:
    known = {
        unit: (mean, n) for unit, mean, n in zip(by_unit.index, by_unit["mean"], by_unit["size"], strict=True)
    }
    for unit in units:
        if unit not in known:
            yield "too_few"
        else:
            mean, n = known[unit]
            yield change_of(float(mean), int(n), spread, scale.smallest, minimum)
