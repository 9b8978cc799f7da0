"""Action knowledge: of which core elements, in which situations, how many professionals gave an example, and how many
different ways of acting they told; how far coders agree, and whether one still hears new ways.

Ways are no persons and get no interval. What was told in confidence is hidden of few, or of all but few.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.practice import ALL_ROLES, Practice, Quantity
from dww_analysis.practice.coding import krippendorff_alpha, new_information
from dww_analysis.practice.fragments import CODED, Fragments
from dww_analysis.practice.quantities import hidden_of, in_order, quantity_of
from dww_analysis.practice.shares import wilson
from dww_analysis.practice.shown import fewest, is_small

Mask = NDArray[np.bool_]
STUDY = "study"


def fragment_quantities(
    found: Fragments | None, practice: Practice, study: str, minimum: int
) -> list[Quantity]:
    """Every quantity of what was told: persons asked, the map, agreement of coders, new ways. [] without fragments."""
    if found is None:
        return []
    few = found.persons < fewest(found.basis, minimum)
    told = (study, "", ALL_ROLES, "persons_asked")
    if few:
        asked = hidden_of(*told, found.basis, unit_level=STUDY)
    else:
        n = float(found.persons)
        asked = quantity_of(*told, n, found.basis, unit_level=STUDY, n=n, method="count")
    parts = [_map(found, practice, study, minimum), _agreement(found, study, few)]
    parts += [] if few else [_heard(found, study)]
    return in_order([asked, *(q for part in parts for q in part)])


def hidden_cells(counts: NDArray[np.float64], n: float, minimum: int) -> Mask:
    """Which cells of a map are hidden: counts of few of n persons, or of all but few, and others with them.

    Sums over elements are known where coverage is an outcome (its mean times the persons), so that what is hidden is
    two cells at least, and together `minimum` examples at least. Empty cells stay: nobody is no secret. Equally small
    counts are hidden together.
    """
    hidden = is_small(counts, n, minimum)
    filled = counts > 0
    while hidden.any() and (filled & ~hidden).any() and (hidden.sum() < 2 or counts[hidden].sum() < minimum):
        hidden |= filled & (counts == counts[filled & ~hidden].min())
    return np.asarray(hidden, dtype=bool)


def _map(found: Fragments, practice: Practice, study: str, minimum: int) -> Iterator[Quantity]:
    """`persons_with_example` and `ways` of every cell, subject element:situation."""
    cells = [(e, s) for e in practice.ids("elements") for s in practice.ids("situations")]
    by_cell = found.agreed("element", "situation").groupby(["element", "situation"])["person"].nunique()
    persons = np.array([by_cell.get(cell, 0) for cell in cells], dtype=float)
    by_way = found.agreed(*CODED).groupby(["element", "situation"])["way"].nunique()
    n, basis = found.persons, found.basis
    hidden = hidden_cells(persons, n, minimum) if basis == "private" else np.zeros(len(cells), dtype=bool)
    if n < fewest(basis, minimum):
        hidden = np.ones(len(cells), dtype=bool)
    for cell, count, gone in zip(cells, persons, hidden, strict=True):
        subject = ":".join(cell)
        if gone:
            yield from (
                hidden_of(study, subject, ALL_ROLES, quantity, basis, unit_level=STUDY)
                for quantity in ("persons_with_example", "ways")
            )
            continue
        share = wilson(int(count), n)
        yield quantity_of(
            study, subject, ALL_ROLES, "persons_with_example", float(count), basis, unit_level=STUDY,
            conf_low=n * share.conf_low, conf_high=n * share.conf_high, conf_level=share.conf_level,
            n=float(n), method="Wilson, in persons",
        )  # fmt: skip
        yield quantity_of(
            study, subject, ALL_ROLES, "ways", float(by_way.get(cell, 0)), basis, unit_level=STUDY,
            n=float(count or n), method="ways counted",
        )  # fmt: skip


def _agreement(found: Fragments, study: str, few: bool) -> Iterator[Quantity]:
    """Krippendorff's alpha of what coders said of a fragment; nothing where no fragment was coded twice."""
    told = found.told
    for code in CODED if told["coder"].nunique() > 1 else ():
        alpha = krippendorff_alpha(told.pivot(index="fragment", columns="coder", values=code))
        if alpha is None:
            continue
        if few:
            yield hidden_of(study, code, ALL_ROLES, "alpha", found.basis, unit_level=STUDY)
            continue
        yield quantity_of(
            study, code, ALL_ROLES, "alpha", alpha.value, found.basis, unit_level=STUDY,
            conf_low=alpha.conf_low, conf_high=alpha.conf_high, conf_level=alpha.conf_level, n=float(alpha.n_units),
            n_possible=float(told["fragment"].nunique()),
            method=f"Krippendorff, nominal; {alpha.n_coders} coders",
        )  # fmt: skip


def _heard(found: Fragments, study: str) -> Iterator[Quantity]:
    """What each run of two persons added to the ways of the first four (`new_information`, subject `ways:5-6`).

    A run is two persons: of what was told in confidence it is hidden.
    """
    order, dated = found.in_order()
    ways = found.agreed(*CODED)
    heard = {p: set(map(":".join, rows[list(CODED)].to_numpy(str))) for p, rows in ways.groupby("person")}
    method = f"new ways / ways of the first four persons, in order of {'days' if dated else 'codes'}"
    for run in new_information([heard.get(person, set()) for person in order]):
        about = (study, f"ways:{run.first}-{run.last}", ALL_ROLES, "new_information")
        if found.basis == "private":
            yield hidden_of(*about, found.basis, unit_level=STUDY)
        else:
            more: dict[str, Any] = {"unit_level": STUDY, "method": method, "n": float(run.new)}
            yield quantity_of(*about, run.share, found.basis, **more)
