"""Tables of invented groups, and the gate that they pass."""

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import register
from dww_analysis.privacy.gate import let_out

MINIMUM = 8


def descriptives(groups: dict[str, tuple[int, float]], scale: str = "agency", wave: int = 0) -> pd.DataFrame:
    """A table of descriptives: the arms (n, mean), and everybody."""
    n = sum(n for n, _ in groups.values())
    mean = sum(n * m for n, m in groups.values()) / max(n, 1)
    rows = [("", n, mean), *((arm, n, m) for arm, (n, m) in groups.items())]
    return pd.DataFrame(
        {
            "sample": "main",
            "scale": scale,
            "wave": wave,
            "arm": [r[0] for r in rows],
            "n": [r[1] for r in rows],
            "mean": [r[2] for r in rows],
            "sd": 0.7,
            "q25": 2.5,
            "median": 3.0,
            "q75": 3.5,
            "score_min": 1,
            "score_max": 5,
        }
    )


def baseline(counts: dict[str, dict[str, int]]) -> pd.DataFrame:
    """A table of one background variable: category -> arm -> persons."""
    arms = list(next(iter(counts.values())))
    rows = []
    for category, by_arm in counts.items():
        for arm in (*arms, ""):
            n = sum(c[a] for c in counts.values() for a in ([arm] if arm else arms))
            count = by_arm[arm] if arm else sum(by_arm.values())
            rows.append((category, arm, n, count, count / n))
    frame = pd.DataFrame(rows, columns=["category", "arm", "n", "count", "share"])
    words = dict.fromkeys(("label_nl", "label_en", "category_nl", "category_en"), "x")
    return frame.assign(sample="main", variable="age", mean=np.nan, sd=np.nan, smd=0.1, **words)


def through(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return let_out({name: frame}, MINIMUM)[name]


def declared(name: str, *rows: dict) -> pd.DataFrame:
    """A table with all its declared columns, absent where a row says nothing."""
    empty = {"text": "", "flag": False}
    columns = {c.name: empty.get(c.kind, np.nan) for c in register()[name].columns}
    return pd.DataFrame([columns | row for row in rows])
