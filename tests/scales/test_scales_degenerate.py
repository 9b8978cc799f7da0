"""Answers that carry no analysis: every public function gives a number or a refusal that says why, and nothing else."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from dww_analysis import scales
from dww_analysis.errors import ScaleError

rng = np.random.default_rng(0)


def likert(n: int, k: int) -> pd.DataFrame:
    return pd.DataFrame(rng.integers(1, 6, (n, k)).astype(float))


FRAMES = {
    "no rows": pd.DataFrame({"a": [], "b": [], "c": []}),
    "one row": pd.DataFrame([[1, 2, 3]]),
    "two rows": pd.DataFrame([[1, 2, 3], [2, 3, 4]]),
    "no answers": pd.DataFrame(np.full((5, 3), np.nan)),
    "one item without answers": likert(20, 3).assign(x=np.nan),
    "one item without variance": likert(20, 3).assign(x=3.0),
    "a copied item": likert(20, 3).pipe(lambda d: d.assign(x=d[0])),
    "a mirrored item": likert(20, 2).pipe(lambda d: d.assign(x=6 - d[0])),
    "fewer persons than items": likert(3, 5),
    "nullable": likert(30, 4).astype("Int64").mask(rng.random((30, 4)) < 0.2),
    "true and false": pd.DataFrame(rng.random((30, 4)) < 0.5),
    "two items": likert(30, 2),
    "one item": likert(30, 1),
    "a column twice": likert(30, 3).set_axis(["a", "a", "b"], axis=1),
    "words": pd.DataFrame({"a": ["x", "y", "z"], "b": [1, 2, 3]}),
    "objects": likert(30, 3).astype(object),
    "mostly gaps": likert(30, 5).mask(rng.random((30, 5)) < 0.6),
    "one dimension exactly": pd.DataFrame(np.outer(rng.standard_normal(30), [1, 2, 3.0])),
    "infinite": pd.DataFrame([[1, 2, np.inf], [2, 3, 4], [3, 4, 5]]),
}
OF_ITEMS = {
    "alpha": lambda d: scales.cronbach_alpha(d).alpha,
    "alpha of complete cases": lambda d: scales.cronbach_alpha(d, missing="complete").alpha,
    "omega": lambda d: scales.omega_total(d).omega,
    "spearman_brown": lambda d: scales.spearman_brown(d).estimate,
    "item_analysis": lambda d: scales.item_analysis(d, 1, 5),
    "sign_questions": scales.sign_questions,
    "ordinal_alpha": lambda d: scales.ordinal_alpha(d).alpha,
    "omega_categorical": lambda d: scales.omega_categorical(d).omega,
    "sampling_adequacy": lambda d: scales.sampling_adequacy(d).kmo,
    "omega_minres": scales.omega_minres,
    "careless_flags": scales.careless_flags,
}
OF_GROUPS = {
    "rwg": lambda d, g: scales.rwg(d, g, options=5),
    "rwg_j": lambda d, g: scales.rwg_j(d, g, options=5),
    "rwg_j without options": scales.rwg_j,
    "ad_m": scales.ad_m,
    "icc1": lambda d, g: scales.icc1(d.iloc[:, 0], g).estimate,
    "icc1 by REML": lambda d, g: scales.icc1(d.iloc[:, 0], g, method="reml").estimate,
    "icc2": lambda d, g: scales.icc2(d.iloc[:, 0], g).estimate,
}


@pytest.mark.parametrize("function", OF_ITEMS)
@pytest.mark.parametrize("frame", FRAMES)
def test_items_get_an_answer_or_a_refusal_with_a_reason(frame, function):
    answer_or_refusal(OF_ITEMS[function], FRAMES[frame])


@pytest.mark.parametrize("n_groups", [1, 3])
@pytest.mark.parametrize("function", OF_GROUPS)
@pytest.mark.parametrize("frame", FRAMES)
def test_groups_get_an_answer_or_a_refusal_with_a_reason(frame, function, n_groups):
    items = FRAMES[frame]
    group = pd.Series(np.arange(len(items)) % n_groups)
    answer_or_refusal(OF_GROUPS[function], items, group)


def answer_or_refusal(function, *arguments) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        try:
            found = function(*arguments)
        except ScaleError as refusal:
            problem = refusal.problems[0]
            assert problem.found and problem.where and problem.expected and problem.action
            return
    if isinstance(found, pd.DataFrame):
        assert found.columns.is_unique
    else:
        assert np.isfinite(found) or np.isnan(found)
        assert not found > 1 + 1e-9
