"""Yes or no between arms on the page: absolute and relative together, whichever is planned, in both languages."""

from __future__ import annotations

from dataclasses import replace

import invented_reports as made
import numpy as np
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, read_page

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports import headline_rows, trajectory_inputs
from dww_analysis.reports.headlines import with_answers
from dww_analysis.reports.sections.answers import against_sentence, both_ways
from dww_analysis.reports.sections.measurement import descriptives_table
from dww_analysis.reports.sections.methods import _formulas
from dww_analysis.reports.sections.participants import _baseline_cells, baseline_table
from dww_analysis.reports.sections.results import _family_notes
from dww_analysis.reports.sections.summary import finding, scale_text
from dww_analysis.reports.sections.units_at_start import units_table

ARMS = Contrast("intervention", "control", 2)
SHARE = {"kind": "yes_no", "summary": "risk_difference", "unit": "share", "df_method": "units"}
ODDS = {"kind": "yes_no", "summary": "odds_ratio", "unit": "log odds", "df_method": "normal"}


def trial(absolute, odds=True, arms=ARMS):
    """The invented trial with its first outcome asked as yes or no: a difference of shares of .1, log odds of .5."""
    study = made.trial()
    share = made.estimate_row("learning" if absolute else "learning.risk_difference", "learning", arms, 0.1, 0.04, 22,
                              family="primary" if absolute else "", **SHARE)  # fmt: skip
    ratio = made.estimate_row("learning.odds_ratio" if absolute else "learning", "learning", arms, 0.5, 0.2, 1e9,
                              family="" if absolute else "primary", **ODDS)  # fmt: skip
    other = study["tables"]["estimates"].query("entry != 'learning'")
    rows = pd.DataFrame([share, ratio] if odds else [share], columns=list(COLUMNS))
    study["tables"]["estimates"] = pd.concat([rows, other], ignore_index=True)
    entries = [replace(e, sesoi=0.05) if e.id == "learning" else e for e in study["plan"].entries]
    fits = study["fits"]["learning"]
    fits["methods"] = ["unit_shares"] if odds else ["unit_shares", "no_odds_ratio"]
    return made.with_answers(study | {"plan": replace(study["plan"], entries=tuple(entries))})


def headline(study, language="en"):
    estimates = study["tables"]["estimates"]
    rows = headline_rows(estimates, study["study"], study["plan"], study["scales"], Words(language))
    return (
        with_answers(rows, study["tables"]["answers"])
        .set_index("entry", drop=False)
        .loc["learning"]
        .to_dict()
    )


def test_planned_shares_have_the_odds_ratio_beside_them():
    row = headline(trial(absolute=True))
    assert (row["estimate"], row["unit"]) == (0.1, "as a share")
    (said,) = both_ways(row, Words("en"))
    low, high = np.exp([0.5 - 1.96 * 0.2, 0.5 + 1.96 * 0.2])
    assert said == f"Relative: an odds ratio of 1.65 (95 % CI {low:.2f} to {high:.2f}); 1 is no difference."


def test_planned_odds_have_the_ratio_and_the_difference_of_shares_beside_them():
    relative, absolute = both_ways(headline(trial(absolute=False)), Words("en"))
    assert relative.startswith("Relative: an odds ratio of 1.65")
    assert absolute == "Absolute: a difference of 10.0 percentage points (95 % CI 1.7 to 18.3)."


@pytest.mark.parametrize(
    ("language", "why", "where"),
    [
        ("en", "would tell what each of them said", "The researchers have the numbers"),
        ("nl", "zou van ieder verraden wat die zei", "De onderzoekers hebben de getallen"),
    ],
)
def test_the_page_says_why_no_number_stands_where_nobody_said_yes(language, why, where):
    """The answer and the table both; a hidden mean of many values says nothing of yes and no."""
    study = trial(absolute=True)
    labels = Labels(study["study"], asked(study), Words(language))
    row = {**headline(study, language), "verdict": "suppressed", "estimate": np.nan}
    said = " ".join(finding(row, 3, labels)["sentences"])
    assert why in said and where in said
    assert why not in " ".join(finding({**row, "summary": "mean_difference"}, 3, labels)["sentences"])
    rows = study["tables"]["estimates"].query("entry == 'learning'")
    for frame, there in ((rows.assign(estimate=np.nan), True), (rows, False)):
        notes = " ".join(_family_notes(frame, "primary", None, study["plan"], labels))
        assert (why in notes) == there and (where in notes) == there


def asked(study):
    """The scales of the study, the first outcome as yes or no."""
    return [replace(s, measure="yes_no") if s.id == "learning" else s for s in study["scales"]]


def test_compared_changes_are_a_ratio_of_ratios():
    changes = replace(ARMS, from_wave=0)
    row = headline(trial(absolute=False, arms=changes))
    relative, absolute = both_ways(row, Words("en"))
    assert relative.startswith("Relative: a ratio of two odds ratios of 1.65")
    assert absolute.startswith(
        "Absolute: the groups differ by 10.0 percentage points in how much they changed"
    )
    said = both_ways(headline(trial(absolute=False, arms=changes), "nl"), Words("nl"))
    assert said[0].startswith("Relatief: een verhouding van twee oddsratio’s")


def test_without_an_odds_ratio_the_page_says_so():
    (said,) = both_ways(headline(trial(absolute=True, odds=False), "nl"), Words("nl"))
    assert said.startswith("Relatief: geen oddsratio")


def test_a_ratio_of_shares_stands_between_the_odds_ratio_and_the_difference():
    study = trial(absolute=False)
    ratio = made.estimate_row("learning.risk_ratio", "learning", ARMS, 0.25, 0.1, 22, family="",
                              **{**SHARE, "summary": "risk_ratio", "unit": "log risk"})  # fmt: skip
    rows = [pd.DataFrame([ratio], columns=list(COLUMNS)), study["tables"]["estimates"]]
    study["tables"]["estimates"] = pd.concat(rows, ignore_index=True)
    _, said, absolute = both_ways(headline(study), Words("en"))
    assert said.startswith("Relative: a ratio of shares of 1.28 (95 % CI ") and absolute.startswith(
        "Absolute"
    )
    page = part(read_page(build_report(figures=[], **study)["index.html"]), "en").text()
    assert "relative: ratio of shares" in page and "log ratio of shares" in page


@pytest.mark.parametrize(
    ("kind", "summary", "arms", "said"),
    [
        ("count", "rate_ratio", ARMS, "a ratio of rates of 1.65"),
        ("count", "rate_ratio", replace(ARMS, from_wave=0), "a ratio of two ratios of rates of 1.65"),
        ("time_to_event", "hazard_ratio", replace(ARMS, wave=None), "a hazard ratio of 1.65"),
    ],
)
def test_the_logarithm_of_a_ratio_has_the_ratio_beside_it(kind, summary, arms, said):
    study = made.trial()
    row = made.estimate_row("learning", "learning", arms, 0.5, 0.2, 1e9, family="primary", kind=kind,
                            summary=summary)  # fmt: skip
    other = study["tables"]["estimates"].query("entry != 'learning'")
    found = pd.concat([pd.DataFrame([row], columns=list(COLUMNS)), other], ignore_index=True)
    study["tables"]["estimates"] = found
    (sentence,) = both_ways(headline(study), Words("en"))
    assert sentence.startswith(f"Relative: {said} (95 % CI ")
    (dutch,) = both_ways(headline(study, "nl"), Words("nl"))
    assert "1,65" in dutch


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_methods_say_how_shares_were_standardised_and_df_counted(language):
    study = trial(absolute=True)
    study["fits"]["learning"]["methods"] = ["standardised_shares"]
    study["tables"]["estimates"]["df_method"] = "between-within"
    page = part(read_page(build_report(figures=[], **study)["index.html"]), language).text()
    for key in ("methods.standardised_shares", "methods.between_within"):
        text = Words(language)(key, labels="", units="", unit_many="")
        assert text.split("  ")[0][:60].split("(")[0] in page
    assert "Zou (2009)" in page and "Li & Redden (2015)" in page


def test_other_outcomes_say_nothing_of_shares():
    row = headline(made.trial())
    assert both_ways(row, Words("en")) == [] and row["summary"] == "mean_difference"


@pytest.mark.parametrize(("absolute", "said"), [(True, "0.05 as a share"), (False, "5.0 percentage points")])
def test_a_share_of_interest_is_said_in_the_unit_of_its_interval(absolute, said):
    row = headline(trial(absolute))
    (sentence,) = against_sentence(row, Words("en"))
    assert said in sentence and row["against"] == "unclear"
    turned = headline(trial(absolute)) | {"against": "beyond"}
    (sentence,) = against_sentence(turned, Words("en"))
    low, high = (0.1 + s * 1.717144 * 0.04 for s in (-1, 1))
    shown = f"{low:.2f} to {high:.2f}" if absolute else f"{100 * low:.1f} to {100 * high:.1f}"
    assert shown in sentence


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_both_stand_in_the_table_and_the_methods_say_how(absolute, language):
    page = part(read_page(build_report(figures=[], **trial(absolute))["index.html"]), language).text()
    words = Words(language)
    assert words("results.summary.odds_ratio" if absolute else "results.summary.risk_difference") in page
    assert words("df_method.units") in page and words("unit.share") in page and "log" in page
    assert words("methods.unit_shares", labels="", units="").split("(")[0].split(" teams")[0][:25] in page


def test_a_trajectory_shows_contrasts_of_one_kind_only():
    for absolute in (True, False):
        study = trial(absolute)
        row = headline(study)
        inputs = trajectory_inputs(row, study["tables"]["estimates"], study["fits"]["learning"], Words("en"))
        assert list(inputs.differences["estimate"]) == [row["estimate"]]


def declared(study):
    """The first outcome declared as yes or no, with the same formula as the others."""
    scale = replace(study["scales"][0], key=None, items=(), delivered="talked", delivered_range=(0.0, 1.0))
    scale = replace(scale, measure="yes_no", direction="lower is better")
    fits = {i: {**f, "formula": "score ~ wave + (1 | team)"} for i, f in study["fits"].items()}
    fits["learning"]["family"] = "binomial"
    return study | {"scales": [scale, *study["scales"][1:]], "fits": fits}


def test_yes_or_no_has_its_own_formula_range_and_shares():
    study = declared(trial(absolute=True))
    labels = Labels(study["study"], study["scales"], Words("nl"))
    row = headline(study, "nl")
    assert scale_text(row, labels) == "Ja of nee; nee is gunstiger"
    shown = {"variable": "learning", "n": 40, "mean": 0.325, "sd": 0.47, "suppressed": False}
    assert _baseline_cells(shown, labels)[1].shown(labels.words) == "33%"
    other = _baseline_cells({**shown, "variable": "engagement"}, labels)[1]
    assert other.shown(labels.words) == "0,33 (0,47)"
    found = list(_formulas({i: f for i, f in study["fits"].items() if "formula" in f}, study["plan"], labels))
    kinds = {one.kind: one.label for one in found}
    name = labels.outcome("learning")
    assert kinds["yes_no"].startswith(name) and name not in kinds["continuous"]


def test_the_tables_of_participants_and_of_teams_say_what_a_share_is():
    study = declared(trial(absolute=True))
    labels = Labels(study["study"], study["scales"], Words("nl"))
    said = "Ja of nee: het percentage ja."
    row = {"sample": "main", "variable": "learning", "arm": "control", "n": 40, "mean": 0.325, "sd": 0.47}
    asked = pd.DataFrame([{**row, "smd": 0.1, "suppressed": False}])
    assert said in baseline_table(asked, labels).notes
    assert said not in baseline_table(made.trial_baseline(), labels).notes
    teams = pd.DataFrame([{**row, "n_units": 12, "n_persons": 90, "sd": 0.08, "suppressed": False}])
    table = units_table(teams, labels)
    assert table.rows[0][2].shown(labels.words) == "33% (8)"
    assert [n for n in table.notes if n.startswith("Ja of nee")] == [
        "Ja of nee: het percentage ja, gemiddeld over teams, met de SD in procentpunten."
    ]
    assert (
        units_table(teams.assign(variable="engagement"), labels).rows[0][2].shown(labels.words)
        == "0,33 (0,08)"
    )
    scores = made.descriptives(study["study"], study["scales"])
    assert any("aandeel ja" in note for note in descriptives_table(scores, labels).notes)


def test_the_table_of_scores_says_why_a_mean_of_enough_persons_is_hidden():
    """The mean of a count with a declared range of 0 to 60 was hidden by what it bounds, under a note about too few."""
    study = trial(absolute=True)
    labels = Labels(study["study"], study["scales"], Words("en"))
    scores = made.descriptives(study["study"], study["scales"])
    assert scores["suppressed"].any(), "of too few persons"
    why = "mean and SD would tell what persons answered here"
    assert not any(why in note for note in descriptives_table(scores, labels).notes)
    hidden = scores.assign(suppressed=scores["suppressed"] | (scores.index == 0))
    assert any(why in note for note in descriptives_table(hidden, labels).notes)
