"""What analysts type by mistake or by habit is refused in four parts, or answered with the name to use."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import Invariance, fit_cfa, invariance, omega_two_level
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.words import LADDER_WORDS

DATA = pd.read_csv(Path(__file__).parents[1] / "oracles" / "10_cfa" / "holzinger.csv")
ONE = "f =~ x1 + x2 + x3 + x4"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("f =~ x1 + x2 + x3 +", "nothing behind the last"),
        ("f =~ f + x1 + x2", "f on both sides"),
        ("f =~ x1 + x2 + x3\nx1 ~ x1", "x1 on both sides"),
        ("f =~ x1 + a*b*x2 + x3", "two labels of one parameter"),
        ("f =~ x1 + start(a)*x2 + x3", "the modifier"),
        ("f =~ x1 + c(1, 2)*x2 + x3 + x4", "2 values .groups: 1"),
        ("f =~ x1 + c(a, b)*x2 + x3 + x4", "2 values .groups: 1"),
        ("f =~ x1 + a*x2 + x3\na := 3", "more than one meaning of a"),
        ("f =~ x1 + a*x2 + x3\nd := a\nd := 2*a", "more than one meaning of d"),
        ("f =~ x1 + x2 + x3\nx1 | t1", "which takes items as continuous"),
        ("f =~ x1 + x2 + x3\nx1 ~*~ x1", "which takes items as continuous"),
        ("f =~ 1*x1 + 1*x2\nf ~~ 1*f\nx1 ~~ 1*x1\nx2 ~~ 1*x2", "no free parameter"),
    ],
)
def test_texts_that_were_taken_in_silence_or_broke_are_refused(text, found):
    refuses(found, fit_cfa, text, DATA)


def refuses(found, work, *args, **words):
    with pytest.raises(FactorError) as refusal:
        work(*args, **words)
    (problem,) = refusal.value.problems
    assert re.search(found, problem.found) and problem.where and problem.expected and problem.action


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"std_lv": "FALSE"}, "std_lv='FALSE'"),
        ({"meanstructure": "no"}, "meanstructure='no'"),
        ({"missing": ["fiml"]}, "missing="),
        ({"group": "school", "equal": ["loadings", "thresholds"]}, "equal thresholds with ML"),
        ({"weights": "w"}, "no argument weights"),
    ],
)
def test_words_that_were_taken_in_silence_or_broke_are_refused(words, found):
    refuses(found, fit_cfa, ONE, DATA, **words)


def test_missing_may_be_written_in_capitals():
    assert fit_cfa(ONE, DATA, missing="FIML").missing == "fiml"


@pytest.mark.parametrize(
    "column", [pd.date_range("2020-01-01", periods=len(DATA)), pd.to_timedelta(np.arange(len(DATA)), "D")]
)
def test_dates_are_no_answers(column):
    refuses("dates or durations", fit_cfa, ONE, DATA.assign(x1=column))


def test_what_rounding_leaves_is_no_variance():
    noise = 0.1 + 0.2 + np.where(np.arange(len(DATA)) % 2, 0, 4e-17)
    assert np.ptp(noise) > 0
    refuses("no variance in x1", fit_cfa, ONE, DATA.assign(x1=noise))
    team = pd.Series(np.arange(len(DATA)) % 30)
    mean = DATA["x1"].groupby(team).transform("mean") + np.where(np.arange(len(DATA)) % 2, 0, 4e-16)
    text = "level: 1\nw =~ x1+x2+x3\nlevel: 2\nb =~ x1+x2+x3"
    refuses("no variance within teams in x1", fit_cfa, text, DATA.assign(x1=mean, team=team), cluster="team")


def test_a_level_that_says_nothing_is_refused():
    refuses("level 2 only", fit_cfa, "level: 2\nb =~ x1+x2+x3", DATA, cluster="school")


def test_a_factor_without_variance_has_no_standardised_loadings_and_no_warning_of_python():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_cfa("f =~ 1*x1 + 1*x2 + 1*x3\nf ~~ 0*f\ng =~ x4 + x5 + x6", DATA)
    covariance = fit.parameters.query("lhs == 'f' and rhs == 'g'")
    assert covariance["standardised"].isna().all()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({"std_lv": True}, "no argument std_lv"),
        ({"group_equal": "loadings"}, "no argument group_equal"),
        ({"alpha": "x"}, "alpha='x'"),
        ({"alpha": 2}, "alpha=2"),
        ({"most_freed": -1}, "most_freed=-1"),
    ],
)
def test_arguments_of_a_ladder(words, found):
    refuses(found, invariance, ONE, DATA, group="school", **words)


def test_a_ladder_of_two_levels_is_refused():
    text = "level: 1\nw =~ x1+x2+x3\nlevel: 2\nb =~ x1+x2+x3"
    refuses("a model of two levels", invariance, text, DATA, group="school")


def test_words_of_others_are_answered_by_a_ladder():
    ladder = invariance("f =~ x1 + x2 + x3", DATA, group="school")
    for word, name in LADDER_WORDS.items():
        with pytest.raises(AttributeError, match=f"A ladder has no '{word}'; use {name}"):
            getattr(ladder, word)
        assert all(part in Invariance.__dataclass_fields__ for part in name.split(" and "))


def test_omega_names_items_as_the_caller_does():
    items = DATA[["x1", "x2", "x3"]].rename(columns={"x1": "vraag 1"})
    team = pd.Series(np.arange(len(DATA)) % 30)
    refuses("no variance in vraag 1", omega_two_level, items.assign(**{"vraag 1": 3.0}), team)
    turned = omega_two_level(items.assign(**{"vraag 1": -items["vraag 1"]}), team)
    assert any("vraag 1" in sentence for sentence in turned.warnings)
    refuses("conf_level 95", omega_two_level, items, team, conf_level=95)


def test_what_ordered_items_do_not_offer_says_what_to_use():
    answers = DATA[["x4", "x5", "x6"]].apply(
        lambda x: pd.Categorical(pd.qcut(x, 3, labels=False), ordered=True)
    )
    fit = fit_cfa("f =~ x4 + x5 + x6", answers, estimator="WLSMV")
    for name in ("modification_indices", "factor_scores", "reliability", "residual_correlations"):
        with pytest.raises(FactorError, match="a model of ordered items") as refusal:
            getattr(fit, name)()
        (problem,) = refusal.value.problems
        assert problem.where != "this analysis" and problem.action.startswith("use ")
