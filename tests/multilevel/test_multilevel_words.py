"""What people type who come from lme4, emmeans or statsmodels is answered with the name to use."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import Fit, fit, fit_ols
from dww_analysis.multilevel.words import WORDS


@pytest.fixture(scope="module")
def fitted() -> Fit:
    rng = np.random.default_rng(2)
    team = np.repeat(np.arange(12), 8)
    data = pd.DataFrame(
        {"y": rng.normal(size=96) + rng.normal(size=12)[team], "x": rng.normal(size=96), "team": team}
    )
    return fit("y ~ x + (1 | team)", data)


@pytest.mark.parametrize("word", WORDS)
def test_words_of_others_are_answered_with_a_name_that_works(fitted, word):
    with pytest.raises(AttributeError, match=re.escape(f"use {WORDS[word]}")):
        getattr(fitted, word)
    names = re.findall(r"(?<![\w\"])([a-z_0-9]+)(?=\(|\b)", WORDS[word])
    assert {"fit"} & {*names} or any(hasattr(Fit, name) for name in names)


def test_a_word_that_is_nearly_right_is_answered_with_the_right_one(fitted):
    with pytest.raises(AttributeError, match="Did you mean random_effects"):
        fitted.random_effect()
    with pytest.raises(AttributeError, match="A fit has no 'zzz'"):
        _ = fitted.zzz
    assert not hasattr(fitted, "fixef")


def test_fits_can_be_copied_and_kept(fitted):
    ols = fit_ols("y ~ x", fitted.frame)
    for again in (copy.copy(ols), copy.copy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert again.formula in (fitted.formula, ols.formula)


def test_fits_and_their_tables_show_themselves_in_a_notebook(fitted):
    page = fitted._repr_html_()
    assert "Linear mixed model by REML: y ~ x + (1 | team)" in page
    assert page.count("<table") == 2 and page.count("<caption") == 2
    data = fitted.frame.assign(arm=np.where(fitted.frame["x"] > 0, "<b>", "&"))
    m = fit("y ~ arm + (1 | team)", data)
    for table, caption in (
        (m.means("arm", conf_level=0.9), "Estimated marginal means of y, 90 % intervals"),
        (m.contrasts("arm"), "Contrasts of y, 95 % intervals"),
        (m.anova(type=2), "Tests of terms, type II"),
        (m.coefficients(), "Fixed effects"),
    ):
        markup = table._repr_html_()
        assert f">{caption}</caption>" in markup
        assert "<b>" not in markup
