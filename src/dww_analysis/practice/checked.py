"""Filled-in check-lists as rows that may be printed: what raters saw by block, whether they agree, an intake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from dww_analysis.domain.networks import INTAKE, METS
from dww_analysis.domain.practice import Quantity
from dww_analysis.practice.checklists import load_checklist
from dww_analysis.practice.coding import krippendorff_alpha
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.reading import Counted


def checklist_quantities(counted: Counted, origin: Origin, least_units: int = 1) -> list[Quantity]:
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
        hidden = rows["rater"].nunique() < origin.asked.hidden_below
        hidden |= rows["network"].nunique() < least_units
        found += _counts(origin, str(id), after, rows, hidden)
        found += _agreement(origin, f"{id}{after}", rows, hidden)
    return found


def _counts(origin: Origin, id: str, after: str, rows: pd.DataFrame, hidden: bool) -> Iterator[Quantity]:
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
                subject = f"{id}:{part}:{word}{after}"
                if hidden:
                    yield origin.hidden("checklist", subject)
                    continue
                yield origin.quantity(
                    "checklist", float(met[word]), subject, method="points counted", n=float(raters),
                    n_possible=float(possible),
                )  # fmt: skip


def _agreement(origin: Origin, subject: str, rows: pd.DataFrame, hidden: bool) -> Iterator[Quantity]:
    """Krippendorff's alpha of points that two raters saw; nothing with one rater. An intake asks each its own."""
    if rows["checklist"].iloc[0] == INTAKE or rows["rater"].nunique() < 2:
        return
    codes = rows.assign(met=rows["met"].where(rows["met"] != "unknown", np.nan))
    points = codes.assign(point=codes["network"] + ":" + codes["item"])
    alpha = krippendorff_alpha(points.pivot(index="point", columns="rater", values="met"))
    if alpha is None:
        return
    if hidden:
        yield origin.hidden("alpha", subject)
        return
    yield origin.quantity(
        "alpha", alpha.value, subject, **bounds_of(alpha),
        method=f"Krippendorff, nominal; {alpha.n_units} points", n=float(alpha.n_coders),
        n_possible=float(rows["network"].nunique() * len(load_checklist(rows["checklist"].iloc[0]).items)),
    )  # fmt: skip
