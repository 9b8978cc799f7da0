"""What invented professionals told of how they act, and what people think of the app; coded by two coders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import product

import numpy as np
import pandas as pd

ELEMENTS = ("deciding_together", "own_network", "staying_close", "talking_of_safety", "looking_back")
SITUATIONS = ("first_talk", "crisis", "goodbye")
KINDS = ("need", "condition", "pitfall")  # of remarks about the app


def _raters() -> Mapping[str, int]:
    return {"professionals": 24, "education": 12, "policy": 9, "boards": 3}


def _helpful() -> Mapping[str, float]:
    return {"view_profile": 6.8, "write_reflection": 5.6, "ask_feedback": 7.4, "watch_recording": 5.0}


@dataclass(frozen=True)
class ActingTruth:
    """What really holds.

    Every person told `examples` examples, on one of a few days; of `never` nobody told one. ways: different ways of
    acting in each cell. second: chance that the second coder gives the code of the first, and does not choose anew, of
    element, situation and way. raters: how many of each role rated functions of the app; helpful: mean rating of each
    function by professionals; others rate `lower`. skipped: chance that a function was not rated. remarks: statements
    about the app; agreement: chance that the second coder of these follows the first.
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
    raters: Mapping[str, int] = field(default_factory=_raters)
    helpful: Mapping[str, float] = field(default_factory=_helpful)
    lower: float = 0.8
    sd_person: float = 0.9
    sd_rating: float = 1.0
    skipped: float = 0.05
    remarks: int = 60
    agreement: float = 0.88

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


def draw_helpful(truth: ActingTruth, rng: np.random.Generator) -> pd.DataFrame:
    """One row a person and function: person, role, function and rating (NaN where it was skipped)."""
    rows = []
    roles = [role for role, n in truth.raters.items() for _ in range(n)]
    for number, role in enumerate(roles, start=1):
        own = rng.normal(0, truth.sd_person) - (truth.lower if role != "professionals" else 0)
        for function, mean in truth.helpful.items():
            rating = float(np.clip(np.round(mean + own + rng.normal(0, truth.sd_rating)), 0, 10))
            rows.append((f"h{number}", role, function, np.nan if rng.random() < truth.skipped else rating))
    return pd.DataFrame(rows, columns=["person", "role", "function", "rating"])


def draw_app_remarks(truth: ActingTruth, rng: np.random.Generator) -> pd.DataFrame:
    """One row a remark and coder: id, function ("" for the app as a whole), kind and coder."""
    functions = (*truth.helpful, "")
    rows = []
    for number in range(1, truth.remarks + 1):
        first = (str(rng.choice(functions)), str(rng.choice(KINDS)))
        second = tuple(
            own if rng.random() < truth.agreement else str(rng.choice(known))
            for own, known in zip(first, (functions, KINDS), strict=True)
        )
        rows += [(f"r{number}", *codes, coder) for coder, codes in (("c1", first), ("c2", second))]
    return pd.DataFrame(rows, columns=["id", "function", "kind", "coder"])
