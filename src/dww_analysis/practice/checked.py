"""Filled-in check-lists as rows that may be printed: what raters saw by block, whether they agree, an intake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from dww_analysis.domain.networks import INTAKE, METS
from dww_analysis.domain.practice import ALL_ROLES, Quantity
from dww_analysis.domain.study import Basis
from dww_analysis.practice.checklists import load_checklist
from dww_analysis.practice.coding import krippendorff_alpha
from dww_analysis.practice.quantities import hidden_of, quantity_of
from dww_analysis.practice.rated import About
from dww_analysis.practice.reading import Counted


def checklist_quantities(
    counted: Counted, about: About, basis: Basis, minimum: int, least_units: int = 1
) -> list[Quantity]:
    """By check-list and block how many points raters saw done (`checklist`, subject checklist:block:met), and alpha.

    counted: rows about one unit, or about several that are taken together. A point of each rater counts once for a
    unit: value is how many points raters found so, n_possible how many they could judge. Of an intake it is by point
    (subject intake:item:met): how many organisations say so. Of several rounds the subject ends in `:round`. Where it
    was filled in in confidence by fewer raters than the minimum, or about fewer than `least_units`, nothing is shown.
    """
    found: list[Quantity] = []
    rounds = sorted(counted.rows["round"].unique())
    for (id, name), rows in counted.rows.groupby(["checklist", "round"]):
        after = f":{name}" if len(rounds) > 1 else ""
        hidden = basis == "private" and rows["rater"].nunique() < minimum
        hidden |= rows["network"].nunique() < least_units
        found += _counts(about, str(id), after, rows, basis, hidden)
        found += _agreement(about, f"{id}{after}", rows, basis, hidden)
    return found


def _counts(
    of: About, id: str, after: str, rows: pd.DataFrame, basis: Basis, hidden: bool
) -> Iterator[Quantity]:
    """A point that a rater has no row of was not seen."""
    raters, filled = rows["rater"].nunique(), len(rows[["network", "rater"]].drop_duplicates())
    checklist = load_checklist(id)  # type: ignore[arg-type]
    for block in checklist.blocks:
        items = [item.id for item in block.items]
        parts = {item: [item] for item in items} if id == INTAKE else {block.id: items}
        for part, own in parts.items():
            met = Counter(rows.loc[rows["item"].isin(own), "met"])
            possible = filled * len(own)
            met["unknown"] += possible - met.total()
            for word in METS:
                about = f"{id}:{part}:{word}{after}"
                if hidden:
                    yield hidden_of(of.unit, about, ALL_ROLES, "checklist", basis, unit_level=of.level)
                    continue
                yield quantity_of(
                    of.unit, about, ALL_ROLES, "checklist", float(met[word]), basis, unit_level=of.level,
                    method="points counted", n=float(raters), n_possible=float(possible),
                )  # fmt: skip


def _agreement(of: About, subject: str, rows: pd.DataFrame, basis: Basis, hidden: bool) -> Iterator[Quantity]:
    """Krippendorff's alpha of points that two raters saw; nothing with one rater. An intake asks each its own."""
    if rows["checklist"].iloc[0] == INTAKE or rows["rater"].nunique() < 2:
        return
    codes = rows.assign(met=rows["met"].where(rows["met"] != "unknown", np.nan))
    points = codes.assign(point=codes["network"] + ":" + codes["item"])
    alpha = krippendorff_alpha(points.pivot(index="point", columns="rater", values="met"))
    if alpha is None:
        return
    if hidden:
        yield hidden_of(of.unit, subject, ALL_ROLES, "alpha", basis, unit_level=of.level)
        return
    yield quantity_of(
        of.unit, subject, ALL_ROLES, "alpha", alpha.value, basis, unit_level=of.level,
        conf_low=alpha.conf_low, conf_high=alpha.conf_high, conf_level=alpha.conf_level,
        method=f"Krippendorff, nominal; {alpha.n_units} points", n=float(alpha.n_coders),
        n_possible=float(rows["network"].nunique() * len(load_checklist(rows["checklist"].iloc[0]).items)),
    )  # fmt: skip
