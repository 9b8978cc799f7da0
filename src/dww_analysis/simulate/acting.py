"""What invented professionals told of how they act, as two coders coded it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import pandas as pd

ELEMENTS = ("deciding_together", "own_network", "staying_close", "talking_of_safety", "looking_back")
SITUATIONS = ("first_talk", "crisis", "goodbye")


@dataclass(frozen=True)
class ActingTruth:
    """What really holds.

    Every person told `examples` examples, on one of a few days; of `never` nobody told one. ways: different ways of
    acting in each cell. second: chance that the second coder gives the code of the first, and does not choose anew, of
    element, situation and way.
    """

    persons: int = 18
    examples: int = 5
    never: tuple[str, str] = ("own_network", "crisis")
    ways: int = 3
    second: tuple[float, float, float] = (0.95, 0.95, 0.85)
    days: tuple[str, ...] = (
        "2025-09-09",
        "2025-10-07",
        "2025-11-04",
        "2025-12-02",
        "2026-01-13",
        "2026-02-10",
    )

    def as_dict(self) -> dict[str, object]:
        """The truth as plain values, as it is kept beside the tests."""
        return asdict(self)


ACTING = ActingTruth()


def draw_fragments(truth: ActingTruth, rng: np.random.Generator) -> pd.DataFrame:
    """One row a fragment and coder: fragment, person, element, situation, way, coder and date."""
    cells = [cell for cell in product(ELEMENTS, SITUATIONS) if cell != truth.never]
    ways = tuple(f"m{number}" for number in range(1, truth.ways + 1))
    rows = []
    for number in range(truth.persons):
        day = truth.days[number * len(truth.days) // truth.persons]
        for place, cell in enumerate(rng.choice(len(cells), truth.examples, replace=False), start=1):
            fragment, person = f"f{number * truth.examples + place}", f"p{number + 1}"
            first = (*cells[cell], str(rng.choice(ways)))
            second = tuple(
                own if rng.random() < chance else str(rng.choice(known))
                for own, chance, known in zip(first, truth.second, (ELEMENTS, SITUATIONS, ways), strict=True)
            )
            if second[:2] == truth.never:  # nobody saw an example there
                second = first
            rows += [
                (fragment, person, *codes, coder, day) for coder, codes in (("c1", first), ("c2", second))
            ]
    columns = ["fragment", "person", "element", "situation", "way", "coder", "date"]
    return pd.DataFrame(rows, columns=columns)
