"""Tables about nearly the same persons, and numbers that say something of a hidden row beside them."""

import numpy as np
import pandas as pd
import pytest
from invented_tables import MINIMUM, declared

from dww_analysis.domain.tables import register
from dww_analysis.privacy.audit import attack
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, rounded, state_of
from dww_analysis.scales.stability import retest_table

OF_PARTS = "answers of few follow from a scale beside its subscales, or their difference"
WHERE = {"sample": "main", "wave": 0, "score_min": 1, "score_max": 5}


def answers_of(n, absent=(), k=6):
    """Whole answers 1 to 5 of n persons to k items; absent: (person, item) without one."""
    rng = np.random.default_rng(3)
    answers = np.clip(np.round(rng.normal(3.2, 1.1, (n, 1)) + rng.normal(0, 0.8, (n, k))), 1, 5)
    for person, item in absent:
        answers[person, item] = np.nan
    return answers


def scored(answers, least):
    """Means of who answered so many items, else NaN."""
    enough = (~np.isnan(answers)).sum(axis=1) >= least
    return np.where(enough, np.nanmean(answers, axis=1), np.nan)


def scores_row(scale, scores, complete, **where):
    own = scores[~np.isnan(scores)]
    numbers = {"n": len(own), "n_complete": complete, "mean": own.mean(), "sd": own.std(ddof=1)}
    return {**WHERE, "scale": scale, "arm": "", **numbers, **where}


def item_rows(scale, answers, first=0):
    for i, x in enumerate(answers.T, first):
        own = x[~np.isnan(x)]
        yield {
            **WHERE, "scale": scale, "item": f"i{i}", "n": len(own), "missing": len(x) - len(own), "mean": own.mean(),
            "sd": own.std(ddof=1),
        }  # fmt: skip


def family(answers):
    """Tables of a scale of six items, of which five are enough, with subscales of three, of which all are."""
    whole = {"learning": (answers, 5), "learning.x": (answers[:, :3], 3), "learning.y": (answers[:, 3:], 3)}
    complete = {name: int((~np.isnan(own).any(axis=1)).sum()) for name, (own, _) in whole.items()}
    return {
        "descriptives": declared(
            "descriptives",
            *(scores_row(name, scored(own, least), complete[name]) for name, (own, least) in whole.items()),
        ),
        "items": declared(
            "items", *item_rows("learning", answers), *item_rows("learning.x", answers[:, :3]),
            *item_rows("learning.y", answers[:, 3:], 3),
        ),
    }  # fmt: skip


def published(tables):
    return as_published(let_out(tables, MINIMUM), {}, MINIMUM)[0]


def whats(tables):
    return [f.what for f in attack(tables, MINIMUM)]


def test_the_answers_of_who_left_out_an_item_do_not_follow_from_the_scale():
    """Three times the mean of the subscale, times who has it, is short of the items' sums by a person's two answers."""
    answers = answers_of(45, absent=[(7, 1)])
    tables = family(answers)
    open_ = {
        n: rounded(t.assign(suppressed=False, suppressed_columns=""), register()[n])
        for n, t in tables.items()
    }
    items = open_["items"].query("scale == 'learning.x'")
    part = open_["descriptives"].query("scale == 'learning.x'").iloc[0]
    told = (items["n"] * items["mean"]).sum() - 3 * part["n"] * part["mean"]
    assert told == pytest.approx(answers[7, 0] + answers[7, 2], abs=0.1)
    assert "answers of few to some items follow from the mean of their scale" in whats(open_)
    shown = published(tables)
    hidden = shown["items"]["mean"].isna().groupby(shown["items"]["scale"]).sum()
    assert hidden.to_dict() == {"learning": 2, "learning.x": 2, "learning.y": 0}
    assert not [what for what in whats(shown) if "few" in what]


def test_nor_do_they_follow_from_a_scale_beside_its_subscales():
    answers = answers_of(45, absent=[(7, 1), (20, 4)])
    open_ = {n: t.assign(suppressed=False, suppressed_columns="") for n, t in family(answers).items()}
    n, mean = (open_["descriptives"][c].to_numpy(float) for c in ("n", "mean"))
    told = n @ (mean * [6, -3, -3])
    whole = np.nanmean(answers[[7, 20]], axis=1).sum() * 6
    assert told == pytest.approx(whole - np.nansum(answers[7, 3:]) - np.nansum(answers[20, :3]))
    assert OF_PARTS in whats(open_)
    shown = published(family(answers))
    assert shown["descriptives"].set_index("scale")["mean"].isna().sum() == 1
    assert np.isfinite(shown["descriptives"].set_index("scale").loc["learning", "mean"])
    assert not [what for what in whats(shown) if "few" in what]


@pytest.mark.parametrize("absent", [[], [(p, p % 6) for p in range(26)]], ids=["nobody", "many"])
def test_nobody_and_enough_of_them_are_no_secret(absent):
    shown = published(family(answers_of(45, absent)))
    assert shown["descriptives"]["mean"].notna().all() and shown["items"]["mean"].notna().all()


def test_the_score_of_who_has_one_of_two_subscales_does_not_follow_from_their_difference():
    """105 have a need, 104 of them a possibility: 105 needs and 104 differences less 104 possibilities are one need."""
    answers = answers_of(105, absent=[(3, 4), (3, 5)])
    need, possible = scored(answers[:, :3], 2), scored(answers[:, 3:], 2)
    rows = [
        scores_row("agency", scored(answers, 5), 104),
        scores_row("agency.need", need, 105),
        scores_row("agency.possible", possible, 104),
        scores_row("agency.gap", possible - need, 104, score_min=-4, score_max=4),
    ]
    tables = {"descriptives": declared("descriptives", *rows)}
    open_ = tables["descriptives"].assign(suppressed=False, suppressed_columns="")
    n, mean = (open_[c].to_numpy(float) for c in ("n", "mean"))
    assert n @ (mean * [0, 1, -1, 1]) == pytest.approx(need[3])
    assert "answers of few follow from a scale beside its subscales, or their difference" in whats(
        {"descriptives": open_}
    )
    shown = published(tables)
    assert np.isnan(shown["descriptives"].set_index("scale").loc["agency.gap", "mean"])
    assert not [what for what in whats(shown) if "few" in what]


def test_how_far_the_only_leaver_was_from_the_mean_does_not_follow_from_who_answered_twice():
    """Everybody but one answered at both waves: r, ICC and sem give both SDs of these, the SD of a wave the rest."""
    rng = np.random.default_rng(5)
    first = rng.normal(3.2, 0.7, 40)
    both = np.concatenate([first[1:] + rng.normal(0.1, 0.4, 39)])
    scores = pd.DataFrame(
        {
            "sample": "main", "scale": "learning", "wave": [0] * 40 + [1] * 39, "person": [*range(40), *range(1, 40)],
            "score": [*first, *both],
        }
    )  # fmt: skip
    stability = declared("stability", *retest_table(scores).to_dict("records"))
    waves = [scores_row("learning", x, len(x), wave=w) for w, x in enumerate((first, both))]
    tables = {"descriptives": declared("descriptives", *waves), "stability": stability}
    open_ = {n: t.assign(suppressed=False, suppressed_columns="") for n, t in tables.items()}
    assert "squares of few who answered once follow from those who answered twice" in whats(open_)
    shown = published(tables)["stability"].iloc[0]
    assert shown["r"] > 0 and shown[["icc", "sem", "smallest_detectable_change"]].isna().all()
    more = scores[(scores["wave"] == 0) | (scores["person"] > 10)]
    enough = declared("stability", *retest_table(more).to_dict("records"))
    waves = [scores_row("learning", x, len(x), wave=w) for w, x in enumerate((first, both[10:]))]
    shown = published({"descriptives": declared("descriptives", *waves), "stability": enough})
    assert shown["stability"]["sem"].notna().all()


def of_function(count, smd, **more):
    rows = [("control", 21, 5, np.nan), ("intervention", 24, 0, smd), ("", 45, 5, np.nan)]
    return [
        {"sample": "main", "variable": "function", "category": "4", "arm": arm, "n": n, "count": c, "share": c / n,
         "smd": s, **more}
        for arm, n, c, s in rows
    ]  # fmt: skip


def test_a_hidden_sd_does_not_follow_from_agreement_with_another_wave():
    """Eight persons near each other: their SD bounds each of them, and is sem over the root of 1 - ICC."""
    rng = np.random.default_rng(2)
    first = np.round(3 + 0.2 * rng.normal(size=8), 2)
    second = np.round(first + rng.normal(size=8), 2)
    rows = pd.DataFrame(
        {
            "sample": "main", "scale": "learning", "person": [f"p{i}" for i in range(8)] * 2,
            "wave": [0] * 8 + [1] * 8, "score": [*first, *second], "team": "t",
        }
    )  # fmt: skip
    stability = declared("stability", *retest_table(rows).to_dict("records"))
    row = stability.iloc[0]
    assert row["sem"] / np.sqrt(1 - row["icc"]) == pytest.approx(
        np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2), rel=0.2
    )
    waves = [scores_row("learning", x, 8, wave=w) for w, x in enumerate((first, second))]
    tables = {"descriptives": declared("descriptives", *waves), "stability": stability}
    shown = published(tables)
    assert shown["descriptives"]["sd"].isna().tolist() == [True, False]
    assert shown["stability"][["icc", "sem", "smallest_detectable_change"]].isna().all(axis=None)
    raw = rounded(stability, register()["stability"]).assign(suppressed=False, suppressed_columns="")
    assert "an SD that is hidden follows from agreement with another wave" in {
        f.what for f in attack({**shown, "stability": raw}, MINIMUM)
    }


def test_a_difference_between_arms_does_not_tell_the_hidden_one():
    """Nobody of one arm, so that its row is no secret, and a difference of -.7906 SD: 5 of the 21 of the other."""
    smd = -0.7906
    share = smd**2 / 2 / (1 + smd**2 / 2)
    assert share * 21 == pytest.approx(5, abs=0.01)
    table = declared("baseline", *of_function(5, smd))
    shown = let_out({"baseline": table}, MINIMUM)["baseline"].set_index("arm")
    assert shown.loc["intervention", "count"] == 0 and shown["smd"].isna().all()
    left = shown.reset_index().assign(smd=[np.nan, smd, np.nan])
    assert "smd of rows beside hidden ones" in whats({"baseline": left})


def test_months_at_work_do_not_count_who_left():
    """142 months of 24 persons in half a year: one or two left, though nobody who moved says so."""
    group = {"sample": "main", "wave": 1, "arm": "a", "n_persons": 24, "person_months": 142}
    rows = [
        {
            **group,
            "what": what,
            "code": code,
            "count": count,
            "share": count / 24,
            "per_100_person_months": count / 1.42,
        }
        for what, code, count in (("outcome", "left", 2), ("outcome", "stayed", 22), ("move", "moved", 0))
    ]
    total = {
        "source": "hr",
        "sample": "main",
        "kind": "hr",
        "step": "person-months",
        "reason": "at risk",
        "rows": 142,
    }
    whole = [{**row, "wave": np.nan} for row in rows]
    tables = {
        "hr_flow": declared("hr_flow", *rows, *whole),
        "exposure_flow": declared(
            "exposure_flow", total, {**total, "step": "read", "reason": "", "rows": 24}
        ),
    }
    shown = let_out(tables, MINIMUM)
    moved = shown["hr_flow"].query("code == 'moved'").iloc[0]
    assert (
        moved["count"] == 0 and np.isnan(moved["person_months"]) and np.isnan(moved["per_100_person_months"])
    )
    assert shown["exposure_flow"]["rows"].isna().tolist() == [True, False]
    left = shown["hr_flow"].assign(person_months=142)
    assert any("person_months of rows beside hidden ones" in what for what in whats({"hr_flow": left}))


def test_the_least_agreement_of_a_team_of_few_is_not_told():
    row = {**WHERE, "scale": "learning", "n_persons": 45, "rwgj_mean": 0.8, "rwgj_min": 0.5, "rwgj_max": 0.95}
    few, enough = (declared("reliability", {**row, "smallest_team": n}) for n in (3, 9))
    shown = let_out({"reliability": few}, MINIMUM)["reliability"].iloc[0]
    assert shown["rwgj_mean"] == 0.8 and shown[["rwgj_min", "rwgj_max", "smallest_team"]].isna().all()
    assert let_out({"reliability": enough}, MINIMUM)["reliability"]["rwgj_min"].notna().all()


def test_how_many_of_the_smallest_group_are_apart_is_not_told_where_they_are_few():
    """Nine persons apart, four of them in the smaller arm: who of that arm was under no contract is a few persons."""
    planned = {"id": "e", "entry": "e", "estimate": 0.5, "n_obs": 120, "n_persons": 46, "n_smallest": 17}
    other = {
        "entry": "e",
        "analysis": "employed",
        "estimate": 0.6,
        "n_obs": 110,
        "n_persons": 46,
        "n_smallest": 13,
    }
    tables = {
        "estimates": declared("estimates", planned),
        "sensitivity": declared("sensitivity", {**other, "n_apart": 9, "rows_left_out": 10}),
    }
    shown = published(tables)
    row = shown["sensitivity"].iloc[0]
    assert np.isnan(row["n_smallest"]) and row["estimate"] == 0.6 and row["n_obs"] == 110
    left = {**shown, "sensitivity": shown["sensitivity"].assign(n_smallest=13)}
    assert "n_smallest that is few from that of the planned estimate" in whats(left)
    assert "n_smallest that is few from that of the planned estimate" not in whats(shown)


def test_what_was_published_by_other_rules_is_not_published_again():
    """Rows that keep earlier numbers would bring them back, and the study's own check would stop it from then on."""
    open_ = {
        n: t.assign(suppressed=False, suppressed_columns="")
        for n, t in family(answers_of(45, [(7, 1)])).items()
    }
    shown, kept = as_published(let_out(family(answers_of(47, [(7, 1)])), MINIMUM), state_of(open_), MINIMUM)
    assert kept and shown["descriptives"]["n"].max() == 45
    assert not [what for what in whats(shown) if "few" in what]
    again, _ = as_published(let_out(family(answers_of(47, [(7, 1)])), MINIMUM), state_of(shown), MINIMUM)
    for name, table in shown.items():
        pd.testing.assert_frame_equal(again[name], table)
