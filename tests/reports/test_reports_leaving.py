"""Leaving on the page: ratio and difference together, in both languages, and nothing where a number is hidden."""

import dataclasses
import math

import invented_reports as made
import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.records import LEAVING, LEFT, leaving_outcomes
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.citations import Citations
from dww_analysis.reports.headlines import WAYS
from dww_analysis.reports.sections.answers import both_ways
from dww_analysis.reports.sections.invariance import Comparability
from dww_analysis.reports.sections.leaving import leaving_blocks
from dww_analysis.reports.sections.methods import OF_ANSWERS, REFERENCES, _model
from dww_analysis.reports.sections.results import estimate_tables

SHARED = {"entry": "leave", "arm": "intervention", "reference": "control", "conf_level": 0.95}
HAZARD = {**SHARED, "summary": "hazard_ratio", "kind": "time_to_event",
          "estimate": math.log(0.5), "conf_low": math.log(0.25), "conf_high": 0.0}  # fmt: skip
RISK = {**SHARED, "summary": "risk_difference", "kind": "time_to_event",
        "estimate": -0.063, "conf_low": -0.2164, "conf_high": 0.0914}  # fmt: skip
ARMS = [
    {"arm": "control", "n": 90, "units": 8, "estimate": 0.3, "conf_low": 0.2, "conf_high": 0.4},
    {"arm": "intervention", "n": 80, "units": 8, "estimate": 0.2375, "conf_low": 0.0, "conf_high": 0.34},
]
FIT = {"risks": {"arms": ARMS, "n_smallest": 20, "first": "2025-07", "last": "2026-06"}}
ENTRY = PlanEntry("leave", LEAVING, "main", "primary", {"nl": "?", "en": "?"}, "", "planned")


def labels_in(language):
    return Labels(
        made.trial_study(), [*made.trial_scales(), leaving_outcomes(["main"])[LEAVING]], Words(language)
    )


def blocks(*rows, fit=FIT, language="en"):
    plan = dataclasses.replace(made.trial_plan(), entries=(ENTRY,))
    return leaving_blocks(pd.DataFrame(rows), {"leave": fit}, plan, labels_in(language))


@pytest.mark.parametrize(
    ("language", "heading", "ratio", "points"),
    [
        ("en", "Leaving the employer: ratio and difference", "0.50 times", "−6.3 percentage points"),
        ("nl", "Vertrek bij de werkgever: verhouding en verschil", "0,50 keer", "−6,3 procentpunten"),
    ],
)
def test_ratio_and_difference_stand_together(language, heading, ratio, points):
    (found,) = blocks(HAZARD, RISK, language=language)
    assert found.heading == heading
    assert ratio in found.sentences[0] and points in found.sentences[1]
    words = Words(language)
    shown = [[cell.shown(words) for cell in row] for row in found.tables[0].rows]
    assert len(shown) == 2 and shown[0][1] == "8" and "30" in shown[0][2]


def test_without_a_model_the_difference_stands_alone():
    (found,) = blocks(RISK)
    assert len(found.sentences) == 1 and "percentage points" in found.sentences[0]
    assert found.heading == "Leaving the employer: difference"


@pytest.mark.parametrize(
    ("df_method", "estimate", "said"), [("exact", 0.0, True), ("exact", -1.0, False), ("units", 0.0, False)]
)
def test_that_nobody_left_is_said(df_method, estimate, said):
    numbers = {f"{way}_estimate": math.nan for way in WAYS}
    row = {**RISK, **numbers, "outcome": LEAVING, "df_method": df_method, "estimate": estimate}
    found = both_ways(row, Words("en"))
    assert ("Nobody left, in either group." in found) == said
    assert "no ratio of chances, because too few people left" in found[-1]


@pytest.mark.parametrize("hidden", [0, 1])
def test_nothing_where_a_number_is_hidden(hidden):
    rows = [dict(HAZARD), dict(RISK)]
    rows[hidden]["estimate"] = np.nan
    assert blocks(*rows) == []


def test_nothing_of_a_group_that_is_too_small():
    assert blocks(HAZARD, RISK, fit={"risks": {**FIT["risks"], "n_smallest": 7}}) == []


def test_rows_are_called_by_what_they_are():
    labels = labels_in("en")
    assert labels.unit(LEAVING, ENTRY, HAZARD) == "log hazard"
    assert labels.unit(LEAVING, ENTRY, RISK) == "as a share"
    assert labels.direction(LEAVING) == "lower is better"


LEFT_ENTRY = dataclasses.replace(ENTRY, id="gone", outcome=LEFT)
OF_MODEL = {"formula": "score ~ a + (1 | team)", "estimation": "maximum likelihood, Laplace"}


def labels_with_left(language):
    offered = leaving_outcomes(["main"]).values()
    return Labels(made.trial_study(), [*made.trial_scales(), *offered], Words(language))


def test_records_are_no_scale_that_could_measure_otherwise():
    known = Comparability(pd.DataFrame(columns=["sample", "scale", "over", "wave"]), labels_with_left("en"))
    contrast = Contrast("intervention", "control", 1)
    assert known.doubts("main", LEFT, contrast) == []
    assert known.doubts("main", "learning", contrast) != []


@pytest.mark.parametrize("language", ["nl", "en"])
def test_who_left_is_told_by_records_and_not_as_answers_are(language):
    labels = labels_with_left(language)
    plan = dataclasses.replace(made.trial_plan(), entries=(LEFT_ENTRY,))
    fits = {"gone": {**OF_MODEL, "methods": ["without_baseline", "persons_once"]}}
    said = " ".join(_model(fits, plan, labels, Citations(REFERENCES)).sentences)
    name = labels.outcome(LEFT)
    for key in ("left", "estimation_laplace"):
        assert labels.words(f"methods.{key}", labels=name) in said
    for key in OF_ANSWERS:
        assert labels.words(f"methods.{key}", labels=name) not in said


def test_likelihood_is_told_of_the_outcomes_that_it_was_used_for():
    """A study of counts alone read that its yes/no outcomes were estimated so."""
    entries = made.trial_plan().entries[:2]
    plan = dataclasses.replace(made.trial_plan(), entries=entries)
    fits = {entries[0].id: OF_MODEL, entries[1].id: {**OF_MODEL, "estimation": "REML"}}
    labels = labels_with_left("en")
    said = " ".join(_model(fits, plan, labels, Citations(REFERENCES)).sentences)
    assert f"Laplace approximation for {labels.outcome(entries[0].outcome)}." in said


def test_months_of_records_are_no_answers_in_the_caption_of_estimates():
    study = made.trial()
    estimates = study["tables"]["estimates"]
    one = estimates[estimates["entry"] == "learning"].assign(entry="leave", outcome=LEAVING, n_obs=1972)
    entry = dataclasses.replace(
        next(e for e in study["plan"].entries if e.id == "learning"), id="leave", outcome=LEAVING
    )
    plan = dataclasses.replace(study["plan"], entries=(*study["plan"].entries, entry))
    both = estimate_tables(pd.concat([estimates, one]), plan, labels_in("en"), {})[0]
    assert "answers" in both.caption and "1972" not in both.caption and "1 972" not in both.caption
    alone = estimate_tables(one, dataclasses.replace(plan, entries=(entry,)), labels_in("en"), {})[0]
    assert "answers" not in alone.caption and "persons" in alone.caption
