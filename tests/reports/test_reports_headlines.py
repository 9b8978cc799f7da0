"""Which row is the headline of an entry, what it may be called, and where its interval lies."""

from __future__ import annotations

import math
from dataclasses import replace

import invented_reports as made
import pandas as pd
import pytest

from dww_analysis.domain.contrasts import Contrast, noun_of
from dww_analysis.domain.study import Allocation
from dww_analysis.effects.answers import answer_table
from dww_analysis.errors import DisclosureError, ReportError
from dww_analysis.language.labels import Labels
from dww_analysis.reports import Words, headline_rows, trajectory_inputs
from dww_analysis.reports.headlines import in_short, main_noun, noun_of_words, with_answers, with_slope
from dww_analysis.reports.sections.answers import verdict_sentence

EN = Words("en")


def headlines(estimates=None, study=None, plan=None, words=EN):
    estimates = made.trial_estimates() if estimates is None else estimates
    return headline_rows(
        estimates, study or made.trial_study(), plan or made.trial_plan(), made.trial_scales(), words
    ).set_index("entry")


def test_one_row_per_entry_in_the_order_of_the_plan():
    rows = headlines()
    assert list(rows.index) == ["learning", "engagement", "burnout", "safety", "turnover", "task"]
    assert rows["primary"].tolist() == [True] * 3 + [False] * 3


def test_the_headline_is_the_contrast_that_carries_the_family():
    row = headlines().loc["learning"]
    assert row["estimate"] == pytest.approx(0.31)  # wave 2, not wave 1
    assert row["sd_estimate"] == pytest.approx(0.31 / 0.74)
    assert row["sd_sesoi"] == pytest.approx(0.20 / 0.74)
    assert row["contrast"] == "intervention − control, follow-up"


def with_another(wave=None, **changes):
    """Headlines of the invented study with a second entry about its first outcome."""
    plan, estimates = made.trial_plan(), made.trial_estimates()
    first = plan.entries[0]
    own = estimates[estimates["entry"] == first.id]
    swapped = own["primary"] if wave is None else own["wave"] == wave
    renamed = own["id"].str.replace("learning", "other")
    other = own.assign(entry="other", id=renamed, primary=swapped)
    entries = (*plan.entries, replace(first, id="other", **changes))
    return headlines(pd.concat([estimates, other]), plan=replace(plan, entries=entries))


def test_analyses_of_one_outcome_are_told_apart_by_when_and_by_whom_they_average_over():
    label = headlines().loc["learning", "label"]
    rows = with_another(wave=1)
    assert rows.loc[["learning", "other"], "label"].tolist() == [
        f"{label} (follow-up)",
        f"{label} (mid-term)",
    ]
    short = in_short(rows.to_dict("records"), Labels(made.trial_study(), made.trial_scales(), EN))
    assert short[0]["label"].endswith(" (follow-up)") and short[-1]["label"].endswith(" (mid-term)")
    rows = with_another(average="cluster")
    assert rows.loc["other", "label"] == f"{label} (follow-up, every team counts once)"
    assert rows.loc["other", "contrast"] == "intervention − control, follow-up, every team counts once"
    assert with_another().loc[["learning", "other"], "label"].tolist() == [label, label]


def test_an_association_with_a_start_is_no_slope():
    started = {"noun": "association", "arm": "after", "verdict": "sure"}
    assert (noun_of_words(started), noun_of_words({**started, "arm": ""})) == ("started", "association")
    study = made.trial_study(
        design="before_after", allocation=replace(made.trial_study().allocation, randomised=False)
    )
    labels = Labels(study, made.trial_scales(), EN)
    assert "goes together with having started or not" in verdict_sentence(started, labels)
    slope = verdict_sentence({**started, "arm": ""}, labels)
    assert slope.startswith("These go together.")


def test_labels_follow_the_language():
    row = headlines(words=Words("nl")).loc["task"]
    assert row["label"] == "Leerpotentieel van de werkplek: Taak"
    assert row["unit"] == "schaalpunten"


def test_effect_only_when_arms_were_given_by_lot():
    arms = Contrast("intervention", "control", 2)
    assert noun_of(arms, randomised=True) == "effect"
    assert noun_of(arms, randomised=False) == "difference"
    assert noun_of(Contrast("intervention", "control", 2, from_wave=0), randomised=True) == "effect"
    assert noun_of(Contrast(per="years"), randomised=True) == "association"
    assert noun_of(Contrast(per="wave"), randomised=False) == "change"
    assert noun_of(Contrast(wave=2, from_wave=0), randomised=False) == "change"
    study = made.trial_study()
    assert main_noun(study) == "effect"
    chosen = replace(study, allocation=Allocation("team", "allocation", False))
    assert main_noun(chosen) == "difference"
    assert main_noun(made.waves_only()["study"]) == "change"


def answered(estimates, flow=None):
    """Headlines with the answers that follow from these estimates."""
    study, plan, scales = made.trial_study(), made.trial_plan(), made.trial_scales()
    answers = answer_table(estimates.drop(columns="suppressed", errors="ignore"), plan, study, scales, flow)
    return with_answers(headlines(estimates).reset_index(), answers).set_index("entry")


def test_an_entry_without_estimate_is_absent_not_dropped():
    estimates = made.trial_estimates()
    rows = answered(estimates[~estimates["id"].str.startswith("safety")])
    assert rows.loc["safety", "verdict"] == "not_measured"
    assert math.isnan(rows.loc["safety", "estimate"])


def test_a_suppressed_estimate_is_said_to_be_suppressed():
    estimates = made.trial_estimates().assign(suppressed=False)
    own = estimates["id"].str.startswith("safety")
    estimates.loc[own, ["estimate", "std_error", "conf_low", "conf_high", "p_value"]] = math.nan
    estimates.loc[own, "suppressed"] = True
    row = answered(estimates).loc["safety"]
    assert row["verdict"] == "suppressed" and not row["harm"]


def test_an_entry_without_answer_is_refused():
    rows = headlines().reset_index()
    answers = made.trial()["tables"]["answers"].query("entry != 'safety'")
    with pytest.raises(ReportError, match="no answer of entry safety"):
        with_answers(rows, answers)


def test_an_estimate_of_too_few_persons_is_refused():
    estimates = made.trial_estimates()
    estimates.loc[estimates["id"] == "safety", "n_persons"] = 7
    with pytest.raises(DisclosureError, match="fewer than 8"):
        headlines(estimates)


def test_trajectories_get_the_contrast_of_every_wave():
    row = headlines().reset_index().to_dict("records")[0]
    inputs = trajectory_inputs(row, made.trial_estimates(), made.trial_fits()["learning"], EN)
    assert sorted(inputs.differences["wave"]) == [1, 2]
    assert inputs.measure.limits == (1, 5)
    assert inputs.message.startswith("Learning potential of the workplace: effect 0.31 scale points")


def test_trajectories_get_differences_of_changes_too():
    row = headlines().reset_index().to_dict("records")[0]
    estimates = made.trial_estimates().assign(from_wave=0.0)
    inputs = trajectory_inputs(row, estimates, made.trial_fits()["learning"], EN)
    assert sorted(inputs.differences["wave"]) == [1, 2]


@pytest.mark.parametrize(
    ("contrast", "shown"),
    [
        (Contrast("intervention", "control", 1), "interventiegroep − controlegroep, tussenmeting"),
        (Contrast(wave=2, from_wave=0), "nameting − voormeting"),
        (Contrast(per="wave"), "per meting"),
        (Contrast(per="years"), "per eenheid van ‘Jaren in de jeugdzorg’"),
        (Contrast(per="burnout"), "per eenheid van ‘Burn-outklachten’"),
        (Contrast("intervention", "control"), "interventiegroep − controlegroep"),
        (Contrast(exposure="1"), "1 meting na de start"),
        (Contrast(exposure="3"), "3 metingen na de start"),
        (
            Contrast("intervention", "control", 2, from_wave=0),
            "interventiegroep − controlegroep, nameting − voormeting",
        ),
    ],
)
def test_contrasts_in_words_of_the_design(contrast, shown):
    labels = Labels(made.trial_study(), made.trial_scales(), Words("nl"))
    assert labels.contrast(contrast) == shown


def test_what_an_association_is_per_stands_once_in_its_name():
    labels = Labels(made.trial_study(), made.trial_scales(), Words("en"))
    row = {"noun": "association", "arm": "", "contrast": "per unit of 'years'", "label": "learning"}
    assert with_slope("Learning†", row, labels).count(row["contrast"]) == 1
    told = {**row, "label": f"learning ({row['contrast']})"}
    assert with_slope("Learning (per unit of 'years')†", told, labels) == "Learning (per unit of 'years')†"
    assert with_slope("Learning", {**row, "noun": "effect"}, labels) == "Learning"
