"""What people type who come from lme4, emmeans or statsmodels is answered with the name to use."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import Fit, fit, fit_ols
from dww_analysis.multilevel.errors import DesignError, MethodError, MultilevelError
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


# ---- arguments and formulas of other programs
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"REML": False}, 'method="ML"'),
        ({"groups": "team"}, r"\(1 \| team\)"),
        ({"ziformula": "~ x"}, 'zero="~ x"'),
        ({"familly": "poisson"}, "write family="),
        ({"zzz": 1, "nAGQ": 5}, r"'zzz' \(leave it out; there are formula.*'nAGQ' \(use quadrature="),
    ],
)
def test_arguments_of_other_programs_say_what_to_write(words, said):
    with pytest.raises(MethodError, match=said):
        fit("y ~ x + (1 | team)", rows(), **words)


@pytest.mark.parametrize(("comma", "blanks"), [(".", ""), (",", ""), (",", " "), (".", "\u00a0")])
def test_text_that_holds_decimals_is_no_category(comma, blanks):
    data = rows()
    data["text"] = blanks + data["x"].round(2).astype(str).str.replace(".", comma) + blanks
    if blanks:
        data.loc[3, "text"] = blanks
    with pytest.raises(DesignError, match=r"Predictor text is text that holds numbers .*pd\.to_numeric"):
        fit("y ~ text + (1 | team)", data)
    with pytest.raises(DesignError, match=r"Outcome text is categorical .*pd\.to_numeric"):
        fit("text ~ x + (1 | team)", data)
    assert fit("y ~ x + (1 | text)", data).n_groups["text"] == data["text"].nunique()
    with pytest.raises(DesignError) as refused:
        fit("y ~ text + (1 | team)", data)
    said = re.search(r"pd\.to_numeric\(column.*\)\)", str(refused.value))[0]
    number = fit("y ~ x + (1 | team)", data.assign(x=eval(said, {"pd": pd, "column": data["text"]})))
    there = data[data["text"] != blanks] if blanks else data
    assert number.fixed_effects["x"] == pytest.approx(
        fit("y ~ x + (1 | team)", there).fixed_effects["x"], abs=0.02
    )
    named = data.assign(version=np.where(data["x"] > 0, "1.0", "2.0"))
    assert (
        "version2.0" in fit("y ~ version + (1 | team)", named.astype({"version": "category"})).design.x_names
    )


def test_texts_of_whole_numbers_are_categories():
    data = rows()
    data["wave"] = (np.arange(len(data)) % 3).astype(str)
    assert fit("y ~ wave + (1 | team)", data).design.x_names == ("(Intercept)", "wave1", "wave2")


def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    team, x = np.arange(90) % 9, rng.normal(size=90)
    return pd.DataFrame({"y": x + rng.normal(size=9)[team] + rng.normal(size=90), "x": x, "team": team})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: m.test("x = 0"), "Write the names alone"),
        (lambda m: m.means("~ x"), "as by="),
        (lambda m: fit("y ~ np.sqrt(x) + (1 | team)", rows()), r"Did you mean sqrt\(\)"),
        (lambda m: fit("y ~ x", rows()), r"fit_ols\(\)"),
        (lambda m: fit("y ~ x + (1 | team)", rows(), residual_correlation="un(x | team)"), "unstructured"),
    ],
)
def test_what_others_write_is_answered_with_what_to_write_here(call, said):
    with pytest.raises(MultilevelError, match=said):
        call(fit("y ~ x + (1 | team)", rows()))
