"""Differences of nested factor models: lavaan's lavTestLRT, formulas by hand, and models that cannot be compared."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from dww_analysis.factor import fit_cfa
from dww_analysis.factor.errors import FactorError

FOLDER = Path(__file__).parents[1] / "oracles_extra"
LADDERS = json.loads((FOLDER / "factor_models.json").read_text(encoding="utf-8"))["ladders"]
SURVEY = pd.read_csv(FOLDER / "factor_survey.csv")
TWO = "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8\n"
ONE = "f =~ q1 + q2 + q3 + q4 + q5 + q6 + q7 + q8"
ORDERED = [f"q{k}" for k in range(3, 9)]
LEVELS = ((), ("loadings",), ("loadings", "intercepts"))


@pytest.mark.parametrize(
    ("ladder", "options"),
    [
        ("ml", {}),
        ("mlr_cluster", {"cluster": "team"}),
        ("fiml_mlr_cluster", {"cluster": "team", "missing": "fiml"}),
        ("wlsmv", {"estimator": "WLSMV"}),
    ],
)
def test_the_differences_of_lavaan(ladder, options):
    fits = [
        fit_cfa(TWO, SURVEY, group="arm", meanstructure=True, equal=equal, **options) for equal in LEVELS[:2]
    ]
    if ladder != "wlsmv":
        fits.append(fit_cfa(TWO, SURVEY, group="arm", equal=LEVELS[2], **options))
    for less, more, step in zip(fits, fits[1:], LADDERS[ladder]["comparisons"], strict=False):
        for table in (less.compare(more), more.compare(less)):
            last = table.iloc[1]
            assert last["delta_chi_square"] == pytest.approx(step["chisq_diff"], abs=1e-3)
            assert (last["delta_df"], last["df"]) == (step["df_diff"], more.df)
            assert last["delta_p"] == pytest.approx(step["p"], abs=1e-4)
        assert less.compare(more)["model"].tolist() == ["first", "second"]
        assert more.compare(less)["model"].tolist() == ["second", "first"]


def test_one_factor_or_two():
    """By hand: the likelihood ratio, and its mean under the wider model (Satorra & Bentler 2001)."""
    for options in ({}, {"estimator": "MLM"}):
        two, one = fit_cfa(TWO, SURVEY, **options), fit_cfa(ONE, SURVEY, **options)
        table = one.compare(two)
        assert table["n_parameters"].tolist() == [17, 16] or table["n_parameters"].tolist() == [25, 24]
        raw = 2 * (two.log_likelihood - one.log_likelihood)
        scale = one.df * one.scaling_factor - two.df * two.scaling_factor if options else 1.0
        assert table["delta_chi_square"].iloc[1] == pytest.approx(raw / scale, rel=1e-8)
        assert table["delta_p"].iloc[1] == pytest.approx(chi2.sf(raw / scale, 1), rel=1e-8)
        assert table["cfi"].tolist() == [two.cfi, one.cfi] and table["delta_p"].isna().iloc[0]


def test_a_negative_scaling_is_said():
    """20 c0 < 19 c1: there is no scaled difference by the formula of 2001."""
    two, one = fit_cfa(TWO, SURVEY, estimator="MLR"), fit_cfa(ONE, SURVEY, estimator="MLR")
    assert one.df * one.scaling_factor < two.df * two.scaling_factor
    last = one.compare(two).iloc[1]
    assert np.isnan(last["delta_chi_square"]) and np.isnan(last["delta_p"])
    assert "estimator='MLM'" in last["delta_method"]


@pytest.mark.parametrize("kind", ["numbers", "ordered", "both"])
def test_items_in_another_order_are_the_same_items(kind):
    """Also where statistics are thresholds and correlations: the difference of each is that of the same item."""
    turned, options = "f1 =~ q3 + q1 + q4 + q2\nf2 =~ q8 + q5 + q7 + q6\n", {"estimator": "WLSMV"}
    data = SURVEY if kind == "ordered" else SURVEY.assign(q2=SURVEY["q2"] + SURVEY["q7"] / 100)
    if kind == "both":
        data = data.assign(**{name: pd.Categorical(data[name], ordered=True) for name in ORDERED})
    options = {} if kind == "numbers" else options
    one = fit_cfa(ONE, data, **options)
    expected = fit_cfa(TWO, data, **options).compare(one)["delta_chi_square"].iloc[1]
    found = fit_cfa(turned, data, **options).compare(one)["delta_chi_square"].iloc[1]
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("f1 =~ q1 + q2 + q5 + q6\nf2 =~ q3 + q4 + q7 + q8\nq1 ~~ q5", {}, "neither is nested"),
        ("f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7", {}, "same items"),
        (ONE, {"estimator": "MLR"}, "same estimator"),
        (ONE, {"missing": "fiml"}, "missing="),
        (ONE, {"group": "arm"}, "same groups"),
        ("f2 =~ q1 + q2 + q3 + q4\nf1 =~ q5 + q6 + q7 + q8", {}, "degrees of freedom in both"),
    ],
)
def test_models_that_cannot_be_compared(text, options, said):
    with pytest.raises(FactorError, match=said):
        fit_cfa(TWO, SURVEY).compare(fit_cfa(text, SURVEY, **options))


def test_a_model_that_fits_better_with_fewer_parameters_is_refused():
    """As where the search of the wider one ended at a lower maximum."""
    two, one = fit_cfa(TWO, SURVEY), fit_cfa(ONE, SURVEY)
    lower = replace(two, unscaled=replace(two.unscaled, chi_square=one.chi_square + 5))
    with pytest.raises(FactorError, match=r"fits better \(by a chi-square of 5\).*\n.*\n.*start\(0.8\)"):
        lower.compare(one)


@pytest.mark.parametrize("kind", ["ordered", "levels"])
def test_models_of_which_neither_is_nested_whatever_they_are_of(kind):
    """Each has items hanging together, or hanging together within or between teams, that do not in the other."""
    if kind == "ordered":
        first, second = TWO, "f1 =~ q1 + q2 + q5 + q6\nf2 =~ q3 + q4 + q7 + q8\nq1 ~~ q5"
        options = {"estimator": "WLSMV"}
    else:
        options = {"cluster": "team"}
        first = "level: 1\nf =~ q1 + q2 + q3\nlevel: 2\nq1 ~~ q2\nq3 ~~ q3"
        second = "level: 1\nq1 ~~ q2\nq3 ~~ q3\nlevel: 2\nq1 ~~ q2 + q3"
    with pytest.raises(FactorError, match="neither is nested"):
        fit_cfa(first, SURVEY, **options).compare(fit_cfa(second, SURVEY, **options))


def test_a_step_of_ordered_items_that_frees_their_scales_is_not_nested():
    """Equal thresholds free the scales of the second group, which equal loadings alone hold at one (Wu & Estabrook
    2016, Psychometrika 81:1014): neither holds what the other does."""
    fits = [fit_cfa(TWO, SURVEY, group="arm", estimator="WLSMV", equal=equal) for equal in LEVELS[1:]]
    with pytest.raises(FactorError, match="neither is nested"):
        fits[0].compare(fits[1])


def test_other_rows_are_refused():
    with pytest.raises(FactorError, match="same persons"):
        fit_cfa(TWO, SURVEY).compare(fit_cfa(ONE, SURVEY.iloc[:-3]))
    with pytest.raises(FactorError, match="another factor model"):
        fit_cfa(TWO, SURVEY).compare(3)


@pytest.mark.parametrize("options", [{}, {"cluster": "team"}, {"missing": "fiml"}, {"estimator": "WLSMV"}])
def test_other_answers_of_as_many_persons_are_refused(options):
    """One answer that is another, of one item, is enough; persons in another order are the same persons."""
    data = SURVEY.dropna(subset=[f"q{k}" for k in range(1, 9)]).reset_index(drop=True)
    changed = data.copy()
    changed.loc[5, "q3"] = data.loc[5, "q3"] % 4 + 1
    two = fit_cfa(TWO, data, **options)
    with pytest.raises(FactorError, match="other answers of as many persons"):
        two.compare(fit_cfa(ONE, changed, **options))
    turned = two.compare(fit_cfa(ONE, data.iloc[::-1], **options)).iloc[1]
    expected = two.compare(fit_cfa(ONE, data, **options)).iloc[1]
    assert turned["delta_chi_square"] == pytest.approx(expected["delta_chi_square"], rel=1e-5, nan_ok=True)


def test_other_clusters_of_as_many_persons_are_refused():
    swapped = SURVEY.assign(team=np.roll(SURVEY["team"].to_numpy(), 1))
    with pytest.raises(FactorError, match="as many persons"):
        fit_cfa(TWO, SURVEY, cluster="team").compare(fit_cfa(ONE, swapped, cluster="team"))


def test_likelihoods_of_other_variables_are_refused():
    """Their AIC and BIC differ by what one of them leaves out, whatever the models are worth."""
    with pytest.raises(FactorError, match="meanstructure=True"):
        fit_cfa(TWO, SURVEY).compare(fit_cfa(ONE, SURVEY, meanstructure=True))
    taken, modelled = (
        fit_cfa(f"f =~ q1 + q2 + q3{more}", SURVEY) for more in ("\nf ~ 0*q4", "\nq4 ~~ q4 + f")
    )
    with pytest.raises(FactorError, match=r"takes as they are \(q4\)(.*\n)+.*q4 ~~ q4 in both"):
        modelled.compare(taken)


def test_other_categories_are_refused():
    ordered = SURVEY.assign(**{name: pd.Categorical(SURVEY[name], ordered=True) for name in ORDERED})
    every = fit_cfa(TWO, SURVEY, estimator="WLSMV")
    with pytest.raises(FactorError, match=r"other categories, or ordered in one model only \(q1, q2\)"):
        every.compare(fit_cfa(ONE, ordered, estimator="WLSMV"))


def test_an_item_at_another_level_is_refused():
    """A mean that all teams share is no part of the model: its variance between teams is fixed at nothing."""
    text = "level: 1\nfw =~ q1 + q2 + q3\nlevel: 2\nq1 ~~ q2"
    both, fewer = (fit_cfa(text + more, SURVEY, cluster="team") for more in ("\nq3 ~~ q3", ""))
    with pytest.raises(FactorError, match=r"items at another level \(q3\)"):
        both.compare(fewer)


def test_two_levels_are_compared():
    text = "level: 1\nfw =~ q1 + q2 + q3 + q4\nlevel: 2\n"
    one = fit_cfa(text + "fb =~ q1 + q2 + q3 + q4", SURVEY, cluster="team")
    free = text + "\n".join(f"q{i} ~~ q{j}" for i in range(1, 5) for j in range(i + 1, 5))
    last = one.compare(fit_cfa(free, SURVEY, cluster="team")).iloc[1]
    assert last["delta_df"] == 2 and np.isfinite(last["delta_chi_square"])


# ---- words of other programs
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"ordered": ["q1"]}, "ordered categoricals"),
        ({"group_equal": "loadings"}, "use equal="),
        ({"estimater": "ML"}, "write estimator="),
        ({"zzz": 1, "se": "robust"}, r"zzz: leave it out.*se: use estimator='MLR'"),
    ],
)
def test_arguments_of_lavaan_say_what_to_write(words, said):
    with pytest.raises(FactorError, match=said):
        fit_cfa(TWO, SURVEY, **words)


def test_data_that_are_no_table_are_refused():
    with pytest.raises(FactorError, match="NoneType"):
        fit_cfa(TWO, None)
