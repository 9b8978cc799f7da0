"""What the page says of who did not answer, of imputed values and of how far these may be off; in both languages."""

from dataclasses import replace

import invented_reports as made
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, read_page

from dww_analysis.domain.plan import DecidingTest, Delta, Imputation, Missing

NAN = float("nan")
MISSING = Missing(
    participation=("arm", "score_before", "function"),
    imputation=Imputation(m=20, auxiliaries=("agency",)),
    delta=Delta(("control", "intervention"), "sd", -0.6, 0.6, 0.1),
)


def page_of(language="en", missing=MISSING, entries=None, **tables):
    trial = made.trial()
    plan = replace(trial["plan"], missing=missing, entries=entries or trial["plan"].entries)
    trial |= {"plan": plan, "tables": {**trial["tables"], **tables}}
    return part(
        read_page(build_report(figures=[], **made.with_answers(trial))["index.html"]), language
    ).text()


def participation(**changes):
    shared = {"entry": "learning", "conf_level": 0.95, "share_answered": 0.72, "n_rows": 512, "n_persons": 280,
              "n_smallest": 41, "remark": ""}  # fmt: skip
    terms = [("arm", "intervention", 0.61, 0.4, 0.93, 0.021), ("wave", "2", 0.9, 0.6, 1.3, 0.6),
             ("score_before", "", 1.42, 1.1, 1.8, 0.004)]  # fmt: skip
    names = ("variable", "level", "odds_ratio", "conf_low", "conf_high", "p_value")
    rows = [{**shared, **dict(zip(names, t, strict=True)), **changes} for t in terms]
    return pd.DataFrame(rows)


def imputed(**changes):
    row = {"entry": "learning", "m": 20, "estimate": 0.33, "std_error": 0.12, "df": 17.0, "riv": 0.2, "fmi": 0.18,
           "p_value": 0.01, "conf_low": 0.08, "conf_high": 0.58, "conf_level": 0.95, "mc_error": 0.013,
           "change_doubled": 0.04, "other_prior_estimate": 0.331, "likelihood_estimate": 0.34,
           "likelihood_std_error": 0.11, "n_expected": 700, "n_imputed": 35, "acf_effect": 0.03,
           "r_hat_effect": 1.0, "worst_r_hat": 1.03}  # fmt: skip
    return pd.DataFrame([row | changes])


def tipping(*deltas):
    rows = [("learning", arm, d, value, 0.2, 0.06) for arm, d, value in deltas]
    return pd.DataFrame(rows, columns=["entry", "arm", "direction", "delta", "estimate", "p_value"])


def test_who_answered_again_is_a_sentence_and_a_table():
    text = page_of(participation=participation())
    assert "could answer again 512 times; they did so in 72% of these" in text
    assert "answering again went together with" in text and "(odds ratio 0.61)" in text
    assert "an earlier score that was one standard deviation (SD) higher (odds ratio 1.42)" in text
    assert "0.61 [0.40, 0.93] .021 280" in text
    assert "nobody was left out because of it" in text
    assert "count whose earlier score and background are known" in text
    assert "hing samen met" in page_of("nl", participation=participation())


@pytest.mark.parametrize(
    ("gone", "language", "named"),
    [
        ("", "en", "any of these characteristics: arm, wave and earlier score."),
        ("arm", "en", "any of these characteristics: wave and earlier score."),
        ("arm", "nl", "geen van deze kenmerken duidelijk samen: meting en eerdere score."),
    ],
)
@pytest.mark.slow
def test_what_answering_goes_not_together_with_is_what_the_model_holds(gone, language, named):
    terms = participation(p_value=0.4)
    assert named in page_of(language, participation=terms[terms["variable"] != gone])


def test_what_participation_does_not_say_is_said():
    assert "did not clearly go together" in page_of(participation=participation(p_value=0.4))
    failed = participation(remark="failed", variable="", odds_ratio=NAN, n_rows=NAN, share_answered=NAN).iloc[
        :1
    ]
    assert "cannot be estimated what answering again went together with" in page_of(participation=failed)
    hidden = participation(
        suppressed=True, odds_ratio=NAN, conf_low=NAN, conf_high=NAN, p_value=NAN, share_answered=NAN
    )
    text = page_of(participation=hidden)
    assert "odds ratio 0" not in text and "× Not shown: statistics of answers of fewer than 8" in text


def test_imputation_says_who_how_and_whether_to_believe_it():
    text = page_of(imputation=imputed(), tipping=tipping(("control", 1, 0.4), ("intervention", -1, NAN)))
    assert "A value is missing where somebody worked at a wave" in text and "drawn 20 times" in text
    assert "That model also knows" in text and "largest R-hat 1.03" in text
    assert "every estimate stays within 11% of its standard error" in text  # 0.04 of 0.33, against 0.12
    assert "5% 0.33 [0.08, 0.58] .010 0.34 0.33 18%" in text
    assert (
        "says something else when the imputed values are 0.40 standard deviations (SD) higher in the" in text
    )
    assert "could be imputed; there is the main analysis alone" in text  # the other outcomes
    dutch = page_of("nl", imputation=imputed(), tipping=tipping(("control", 1, 0.4)))
    assert "zegt iets anders als de aangevulde waarden 0,40 standaarddeviaties (SD) hoger liggen" in dutch


@pytest.mark.parametrize(
    ("language", "said", "planned"),
    [
        ("en", "the mixed model and its own test (Kenward-Roger)", "was analysed as planned"),
        ("nl", "het gemengde model en de eigen toets daarvan (Kenward-Roger)", "geanalyseerd zoals gepland"),
    ],
)
def test_where_another_test_decides_imputed_values_are_not_analysed_as_planned(language, said, planned):
    plan = made.trial()["plan"]
    other = replace(plan.entries[0], test=DecidingTest("permutation"))
    text = page_of(language, entries=(other, *plan.entries[1:]), imputation=imputed())
    assert said in text and planned not in text
    assert planned in page_of(language, imputation=imputed())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"r_hat_effect": 1.4, "worst_r_hat": 1.4}, "the draws had not settled"),
        ({"worst_r_hat": 1.4}, "that of a variance in the model had not (largest R-hat 1.40)"),
        ({"acf_effect": 0.5}, "successive data sets are alike"),
    ],
)
@pytest.mark.slow
def test_a_chain_that_may_not_be_believed_is_named(changes, said):
    assert said not in page_of(imputation=imputed())
    assert said in page_of(imputation=imputed(**changes))


def test_where_no_move_turns_the_answer_the_range_is_said():
    text = page_of(imputation=imputed(), tipping=tipping(("control", 1, NAN), ("control", -1, NAN)))
    assert "says the same when the imputed values of one arm move between −0.6 and 0.6" in text


def test_moves_of_one_arm_or_the_other_turn_the_answer():
    moves = tipping(("control", 1, 0.3), ("intervention", -1, -0.2))
    dutch = page_of("nl", imputation=imputed(), tipping=moves)
    assert "’ of 0,20 standaarddeviaties (SD) lager liggen" in dutch


def test_a_study_that_asks_nothing_gets_no_words():
    text = page_of(missing=Missing())
    assert "Imputed answers" not in text and "Who answered again" not in text


def test_results_that_agree_lie_close_together():
    assert "Liggen de uitkomsten dicht bij elkaar" in page_of("nl", imputation=imputed())
