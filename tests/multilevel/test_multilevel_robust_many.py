"""Robust inference of many responses side by side, against one after the other, whose numbers are those of R."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import DesignError, MethodError
from dww_analysis.multilevel.inference.robust import robust_inference
from dww_analysis.multilevel.inference.robust_many import robust_many
from dww_analysis.multilevel.trials import invented_outcomes, solution_at

MODELS = {
    "intercepts": ("y ~ x + w + (1 | team) + (1 | person)", None),
    "slopes": ("y ~ x + w + (1 + w | team)", None),
    "weights": ("y ~ x + w + (1 | team) + (1 | person)", "cases"),
}


@pytest.fixture(scope="module")
def data():
    rng, rows = np.random.default_rng(2), []
    for team in range(9):
        for person in range(3 + team % 4):
            rows += [(team, f"{team}-{person}", wave) for wave in range(1 + (person + team) % 3)]
    table = pd.DataFrame(rows, columns=["team", "person", "w"])
    by_team, by_person = rng.normal(size=9)[table["team"]], table["person"].map(lambda p: hash_of(p))
    y = by_team + by_person + rng.normal(size=len(table)) + 0.5 * table["w"] * by_team
    return table.assign(x=(table["team"] % 2).astype(float), y=y, cases=1.0 + np.arange(len(table)) % 3)


def hash_of(person):
    return (sum(map(ord, person)) % 7 - 3) / 3


@pytest.mark.parametrize("kind", ["CR0", "CR2"])
@pytest.mark.parametrize("model", MODELS)
def test_the_numbers_are_those_of_one_response_after_the_other(data, model, kind):
    formula, weights = MODELS[model]
    fitted = fit(formula, data, weights=weights)
    Y, k = invented_outcomes(fitted, 5, seed=1), len(fitted.solution.theta)
    thetas = np.random.default_rng(3).uniform(0.1, 1.0, size=(5, k))
    thetas[0, 0] = 0.0  # on the boundary too
    L = np.eye(len(fitted.design.x_names))
    for y, theta, found in zip(
        Y.T, thetas, robust_many(fitted.solution, "team", kind, Y, thetas), strict=True
    ):
        one = robust_inference(solution_at(fitted.solution, y, theta), "team", kind, 1e9)
        for name in ("beta", "vcov", "M"):
            assert getattr(found, name) == pytest.approx(getattr(one, name), rel=1e-8, abs=1e-11), name
        assert found.df(L) == pytest.approx(one.df(L), rel=1e-7)
        assert found.n_clusters == one.n_clusters == 9


def test_what_one_refuses_many_refuse(data):
    fitted = fit("y ~ x + (1 | team) + (1 | person)", data)
    Y, theta = invented_outcomes(fitted, 2, seed=1), np.ones((2, 2))
    with pytest.raises(MethodError, match="inside the random grouping"):
        list(robust_many(fitted.solution, "person", "CR2", Y, theta))
    with pytest.raises(MethodError, match="CR9"):
        list(robust_many(fitted.solution, "team", "CR9", Y, theta))
    with pytest.raises(DesignError, match="one level"):
        one = fit("y ~ w + (1 | person)", data.assign(all="a"))
        list(robust_many(one.solution, "all", "CR2", Y, theta[:, :1]))
