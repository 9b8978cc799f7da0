"""The plan on the page: where it is registered, what is asked and why, and what is done about events."""

import math
from dataclasses import replace
from typing import get_args

import invented_reports as made
import pandas as pd
import pytest

from dww_analysis.domain.outcomes import Summary
from dww_analysis.domain.plan import Registration
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.planned import estimand, planned_block, planned_table

PLAN = made.trial_plan()
LABELS = Labels(made.trial_study(), made.trial_scales(), Words("en"))
EVENTS = {
    "left": {"nl": "wie vertrekt telt niet meer mee", "en": "whoever leaves no longer counts"},
    "merger": {"nl": "bij fusie telt het oude team", "en": "after a merger the old team counts"},
}


def texts(plan, labels=LABELS):
    return [[str(cell.value) for cell in row] for row in planned_table(plan, labels).rows]


def test_every_question_is_asked_with_its_reason():
    table = planned_table(PLAN, LABELS)
    assert table.columns == ("Outcome", "Question", "Why it is asked")
    found = [row[1:] for row in texts(PLAN)]
    assert found == [[LABELS.words.say(e.question), "because"] for e in PLAN.entries]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "wie vertrekt telt niet meer mee; bij fusie telt het oude team"),
        ("en", "whoever leaves no longer counts; after a merger the old team counts"),
    ],
)
def test_what_is_done_about_events_is_said(language, said):
    first, *others = PLAN.entries
    plan = replace(PLAN, entries=(replace(first, events=EVENTS), *others))
    labels = Labels(made.trial_study(), made.trial_scales(), Words(language))
    assert [row[-1] for row in texts(plan, labels)] == [said, *["–"] * len(others)]


def test_the_registration_is_said_where_there_is_one():
    assert planned_block(PLAN, LABELS).sentences == ()
    plan = replace(PLAN, registered_at=Registration("OSF", "abc12", "2025-01-03"))
    (said,) = planned_block(plan, LABELS).sentences
    assert said.startswith("The plan is registered: OSF, abc12,") and "2025" in said


def test_the_plan_is_on_the_page(trial_html):
    assert "What is asked of each outcome" in trial_html and "Do professionals see more chances" in trial_html
    assert "Wat van elke uitkomst wordt gevraagd" in trial_html


ROW = {
    "entry": PLAN.entries[0].id,
    "primary": True,
    "standardised": False,
    "summary": "mean_difference",
    "df_method": "kenward-roger",
    "term": "x",
    "arm": LABELS.study.arms[1].id,
    "reference": LABELS.study.arms[0].id,
    "wave": LABELS.study.waves[-1].number,
    "from_wave": math.nan,
    "exposure": "",
    "per": "",
}
SHARES = {"summary": "risk_difference", "df_method": "units"}
EACH_ONCE = "everyone who answered a wave; every team counts once; groups as allocated"


@pytest.mark.parametrize(
    ("row", "entry", "compared", "of"),
    [
        ({}, {}, "Difference in mean", "everyone who answered a wave; groups as allocated"),
        (
            {},
            {"population": "baseline_members"},
            "Difference in mean",
            "who answered the first wave; groups as allocated",
        ),
        (SHARES, {}, "Difference in share", EACH_ONCE),
        ({**SHARES, "summary": "risk_ratio"}, {}, "Ratio of shares", EACH_ONCE),
    ],
)
def test_what_is_estimated_is_said_by_its_parts(row, entry, compared, of):
    study = LABELS.study
    between = " / " if row.get("summary") == "risk_ratio" else " − "
    arms = between.join(study.arms[i].label["en"] for i in (1, 0))
    said = estimand(replace(PLAN.entries[0], **entry), {**ROW, **row}, LABELS)
    assert said == f"{compared}: {arms}, {study.waves[-1].label['en']}. {of[0].upper()}{of[1:]}."


def test_every_summary_has_words_in_both_languages():
    for language in ("nl", "en"):
        words = Words(language)
        assert all(words.has(f"planned.what.{summary}") for summary in get_args(Summary))


def test_an_analysis_without_estimate_has_no_such_words():
    rows = pd.DataFrame([ROW])
    table = planned_table(PLAN, LABELS, rows)
    at = table.columns.index("What is estimated")
    cells = [str(row[at].value) for row in table.rows]
    assert cells[0].startswith("Difference in mean") and set(cells[1:]) == {"–"}
