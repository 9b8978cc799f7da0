"""What is computed from answers of yes and no of which few are yes, or no, tells how many these are and whose."""

import numpy as np
import pandas as pd
import pytest
from invented_tables import MINIMUM, declared

from dww_analysis.privacy.audit import attack
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published
from dww_analysis.scales.aggregation import icc1

WHAT = "answers of yes and no of which few are one of both"


def scores_row(scale, wave, n, yes, low=0, high=1):
    sd = np.sqrt(yes * (n - yes) / n / (n - 1)) if high == 1 else 0.9
    mean = yes / n if high == 1 else 3.1
    numbers = {"n": n, "n_complete": n, "mean": mean, "sd": sd, "score_min": low, "score_max": high}
    return {"sample": "main", "scale": scale, "wave": wave, "arm": "", **numbers}


def tables(yes):
    """Yes/no (`helped`) and a number (`learning`) at two waves, of 60 persons; yes: how many said so at either."""
    at = {"sample": "main", "n_persons": 60}
    rows = [scores_row("helped", wave, 60, n) for wave, n in enumerate(yes)]
    rows += [scores_row("learning", wave, 60, 0, 1, 5) for wave in (0, 1)]
    pair = {**at, "wave_1": 0, "wave_2": 1, "r": 0.3, "icc": 0.3, "sem": 0.2}
    both = {**at, "level": "persons", "scale_1": "helped", "scale_2": "learning", "estimate": 0.2}
    return {
        "descriptives": declared("descriptives", *rows),
        "reliability": declared(
            "reliability",
            *({**at, "scale": s, "wave": w, "icc1": 0.04} for s in ("helped", "learning") for w in (0, 1)),
        ),
        "stability": declared("stability", *({**pair, "scale": s} for s in ("helped", "learning"))),
        "scale_correlations": declared("scale_correlations", *({**both, "wave": w} for w in (0, 1))),
        "drift": declared(
            "drift",
            *(
                {
                    "sample": "main",
                    "wave": 1,
                    "scale": s,
                    "item": s,
                    "n": 60,
                    "n_before": 60,
                    "n_after": 60,
                    "change_sd": 0.1,
                }
                for s in ("helped", "learning")
            ),
        ),
        "baseline_units": declared(
            "baseline_units",
            *({**at, "variable": s, "n_units": 12, "mean": 0.05, "sd": 0.09} for s in ("helped", "learning")),
        ),
    }


def test_one_yes_is_told_by_the_icc_with_the_size_of_the_team():
    sizes = np.array([6, 9, 12, 13, 20])
    team = pd.Series(np.repeat(np.arange(5), sizes))
    found = [
        round(icc1(pd.Series((np.arange(60) == first).astype(float)), team).estimate, 4)
        for first in np.cumsum(sizes) - sizes
    ]
    assert len(set(found)) == len(sizes)


@pytest.mark.parametrize("few", [3, 57])
def test_few_who_said_yes_or_no_hide_what_is_computed_from_their_answers(few):
    shown = let_out(tables((few, 30)), MINIMUM)
    reliability = shown["reliability"].set_index(["scale", "wave"])["suppressed"]
    assert reliability["helped", 0]
    assert not reliability["helped", 1]
    assert not reliability["learning"].any()
    assert list(shown["stability"].set_index("scale")["suppressed"]) == [True, False]
    assert list(shown["scale_correlations"].set_index("wave")["suppressed"]) == [True, False]
    assert list(shown["drift"].set_index("scale")["suppressed"]) == [True, False]
    assert list(shown["baseline_units"].set_index("variable")["suppressed"]) == [True, False]


def test_enough_of_both_answers_hide_nothing():
    assert not any(t["suppressed"].any() for t in let_out(tables((20, 30)), MINIMUM).values())


@pytest.mark.parametrize(
    "name", ["reliability", "stability", "scale_correlations", "baseline_units", "drift"]
)
def test_an_attacker_finds_what_the_gate_hides(name):
    published = let_out(tables((3, 30)), MINIMUM)
    raw = tables((3, 30))[name].assign(suppressed=False, suppressed_columns="")
    assert WHAT not in {f.what for f in attack(published, MINIMUM)}
    assert (name, WHAT) in {(f.table, f.what) for f in attack({**published, name: raw}, MINIMUM)}


def test_tables_without_rows_are_no_way_in():
    given = tables((3, 30))
    given["stability"] = pd.DataFrame(columns=given["stability"].columns)
    published = let_out(given, MINIMUM)
    assert published["stability"].empty and WHAT not in {f.what for f in attack(published, MINIMUM)}


def by_arm(yes):
    """`helped` of two arms of 60 and of both; yes: how many of each said so. With what rests on everybody."""
    given = tables((20, 20))
    rows = [
        {**scores_row("helped", 0, n, ones), "arm": arm}
        for arm, n, ones in (("", 120, sum(yes)), ("a", 60, yes[0]), ("b", 60, yes[1]))
    ]
    return {"descriptives": declared("descriptives", *rows), "reliability": given["reliability"]}


@pytest.mark.parametrize(
    ("yes", "total", "rests"),
    [
        ((3, 30), False, False),
        ((0, 45), False, False),
        ((3, 10), True, True),
        ((3, 2), True, True),
        ((20, 20), None, False),
    ],
)
def test_a_total_of_which_only_a_part_is_few_stays_with_what_rests_on_it(yes, total, rests):
    """33 of 120 with hidden arms: each arm may have 0 to 33. Of 13 that would be said too nearly."""
    published = as_published(let_out(by_arm(yes), MINIMUM), {}, MINIMUM)[0]
    off = published["descriptives"].set_index("arm")["suppressed"]
    assert (off["a"], off["b"]) == (total is not None,) * 2 and off[""] == bool(total)
    reliability = published["reliability"].set_index(["scale", "wave"])["suppressed"]
    assert reliability["helped", 0] == rests and not reliability["learning", 0]
    assert attack(published, MINIMUM) == []
    if total is False:
        either = [a for a in range(61) if 0 <= sum(yes) - a <= 60]
        assert len(either) >= MINIMUM and {yes[0], yes[1]} <= set(either)


def background(yes):
    """A background of yes and no at the first wave, weighed at the level of units."""
    number = {
        "n": 60,
        "mean": yes / 60,
        "sd": np.sqrt(yes * (60 - yes) / 60 / 59),
        "score_min": 0,
        "score_max": 1,
    }
    covariate = {"entry": "e", "part": "covariate", "smd_before": 0.4, "smd_after": 0.0}
    return {
        "estimates": declared("estimates", {"id": "e", "entry": "e", "n_persons": 60, "n_smallest": 30}),
        "baseline": declared("baseline", {"sample": "main", "variable": "carer", **number}),
        "weighting": declared("weighting", *({**covariate, "name": n} for n in ("carer", "age"))),
    }


@pytest.mark.parametrize(("yes", "off"), [(0, True), (3, True), (57, True), (60, True), (30, False)])
def test_a_background_of_few_yes_tells_nothing_at_the_level_of_units(yes, off):
    """How far the shares of two groups of units lie apart tells where the only yes is."""
    shown = as_published(let_out(background(yes), MINIMUM), {}, MINIMUM)[0]
    assert shown["baseline"]["suppressed"].tolist() == [off]
    assert shown["weighting"].set_index("name")["suppressed"].to_dict() == {"carer": off, "age": False}
    assert attack(shown, MINIMUM) == []
    raw = background(yes)["weighting"].assign(suppressed=False, suppressed_columns="")
    assert bool(attack({**shown, "weighting": raw}, MINIMUM)) == off
