"""The estimate under the sealed plan beside the present one: both with the decimals their intervals allow."""

from __future__ import annotations

import math
from dataclasses import replace

import invented_reports as made
import pandas as pd
import pytest

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.design import deviation_blocks
from dww_analysis.reports.sections.impact import entry_name, impact_table

PLAN = made.trial_plan()
ENTRY = PLAN.entries[0].id


def deviation(**changes):
    numbers = {"estimate": 0.31416, "conf_low": 0.11, "conf_high": 0.52, "p": 0.004}
    found = {f"{name}_{when}": value for name, value in numbers.items() for when in ("sealed", "now")}
    return {"entry": ENTRY, "remark_sealed": "", "kept": "", **found, **changes}


def row_of(found):
    words = Words("en")
    table = impact_table([found], PLAN, Labels(made.trial_study(), made.trial_scales(), words))
    (row,) = table.rows
    return [cell.shown(words) for cell in row[1:]], table.notes


def absent(when):
    return {f"{name}_{when}": math.nan for name in ("estimate", "conf_low", "conf_high", "p")}


def test_both_estimates_have_the_decimals_of_the_wider_interval():
    row, _ = row_of(deviation(conf_low_now=0.30, conf_high_now=0.33))
    assert [row[0], row[1], row[3], row[4]] == ["0.31", "[0.11, 0.52]", "0.31", "[0.30, 0.33]"]


@pytest.mark.parametrize(
    ("gone", "place", "said"), [("sealed", 0, "not in the sealed plan"), ("now", 3, "not estimated now")]
)
def test_where_one_is_absent_the_other_gives_the_decimals(gone, place, said):
    narrow = {"conf_low_sealed": 0.30, "conf_high_sealed": 0.33, "conf_low_now": 0.30, "conf_high_now": 0.33}
    row, notes = row_of(deviation(**narrow | absent(gone)))
    assert row[place : place + 3] == ["–"] * 3 and row[3 - place] == "0.314"
    assert any(said in note for note in notes)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_theory_that_deviates_is_named_and_is_not_computed_again(language):
    words = Words(language)
    table = impact_table([{"entry": "theory"}], PLAN, Labels(made.trial_study(), made.trial_scales(), words))
    name = words("impact.theory_name")
    assert table.rows[0][0].shown(words) == name
    assert table.notes[0] == words("impact.theory", label=words.capital(name))


def test_each_interval_has_the_level_of_its_own_plan():
    words = Words("en")
    found = [
        deviation(what="family.conf_level", old="0.9", new="0.95"),
        deviation(what="entry.wave", old="2"),
    ]
    table = impact_table(found, PLAN, Labels(made.trial_study(), made.trial_scales(), words))
    assert "Sealed: 90% CI" in " ".join(table.columns).replace("\u00a0", "").replace(" %", "%")
    assert "Now: 95% CI" in " ".join(table.columns).replace("\u00a0", "").replace(" %", "%")


def test_deviations_stand_in_the_order_of_the_plan():
    changed = {
        "what": "entry.sesoi",
        "old": "0.1",
        "new": "0.2",
        "when": "2026-01-01",
        "why": "not explained",
    }
    found = pd.DataFrame([deviation(entry=e.id, **changed) for e in reversed(PLAN.entries[:3])])
    words = Words("en")
    labels = Labels(made.trial_study(), made.trial_scales(), words)
    (block,) = deviation_blocks(found, PLAN, labels)
    names = [row[0].shown(words) for row in block.tables[0].rows]
    assert names == [labels.outcome(e.outcome) for e in PLAN.entries[:3]]


def test_analyses_of_one_outcome_are_named_apart():
    first = PLAN.entries[0]
    other = replace(first, id="other", wave=1, average="cluster")
    plan, labels = (
        replace(PLAN, entries=(first, other)),
        Labels(made.trial_study(), made.trial_scales(), Words("en")),
    )
    name = labels.outcome(first.outcome)
    assert entry_name("other", plan, labels) == f"{name} (mid-term, every team counts once)"
    assert entry_name(first.id, plan, labels) == name == entry_name(first.id, PLAN, labels)
