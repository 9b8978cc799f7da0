"""The invariance ladder as steps, and the items of a scale: what is drawn, what is said, what is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
import invented_checks as checks
from invented_reports import trial_study

from dww_analysis.domain.study import Wave
from dww_analysis.figures import draw_items, draw_ladder
from dww_analysis.language.labels import Labels
from dww_analysis.language.measure import Measure
from dww_analysis.reports import Words

NL, EN = Words("nl"), Words("en")
STUDY = trial_study(
    waves=[Wave(i, {"nl": w, "en": w}, "2025-03-15") for i, w in enumerate(("baseline", "final"))]
)


def ladder(scale="engagement", words=EN, verdicts=None, steps=None):
    verdicts = checks.invariance() if verdicts is None else verdicts
    rows = verdicts[(verdicts["scale"] == scale) & (verdicts["over"] == "arms") & (verdicts["wave"] == 2)]
    steps = checks.steps() if steps is None else steps
    return draw_ladder(
        steps[steps["scale"] == scale], rows, Measure(scale, "work engagement", (0, 6)),
        ladder_name=lambda sample, over, wave: f"{over} {wave}", words=words,
    )  # fmt: skip


def items(n=(250, 250), rest=(0.5, -0.1)):
    rows = [
        {"sample": "main", "wave": w, "item": f"q{k}", "n": n[k], "mean": 3.2 + 0.1 * w, "item_rest": rest[k],
         "floor_share": 0.05, "ceiling_share": 0.2}
        for w in (0, 1) for k in range(len(n))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def drawn_items(frame, words=EN):
    measure = Measure("safety", "psychological safety", (1, 7))
    return draw_items(frame, measure, labels=Labels(STUDY, (), words), name="items_safety")


def test_a_ladder_tells_where_it_stopped():
    drawing = ladder()
    state = drawing.data.set_index("level")["state"]
    assert state.to_dict() == {
        "configural": "accepted", "metric": "accepted", "scalar": "rejected", "strict": "not reached",
    }  # fmt: skip
    assert drawing.title == "Work engagement: on 1 of the 1 ladders means cannot be compared"
    assert "Arms 2 (200 persons): metric." in drawing.long_description
    assert "−0.021" in drawing.svg() and "+0.001" in drawing.svg()


def test_partial_invariance_is_a_step_of_its_own_kind():
    drawing = ladder("learning")
    assert drawing.data.set_index("level")["state"]["scalar"] == "partial"
    assert "means can be compared" in drawing.title


def test_a_ladder_that_was_not_climbed_or_is_hidden_is_not_drawn():
    assert ladder("burnout") is None
    assert ladder(verdicts=checks.invariance().assign(verdict="")) is None


def test_means_and_correlations_of_items():
    drawing = drawn_items(items())
    assert drawing.title == "Psychological safety: lowest correlation −0.10 (q1, baseline)"
    assert len(drawing.data) == 4
    assert "q0, final: mean 3.30, item-rest 0.50, lowest answer 5%, highest answer 20%." in (
        drawing.long_description.split("\n")
    )


def test_items_of_few_persons_are_left_out():
    frame = items(n=(250, 250, 7), rest=(0.5, 0.4, 0.9))
    drawing = drawn_items(frame)
    assert set(drawing.data["item"]) == {"q0", "q1"}
    assert "q2" not in drawing.svg()
    assert drawn_items(items(n=(250, 7))) is None


@pytest.mark.parametrize("make", [lambda w: ladder(words=w), lambda w: drawn_items(items(), w)])
def test_the_same_bytes_and_the_language_of_the_reader(make):
    assert make(NL).svg() == make(NL).svg()
    assert make(NL).png() == make(NL).png()
    assert make(NL).title != make(EN).title


def test_the_marks_of_the_waves_stand_below_the_title_of_the_framed_picture():
    """They were drawn across it: what belongs to the figure itself did not move when it got a head."""
    drawing = drawn_items(items())
    with drawing._shown(framed=True):
        figure = drawing.figure
        figure.draw_without_rendering()
        assert not figure.legends
        marks = figure.axes[0].get_legend().get_window_extent()
        heads = [
            t.get_window_extent()
            for t in figure.texts
            if t.get_text()[:9] in drawing.title + drawing.subtitle
        ]
        assert len(heads) == 2 and all(head.y0 >= marks.y1 for head in heads)
        assert marks.y0 >= figure.axes[0].get_window_extent().y1 - 1


def test_a_record_says_how_much_of_the_framed_picture_its_frame_is():
    drawing = drawn_items(items())
    record, height = drawing.record(), drawing.figure.get_size_inches()[1]
    with drawing._shown(framed=True):
        total = drawing.figure.get_size_inches()[1]
    assert 1 - record["head"] - record["foot"] == pytest.approx(height / total, abs=1e-4)
