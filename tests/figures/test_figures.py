"""Figures: the message in words, the numbers of the tables, nothing about single persons, and bytes that repeat."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import gaussian_kde

from dww_analysis.analyst.look import style as drawing_style
from dww_analysis.domain.answer import side_of
from dww_analysis.figures import draw_flow, draw_forest, draw_raincloud, draw_trajectories
from dww_analysis.figures.drawing import ARM_STYLES, look_of, name_lines
from dww_analysis.figures.raincloud import density, outline
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.language.measure import Measure, Trajectory

DENSITY = 1e-3  # the trapezoid rule on 81 points
SAME_KERNEL = 1e-6  # two ways to add the same Gaussian kernels


def headlines(made, trial, words):
    from dww_analysis.reports import headline_rows
    from dww_analysis.reports.headlines import with_answers

    rows = headline_rows(trial["tables"]["estimates"], trial["study"], trial["plan"], trial["scales"], words)
    return with_answers(rows, trial["tables"]["answers"])


@pytest.fixture(scope="module")
def drawings(made, trial, words):
    return {d.name: d for d in made.drawings(trial, words.language)}


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def chunks(png: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == int.from_bytes(png[at + 8 + length : at + 12 + length], "big")
        found.append(kind)
        at += 12 + length
    return found


# --- every figure


@pytest.mark.slow
def test_every_kind_is_drawn(drawings):
    assert {d.kind for d in drawings.values()} == {"forest", "flow", "trajectories", "raincloud"}


@pytest.mark.long
def test_bytes_repeat(made, trial, words, drawings):
    rows, study = headlines(made, trial, words), trial["study"]
    again = {
        "forest": draw_forest(rows, words=words),
        "flow": draw_flow(trial["tables"]["flow"], study=study, words=words),
    }
    for name, two in again.items():
        one = drawings[name]
        assert one.svg() == two.svg() == one.svg()
        assert one.svg(framed=False) == two.svg(framed=False)
        assert one.png(dpi=50) == two.png(dpi=50)


def test_no_date_no_software_no_machine(drawings):
    for name in ("forest", "raincloud_learning"):
        svg = drawings[name].svg()
        assert "<dc:date>" not in svg and "Matplotlib" not in svg
        assert not re.search(r"20\d\d-\d\d-\d\d|/home|/tmp|/work", svg)
        assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & set(chunks(drawings[name].png(dpi=50)))


@pytest.mark.parametrize("name", ["forest", "flow"])
def test_a_png_is_sharp_enough_for_print_and_its_paper_is_white(drawings, name):
    drawing = drawings[name]
    with Image.open(io.BytesIO(drawing.png())) as png:
        width, inches = png.width, drawing.figure.get_size_inches()[0]
        pixels = np.asarray(png.convert("RGB"), dtype=int)
        assert png.info["dpi"] == pytest.approx((300, 300), abs=0.01) and width == int(300 * inches)
    assert (pixels == 255).all(axis=2).mean() > 0.5, "paper"
    paper = (pixels.min(axis=2) > 240) & (pixels.min(axis=2) < 255)
    assert paper.mean() < 0.2, "what is all but white is a band that was drawn"
    stored = io.BytesIO()
    with drawing_style(drawing.name + drawing.language):
        drawing.figure.savefig(stored, format="png", dpi=100)
    full = np.asarray(Image.open(stored).convert("RGB"), dtype=int)
    few = np.asarray(Image.open(io.BytesIO(drawing.png(framed=False, dpi=100))).convert("RGB"), dtype=int)
    assert full.shape == few.shape and np.abs(full - few).mean() < 2


def test_each_says_what_it_shows(drawings):
    for d in drawings.values():
        for said in (d.title, d.subtitle, d.caption, d.alt, d.long_description):
            assert len(said) > 10
        assert d.title[0] == d.title[0].upper()
        assert len(d.long_description.split("\n")) >= 3
        assert not d.data.empty


def test_title_and_caption_are_in_the_file_but_not_in_the_page(drawings):
    d = drawings["forest"]
    framed, bare = " ".join(texts(d.svg())), " ".join(texts(d.svg(framed=False)))
    assert d.caption.split()[0] in framed and d.title.split()[0] in framed
    assert d.title.split(":")[0] not in bare


def test_framing_leaves_the_figure_as_it_was(drawings):
    d = drawings["flow"]
    before = d.svg(framed=False)
    d.svg()
    assert d.svg(framed=False) == before


def test_text_stays_text(drawings, words):
    shown = " ".join(texts(drawings["forest"].svg(framed=False)))
    assert ("0,42 [0,12; 0,71]" if words.language == "nl" else "0.42 [0.12, 0.71]") in shown


def test_no_figure_mixes_languages(drawings, words):
    others = {"nl": r"\b(the|and|wave|scale|with)\b", "en": r"\b(de|het|van|meting|schaal)\b"}[words.language]
    for d in drawings.values():
        said = " ".join([*texts(d.svg()), d.alt, d.long_description])
        assert not re.search(others, said), d.name


def test_a_dollar_sign_is_a_dollar_sign(made, trial, words):
    rows = headlines(made, trial, words).assign(label="pay in $ and $x_1$")
    assert any("$x_1$" in t for t in texts(draw_forest(rows, words=words).svg(framed=False)))


def test_colours_are_not_the_only_cue():
    for cue in ("color", "marker", "linestyle"):
        assert len({str(s[cue]) for s in ARM_STYLES}) == len(ARM_STYLES)


# --- forest


def test_forest_keeps_the_order_of_the_plan_with_primary_on_top(made, trial, words):
    rows = headlines(made, trial, words)
    data = draw_forest(rows.iloc[::-1], words=words).data
    assert data["entry"].tolist() == ["burnout", "engagement", "learning", "task", "turnover", "safety"]


def test_forest_counts_good_and_bad(drawings, words):
    title = drawings["forest"].title
    expected = {
        "nl": "1 gunstig, 1 ongunstig en 1 met nul",
        "en": "1 favourable, 1 unfavourable and 1 with zero",
    }
    assert expected[words.language] in title


def test_what_has_no_room_of_a_name_is_an_ellipsis_and_lower_is_better_stays_marked(made, trial, words):
    long = "trouble winding down after work, and being tired before the next day at work has even begun, or worse"
    rows = headlines(made, trial, words).assign(label=long, direction="lower is better")
    lines = texts(draw_forest(rows, words=words).svg(framed=False))
    ends = [line for line in lines if line.endswith(f"…{words('figure.lower_better_sign')}")]
    assert ends and any(line.startswith("Trouble winding down") for line in lines)
    assert name_lines("one two three", 7, 2) == ["one two", "three"]
    assert name_lines("one two three four", 7, 2) == ["one two", "three…"]


def test_forest_uses_sd_units_and_translates_the_smallest_effect(drawings):
    data = drawings["forest"].data.set_index("entry")
    assert set(data["unit"]) == {"SD"}
    assert data.loc["learning", "sesoi"] == pytest.approx(0.20 / 0.74)
    assert np.isnan(data.loc["turnover", "sesoi"])


def test_forest_leaves_other_kinds_of_estimate_out(made, words):
    waves = made.waves_only()
    rows = headlines(made, waves, words)
    rows.loc[1, ["sd_estimate", "sd_std_error", "sd_conf_low", "sd_conf_high"]] = [-0.06, 0.005, -0.07, -0.05]
    drawing = draw_forest(rows, words=words)
    assert drawing.data["entry"].tolist() == ["jobsat_time"]
    assert words.many("figure.forest.absent", 1, n=words.few(1)) in drawing.caption


def test_forest_without_sd_needs_one_unit(made, trial, words):
    rows = headlines(made, trial, words)
    rows[["sd_estimate", "sd_std_error", "sd_conf_low", "sd_conf_high"]] = np.nan
    assert set(draw_forest(rows, words=words).data["unit"]) == set(rows["unit"])
    rows.loc[0, "unit"] = "other"
    assert draw_forest(rows, words=words) is None


@pytest.mark.parametrize(
    ("interval", "direction", "side"),
    [
        ((0.1, 1), "higher is better", "favourable"),
        ((0.1, 1), "lower is better", "unfavourable"),
        ((-1, -0.1), "lower is better", "favourable"),
        ((-1, 1), "higher is better", "unclear"),
        ((0, 1), "neutral", "unclear"),
        ((0.1, 1), "neutral", "higher"),
    ],
)
def test_side_of_zero(interval, direction, side):
    assert side_of(*interval, direction) == side


# --- trajectories


SCORE = Measure("s", "score", (1.0, 5.0), "points")


def trajectories(made, study, words, **changes):
    values = {"means": pd.DataFrame(made.trial_means())} | changes
    return draw_trajectories(Trajectory(SCORE, **values), study=study, words=words, name="t")


def test_trajectories_show_the_whole_scale(made, trial, words):
    axes = trajectories(made, trial["study"], words).figure.axes[0]
    low, high = axes.get_ylim()
    assert low < 1 and high > 5
    assert {1, 5} <= set(axes.get_yticks())


def test_trajectories_name_lines_directly_without_a_legend(made, trial, words):
    drawing = trajectories(made, trial["study"], words)
    assert drawing.figure.axes[0].get_legend() is None
    shown = [t.get_text() for t in drawing.figure.axes[0].texts]
    assert len(shown) == 2 and words.number(3.51) in " ".join(shown)


def test_a_line_has_the_colour_of_its_arm_also_where_the_other_arm_may_not_be_shown(made, trial, words):
    means = pd.DataFrame(made.trial_means())
    own = trajectories(made, trial["study"], words, means=means[means["arm"] == "intervention"])
    lines = own.figure.axes[0].get_lines()
    assert {line.get_color() for line in lines if line.get_marker() not in ("", "None")} == {
        look_of("intervention", trial["study"])["color"]
    }


def test_names_of_lines_that_end_together_do_not_touch(made, trial, words):
    axes = trajectories(
        made, trial["study"], words, means=pd.DataFrame(made.trial_means(rise=0.0))
    ).figure.axes[0]
    heights = sorted(t.get_position()[1] for t in axes.texts)
    assert heights[1] - heights[0] > 0.15


def test_one_line_without_arms_gets_a_close_up(made, words):
    waves = made.waves_only()
    means = pd.DataFrame(waves["fits"]["jobsat_time"]["means"])
    drawing = trajectories(made, waves["study"], words, means=means)
    assert len(drawing.figure.axes) == 2
    assert set(drawing.data["quantity"]) == {"mean"}


@pytest.mark.parametrize(("since", "kind"), [(np.nan, "arms"), (0, "changes")])
def test_differences_of_changes_are_called_so(made, trial, words, since, kind):
    ends = {"estimate": [0.1, 0.2], "conf_low": [-0.1, 0.0], "conf_high": [0.3, 0.4]}
    differences = pd.DataFrame({"wave": [1, 2], "from_wave": since, **ends})
    drawing = trajectories(made, trial["study"], words, differences=differences)
    shown = drawing.figure.axes[1].get_title(loc="left")
    assert shown == words(f"figure.trajectories.difference_{kind}")
    assert words(f"figure.trajectories.caption_right_{kind}") in drawing.caption


def test_means_of_few_persons_are_not_drawn(made, trial, words):
    means = pd.DataFrame(made.trial_means()).assign(n=100)
    means.loc[2, "n"] = 7
    drawing = trajectories(made, trial["study"], words, means=means)
    assert len(drawing.data) == 5
    assert words.many("figure.hidden", 1, minimum=8) in drawing.caption


def test_without_means_there_is_no_figure(made, trial, words):
    assert trajectories(made, trial["study"], words, means=pd.DataFrame([])) is None


# --- raincloud


def raincloud(study, scores, words, **more):
    return draw_raincloud(scores, SCORE, labels=Labels(study, (), words), name="r", **more)


def test_yes_or_no_has_no_raincloud(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0])
    assert raincloud(trial["study"], scores.assign(score=(scores["score"] > 3).astype(float)), words) is None


def test_raincloud_leaves_small_groups_out_and_says_so(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0])
    last = (scores["wave"] == 2) & (scores["arm"] == "control")
    scores = scores.drop(scores.index[last][7:])
    drawing = raincloud(trial["study"], scores, words)
    assert len(drawing.data) == 5
    assert not ((drawing.data["wave"] == 2) & (drawing.data["arm"] == "control")).any()
    assert "24 person" in drawing.caption or "24 personen" in drawing.caption


def test_raincloud_of_small_groups_alone_is_not_drawn(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0]).groupby(["wave", "arm"]).head(7)
    assert raincloud(trial["study"], scores, words) is None


def test_raincloud_draws_no_group_whose_numbers_are_not_published(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0])
    groups = [(wave, arm) for wave in (0, 1, 2) for arm in ("control", "intervention")]
    drawing = raincloud(
        trial["study"], scores, words, shown={group: {"mean": 3.454} for group in groups[:-1]}
    )
    assert len(drawing.data) == 5
    printed = [t.get_text() for t in drawing.figure.axes[0].texts]
    assert sum(text.startswith(words.number(3.45)) for text in printed) == 5, "what tables print is printed"
    assert not ((drawing.data["wave"] == 2) & (drawing.data["arm"] == "intervention")).any()
    assert words.many("figure.withheld", 1) in drawing.caption
    assert "24 person" not in drawing.caption
    assert raincloud(trial["study"], scores, words, shown={}) is None


def test_raincloud_shows_no_single_person(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0])
    drawing = raincloud(trial["study"], scores, words)
    assert len(drawing.data) == 6
    assert not {"min", "max", "person", "values"} & set(drawing.data.columns)
    assert not drawing.figure.axes[0].collections or all(
        len(c.get_offsets()) <= 1 for c in drawing.figure.axes[0].collections
    )


def test_raincloud_summaries_are_those_of_the_scores(made, trial, words):
    scores = made.scores(trial["study"], trial["scales"][0])
    own = scores[(scores["wave"] == 1) & (scores["arm"] == "intervention")]["score"]
    row = raincloud(trial["study"], scores, words).data.query("wave == 1 and arm == 'intervention'").iloc[0]
    assert (row["n"], row["mean"], row["sd"]) == (
        len(own),
        pytest.approx(own.mean()),
        pytest.approx(own.std()),
    )
    assert row["median"] == pytest.approx(own.median())
    assert (row["q25"], row["p90"]) == (pytest.approx(own.quantile(0.25)), pytest.approx(own.quantile(0.9)))


def test_how_many_persons_had_each_score_does_not_follow_from_a_raincloud(trial, words):
    """The kernel is known, so that the height of a curve of the scores themselves, at as many places as there are
    scores, gives how many persons had each: one here says 1."""
    counts = np.array([1, 4, 22, 40, 13])
    values = np.repeat([1.0, 2, 3, 4, 5], counts)
    scores = pd.DataFrame({"wave": 0, "arm": "control", "score": values})
    told = raincloud(trial["study"], scores, words).figure.axes[0].lines[0]
    grid, height = np.asarray(told.get_xdata(), float), -np.asarray(told.get_ydata(), float)
    kernels = np.column_stack(
        [density(np.full(80, x), grid, 1, 5, 80, values.std(ddof=1)) for x in (1.0, 2, 3, 4, 5)]
    )

    def counted(curve):
        found = np.linalg.lstsq(kernels, curve, rcond=None)[0]
        return np.round(80 * found / found.sum())

    np.testing.assert_array_equal(counted(density(values, grid, 1, 5)), counts)
    assert np.abs(counted(height - height.min()) - counts).max() >= 3


def test_an_outline_has_the_quantiles_that_it_is_drawn_from():
    group = {"p10": 2.1, "q25": 2.8, "median": 3.3, "q75": 3.9, "p90": 4.4}
    found = np.quantile(outline(group, 1, 5), [0.1, 0.25, 0.5, 0.75, 0.9])
    np.testing.assert_allclose(found, list(group.values()), atol=0.06)
    assert outline(group, 1, 5).min() > 1 and outline({**group, "p90": 4.95}, 1, 5).max() <= 5


def test_density_is_that_of_scipy_far_from_the_limits():
    values = np.sort(np.random.default_rng(2).normal(50, 4, 300))
    grid = np.linspace(40, 60, 41)
    np.testing.assert_allclose(
        density(values, grid, 20, 80), gaussian_kde(values)(grid), rtol=SAME_KERNEL, atol=1e-12
    )


def test_density_puts_no_mass_outside_the_scale():
    values = np.repeat([1.0, 1.5, 2.0, 5.0], [60, 30, 10, 40])
    grid = np.linspace(1, 5, 81)
    assert np.trapezoid(density(values, grid, 1, 5), grid) == pytest.approx(1, abs=DENSITY * 5)


def test_density_of_equal_scores_is_finite():
    assert np.isfinite(density(np.full(20, 3.0), np.linspace(1, 5, 81), 1, 5)).all()


# --- flow


def test_flow_shows_the_counts_of_the_table(drawings, words):
    shown = " ".join(texts(drawings["flow"].svg(framed=False)))
    lines = {"nl": ("124 personen in 12 teams", "15 nieuw"), "en": ("124 persons in 12 teams", "15 new")}
    for line in lines[words.language]:
        assert line in shown and line in drawings["flow"].long_description
    assert "24 teams" in shown


def test_flow_at_team_and_person_level(drawings):
    data = drawings["flow"].data
    assert {"team", "person"} <= set(data["level"])
    assert "answered by organisation" not in set(data["step"])


def test_flow_without_arms_has_a_column_per_sample(made, words):
    waves = made.waves_only()
    drawing = draw_flow(waves["tables"]["flow"], study=waves["study"], words=words)
    shown = " ".join(texts(drawing.svg(framed=False)))
    assert "7382" in shown and words.say(waves["study"].samples["soldiers"]) in shown


def test_flow_of_units_that_start_on_their_own_has_one_column(trial, words):
    """Persons change condition: by condition nobody would stay, and everybody would be new."""
    study = replace(trial["study"], design="stepped_wedge")
    flow = trial["tables"]["flow"].query("arm == 'control'").assign(arm="")
    drawing = draw_flow(flow, study=study, words=words)
    assert set(drawing.data["arm"]) == {""}
    assert words("figure.flow.allocated") in drawing.long_description
    assert words("figure.flow.caption_waves") == drawing.caption


def test_flow_of_persons_without_teams_says_nothing_of_teams(trial, words):
    flow = trial["tables"]["flow"].query("level != 'team'")
    drawing = draw_flow(flow, study=trial["study"], words=words)
    assert drawing.caption == words("figure.flow.caption_arms_persons")
    assert draw_flow(trial["tables"]["flow"], study=trial["study"], words=words).caption == words(
        "figure.flow.caption_arms"
    )


def test_flow_keeps_small_counts_as_text(made, trial, words):
    flow = trial["tables"]["flow"].astype({"count": object})
    here = (flow["level"] == "team") & (flow["step"] == "answered") & (flow["wave"] == 2)
    flow.loc[here, "count"] = "<8"
    drawing = draw_flow(flow, study=trial["study"], words=words)
    assert "<8 teams" in drawing.long_description


@pytest.mark.parametrize("unit", ["person", "organisation"])
def test_the_flow_says_what_was_allocated(trial, unit):
    table = trial["tables"]["flow"]
    allocated = table[table["step"] == "allocated"]
    own = allocated[allocated["level"] == "team"].assign(level=unit, count=7)
    flow = pd.concat([table[table["step"] != "allocated"], own], ignore_index=True)
    allocation = replace(trial["study"].allocation, unit=unit, strata=None)
    said = draw_flow(
        flow, study=replace(trial["study"], allocation=allocation), words=Words("en")
    ).long_description
    assert said.startswith(f"14 {unit}s randomised")
    assert f"Allocated, 7 {unit}s" in said and "12 teams randomised" not in said


def test_flow_of_an_empty_table_is_not_drawn(trial, words):
    empty = trial["tables"]["flow"].iloc[0:0]
    assert draw_flow(empty, study=trial["study"], words=words) is None
