"""Action knowledge: of which core elements, in which situations, how many professionals gave an example, and how many
different ways of acting they told; how far coders agree, and whether one still hears new ways.

Ways are no persons and get no interval. What was told in confidence is hidden of few, or of all but few.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.practice import Practice, Quantity
from dww_analysis.practice.coding import krippendorff_alpha, new_information
from dww_analysis.practice.fragments import CODED, Fragments
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.shares import wilson
from dww_analysis.practice.shown import HowAsked, is_small

Mask = NDArray[np.bool_]


def fragment_quantities(
    found: Fragments | None, practice: Practice, study: str, minimum: int
) -> list[Quantity]:
    """Every quantity of what was told: persons asked, the map, agreement of coders, new ways. [] without fragments."""
    if found is None:
        return []
    origin, n = Origin(study, "study", HowAsked(found.basis, minimum)), float(found.persons)
    few = n < origin.asked.fewest
    persons = origin.quantity("persons_asked", n, n=n, method="count")
    parts = [_map(origin, found, practice), _agreement(origin, found, few)]
    parts += [] if few else [_heard(origin, found)]
    return in_order(
        [origin.hidden("persons_asked") if few else persons, *(q for part in parts for q in part)]
    )


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


def _map(origin: Origin, found: Fragments, practice: Practice) -> Iterator[Quantity]:
    """`persons_with_example` and `ways` of every cell, subject element:situation."""
    cells = [(e, s) for e in practice.ids("elements") for s in practice.ids("situations")]
    by_cell = found.agreed("element", "situation").groupby(["element", "situation"])["person"].nunique()
    persons = np.array([by_cell.get(cell, 0) for cell in cells], dtype=float)
    by_way = found.agreed(*CODED).groupby(["element", "situation"])["way"].nunique()
    n, asked = found.persons, origin.asked
    hidden = hidden_cells(persons, n, asked.hidden_below)
    if n < asked.fewest:
        hidden = np.ones(len(cells), dtype=bool)
    for cell, count, gone in zip(cells, persons, hidden, strict=True):
        subject = ":".join(cell)
        if gone:
            yield from (origin.hidden(quantity, subject) for quantity in ("persons_with_example", "ways"))
            continue
        share = wilson(int(count), n)
        yield origin.quantity(
            "persons_with_example", float(count), subject,
            conf_low=n * share.conf_low, conf_high=n * share.conf_high, conf_level=share.conf_level,
            n=float(n), method="Wilson, in persons",
        )  # fmt: skip
        ways = float(by_way.get(cell, 0))
        yield origin.quantity("ways", ways, subject, n=float(count or n), method="ways counted")


def _agreement(origin: Origin, found: Fragments, few: bool) -> Iterator[Quantity]:
    """Krippendorff's alpha of what coders said of a fragment; nothing where no fragment was coded twice."""
    told = found.told
    for code in CODED if told["coder"].nunique() > 1 else ():
        alpha = krippendorff_alpha(told.pivot(index="fragment", columns="coder", values=code))
        if alpha is None:
            continue
        if few:
            yield origin.hidden("alpha", code)
            continue
        yield origin.quantity(
            "alpha", alpha.value, code, **bounds_of(alpha), n=float(alpha.n_units),
            n_possible=float(told["fragment"].nunique()),
            method=f"Krippendorff, nominal; {alpha.n_coders} coders",
        )  # fmt: skip


def _heard(origin: Origin, found: Fragments) -> Iterator[Quantity]:
    """What each run of two persons added to the ways of the first four (`new_information`, subject `ways:5-6`).

    A run is two persons: of what was told in confidence it is hidden.
    """
    order, dated = found.in_order()
    ways = found.agreed(*CODED)
    heard = {p: set(map(":".join, rows[list(CODED)].to_numpy(str))) for p, rows in ways.groupby("person")}
    method = f"new ways / ways of the first four persons, in order of {'days' if dated else 'codes'}"
    for run in new_information([heard.get(person, set()) for person in order]):
        subject = f"ways:{run.first}-{run.last}"
        if origin.asked.private:
            yield origin.hidden("new_information", subject)
        else:
            yield origin.quantity("new_information", run.share, subject, method=method, n=float(run.new))
