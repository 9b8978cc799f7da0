"""The ladder: lavaan's comparisons, where it stops, what it releases, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import CHEN_2007, CHEUNG_RENSVOLD_2002, Cutoffs, Limits, fit_cfa, invariance
from dww_analysis.factor.cutoffs import judge_step
from dww_analysis.factor.errors import FactorError

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
HOLZINGER = pd.read_csv(FOLDER / "holzinger.csv")
GAPS = pd.read_csv(FOLDER / "holzinger_missing.csv")
EXLONG = pd.read_csv(FOLDER / "exlong.csv")
MODEL = ORACLE["syntax"]
ONE_WAVE = "f =~ y1 + y2 + y3"
BY_SCHOOL = {
    "ml": (HOLZINGER, {}),
    "mlr": (HOLZINGER, {"estimator": "MLR"}),
    "fiml_mlr": (GAPS, {"estimator": "MLR", "missing": "fiml"}),
}
NEVER = Cutoffs("never", "rejects nothing", Limits(9.0), Limits(9.0), configural_cfi=0.0)

CHI_SQUARE = 1e-3  # absolute
INDEX = 1e-4  # absolute


def assert_comparisons(steps, expected):
    ours = steps.set_index("level")
    for step in expected:
        if step["more"] not in ours.index:
            continue
        row = ours.loc[step["more"]]
        assert row["delta_chi_square"] == pytest.approx(step["chisq_diff"], abs=CHI_SQUARE)
        assert row["delta_df"] == step["df_diff"]
        assert row["delta_p"] == pytest.approx(step["p"], abs=INDEX)
        for name in ("delta_cfi", "delta_rmsea", "delta_srmr"):
            assert row[name] == pytest.approx(step[name], abs=INDEX), name


@pytest.mark.oracle
@pytest.mark.parametrize("estimator", BY_SCHOOL)
def test_all_steps_by_school(estimator):
    data, options = BY_SCHOOL[estimator]
    ladder = invariance(MODEL, data, group="school", cutoffs=NEVER, **options)
    assert list(ladder.steps["level"]) == ["configural", "metric", "scalar", "strict"]
    assert (ladder.verdict, ladder.highest_level) == ("strict", "strict")
    assert_comparisons(ladder.steps, ORACLE["invariance_by_school"][estimator]["comparisons"])


@pytest.mark.oracle
@pytest.mark.parametrize("estimator", BY_SCHOOL)
def test_schools_share_loadings_but_not_all_intercepts(estimator):
    """The ladder stops at scalar; released in order of their score tests are x3 and x7, as in the literature."""
    data, options = BY_SCHOOL[estimator]
    ladder = invariance(MODEL, data, group="school", **options)
    expected = ORACLE["invariance_by_school"][estimator]
    assert list(ladder.steps["level"]) == ["configural", "metric", "scalar"]
    assert list(ladder.steps["accepted"]) == [True, True, False]
    assert (ladder.highest_level, ladder.verdict, ladder.means_comparable) == (
        "metric",
        "partial scalar",
        True,
    )
    assert list(ladder.partial["parameter"]) == ["x3~1", "x7~1"]
    first = max(expected["score_test_scalar"], key=lambda row: row["x2"])
    assert ladder.partial.loc[0, "x2"] == pytest.approx(first["x2"], abs=CHI_SQUARE)
    final = ladder.fits["partial scalar"]
    assert final.chi_square_unscaled == pytest.approx(
        expected["steps"]["partial_scalar"]["fit"]["chisq"], abs=CHI_SQUARE
    )
    last = ladder.partial.iloc[-1]
    step = next(s for s in expected["comparisons"] if s["more"] == "partial_scalar")
    assert last["delta_chi_square"] == pytest.approx(step["chisq_diff"], abs=CHI_SQUARE)
    assert last["delta_cfi"] == pytest.approx(step["delta_cfi"], abs=INDEX)


@pytest.mark.oracle
def test_published_chi_squares_by_school():
    """Holzinger & Swineford by school: the numbers printed in many tutorials."""
    steps = invariance(MODEL, HOLZINGER, group="school", cutoffs=NEVER).steps
    assert [round(x, 3) for x in steps["chi_square"]] == [115.851, 124.044, 164.103, 181.511]
    assert list(steps["df"]) == [48, 54, 60, 69]


@pytest.mark.oracle
def test_waves_are_one_group():
    ladder = invariance(ONE_WAVE, EXLONG, waves=["t1", "t2", "t3"], cutoffs=NEVER)
    expected = ORACLE["longitudinal_invariance"]
    for level, block in expected["steps"].items():
        fit = ladder.fits[level]
        assert (fit.n_groups, fit.n_obs, fit.df) == (1, 200, block["fit"]["df"])
        assert fit.chi_square == pytest.approx(block["fit"]["chisq"], abs=CHI_SQUARE)
        assert fit.log_likelihood == pytest.approx(block["fit"]["logl"], abs=CHI_SQUARE)
        assert fit.srmr == pytest.approx(block["fit"]["srmr"], abs=INDEX)
    assert_comparisons(ladder.steps, expected["comparisons"])
    pairs = fit.parameters.query("op == '~~' and lhs == 'y1t1' and rhs == 'y1t2'")
    assert len(pairs) == 1 and bool(pairs["free"].iloc[0])


def test_waves_by_name_by_mapping_by_list_and_from_a_long_table():
    columns = {w: [f"y{k}{w}" for k in (1, 2, 3)] for w in ("t1", "t2", "t3")}
    long = pd.concat(
        [
            EXLONG[columns[w]].set_axis(["y1", "y2", "y3"], axis=1).assign(wave=w, person=range(len(EXLONG)))
            for w in columns
        ]
    )
    by_name = invariance(ONE_WAVE, EXLONG, waves=["t1", "t2", "t3"]).steps
    by_item = {w: dict(zip(["y1", "y2", "y3"], c, strict=True)) for w, c in columns.items()}
    for waves, data, options in [
        (columns, EXLONG, {}),
        (by_item, EXLONG, {}),
        (list(columns.values()), EXLONG, {}),
        ("wave", long.sample(frac=1, random_state=1), {"person": "person"}),
    ]:
        steps = invariance(ONE_WAVE, data, waves=waves, **options).steps
        np.testing.assert_allclose(steps["chi_square"], by_name["chi_square"], rtol=1e-7)


def test_clusters_scale_the_statistic_the_verdict_rests_on():
    data = HOLZINGER.assign(team=HOLZINGER["id"] % 40)
    ladder = invariance(MODEL, data, group="school", cluster="team")
    fit = fit_cfa(MODEL, data, group="school", cluster="team")
    assert ladder.estimator == fit.estimator == "MLR"
    assert ladder.steps.loc[0, "chi_square"] == pytest.approx(fit.chi_square, rel=1e-9)
    assert fit.chi_square != pytest.approx(fit.chi_square_unscaled, abs=0.1)
    plain = invariance(MODEL, data, group="school", estimator="MLR")
    assert plain.steps.loc[0, "chi_square"] != pytest.approx(fit.chi_square, abs=0.1)


@pytest.mark.parametrize(
    ("cutoffs", "n", "kind", "changes", "accepted"),
    [
        (CHEN_2007, 301, "loadings", (-0.009, 0.02, 0.05), True),
        (CHEN_2007, 301, "loadings", (-0.011, 0.016, 0.0), False),
        (CHEN_2007, 301, "loadings", (-0.011, 0.014, 0.029), True),
        (CHEN_2007, 301, "loadings", (-0.011, 0.0, 0.031), False),
        (CHEN_2007, 301, "intercepts", (-0.011, 0.0, 0.011), False),
        (CHEN_2007, 300, "loadings", (-0.006, 0.011, 0.0), False),
        (CHEN_2007, 300, "loadings", (-0.006, 0.0, 0.024), True),
        (CHEN_2007, 300, "intercepts", (-0.006, 0.0, 0.006), False),
        (CHEN_2007, 300, "residuals", (-0.004, 0.1, 0.1), True),
        (CHEUNG_RENSVOLD_2002, 150, "loadings", (-0.009, 0.1, 0.1), True),
        (CHEUNG_RENSVOLD_2002, 150, "loadings", (-0.0101, 0.0, 0.0), False),
    ],
)
def test_published_cutoffs(cutoffs, n, kind, changes, accepted):
    judgement = judge_step(cutoffs, kind, n, *changes)
    assert judgement.accepted is accepted
    assert cutoffs.name in judgement.reason


def simulated(shift=0.0, load=0.8, seed=5, n=400):
    """Four items of one factor in two groups; in the second, the first item is shifted or loads differently."""
    rng = np.random.default_rng(seed)
    frames = []
    for group in ("a", "b"):
        loadings = np.array([load if group == "b" else 0.8, 0.8, 0.7, 0.9, 0.75])
        x = rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, 5)) * 0.6
        x[:, 0] += shift if group == "b" else 0.0
        frames.append(pd.DataFrame(x, columns=list("pqrst")).assign(arm=group))
    return pd.concat(frames, ignore_index=True)


def test_a_marker_that_differs_is_found():
    """The marker is fixed in both groups; it still is a candidate, for its intercept and for its loading."""
    by_shift = invariance("f =~ p + q + r + s + t", simulated(shift=0.7), group="arm")
    assert by_shift.verdict == "partial scalar" and list(by_shift.partial["parameter"]) == ["p~1"]
    by_load = invariance("f =~ p + q + r + s + t", simulated(load=0.2), group="arm")
    assert by_load.verdict == "partial metric" and list(by_load.partial["parameter"]) == ["f=~p"]
    assert not by_load.means_comparable


def test_equal_measurement_reaches_the_top():
    ladder = invariance("f =~ p + q + r + s + t", simulated(), group="arm")
    assert ladder.verdict == ladder.highest_level == "strict"
    assert ladder.partial.empty and ladder.means_comparable
    assert list(ladder.steps["accepted"]) == [True] * 4


def test_a_factor_keeps_two_equal_items():
    """Three items that all differ: the search stops before the last pair and the verdict stays below scalar."""
    rng = np.random.default_rng(2)
    frames = []
    for group, shift in (("a", [0, 0, 0]), ("b", [1.5, 0, -1.5])):
        x = rng.normal(size=(500, 1)) + rng.normal(size=(500, 3)) * 0.5 + shift
        frames.append(pd.DataFrame(x, columns=list("pqr")).assign(arm=group))
    ladder = invariance("f =~ p + q + r", pd.concat(frames, ignore_index=True), group="arm")
    assert ladder.verdict == "metric" and not ladder.means_comparable
    assert "fewer than two equal items" in ladder.stopped or "would have to differ" in ladder.stopped


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "exactly one of the two"),
        ({"group": "school", "waves": ["a", "b"]}, "exactly one of the two"),
        ({"waves": ["a", "b"]}, "no set of columns"),
        ({"waves": {"a": ["x1"], "b": ["x2"]}}, "one column for each"),
        ({"group": "school", "cutoffs": "unheard"}, "chen2007"),
        ({"group": "school", "estimator": "GLS"}, "ML, MLR or WLSMV"),
        ({"waves": "grade"}, "person="),
    ],
)
def test_refusals(options, reason):
    with pytest.raises(FactorError, match=reason):
        invariance(MODEL, HOLZINGER, **options)


def test_labels_in_a_wave_model_are_refused():
    with pytest.raises(FactorError, match="without labels"):
        invariance("f =~ a*y1 + y2 + y3", EXLONG, waves=["t1", "t2", "t3"])
