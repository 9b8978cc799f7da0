"""An estimate beside the same estimate by other ways: what is drawn, what is left out, and that text has its place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dww_analysis.domain.analyses import ODDS_OF_LEAVING
from dww_analysis.figures import draw_strip
from dww_analysis.language import Labels, Words
from dww_analysis.reports import headline_rows
from dww_analysis.reports.render.svg import COLOURS

HIDDEN = {"estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan}


def row(analysis, estimate, half=0.2, **changes):
    own = {
        "analysis": analysis,
        "estimate": estimate,
        "conf_low": estimate - half,
        "conf_high": estimate + half,
    }
    return own | changes


OTHERS = [
    row("CR2 by team", 0.341), row("permutation of teams", 0.302, conf_low=np.nan, conf_high=np.nan),
    row("baseline members only", 0.27), row(ODDS_OF_LEAVING, 9.9), row("without careless answers", np.nan),
]  # fmt: skip


@pytest.fixture
def headline(trial, words):
    tables = trial["tables"]
    return (
        headline_rows(tables["estimates"], trial["study"], trial["plan"], trial["scales"], words)
        .iloc[0]
        .to_dict()
    )


@pytest.fixture
def labels(trial, words):
    return Labels(trial["study"], trial["scales"], words)


def test_the_strip_has_the_planned_estimate_and_what_can_be_laid_beside_it(headline, labels):
    drawing = draw_strip(headline, OTHERS, labels=labels)
    assert list(drawing.data["analysis"]) == [
        "",
        "CR2 by team",
        "permutation of teams",
        "baseline members only",
    ]
    assert drawing.data["estimate"].tolist() == pytest.approx([headline["estimate"], 0.341, 0.302, 0.27])
    assert (
        set(drawing.data["entry"]) == {headline["entry"]}
        and drawing.name == f"sensitivity_{headline['entry']}"
    )
    words, lines = labels.words, drawing.long_description.split("\n")
    assert words.number(0.27) in drawing.title and words.number(0.34) in drawing.title
    assert len(lines) == 4 and words("sensitivity.main").lower() in lines[0].lower()
    assert lines[2].endswith({"nl": "zonder interval.", "en": "without an interval."}[words.language])
    assert drawing.png(dpi=50) == draw_strip(headline, OTHERS, labels=labels).png(dpi=50)


def test_every_colour_is_one_that_a_dark_page_changes(headline, labels):
    svg = draw_strip(headline, OTHERS, labels=labels).svg(framed=False)
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(COLOURS)


def test_without_another_analysis_or_an_estimate_there_is_no_strip(headline, labels):
    assert draw_strip(headline, OTHERS[3:], labels=labels) is None
    assert draw_strip(headline | HIDDEN, OTHERS, labels=labels) is None


def test_analyses_that_all_give_the_same_say_so(headline, labels):
    title = draw_strip(
        headline, [row("CR2 by team", 0.3), row("baseline members only", 0.3)], labels=labels
    ).title
    assert title.count(labels.words.number(0.3)) == 1


@pytest.mark.parametrize("part", ["figure", "narrow"])
def test_no_text_leaves_the_figure_or_runs_into_the_axis(headline, labels, part):
    drawing = draw_strip(headline, [row(o["analysis"], -34.5, 12.0) for o in OTHERS[:3]], labels=labels)
    figure = getattr(drawing, part)
    renderer = figure.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.texts]
    axis = figure.axes[0].get_window_extent(renderer)
    wide, high = figure.canvas.get_width_height()
    assert all(b.x0 >= 0 and b.x1 <= wide and b.y0 >= 0 and b.y1 <= high for b in boxes)
    if part == "figure":
        assert all(b.x1 <= axis.x0 or b.x0 >= axis.x1 for b in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    names = {Words(labels.words.language)("sensitivity.main")}
    assert names <= {t.get_text().lower() for t in figure.texts}
