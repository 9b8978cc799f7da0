"""Weighted groups and likeness of answers on the page: numbers in the reader's words, hidden ones hidden."""

import invented_reports as made
import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.analyses import LARGE_FIT
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.correlations import correlations_table
from dww_analysis.reports.sections.weighting import weighting_blocks

PLAN = made.trial_plan()
ENTRY = PLAN.entries[0]


def labels(language: str) -> Labels:
    return Labels(made.trial_study(), made.trial_scales(), Words(language))


HEADLINES = pd.DataFrame(
    [{"entry": ENTRY.id, "outcome": ENTRY.outcome, "label": "outcome", "unverified": False}]
)
NOTHING = dict.fromkeys(
    (
        "smd_before",
        "smd_after",
        "n_units",
        "units_left_out",
        "effective_units",
        "support_low",
        "support_high",
        "e_value",
        "e_value_limit",
    ),
    np.nan,
)


def weighting(**changes) -> pd.DataFrame:
    arm = made.trial_study().treated_arm
    rows = [
        {"part": "covariate", "name": "team_size", "smd_before": 0.76, "smd_after": 1e-15},
        {
            "part": "group",
            "name": arm,
            "n_units": 12,
            "units_left_out": 3,
            "effective_units": 9.44,
            "support_low": 0.11,
            "support_high": 0.93,
        },
        {"part": "answer", "name": "overlap weights", "e_value": 2.53, "e_value_limit": 1.42},
        {"part": "answer", "name": "overlap weights and covariates", "e_value": 2.6, "e_value_limit": 1.5},
    ]
    return pd.DataFrame([{**NOTHING, "entry": ENTRY.id, "suppressed": False, **r, **changes} for r in rows])


def shown(table) -> list[list[str]]:
    return [[str(c.value) for c in row] for row in table.rows]


def test_balance_groups_and_what_would_explain_it_away():
    (block,) = weighting_blocks(weighting(), HEADLINES, labels("en"))
    assert block.points == ("Outcome: E-value 2.53, and 1.42 for the end of the interval nearest zero.",)
    balance, groups = block.tables
    assert shown(balance)[0][1:] == ["persons of the team who answered at the first wave", "0.76", "1e-15"]
    assert [c.decimals for c in balance.rows[0]][2:] == [2, 2]
    assert shown(groups)[0][2:5] == ["12.0", "3.0", "9.44"]
    assert any("without answers at one of the two waves" in note for note in groups.notes)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_hidden_numbers_stay_hidden(language):
    (block,) = weighting_blocks(weighting(suppressed=True), HEADLINES, labels(language))
    assert block.points == ()
    assert not {"0.76", "9.44"} & {t for table in block.tables for row in shown(table) for t in row}
    why = labels(language).words("table.suppressed_note", minimum=made.trial_study().min_cell_size)
    assert all(why in table.notes for table in block.tables)


@pytest.mark.parametrize(("n_units", "said"), [(9, True), (10, False)])
def test_with_few_units_balance_in_more_than_one_thing_cannot_be_had(n_units, said):
    (block,) = weighting_blocks(weighting(n_units=n_units), HEADLINES, labels("en"))
    assert any("made alike in one thing at most" in s for s in block.sentences) == said


def test_nothing_weighed_says_nothing():
    assert weighting_blocks(None, HEADLINES, labels("en")) == []
    assert weighting_blocks(pd.DataFrame(), HEADLINES, labels("en")) == []


@pytest.mark.parametrize(("language", "said"), [("nl", "bij dezelfde meting"), ("en", "at the same wave")])
def test_likeness_of_answers_has_an_interval(language, said):
    rows = pd.DataFrame(
        [
            {
                "entry": ENTRY.id,
                "quantity": "within_wave",
                "unit": "team",
                "estimate": 0.205,
                "conf_low": 0.09,
                "conf_high": 0.34,
            }
        ]
    )
    table = correlations_table(rows.assign(suppressed=False), PLAN, labels(language))
    assert said in shown(table)[0][1] and shown(table)[0][2] == "0.205"
    assert table.rows[0][2].also == (0.09, 0.34)
    hidden = correlations_table(rows.assign(suppressed=True), PLAN, labels(language))
    assert "0.205" not in shown(hidden)[0]
    assert correlations_table(rows.head(0), PLAN, labels(language)) is None
    of = {
        n: correlations_table(rows, PLAN, labels(language), {ENTRY.id: {"n_obs": n}})
        for n in (LARGE_FIT, LARGE_FIT + 1)
    }
    assert len(of[LARGE_FIT].notes) == 1 and "MIVQUE" in of[LARGE_FIT + 1].notes[1]
