"""The curve of choices: points in order, the plan's own marked, what failed as crosses, the same in both languages."""

import numpy as np
import pytest
from curve_points import curve_points
from matplotlib.colors import to_hex

from dww_analysis.figures import draw_curve
from dww_analysis.figures.curve import OTHER, PLANNED
from dww_analysis.language.labels import Labels


@pytest.fixture
def labels(made, words):
    return Labels(made.trial_study(), made.trial_scales(), words)


def drawn(labels, **changes):
    points = curve_points(**changes)
    return draw_curve(points, "learning potential", labels=labels, name="curve-learning", subject="learning")


def marks(axes, mark):
    return [line for line in axes.lines if line.get_marker() == mark]


def test_points_stand_in_order_and_the_planned_one_is_marked(labels):
    axes = drawn(labels).figure.axes[0]
    (own,) = marks(axes, "s")
    others = marks(axes, "o")
    assert to_hex(own.get_color()) == PLANNED and {to_hex(o.get_color()) for o in others} == {OTHER}
    points = sorted([own, *others], key=lambda m: m.get_xdata()[0])
    heights = [p.get_ydata()[0] for p in points]
    assert heights == sorted(heights) and len(heights) == 4


@pytest.mark.parametrize("times", [1.0, 0.03, 0.003])
def test_ticks_of_small_estimates_differ(labels, times):
    points = curve_points()
    numbers = ["estimate", "conf_low", "conf_high"]
    points[numbers] *= times
    figure = draw_curve(points, "learning potential", labels=labels, name="c", subject="learning").figure
    figure.canvas.draw()
    ticks = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert len(ticks) == len(set(ticks)) > 2


def test_units_stand_beside_on_the_same_axis(labels):
    curve, beside, _ = drawn(labels).figure.axes
    assert len(marks(beside, "o")) == 3 and curve.get_ylim() == beside.get_ylim()


def test_the_dashboard_says_which_choices_each_point_made(labels):
    below = drawn(labels).figure.axes[-1]
    said = {t.get_text() for t in below.texts}
    w = labels.words
    assert any(w("curve.option.careless.drop") in s.replace("\n", " ") for s in said) and len(said) == 4
    taken = [c for c in below.collections if to_hex(c.get_color()[0]) != PLANNED]
    assert sum(len(c.get_segments()) for c in taken) == 4 * 2


def test_what_failed_is_a_cross_and_what_is_hidden_is_counted(labels):
    drawing = drawn(labels, failed=[3], hidden=[2])
    axes = drawing.figure.axes[0]
    assert len(marks(axes, "x")) == 1 and len(marks(axes, "o")) + len(marks(axes, "s")) == 2
    w = labels.words
    assert (
        w.many("figure.curve.failures", 1) in drawing.caption and w.many("curve.hidden", 1) in drawing.caption
    )
    assert 2 not in set(drawing.data["point"])


def test_units_that_failed_or_are_hidden_are_not_counted_as_combinations(labels):
    caption = drawn(labels, failed=[5], hidden=[6, 7]).caption
    w = labels.words
    assert w.many("figure.curve.failures_units", 1) in caption and w.many("curve.hidden_units", 2) in caption
    assert w.many("figure.curve.failures", 1) not in caption and w.many("curve.hidden", 2) not in caption
    alone = drawn(labels, only_units=True, hidden=[6]).caption
    assert alone == w.many("curve.hidden_units", 1)


def test_a_combination_that_failed_gave_no_estimate(labels):
    drawing = drawn(labels, failed=[3])
    assert "3 combin" in drawing.title and "3 combin" in drawing.alt


def test_without_the_plans_own_point_nothing_is_drawn(labels):
    assert drawn(labels, failed=[1]) is None


def test_the_words_tell_the_finding(labels):
    drawing = drawn(labels)
    low, high = (labels.words.number(v, 2) for v in (0.1, 0.4))
    assert low in drawing.title and high in drawing.title and low in drawing.alt
    assert len(drawing.long_description.split("\n")) == 2 + 4
    assert drawing.narrow is not None and drawing.png()[:4] == b"\x89PNG"


def test_units_alone_are_a_figure_too(labels):
    drawing = drawn(labels, only_units=True)
    assert len(drawing.figure.axes) == 2 and np.isfinite(drawing.data["estimate"]).all()
    assert labels.words.level_name("team").lower() in drawing.title.lower()
    assert "combin" not in drawing.long_description and drawing.alt.startswith(("As planned", "Volgens plan"))
