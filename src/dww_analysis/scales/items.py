"""Item analysis: how each item is answered, how it goes with the others, and whether its direction is in doubt.

Nothing is repaired here. An item that runs against the others is a question to the researcher, because only the
questionnaire can answer it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.scales.items_matrix import item_matrix
from dww_analysis.scales.reliability import alpha_of

Array = NDArray[np.float64]
SHOULD_REVERSE = "reversed?"
SHOULD_NOT_REVERSE = "not reversed?"
EITHER = "opposite directions?"
CLEAR_CORRELATION = 0.10  # weaker ones are no evidence of a direction, however many persons


def item_analysis(
    items: pd.DataFrame,
    minimum: float | None = None,
    maximum: float | None = None,
    reversed: Iterable[str] = (),
) -> pd.DataFrame:
    """One row an item: distribution, floor and ceiling, relation to the other items, and direction.

    items: persons x items, already reversed where the key says so; NaN = missing (pairwise covariances are used).
    minimum, maximum: lowest and highest possible answer, for floor and ceiling; without them these are NaN.
    reversed: the items that were declared reversed, for the wording of `sign_question`.
    Columns: item, n, missing, mean, sd, floor_share, ceiling_share, item_rest (correlation with the sum of the other
    items), item_total (with the mean of answered items), item_rest_smc (with the overlap replaced by the squared
    multiple correlation), alpha_if_dropped, std_alpha_if_dropped, sign_question ("", "reversed?", "not reversed?",
    "opposite directions?").
    An item without variance keeps its row, with NaN correlations.
    Reproduces psych::alpha()$item.stats (r.drop, raw.r, r.cor) and $alpha.drop.
    """
    X, names = item_matrix(items, "item analysis", least=1, vary=False)
    S = pd.DataFrame(X).cov(min_periods=2).to_numpy() if len(X) else np.full((len(names),) * 2, np.nan)
    questions = sign_questions(items, reversed).set_index("item")["question"]
    answered = ~np.isnan(X)
    n = answered.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "item": names,
                "n": n,
                "missing": len(items) - n,
                "mean": np.where(n > 0, np.nansum(X, axis=0) / n, np.nan),
                "sd": np.sqrt(np.diag(S)),
                "floor_share": _share(X, minimum, n),
                "ceiling_share": _share(X, maximum, n),
                "item_rest": item_rest(S),
                "item_total": _item_total(X),
                "item_rest_smc": _item_rest_smc(S),
                "alpha_if_dropped": _alphas_without(S),
                "std_alpha_if_dropped": _alphas_without(S / np.sqrt(np.outer(np.diag(S), np.diag(S)))),
                "sign_question": [questions.get(name, "") for name in names],
            }
        )


def item_rest(S: Array) -> Array:
    """Correlation of each item with the sum of the others, shape (k,), from the covariance matrix S (k, k); NaN
    where an item or the rest has no variance."""
    own, with_sum = np.diag(S), S.sum(axis=0)
    rest = S.sum() - 2 * with_sum + own
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (with_sum - own) / np.sqrt(own * rest)
    return np.where((own > 0) & (rest > 0), r, np.nan)


def sign_questions(items: pd.DataFrame, reversed: Iterable[str] = ()) -> pd.DataFrame:
    """Items whose answers run against the others, as questions: columns item, item_rest, item_rest_turned, question.

    The signs of the first principal component say which items go together, so that several wrong items do not
    hide each other; the minority is asked about. An item counts when, with all questioned items turned, its
    item-rest correlation exceeds both 0.10 and two standard errors (2 / sqrt(n)). With as many items one way as
    the other all of them are asked about. An empty frame: no question.
    """
    declared = {str(i) for i in reversed}
    X, names = item_matrix(items, "sign pattern", least=1, vary=False)
    empty = pd.DataFrame({"item": [], "item_rest": [], "item_rest_turned": [], "question": []})
    S = pd.DataFrame(X).cov(min_periods=3).to_numpy()
    usable = np.flatnonzero(np.diag(S) > 0) if len(X) > 3 else np.array([], dtype=int)
    if len(usable) < 2 or np.isnan(S[np.ix_(usable, usable)]).any():
        return empty
    S = S[np.ix_(usable, usable)]
    sd = np.sqrt(np.diag(S))
    sign = np.sign(np.linalg.eigh(S / np.outer(sd, sd))[1][:, -1])
    sign[sign == 0] = 1
    against = sign < 0 if (sign < 0).sum() <= (sign > 0).sum() else sign > 0
    tie = (sign < 0).sum() == (sign > 0).sum()
    turned = item_rest(S * np.outer(sign, sign))
    clear = turned > max(CLEAR_CORRELATION, 2 / np.sqrt(len(X)))
    asked = np.flatnonzero((against | tie) & clear)
    if tie and not (clear[against].any() and clear[~against].any()):
        asked = asked[:0]  # which of the two sides is `against` is then as rounding has it
    as_scored = item_rest(S)
    labels = [names[usable[i]] for i in asked]
    return pd.DataFrame(
        {
            "item": labels,
            "item_rest": as_scored[asked],
            "item_rest_turned": turned[asked],
            "question": [
                EITHER if tie else SHOULD_NOT_REVERSE if name in declared else SHOULD_REVERSE
                for name in labels
            ],
        }
    )


def _share(X: Array, value: float | None, n: NDArray[np.int64]) -> Array:
    if value is None:
        return np.full(X.shape[1], np.nan)
    return np.where(n > 0, np.equal(X, value).sum(axis=0) / np.maximum(n, 1), np.nan)


def _item_total(X: Array) -> Array:
    frame = pd.DataFrame(X)
    return frame.corrwith(frame.mean(axis=1)).to_numpy()


def _item_rest_smc(S: Array) -> Array:
    k = len(S)
    d = np.sqrt(np.diag(S))
    if k < 3 or not np.isfinite(S).all() or (d <= 0).any():
        return np.full(k, np.nan)
    R = S / np.outer(d, d)
    if np.linalg.eigvalsh(R)[0] < 1e-10:
        return np.full(k, np.nan)
    np.fill_diagonal(R, 1 - 1 / np.diag(np.linalg.inv(R)))
    return R.sum(axis=0) / np.sqrt(R.sum()) if R.sum() > 0 else np.full(k, np.nan)


def _alphas_without(S: Array) -> Array:
    k = len(S)
    if k < 3:
        return np.full(k, np.nan)
    keep = [np.delete(np.arange(k), i) for i in range(k)]
    return np.array([alpha_of(S[np.ix_(rows, rows)]) for rows in keep])
