"""From answers to scores: range check, reversal, missing rule, transform, with the number of items each rests on.

Pure and small: numpy and pandas only, so that the job of one scale starts quickly. Range violations stop everything;
an answer that is not there follows the key's missing rule. Nothing is imputed beyond that rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.scales import TOTAL, ScoringKey
from dww_analysis.errors import Problem, ScaleError, raise_all
from dww_analysis.scales.items_matrix import numbers_of
from dww_analysis.scales.keys import load_key

Array = NDArray[np.float64]
INCOMPLETE = "incomplete"
SHOWN = 5  # rows named in a message


def score(
    items: pd.DataFrame, key: ScoringKey | str, columns: Sequence[str] | None = None, where: str = "items"
) -> pd.DataFrame:
    """Scores of every row on the total and each subscale of `key`.

    items: one row a person (and wave), with one numeric column per item code of the key; NaN = not answered.
    key: a scoring key or the id of one in the library.
    columns: the columns that hold the items, in the order of `key.items`, when they are not named by item code.
    where: what the answers are called in an error ("wave0.sav").
    Returns, with the index of `items` repeated for each scale: scale ("" = total, else the subscale or difference id),
    score, n_answered, n_items, reason ("" or "incomplete"), flag ("2 of 3 items" where a score rests on two of three),
    band (name of the key's band of the total), key_id, key_version.

    Missing rule: at least `min_answered` of the items (rounded up); without it .8, and two of three; the answered items
    then stand for the others (mean of answered, or that mean times the number of items for sums).
    Refuses absent item columns, text answers and any value outside the range, naming column and rows.
    """
    key = load_key(key) if isinstance(key, str) else key
    X = _reversed(_checked(items, key, columns, where), key)
    parts = {name: _one_score(X, key, name) for name in direct_scores(key)}
    for name in derived_scores(key):
        parts[name] = _derived_score(parts, key, name)
    frames = [_frame(items.index, key, name, parts[name]) for name in score_names(key)]
    return pd.concat(frames)


def score_names(key: ScoringKey) -> tuple[str, ...]:
    """Names of the scores a key yields, as column scale has them behind the id: "" for the total, then subscales,
    then differences."""
    total = (TOTAL,) if key.total else ()
    return (*total, *key.subscales, *key.transform.get("differences", {}))


def direct_scores(key: ScoringKey) -> tuple[str, ...]:
    """Scores made from items; the others are made from these."""
    total = (TOTAL,) if key.total and "total_of" not in key.transform else ()
    return (*total, *key.subscales)


def derived_scores(key: ScoringKey) -> tuple[str, ...]:
    """Scores made from subscale scores: a total over some subscales, differences; () for most keys."""
    return tuple(n for n in score_names(key) if n not in direct_scores(key))


def band_of(scores: pd.Series, key: ScoringKey) -> pd.Series:
    """The key's band of each unrounded total score; "" where there is no score or no band.

    `from` belongs to a band and `to` to the next one, except the end of the last band, which belongs to it.
    """
    names = np.full(len(scores), "", dtype="U64")
    values = scores.to_numpy(dtype=float, na_value=np.nan)
    for i, (name, low, high) in enumerate(key.bands):
        inside = (values >= low) & ((values < high) | ((i == len(key.bands) - 1) & (values <= high)))
        names[inside] = name
    return pd.Series([str(n) for n in names], index=scores.index, dtype="str")


def reverse_items(items: pd.DataFrame, key: ScoringKey) -> pd.DataFrame:
    """The items (columns named by code) with the declared ones reversed: minimum + maximum - answer."""
    out = items.copy()
    for code in key.reversed:
        out[code] = key.minimum + key.maximum - out[code]
    return out


def _checked(
    items: pd.DataFrame, key: ScoringKey, columns: Sequence[str] | None, where: str
) -> dict[str, Array]:
    """Item code -> answers, after checking presence, type and range of all of them."""
    names = list(key.items if columns is None else columns)
    if len(names) != len(key.items):
        raise ScaleError.of(
            found=f"{len(names)} columns for {len(key.items)} items of key `{key.id}`",
            where=where,
            expected="one column per item",
            action="list them in the order of the key: " + ", ".join(key.items),
        )
    absent = [c for c in names if c not in items.columns]
    if absent:
        raise ScaleError.of(
            found=f"no column {', '.join(absent)}",
            where=where,
            expected=f"one column for each item of key `{key.id}`",
            action="rename the columns to the item codes, or pass `columns=` in their order",
        )
    X: dict[str, Array] = {}
    problems: list[Problem] = []
    for code, column in zip(key.items, names, strict=True):
        values = items[column]
        answers = None if isinstance(values, pd.DataFrame) else numbers_of(values)
        if answers is None:
            found = "answers that are not numbers, or a column named twice"
            problems.append(
                Problem(
                    found=found,
                    where=f"{where}, column {column}",
                    expected="codes, once",
                    action="convert them",
                )
            )
            continue
        X[code] = answers
        problems += _out_of_range(X[code], column, key, where)
    raise_all(problems, ScaleError)
    return X


def _out_of_range(x: Array, column: str, key: ScoringKey, where: str) -> list[Problem]:
    bad = ~np.isnan(x) & ~((x >= key.minimum) & (x <= key.maximum))
    if not bad.any():
        return []
    values = ", ".join(f"{v:g}" for v in np.unique(x[bad])[:SHOWN])
    rows = np.flatnonzero(bad) + 1
    shown = ", ".join(map(str, rows[:SHOWN])) + (", ..." if len(rows) > SHOWN else "")
    return [
        Problem(
            found=f"value {values} in {len(rows)} row{'s' if len(rows) > 1 else ''} (row {shown})",
            where=f"{where}, column {column}",
            expected=f"{key.minimum:g} to {key.maximum:g} (key `{key.id}`)",
            action="declare it as a missing code, correct the file, or correct the key's range",
        )
    ]


def _reversed(X: dict[str, Array], key: ScoringKey) -> dict[str, Array]:
    return {c: key.minimum + key.maximum - x if c in key.reversed else x for c, x in X.items()}


Scored = tuple[Array, NDArray[np.int64], int]  # score, items answered, items


def _one_score(X: dict[str, Array], key: ScoringKey, name: str) -> Scored:
    codes = key.items_of(name)
    A = np.column_stack([X[c] for c in codes])
    n_answered = (~np.isnan(A)).sum(axis=1)
    enough = n_answered >= key.items_needed(name)
    values = np.full(len(A), np.nan)
    values[enough] = METHODS[key.method](A[enough], key)
    return values, n_answered, len(codes)


def _mean(A: Array, key: ScoringKey) -> Array:
    return np.nansum(A, axis=1) / (~np.isnan(A)).sum(axis=1) * key.transform.get("multiply", 1.0)


def _raw_sum(A: Array, key: ScoringKey) -> Array:
    """The sum with the mean of the answered items in the place of the others."""
    n_answered = (~np.isnan(A)).sum(axis=1)
    sums = np.nansum(A, axis=1) * (A.shape[1] / n_answered)
    return np.floor(sums + 0.5) if key.transform.get("round") else sums


def _sum(A: Array, key: ScoringKey) -> Array:
    return _raw_sum(A, key) * key.transform.get("multiply", 1.0)


def _table(A: Array, key: ScoringKey) -> Array:
    table = key.transform["table"]
    sums = _raw_sum(A, key)
    unknown = sorted({float(s) for s in sums if s not in table})
    if unknown:
        raise ScaleError.of(
            found=f"a raw sum of {unknown[0]:g}",
            where=f"key `{key.id}`",
            expected=f"a whole number from {min(table)} to {max(table)}",
            action="score this instrument from whole answers",
        )
    return np.array([table[s] for s in sums], dtype=float)


def _top_score(A: Array, key: ScoringKey) -> Array:
    """1 when every answered item has the best answer, else 0."""
    return (np.where(np.isnan(A), key.maximum, A) == key.maximum).all(axis=1).astype(float)


METHODS: dict[str, Callable[[Array, ScoringKey], Array]] = {
    "mean": _mean,
    "sum": _sum,
    "table": _table,
    "top_score": _top_score,
}


def _derived_score(parts: dict[str, Scored], key: ScoringKey, name: str) -> Scored:
    if name == TOTAL:
        sources, weights = list(key.transform["total_of"]), None
    else:
        sources, weights = list(key.transform["differences"][name]["of"]), np.array([1.0, -1.0])
    values = np.column_stack([parts[s][0] for s in sources])
    total = values.sum(axis=1) if weights is None else values @ weights
    n_answered = np.sum([parts[s][1] for s in sources], axis=0)
    return total, n_answered, sum(parts[s][2] for s in sources)


def _frame(index: pd.Index, key: ScoringKey, name: str, scored_part: Scored) -> pd.DataFrame:
    values, n_answered, n_items = scored_part
    scored = ~np.isnan(values)
    two_of_three = scored & (n_items == 3) & (n_answered == 2)
    series = pd.Series(values, index=index)
    return pd.DataFrame(
        {
            "scale": name,
            "score": values,
            "n_answered": n_answered,
            "n_items": n_items,
            "reason": np.where(scored, "", INCOMPLETE),
            "flag": np.where(two_of_three, "2 of 3 items", ""),
            "band": band_of(series, key).to_numpy() if name == TOTAL else "",
            "key_id": key.id,
            "key_version": key.version,
        },
        index=index,
    )
