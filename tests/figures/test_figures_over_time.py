"""Figures of learning at work over time, of units, and of residuals: what they say, and what they may not tell."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dww_analysis.figures import draw_app_periods, draw_leaving, draw_residuals, draw_sources, draw_units
from dww_analysis.figures.drawing import look_of
from dww_analysis.figures.units import UnitPanel
from dww_analysis.language.labels import Labels

ARMS = ("control", "intervention")


@pytest.fixture
def labels(trial, words):
    return Labels(trial["study"], trial["scales"], words)


def english(trial):
    from dww_analysis.reports import Words

    return Labels(trial["study"], trial["scales"], Words("en"))


def learning(hidden=()):
    rows = [
        {
            "sample": "main",
            "wave": wave,
            "arm": arm,
            "learning": "source",
            "code": code,
            "per_ten_beeps": value,
        }
        for arm in ARMS
        for wave, shift in ((0, 0.0), (1, 5.0), (2, 0.5))
        for code, value in (("trainers", 0.5 + shift), ("colleagues", 2.0 + shift))
    ]
    table = pd.DataFrame(rows)
    table["suppressed"] = [(r["arm"], r["wave"], r["code"]) in hidden for r in rows]
    return table.assign(per_ten_beeps=table["per_ten_beeps"].mask(table["suppressed"]))


def app(users):
    rows = [
        {"sample": "main", "arm": arm, "week_from": 4 * i + 1, "week_to": 4 * i + 4, "n_persons": 100,
         "n_users": n, "share_users": n / 100, "suppressed": np.isnan(n)}
        for arm, counts in users.items() for i, n in enumerate(counts)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def leaving(parts, hidden=()):
    """Rows of each arm: months (8 and 12 of 100, then 10 and 10), waves and the whole; hidden by (arm, span, wave)."""
    rows = []
    for arm in parts:
        for span, wave, period, start, end, n in (
            ("whole", None, None, 1, 12, 40), ("wave", 1, None, 1, 6, 20), ("months", 1, 1, 1, 3, 8),
            ("months", 1, 2, 4, 6, 12), ("wave", 2, None, 7, 12, 20), ("months", 2, 1, 7, 9, 10),
            ("months", 2, 2, 10, 12, 10),
        ):  # fmt: skip
            gone = (arm, span, wave) in hidden
            rows.append(
                {"sample": "main", "wave": wave, "arm": arm, "code": "left", "span": span, "period": period,
                 "month_from": start, "month_to": end, "n_at_risk": np.nan if gone else 100,
                 "n_left": np.nan if gone else n, "risk": np.nan if gone else n / 100, "suppressed": gone}
            )  # fmt: skip
    return pd.DataFrame(rows)


def panel(n=12, seed=1, **changes):
    rng = np.random.default_rng(seed)
    observed = rng.normal(0, 0.3, n)
    rows = pd.DataFrame({"point": rng.integers(1, 2**31, n), "n_persons": np.arange(9, 9 + n),
                         "observed": observed, "estimate": 0.4 * observed})  # fmt: skip
    values = {
        "outcome": "learning",
        "label": "learning",
        "unit": "points",
        "rows": rows,
        "std_error": 0.1,
        "conf_level": 0.95,
    }
    return UnitPanel(**{**values, **changes})


def bins(off=0.0, hidden=False):
    rows = [
        {"entry": "learning", "kind": kind, "bin": i, "n_persons": 40, "x": x, "suppressed": hidden,
         "mean": x + off if kind == "normal" else 0.1, "sd": 1.0 if kind == "fitted" else np.nan}
        for kind in ("normal", "fitted") for i, x in enumerate(np.linspace(-1.6, 1.6, 8), 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def all_drawn(labels):
    return [
        draw_sources(learning(), labels=labels),
        draw_app_periods(
            app({"control": [0.0] * 4, "intervention": [20.0, 30.0, 25.0, 20.0]}), labels=labels
        ),
        draw_leaving(leaving(ARMS), labels=labels),
        draw_units([panel()], level="team", labels=labels),
        draw_residuals(bins(), str, labels=labels),
    ]


@pytest.fixture(scope="module")
def drawn(trial, words):
    return all_drawn(Labels(trial["study"], trial["scales"], words))


def test_each_has_a_message_words_and_numbers_and_text_that_stays_text(drawn):
    for drawing in drawn:
        assert drawing.title and drawing.subtitle and drawing.caption and drawing.alt and len(drawing.data)
        assert "{" not in " ".join([drawing.title, drawing.caption, drawing.alt, drawing.long_description])
        assert "<text" in drawing.svg(framed=False)


def test_the_same_bytes_again(trial, drawn, words):
    if words.language == "en":
        for one, other in zip(drawn, all_drawn(english(trial)), strict=True):
            assert one.svg(framed=False) == other.svg(framed=False)


def test_sources_are_drawn_at_the_first_and_the_last_wave_in_order_of_how_often(trial):
    drawing = draw_sources(learning(hidden={("control", 0, "trainers")}), labels=english(trial))
    assert set(drawing.data["wave"]) == {0, 2} and drawing.title.endswith("colleagues")
    lines = drawing.long_description.split("\n")
    assert lines[0].startswith("Colleagues, control: 2.0 for every ten messages at the first wave, 2.5")
    assert "Trainers and coaches, control: not shown" in drawing.long_description
    assert "Not drawn: 1 group" in drawing.caption
    assert draw_sources(learning()[lambda t: t["wave"] == 0], labels=english(trial)) is None


def test_an_arm_has_its_own_colour_also_where_the_other_one_may_not_be_shown(trial):
    """The only panel that was left had the colour of the reference."""
    gone = {("control", wave, code) for wave in (0, 2) for code in ("trainers", "colleagues")}
    drawing = draw_sources(learning(hidden=gone), labels=english(trial))
    drawn = drawing.svg(framed=False)
    reference, own = (look_of(arm, trial["study"])["color"] for arm in ARMS)
    assert own in drawn and reference not in drawn


def test_the_app_s_title_names_the_weeks_of_most_use_and_hidden_periods_are_counted(trial):
    drawing = draw_app_periods(
        app({"control": [np.nan, np.nan], "intervention": [20.0, 31.0]}), labels=english(trial)
    )
    assert "weeks 5 to 8: by 31%" in drawing.title and "Not drawn: 2 periods" in drawing.caption
    assert set(drawing.data["arm"]) == {"intervention"}
    nobody = app({"control": [0.0, 0.0], "intervention": [np.nan, 0.0]})
    assert draw_app_periods(nobody, labels=english(trial)) is None


def test_the_share_who_left_is_one_minus_the_product_of_who_stayed(trial):
    drawing = draw_leaving(leaving(ARMS), labels=english(trial))
    own = drawing.data[drawing.data["arm"] == "control"]
    assert own["cumulative"].to_numpy() == pytest.approx(
        [0.08, 1 - 0.92 * 0.88, 1 - 0.92 * 0.88 * 0.9, 1 - 0.92 * 0.88 * 0.81]
    )
    assert own["n_at_risk"].tolist() == [100] * 4 and "34% (control)" in drawing.title


@pytest.mark.parametrize(
    ("hidden", "ends", "last"),
    [
        ([("months", 1)], [6, 9, 12], 1 - 0.8 * 0.81),  # a wave at once
        ([("months", 1), ("wave", 1), ("months", 2), ("wave", 2)], [12], 0.4),  # all at once
        ([("months", 2), ("wave", 2)], [3, 6], 1 - 0.92 * 0.88),  # no further
    ],
)
def test_what_may_not_be_shown_makes_the_line_coarser_or_shorter(trial, hidden, ends, last):
    table = leaving(ARMS, hidden={("control", *part) for part in hidden})
    drawing = draw_leaving(table, labels=english(trial))
    own = drawing.data[drawing.data["arm"] == "control"]
    assert own["month_to"].tolist() == ends and own["cumulative"].iloc[-1] == pytest.approx(last)
    assert "fewer than 8" in drawing.caption
    if ends[-1] == 6:
        assert "19% after 6 months (control) and 34% after 12 months (" in drawing.title, (
            "not beside each other"
        )


def test_the_caption_of_leaving_says_that_periods_are_hidden_only_where_some_are(trial):
    """Waves of less than six months have no parts of three: their line goes by wave, and nothing is hidden."""
    short = leaving(ARMS)[lambda t: t["span"] != "months"]
    for table in (leaving(ARMS), short):
        assert "fewer than" not in draw_leaving(table, labels=english(trial)).caption


def test_of_a_study_without_arms_the_title_says_until_when_and_the_caption_names_no_group(made, words):
    study = made.waves_only()["study"]
    table = leaving(("control",), hidden={("control", span, 2) for span in ("months", "wave")}).assign(
        arm=np.nan
    )
    drawing = draw_leaving(table, labels=Labels(study, (), words))
    assert words.many("figure.leaving.by_month", 6, share=words.percent(0.1904), arm="") in drawing.title
    assert words("figure.leaving.coarse", minimum=study.min_cell_size) in drawing.caption


def test_time_is_not_counted_from_a_wave_that_comes_after_it(trial):
    one = replace(trial["study"], waves=trial["study"].waves[:1])
    found = Labels(one, trial["scales"], english(trial).words)
    assert draw_leaving(leaving(ARMS), labels=found) is None


def test_an_arm_that_may_not_be_shown_has_no_line(trial):
    gone = {("control", span, wave) for span in ("whole", "wave", "months") for wave in (None, 1, 2)}
    drawing = draw_leaving(leaving(ARMS, hidden=gone), labels=english(trial))
    assert set(drawing.data["arm"]) == {"intervention"} and "taken together or left out" in drawing.caption
    assert draw_leaving(leaving(("control",), hidden=gone), labels=english(trial)) is None


def test_a_unit_can_not_be_found_by_its_size_its_mean_or_its_number(labels):
    one = panel()
    drawing = draw_units([one], level="team", labels=labels)
    told = drawing.svg() + drawing.long_description + drawing.data.to_csv()
    assert not any(str(point) in told for point in one.rows["point"])
    assert not {"n_persons", "point"} & set(drawing.data)
    single = drawing.data[drawing.data["part"] == "one"]
    assert single["observed"].isna().all() and single["estimate"].is_monotonic_increasing
    widths = (single["conf_high"] - single["conf_low"]).round(6)
    assert widths.nunique() == 1, "a width of its own would tell a unit's size"
    numbers = drawing.data[["estimate", "observed"]].to_numpy(dtype=float)
    assert np.allclose(numbers, np.round(numbers, 2), equal_nan=True), "no more digits than a reader sees"


def test_thirds_of_units_are_means_and_the_title_says_how_much_is_left(trial):
    one = panel()
    drawing = draw_units([one], level="team", labels=english(trial))
    thirds = drawing.data[drawing.data["part"] != "one"].set_index("part")
    lowest = one.rows.sort_values("estimate")["observed"].iloc[:4].mean()
    assert thirds.at["lowest third", "observed"] == pytest.approx(lowest, abs=0.005)
    assert "40% is left" in drawing.title and f"{drawing.title}. " in drawing.alt


def test_estimates_of_units_round_as_words_do(trial):
    """Halves away from zero: 0.125 is 0.13 and -0.625 is -0.63, where numpy makes 0.12 and -0.62 of them."""
    halves = np.array([-0.625, *np.linspace(-0.3, 0.3, 10), 0.125])
    rows = panel().rows.assign(observed=np.sort(halves), estimate=np.sort(halves))
    drawing = draw_units([panel(rows=rows)], level="team", labels=english(trial))
    single = drawing.data.loc[drawing.data["part"] == "one", "estimate"]
    assert 0.13 in single.tolist() and single.iloc[0] == -0.63
    assert "−0.63" in drawing.long_description


def test_few_units_are_not_drawn_and_units_that_do_not_differ_are(trial):
    assert draw_units([panel(n=8)], level="team", labels=english(trial)) is None
    same = panel()
    flat = panel(rows=same.rows.assign(estimate=0.0))
    assert "0% is left" in draw_units([flat], level="team", labels=english(trial)).title


def test_residuals_say_how_far_they_lie_off_and_never_a_person(trial):
    near, far = (draw_residuals(bins(off), str, labels=english(trial)) for off in (0.1, 0.5))
    assert "much like a normal distribution" in near.title and "0.5 SD off" in far.title
    assert (near.data["n_persons"] >= trial["study"].min_cell_size).all()
    assert re.search(r"at most 0\.10 SD off the line", near.long_description)
    assert draw_residuals(bins(hidden=True), str, labels=english(trial)) is None
    beside = draw_residuals(bins(0.1), str, labels=english(trial), name="residuals-2", others=True)
    assert beside.name == "residuals-2" and beside.title.startswith("Other outcomes: ")


def test_a_long_name_above_residuals_is_whole_and_keeps_off_what_is_below(trial):
    long = "having a say in what is learned at work, with whom, when and how, as the team itself sees it"
    both = pd.concat([bins(), bins().assign(entry="short")], ignore_index=True)
    drawn = draw_residuals(both, lambda e: long if e == "learning" else "short", labels=english(trial))
    drawn.figure.canvas.draw()
    said = {t.get_text().replace("\n", " "): t.get_window_extent() for t in drawn.figure.texts}
    assert set(said) == {long.capitalize(), "Short"}
    heads = [axes.title.get_window_extent() for axes in drawn.figure.axes]
    box = said[long.capitalize()]
    assert box.y0 > max(head.y1 for head in heads) and box.y1 < drawn.figure.bbox.y1
    assert box.x1 < drawn.figure.bbox.x1 / 2


def test_residuals_far_off_lie_within_their_panels_and_ticks_close_together_differ(trial):
    narrow = bins(2.0)
    narrow.loc[narrow["kind"] == "fitted", "x"] = np.linspace(0.401, 0.458, 8)
    drawn = draw_residuals(narrow, str, labels=english(trial))
    normal, fitted = drawn.figure.axes
    top = max(y for line in normal.lines if line.get_marker() == "o" for _, y in line.get_xydata())
    assert top == pytest.approx(3.6) and normal.get_ylim()[1] > top and normal.get_xlim() == normal.get_ylim()
    drawn.figure.canvas.draw()
    ticks = [t.get_text() for t in fitted.get_xticklabels()]
    assert len(ticks) == len(set(ticks)) > 1
