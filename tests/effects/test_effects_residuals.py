"""Residuals of planned models: the shape as scipy has it, bins of many persons, and what is not checked."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from test_effects_unit_effects import found_in, one_wave

from dww_analysis.effects.residuals import residual_tables, residuals_of

MINIMUM = 8


def invented(n: int = 240, seed: int = 2, wide: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(["control 0", "control 1", "few 0"], [n // 2, n - n // 2 - 5, 5])
    residual = rng.gamma(4, 1, n) * np.where(group == "control 1", wide, 1.0)
    person = [f"p{i % (n * 3 // 4)}" for i in range(n)]
    return pd.DataFrame(
        {"person": person, "group": group, "fitted": rng.normal(3, 0.4, n), "residual": residual}
    )


def checked(rows: pd.DataFrame, effects=None):
    found = residual_tables({"y": rows}, {"y": effects or {}}, MINIMUM)
    return found["residual_checks"].set_index("part"), found["residual_bins"]


def test_shape_and_spread_are_those_of_scipy():
    rows = invented(wide=1.6)
    row = checked(rows)[0].loc["residual"]
    w = stats.shapiro(rows["residual"])
    assert (row["w"], row["p_normal"]) == pytest.approx((w.statistic, w.pvalue), rel=1e-9)
    assert row["skewness"] == pytest.approx(stats.skew(rows["residual"], bias=False), rel=1e-9)
    assert row["kurtosis"] == pytest.approx(stats.kurtosis(rows["residual"], bias=False), rel=1e-9)
    assert row["beyond"] == pytest.approx(np.mean(np.abs(rows["residual"]) > 2))
    groups = [rows.loc[rows["group"] == g, "residual"] for g in ("control 0", "control 1")]
    levene = stats.levene(*groups, center="median")
    assert row["n_groups"] == 2 and row["p_equal"] == pytest.approx(levene.pvalue, rel=1e-9)
    widths = [g.std(ddof=1) for g in groups]
    assert row["sd_ratio"] == pytest.approx(max(widths) / min(widths), rel=1e-12)


def test_units_are_judged_by_their_estimates():
    values = np.linspace(-1, 1, 12) ** 3
    units = {"rows": [{"estimate": v, "n_persons": 9} for v in values]}
    row = checked(invented(), units)[0].loc["unit"]
    assert row["n"] == 12 and row["w"] == pytest.approx(stats.shapiro(values).statistic, rel=1e-9)
    flat = {"rows": [{"estimate": 0.0}] * 12}
    assert "unit" not in checked(invented(), flat)[0].index
    assert "unit" not in checked(invented(), {"rows": units["rows"][:7]})[0].index


def test_a_bin_is_a_mean_of_many_persons_and_bins_hold_everybody():
    rows = invented(n=220)
    bins = checked(rows)[1]
    assert (bins["n_persons"] >= 2 * MINIMUM).all() and set(bins["kind"]) == {"normal", "fitted"}
    normal, fitted = (bins[bins["kind"] == kind] for kind in ("normal", "fitted"))
    ordered = np.array_split(np.sort(rows["residual"]), len(normal))
    assert normal["mean"].to_numpy() == pytest.approx([part.mean() for part in ordered], rel=1e-9)
    assert normal["x"].to_numpy() == pytest.approx(-normal["x"].to_numpy()[::-1], abs=1e-9)
    by_fitted = np.array_split(rows.sort_values("fitted", kind="stable")["residual"].to_numpy(), len(fitted))
    assert fitted["sd"].to_numpy() == pytest.approx([part.std(ddof=1) for part in by_fitted], rel=1e-9)


def test_rounding_does_not_decide_who_is_in_which_bin():
    rows = invented().assign(fitted=lambda frame: np.arange(len(frame)) % 3 + 1.0)
    noisy = rows.assign(fitted=rows["fitted"] + np.random.default_rng(1).normal(scale=1e-12, size=len(rows)))
    one, other = (checked(each)[1].set_index(["kind", "bin"])["mean"] for each in (rows, noisy))
    pd.testing.assert_series_equal(one, other, check_exact=True)


def test_few_persons_have_no_bins_and_no_checks():
    checks, bins = checked(invented(n=90))
    assert checks.empty and bins.empty


def test_a_person_s_own_effect_is_no_part_of_what_is_expected():
    _, fit = found_in(one_wave())
    rows = residuals_of(fit)
    assert rows["residual"].std() == pytest.approx(1.0) and len(rows) == 120
    assert sorted(rows["fitted"].unique()) == pytest.approx(sorted(np.unique(fit.fitted.fitted)))
    assert residuals_of(None).empty


@pytest.mark.parametrize("random", ["(1 | team) + (1 | person)", "(1 | team/person)"])
def test_what_is_expected_leaves_out_the_effect_of_a_person_however_it_is_written(random):
    """Of persons within teams it was left in."""
    first = one_wave()
    lasting = np.random.default_rng(5).normal(size=len(first))
    scores = pd.concat([first.assign(score=first["score"] + lasting + 0.4 * w, wave=w) for w in (0, 1)])
    scores["score"] += np.random.default_rng(6).normal(size=len(scores))
    _, fit = found_in(scores.reset_index(drop=True), f"score ~ wave_number + {random}")
    team = fit.used["team"].astype(str).to_numpy()
    modes = fit.fitted.random_effects().query("group == 'team'").set_index("level")["estimate"]
    expected = fit.fitted.design.X @ fit.fitted.solution.beta + modes.loc[team].to_numpy()
    np.testing.assert_allclose(residuals_of(fit)["fitted"], expected, atol=1e-9)


@pytest.mark.parametrize(("arm", "groups"), [(None, {"0"}), ("control", {"control 0"})])
def test_groups_are_those_that_a_study_has(arm, groups):
    rows = residuals_of(found_in(one_wave().assign(arm=pd.Series([arm] * 120, dtype="str")))[1])
    assert set(rows["group"]) == groups
    assert len(rows) == 120
