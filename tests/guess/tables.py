"""Invented deliveries for the tests of guessing: a table and what its file says about its columns."""

import numpy as np
import pandas as pd

from dww_analysis.guess import delivered

AGREE = {1: "Oneens", 2: "Beetje oneens", 3: "Beetje eens", 4: "Eens"}


def file_of(data, name="w0.csv", format="csv", labels=None, texts=None, missing=None):
    """A delivered file: `labels` column -> value labels, `texts` column -> question text."""
    data = pd.DataFrame(data)
    kinds = ["datetime" if pd.api.types.is_datetime64_any_dtype(data[c]) else "text" for c in data]
    variables = pd.DataFrame(
        {
            "name": list(data.columns),
            "label": [(texts or {}).get(c, "") for c in data],
            "type": kinds,
            "value_labels": [(labels or {}).get(c, {}) for c in data],
            "missing_values": [(missing or {}).get(c, []) for c in data],
            "missing_ranges": [[] for _ in data.columns],
        }
    )
    return delivered(name, "0" * 64, format, data, variables)


def people(n=40, code="code", team="team"):
    return {code: [f"v{i:03d}" for i in range(n)], team: [f"Team {i % 5}" for i in range(n)]}


def answers(k, n=40, top=5, seed=1):
    """`k` items that go together."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    raw = [(top + 1) / 2 + 0.8 * common + rng.normal(scale=0.7, size=n) for _ in range(k)]
    return [np.clip(np.round(x), 1, top).astype(int) for x in raw]


def items(names, n=40, top=5, seed=1):
    return dict(zip(names, answers(len(names), n, top, seed), strict=True))


def their_columns(draft, scale):
    """The delivered columns of a scale, over all sources."""
    ours = set(next(s.items for s in draft.scales if s.id == scale))
    return {m.theirs for s in draft.sources for m in s.columns if m.ours in ours}


def scale_columns(draft):
    return [their_columns(draft, s.id) for s in draft.scales]


def role(source, name):
    return next((m.theirs for m in source.columns if m.ours == name), None)
