"""What a factor model and a ladder say of themselves: the figures of lavaan, every parameter, names to use."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.factor import FactorFit, fit_cfa, invariance
from dww_analysis.factor.words import WORDS

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
HOLZINGER = pd.read_csv(FOLDER / "holzinger.csv")
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def fitted():
    return fit_cfa(MODEL, HOLZINGER)


@pytest.fixture(scope="module")
def ladder():
    return invariance(MODEL, HOLZINGER, group="school")


def test_a_summary_has_the_figures_of_lavaan(fitted):
    """As Rosseel (2012, Journal of Statistical Software 48(2), section 3) prints them."""
    text = fitted.summary()
    for part in (
        "Persons 301",
        "85.306 with 24 df",
        "CFI 0.931, TLI 0.896",
        "RMSEA 0.092",
        "0.071 to 0.114",
        "SRMR 0.065",
    ):
        assert part in text
    assert "Log-likelihood -3737.745, AIC 7517.49, BIC 7595.34" in text
    assert str(fitted) == text


def test_every_parameter_is_printed_once(fitted):
    rows = [
        line for line in fitted.summary().splitlines() if re.match(r"\s*(visual|textual|speed|x\d)\s", line)
    ]
    assert len(rows) == len(fitted.parameters)
    two = fit_cfa(MODEL + "\nvisual ~ a*speed\ntwice := 2 * a", HOLZINGER, estimator="MLR")
    assert "Regressions" in two.summary() and "Defined parameters" in two.summary()
    assert "(robust)" in two.summary() and "Scaled chi-square" in two.summary()


def test_groups_and_levels_stand_at_their_tables():
    text = fit_cfa(MODEL, HOLZINGER, group="school").summary()
    for heading in ("Loadings: Pasteur", "Loadings: Grant-White", "Intercepts: Pasteur"):
        assert heading in text
    teams = pd.read_csv(FOLDER / "demo_twolevel.csv")
    text = fit_cfa(
        "level: 1\nf =~ y1 + y2 + y3\nlevel: 2\nf =~ y1 + y2 + y3", teams, cluster="cluster"
    ).summary()
    assert "Loadings: level 1" in text and "Variances: level 2" in text and "clusters: 200" in text


def test_ordered_items_have_thresholds():
    items = pd.read_csv(FOLDER / "bfi_ordinal.csv")[["A1", "A2", "A3", "A4"]].dropna().head(400)
    text = fit_cfa("a =~ A1 + A2 + A3 + A4", items, estimator="WLSMV").summary()
    assert "Thresholds" in text and "Log-likelihood" not in text


def test_in_one_line_and_in_a_notebook(fitted, ladder):
    assert repr(fitted) == (
        "<FactorFit: Factor model by ML: 3 factors, 9 items, 301 persons, converged, CFI 0.931, RMSEA 0.092>"
    )
    assert fitted._repr_html_().count("<caption") == 3
    assert repr(ladder) == (
        "<Invariance: Equal measurement over groups (Pasteur, Grant-White): partial scalar invariance, "
        "301 persons, ML>"
    )
    assert ladder._repr_html_().count("<caption") == 2
    named = invariance(
        MODEL, HOLZINGER.assign(school=HOLZINGER["school"].replace("Pasteur", "<b>")), group="school"
    )
    assert "<b>" not in named._repr_html_()


def test_a_ladder_says_what_holds_why_it_ended_and_whether_means_can_be_compared(ladder):
    text = ladder.summary()
    assert "Means can be compared." in text and ladder.stopped in text
    assert all(level in text for level in ladder.steps["level"])
    assert all(name in text for name in ladder.partial["parameter"])
    assert str(ladder) == text


@pytest.mark.parametrize("word", WORDS)
def test_words_of_lavaan_are_answered_with_a_name_that_works(fitted, word):
    with pytest.raises(AttributeError, match=re.escape(f"A factor model has no {word!r}; use {WORDS[word]}")):
        getattr(fitted, word)
    names = set(re.findall(r"[a-z_0-9]+", re.sub(r"\[.*\]", "", WORDS[word]))) - {"or", "and"}
    assert names and all(hasattr(FactorFit, name) or name in vars(fitted) for name in names)


def test_models_can_be_copied_and_kept(fitted):
    with pytest.raises(AttributeError, match="Did you mean factor_scores"):
        fitted.factor_score()
    assert copy.copy(fitted).cfi == fitted.cfi
    assert pickle.loads(pickle.dumps(fitted)).cfi == fitted.cfi
