"""The design as a grid, and invented trials: what is drawn, what it says, and that nothing lies over something else."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.design import design_rows
from dww_analysis.domain.study import Wave
from dww_analysis.effects.trial_bins import bin_rows, bin_table
from dww_analysis.figures import draw_design, draw_trials
from dww_analysis.figures.drawing import style
from dww_analysis.figures.trials import TriedEffect, TriedOutcome
from dww_analysis.language import Labels, Words

LONG = "Ervaren mogelijkheden om samen met anderen zelf te bepalen wat iemand leert"


@pytest.fixture
def labels(trial, words):
    return Labels(trial["study"], trial["scales"], words)


def wedge(trial, waves=7, transition=1):
    """A stepped wedge of 14 units that start in four steps, and 3 that never do."""
    named = tuple(
        Wave(i, {"nl": f"meting {i}", "en": f"wave {i}"}, f"2025-{1 + i:02d}-15") for i in range(waves)
    )
    allocation = replace(trial["study"].allocation, transition_waves=transition)
    study = replace(trial["study"], design="stepped_wedge", waves=named, allocation=allocation)
    units = [{"unit": f"T{i}", "start": [1, 2, 3, 4, None][i % 5]} for i in range(17)]
    return study, pd.DataFrame(design_rows(study, units))


def parallel(trial):
    study = trial["study"]
    units = [{"unit": f"T{i}", "arm": study.arms[i % 2].id} for i in range(9)]
    return study, pd.DataFrame(design_rows(study, units))


def texts_apart(figure):
    """Whether no text lies over another one or over the edge of the figure."""
    with style():
        figure.draw_without_rendering()
        drawn = [*figure.texts, *(t for a in figure.axes for t in (*a.texts, a.title, a._left_title))]
        boxes = [t.get_window_extent() for t in drawn if t.get_text()]
    edge = figure.bbox
    inside = all(b.x0 >= -1 and b.x1 <= edge.x1 + 1 and b.y0 >= -1 and b.y1 <= edge.y1 + 1 for b in boxes)
    return inside and not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("language", "one", "more"), [("nl", "1 van de 3 teams begon bij", "2 van de 3 teams begonnen bij"),
                                  ("en", "1 of 3 teams started at", "2 of 3 teams started at")],
)  # fmt: skip
def test_the_title_counts_who_started_as_it_is_said(trial, language, one, more):
    study, _ = wedge(trial)
    for starts, said in (([2, None, None], one), ([2, 2, None], more)):
        units = [{"unit": f"T{i}", "start": start} for i, start in enumerate(starts)]
        design = pd.DataFrame(design_rows(study, units))
        assert draw_design(design, labels=Labels(study, [], Words(language))).title.startswith(said)


def test_a_stepped_wedge_has_a_row_for_each_sequence_and_names_no_unit(trial, words):
    study, design = wedge(trial)
    drawing = draw_design(design, labels=Labels(study, [], words))
    rows = drawing.data.drop_duplicates("sequence")
    assert rows["sequence"].tolist() == ["1", "2", "3", "4", "never"]
    assert rows["units"].tolist() == [4, 4, 3, 3, 3]
    told = design.drop_duplicates(["sequence", "wave"]).set_index(["sequence", "wave"])["condition"]
    assert all(told[r.sequence, r.wave] == r.condition for r in drawing.data.itertuples())
    assert not any(f"T{i}" in drawing.svg() for i in range(17)), "no unit stands there"
    assert len(drawing.long_description.split("\n")) == 5
    assert "14" in drawing.title and "~" in drawing.caption and drawing.title in drawing.alt


def test_arms_of_a_parallel_trial_are_rows_and_have_no_transition(trial, words):
    study, design = parallel(trial)
    drawing = draw_design(design, labels=Labels(study, [], words))
    assert drawing.data.drop_duplicates("sequence")["units"].tolist() == [4, 5]
    assert words.quoted(words.say(study.arms[1].label)) in drawing.title
    assert "~" not in drawing.caption


def test_conditions_differ_in_sign_and_ground_not_in_colour_alone(trial, words):
    study, design = wedge(trial)
    axes = draw_design(design, labels=Labels(study, [], words)).figure.axes[0]
    signs = {t.get_text().split("\n")[0] for t in axes.texts} & {"0", "~", "1"}
    assert signs == {"0", "~", "1"}
    assert len({p.get_facecolor() for p in axes.patches}) == 3
    assert axes.lines, "a transition is hatched"


@pytest.mark.parametrize("of", [wedge, parallel])
def test_no_text_of_the_grid_lies_over_another(trial, words, of):
    study, design = of(trial)
    drawing = draw_design(design, labels=Labels(study, [], words))
    assert texts_apart(drawing.figure) and texts_apart(drawing.narrow)


def test_nothing_is_drawn_where_nobody_was_allocated(labels, trial):
    assert draw_design(parallel(trial)[1].iloc[:0], labels=labels) is None


def tried(effect, is_sesoi=False, sd=0.12):
    own = np.random.default_rng(3).normal(0, sd, 400)
    found = np.abs(own + effect) > 0.24
    rows = bin_table(bin_rows(own, {(effect, is_sesoi): found}, {"entry": "e"}))
    return TriedEffect(effect, is_sesoi, float(found.mean()), 0.011, 400, rows)


def outcomes(n=3, label="leren"):
    return [TriedOutcome(label, "punten", 2, [tried(0.0), tried(0.15, True)]) for _ in range(n)]


def test_the_title_says_how_often_a_test_goes_wrong_and_finds_what_matters(labels, words):
    drawing = draw_trials(outcomes(1), labels=labels)
    none, wanted = (tried(e, bool(e)).rejected for e in (0.0, 0.15))
    assert words.percent(none) in drawing.title and words.percent(wanted) in drawing.title
    assert f"{words.percent(none, 1)} (± {words.number(1.1, 1)})" in drawing.svg()
    assert drawing.data["trials"].sum() == 800 and len(drawing.long_description.split("\n")) == 2


def test_what_the_test_found_is_drawn_dark_within_all_trials(labels):
    top, below = draw_trials(outcomes(1), labels=labels).figure.axes
    for axes in (top, below):
        trials, found = (patch.get_data().values for patch in axes.patches)
        assert (found <= trials).all() and found.sum() > 0
    assert top.get_xlim() == below.get_xlim()


@pytest.mark.parametrize("label", ["leren", LONG])
def test_no_text_of_the_trials_lies_over_another(labels, label):
    drawing = draw_trials(outcomes(4, label), labels=labels)
    assert texts_apart(drawing.figure) and texts_apart(drawing.narrow)


def test_no_trials_no_figure(labels):
    assert draw_trials([TriedOutcome("x", "y", 2, [])], labels=labels) is None
