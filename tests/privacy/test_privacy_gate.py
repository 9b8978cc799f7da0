"""The gate and its attacker: what is hidden, what follows from the rest, what is found when it is planted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_tables import MINIMUM, baseline, declared, descriptives, through

from dww_analysis.domain.tables import register
from dww_analysis.errors import DisclosureError
from dww_analysis.privacy.audit import attack, raise_findings
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.linear import bounds, exactly
from dww_analysis.privacy.published import as_published, significant


def test_three_beside_eight_and_a_total_do_not_follow():
    shown = through(
        "descriptives", descriptives({"a": (3, 2.5833), "b": (8, 3.0), "c": (40, 3.1)})
    ).set_index("arm")
    assert shown.loc[["a", "b"], ["mean", "sd", "median", "n"]].isna().all(axis=None)
    assert shown.loc["c", "mean"] == 3.1 and shown.loc["", "n"] == 51
    total, c = shown.loc[""], shown.loc["c"]
    rest = total["n"] - c["n"]
    assert rest >= MINIMUM  # what subtraction still gives is a group that may be shown


def test_two_arms_one_small_hides_both_and_keeps_everybody():
    shown = through("descriptives", descriptives({"a": (3, 2.0), "b": (50, 3.0)})).set_index("arm")
    assert shown["suppressed"].to_dict() == {"": False, "a": True, "b": True}


def test_nobody_is_no_secret():
    shown = through("descriptives", descriptives({"a": (0, 0.0), "b": (50, 3.0)})).set_index("arm")
    assert not shown["suppressed"].any() and shown.loc["a", "n"] == 0


def test_a_subscale_is_hidden_with_its_scale():
    tables = [
        descriptives({"a": (9, 3.0), "b": (30, 3.0)}),
        descriptives({"a": (7, 3.0), "b": (30, 3.0)}, "agency.need"),
    ]
    shown = through("descriptives", pd.concat(tables, ignore_index=True))
    assert shown.groupby("arm")["suppressed"].nunique().eq(1).all()


def test_quantiles_need_three_times_the_minimum():
    shown = through("descriptives", descriptives({"a": (23, 3.0), "b": (24, 3.0)})).set_index("arm")
    assert np.isnan(shown.loc["a", "median"]) and shown.loc["a", "mean"] == 3.0
    assert "median" in shown.loc["a", "suppressed_columns"]
    assert shown.loc["b", "median"] == 3.0


@pytest.mark.parametrize(("mean", "hidden"), [(4.8, True), (4.7, False), (1.2, True), (1.3, False)])
def test_a_mean_that_bounds_every_score_is_hidden(mean, hidden):
    """Eight persons on 1 to 5 with a mean over 4.75: nobody can be below 3."""
    frame = descriptives({"a": (8, mean), "b": (40, 3.0)})
    assert through("descriptives", frame).set_index("arm").loc["a", "suppressed"] == hidden


def test_a_hidden_category_does_not_follow_from_rows_and_columns():
    counts = {
        "1": {"a": 12, "b": 18},
        "2": {"a": 37, "b": 31},
        "3": {"a": 32, "b": 42},
        "4": {"a": 6, "b": 3},
    }
    shown = through("baseline", baseline(counts))
    cells = shown[shown["arm"] != ""].set_index(["category", "arm"])["count"]
    hidden = [key for key, value in cells.items() if np.isnan(value)]
    assert ("4", "a") in hidden and ("4", "b") in hidden
    assert _possible(shown, hidden, ("4", "b")) >= MINIMUM  # by trying every whole number
    assert shown.loc[shown["suppressed"], "smd"].isna().all()


def _possible(shown: pd.DataFrame, hidden: list, wanted: tuple) -> int:
    """How many values a hidden count can have, given the totals that are shown: brute force over whole numbers."""
    assert len(hidden) <= 4
    known = shown.set_index(["category", "arm"])
    cells = dict(zip(hidden, np.indices((40,) * len(hidden)), strict=True))
    possible = np.ones((40,) * len(hidden), dtype=bool)
    for arm in ("a", "b"):
        column = [known.loc[(c, arm), "count"] for c in known.index.unique(0) if (c, arm) not in cells]
        possible &= sum(v for (_, of), v in cells.items() if of == arm) == known.loc[("1", arm), "n"] - sum(
            column
        )
    for category in known.index.unique(0):
        total = known.loc[(category, ""), "count"]
        if any(c == category for c, _ in cells) and not np.isnan(total):
            beside = [
                known.loc[(category, arm), "count"] for arm in ("a", "b") if (category, arm) not in cells
            ]
            possible &= sum(v for (of, _), v in cells.items() if of == category) == total - sum(beside)
    return len(np.unique(cells[wanted][possible]))


def test_components_follow_their_estimate():
    entries = pd.DataFrame(
        {"id": ["x", "y"], "entry": ["x", "y"], "estimate": 0.3, "n_persons": [40, 40], "n_smallest": [20, 3]}
    )
    components = pd.DataFrame(
        {"entry": ["x", "y"], "group": "team", "term_1": "(Intercept)", "term_2": "", "estimate": 0.02}
    )
    shown = let_out({"estimates": entries, "variance_components": components}, MINIMUM)
    assert shown["estimates"]["suppressed"].tolist() == [False, True]
    assert shown["variance_components"]["estimate"].isna().tolist() == [False, True]


PLANNED_AGAIN = {
    "curve": {"point": 1, "kind": "choices", "registered": True, "n_persons": 80, "n_apart": 0},
    "curve_test": {"median": 0.2345},
    "weighting": {"part": "answer", "name": "overlap weights", "e_value": 1.8},
    "imputation": {"likelihood_estimate": 0.2345},
    "delta": {"estimate": 0.2345, "delta_a": 0.0},
    "tipping": {"arm": "a", "direction": 1, "delta": 0.4},
    "sensitivity": {"analysis": "cluster robust", "estimate": 0.2345, "n_persons": 80, "n_apart": 0},
    "calibration": {"method": "units", "components": "estimated", "effect": 0.0, "mean_std_error": 0.2345},
}


@pytest.mark.parametrize("name", PLANNED_AGAIN)
@pytest.mark.parametrize("n_smallest", [5, 30])
def test_a_hidden_planned_contrast_stands_nowhere_else(name, n_smallest):
    """The same contrast of another wave is shown, and with it the variance components."""
    planned = {"id": "e", "entry": "e", "estimate": 0.2345, "n_persons": 80, "n_smallest": n_smallest}
    estimates = declared("estimates", planned, planned | {"id": "e.wave1", "n_smallest": 30})
    components = declared("variance_components", {"entry": "e", "group": "team", "estimate": 0.02})
    tables = {"estimates": estimates, "variance_components": components}
    shown = let_out({**tables, name: declared(name, {"entry": "e"} | PLANNED_AGAIN[name])}, MINIMUM)
    assert shown[name]["suppressed"].tolist() == [n_smallest == 5]
    assert shown["variance_components"]["suppressed"].tolist() == [False]


def test_all_minus_without_a_few_is_hidden():
    frame = pd.DataFrame(
        {
            "entry": "x",
            "outcome": "x",
            "analysis": ["a", "b"],
            "estimate": 0.3,
            "n_persons": 90,
            "n_smallest": 40,
            "rows_left_out": [9, 0],
            "n_apart": [3, 0],
            "note": "",
        }
    )
    assert through("sensitivity", frame)["suppressed"].tolist() == [True, False]


def staff(counts: dict[tuple[str, str], int], n: int = 100) -> pd.DataFrame:
    """Who left, stayed and moved in the whole period, and where leavers went."""
    rows = pd.DataFrame([(*key, count) for key, count in counts.items()], columns=["what", "code", "count"])
    rows = rows.assign(share=rows["count"] / n, per_100_person_months=100 * rows["count"] / 1600)
    return rows.assign(sample="m", wave=np.nan, arm="a", n_persons=n, person_months=1600)


def test_who_stayed_does_not_follow_from_where_leavers_went():
    left = {("outcome", "left"): 97, ("outcome", "stayed"): 3, ("move", "moved"): 0}
    frame = staff(left | {("destination", "care"): 50, ("destination", "elsewhere"): 47})
    shown = through("hr_flow", frame).set_index("code")
    assert shown.loc[["left", "stayed"], "count"].isna().all()
    assert shown.loc[["care", "elsewhere"], "count"].isna().any() and shown.loc["moved", "count"] == 0
    assert attack(as_published({"hr_flow": shown.reset_index()}, {}, MINIMUM)[0], MINIMUM) == []
    spoilt = frame.assign(suppressed=False, suppressed_columns="")
    told = spoilt["what"] == "outcome"
    numbers = ["count", "share", "per_100_person_months"]
    spoilt.loc[told, numbers] = np.nan
    spoilt.loc[told, "suppressed"] = True
    found = attack(as_published({"hr_flow": spoilt}, {}, MINIMUM)[0], MINIMUM)
    assert "follow from what adds up" in " ".join(f.what for f in found)


def test_who_stayed_is_counted_in_every_wave():
    """Persons who stayed in a wave are not added up over the waves, those who left are."""
    whole = staff({("outcome", "left"): 30, ("outcome", "stayed"): 70})
    waves = [staff({("outcome", "left"): 15, ("outcome", "stayed"): 85}).assign(wave=w) for w in (1, 2)]
    frame = pd.concat([*waves, whole], ignore_index=True)
    shown = through("hr_flow", frame)
    assert not shown["suppressed"].any()
    waves[0].loc[0, "count"], waves[0].loc[1, "count"] = 3, 97
    shown = through("hr_flow", pd.concat([*waves, whole], ignore_index=True)).set_index(["wave", "code"])
    assert shown.loc[(1, "left"), "suppressed"] and shown.loc[(1, "stayed"), "suppressed"]
    assert attack(as_published({"hr_flow": shown.reset_index()}, {}, MINIMUM)[0], MINIMUM) == []


def test_nearly_all_who_moved_are_hidden_with_the_rate_that_tells_them():
    frame = staff({("outcome", "left"): 0, ("outcome", "stayed"): 100, ("move", "moved"): 97})
    shown = through("hr_flow", frame).set_index("code")
    assert shown.loc["moved", ["count", "share", "per_100_person_months"]].isna().all()
    assert shown.loc["stayed", "count"] == 100


def test_nearly_all_who_used_the_app_are_hidden_with_means_that_are_fractions_of_them():
    """2.417 = 29 / 12, .9167 = 11 / 12 and .75 = 9 / 12 sessions a user: twelve of nineteen used it."""
    frame = pd.DataFrame({"sample": "m", "wave": 1, "arm": ["a", "b"], "n_persons": 50, "n_users": [47, 30]})
    frame = frame.assign(share_users=frame["n_users"] / 50, active_weeks_mean=2.8, active_weeks_median=3.0)
    frame["n_videos_mean"] = 2.417  # a study's own kinds of events
    shown = through("app_use", frame)
    assert shown[["n_users", "share_users"]].isna().all(axis=1).tolist() == [True, False]
    assert not shown["suppressed"].any()
    assert (
        shown["active_weeks_mean"].notna().tolist()
        == shown["n_videos_mean"].notna().tolist()
        == [False, True]
    )
    left = {"active_weeks_mean": 2.8, "suppressed": False, "suppressed_columns": ""}
    told = [f.what for f in attack({"app_use": shown.assign(**left)}, MINIMUM)]
    assert any("fraction of the hidden n_users" in what for what in told)


def test_nearly_all_who_learned_are_hidden_but_not_their_moments():
    codes = {"direct": 39, "indirect": 3, "all": 39}
    frame = pd.DataFrame({"code": list(codes), "n_with": list(codes.values()), "moments": [180, 9, 189]})
    frame = frame.assign(
        learning=["direction", "direction", "all"], sample="m", wave=1, arm="a", n_persons=40
    )
    shown = through("diary_learning", frame).set_index("code")
    assert shown["n_with"].isna().all() and shown.loc["all", "moments"] == 189
    assert shown.loc[["direct", "indirect"], "moments"].isna().all()  # 189 - 180 are of three persons


def imputed_rows(observed: dict[str, int], imputed: dict[str, int]) -> pd.DataFrame:
    rows = pd.DataFrame({"arm": list(observed), "n_observed": list(observed.values())})
    rows = rows.assign(n_imputed=list(imputed.values()), mean_observed=3.1, mean_imputed=3.0)
    return rows.assign(entry="x", wave=1, n_expected=rows["n_observed"] + rows["n_imputed"])


@pytest.mark.parametrize(
    ("observed", "imputed", "hidden"),
    [((3, 40, 50), (17, 10, 10), "ab"), ((40, 40, 50), (3, 10, 10), "a"), ((40, 40, 50), (0, 10, 10), "")],
)
def test_means_of_a_few_observed_or_imputed_outcomes_are_hidden(observed, imputed, hidden):
    """Three observed beside their total in the descriptives: the next arm is hidden too."""
    frame = imputed_rows(*(dict(zip("abc", n, strict=True)) for n in (observed, imputed)))
    shown = through("imputed_rows", frame)
    assert "".join(shown.loc[shown["suppressed"], "arm"]) == hidden
    assert shown.loc[shown["suppressed"], ["mean_observed", "mean_imputed"]].isna().all(axis=None)
    assert shown["n_imputed"].tolist() == list(imputed)
    assert attack(as_published({"imputed_rows": shown}, {}, MINIMUM)[0], MINIMUM) == []


def test_shares_that_are_a_few_persons_are_hidden_at_both_ends():
    frame = pd.DataFrame(
        {
            "sample": "m",
            "scale": "s",
            "wave": 0,
            "item": ["i1", "i2"],
            "n": 100,
            "mean": 3.0,
            "floor_share": [0.03, 0.2],
            "ceiling_share": 0.2,
        }
    )
    shown = through("items", frame)
    assert shown[["floor_share", "ceiling_share"]].isna().all(axis=1).tolist() == [True, False]
    assert shown["mean"].notna().all() and not shown["suppressed"].any()


def test_sums_over_a_table_with_something_hidden_are_hidden():
    flow = pd.DataFrame(
        {
            "source": "app",
            "sample": "m",
            "kind": "events",
            "step": ["read", "dropped"],
            "reason": "",
            "rows": [1030, 3],
        }
    )
    use = pd.DataFrame({"sample": "m", "wave": 1, "arm": ["a", "b"], "n_persons": 106, "n_users": [3, 70]})
    shown = let_out({"exposure_flow": flow, "app_use": use}, MINIMUM)["exposure_flow"]
    assert np.isnan(shown.loc[0, "rows"]) and shown.loc[1, "rows"] == 3
    assert attack({"exposure_flow": shown}, MINIMUM) == []
    spoilt = shown.assign(rows=flow["rows"])
    assert "suppressed row" in attack({"exposure_flow": spoilt}, MINIMUM)[0].what


def test_a_table_without_declaration_is_refused():
    with pytest.raises(KeyError):
        let_out({"by_team": pd.DataFrame({"n": [3]})}, MINIMUM)


def test_published_numbers_have_four_digits_and_exact_counts():
    assert significant(np.array([0.339808574, 6766.57, 0.0, np.nan])).tolist()[:3] == [0.3398, 6767.0, 0.0]
    frame = descriptives({"a": (30, 3.123456), "b": (1234, 3.0)})
    (shown,), kept = (
        list(as_published({"descriptives": through("descriptives", frame)}, {}, MINIMUM)[0].values()),
        0,
    )
    assert shown["mean"].iloc[1] == 3.123 and shown["n"].iloc[2] == 1234 and kept == 0


def test_bounds_of_a_square_of_hidden_cells():
    """Rows 10 and 20, columns 12 and 18: the first cell lies between 0 and 10."""
    limits = dict.fromkeys(range(4), (0.0, 30.0))
    sums = [
        exactly({0: 1, 1: 1}, 10),
        exactly({2: 1, 3: 1}, 20),
        exactly({0: 1, 2: 1}, 12),
        exactly({1: 1, 3: 1}, 18),
    ]
    low, high = bounds(sums, limits, [0])[0]
    assert (round(low, 4), round(high, 4)) == (0, 10)


counts = st.integers(0, 40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(counts, st.floats(1, 5)), min_size=1, max_size=5))
def test_the_attacker_finds_nothing_in_gated_descriptives(groups):
    frame = descriptives({f"arm{i}": g for i, g in enumerate(groups)})
    assert attack(as_published(let_out({"descriptives": frame}, MINIMUM), {}, MINIMUM)[0], MINIMUM) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(counts, counts), min_size=2, max_size=5).filter(
        lambda c: sum(a for a, _ in c) and sum(b for _, b in c)
    )
)
@pytest.mark.slow
def test_the_attacker_finds_nothing_in_gated_categories(cells):
    frame = baseline({str(i): {"a": a, "b": b} for i, (a, b) in enumerate(cells)})
    assert attack(as_published(let_out({"baseline": frame}, MINIMUM), {}, MINIMUM)[0], MINIMUM) == []


PLANTED = {
    "a small group": ("descriptives", lambda f: f),
    "hidden, but the total and the other arm are shown": (
        "descriptives",
        lambda f: _hide(f, f["arm"] == "a"),
    ),
}


def _hide(frame: pd.DataFrame, where: pd.Series) -> pd.DataFrame:
    answers = ["n", "mean", "sd", "q25", "median", "q75"]
    frame = frame.assign(**{c: frame[c].astype(float).mask(where) for c in answers}, suppressed=where)
    return frame


@pytest.mark.parametrize("way", PLANTED)
def test_the_attacker_finds_what_is_planted(way):
    name, spoil = PLANTED[way]
    frame = descriptives({"a": (3, 2.5833), "b": (48, 3.0)})
    open_table = as_published(
        {name: spoil(frame.assign(suppressed=False, suppressed_columns=""))}, {}, MINIMUM
    )[0]
    found = attack(open_table, MINIMUM)
    assert found
    with pytest.raises(DisclosureError, match="nothing about fewer persons"):
        raise_findings(found)
    assert "2.58" not in " ".join(str(f.problem()) for f in found)


def test_the_attacker_sees_too_many_digits_and_few_persons_in_shares():
    frame = pd.DataFrame(
        {
            "sample": "m",
            "scale": "s",
            "wave": 0,
            "item": "i",
            "n": [100],
            "mean": 3.123456,
            "floor_share": 0.03,
            "ceiling_share": 0.2,
        }
    ).assign(suppressed=False, suppressed_columns="")
    whats = " ".join(f.what for f in attack({"items": frame}, MINIMUM))
    assert "digits in mean" in whats and "floor_share times n" in whats


def test_every_declared_protection_names_a_column():
    for table in register().values():
        names = set(table.names)
        assert set(table.key) <= names and set(table.protected_by) <= names and set(table.exact) <= names
        assert {c.of for c in table.columns if c.of} <= names
        for rule in table.adds_up:
            assert {rule.over, *rule.within, *rule.counts} <= names


# --- deviations from the sealed plan


@pytest.mark.parametrize("n_changed", [1, 7])
def test_two_answers_that_differ_by_few_persons_are_not_both_shown(n_changed):
    """Who counts under one plan only is told apart by the difference of the two, of answers as of persons."""
    numbers = [
        f"{n}_{when}" for n in ("estimate", "conf_low", "conf_high", "p") for when in ("sealed", "now")
    ]
    now = dict.fromkeys(("n_persons_now", "n_smallest_now"), 80)
    row = {"what": "entry.population", "old": "a", "new": "b", "when": "2025-01-01", "why": "w"} | now
    rows = [
        row | dict.fromkeys(numbers, 0.2) | {"entry": entry, "n_changed": float(n)}
        | dict.fromkeys(("n_persons_sealed", "n_smallest_sealed"), 80 + n)
        for entry, n in (("a", n_changed), ("b", 0), ("c", 12))
    ]  # fmt: skip
    shown = let_out({"deviations": declared("deviations", *rows)}, MINIMUM)["deviations"]
    assert list(shown["suppressed"]) == [True, False, False]
    assert shown.loc[0, [*numbers, "n_changed"]].isna().all() and shown.loc[1:, numbers].notna().all(
        axis=None
    )
    assert list(shown["old"]) == ["a"] * 3
    difference = shown["n_persons_sealed"] - shown["n_persons_now"]
    assert not difference.between(1, MINIMUM - 1).any() and difference[1:].tolist() == [0, 12]


# --- rows that differ by a few persons


def points(*rows: dict) -> dict[str, pd.DataFrame]:
    """A curve of the planned estimate of 302 persons and of other rows, with the table of estimates."""
    own = {
        "kind": "choices",
        "registered": True,
        "estimate": 0.2,
        "n_obs": 598,
        "n_persons": 302,
        "n_apart": 0,
    }
    found = [{"entry": "e", "point": i, **row} for i, row in enumerate([own, *rows], 1)]
    planned = {"id": "e", "entry": "e", "estimate": 0.2, "n_persons": 302, "n_smallest": 98}
    return {"curve": declared("curve", *found), "estimates": declared("estimates", planned)}


def left_out(n_persons: int, estimate: float = 0.3) -> dict:
    """The row of a curve without a unit of so many persons."""
    rest = 302 - n_persons
    return {"kind": "unit", "estimate": estimate, "n_obs": 2 * rest, "n_persons": rest, "n_apart": n_persons}


def found_in(tables: dict[str, pd.DataFrame]) -> str:
    return " ".join(f.what for f in attack(as_published(tables, {}, MINIMUM)[0], MINIMUM))


DIFFERENT = {
    "curve": {"point": 2, "kind": "choices", "n_persons": 299, "n_apart": 3},
    "sensitivity": {"analysis": "baseline members only", "n_persons": 299, "rows_left_out": 15, "n_apart": 5},
    "deviations": {"what": "x", "n_persons_sealed": 302, "n_persons_now": 299, "n_changed": 3},
    "impact": {"n_persons_sealed": 299, "n_changed": 3},
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_few_that_a_hidden_row_lacks_do_not_follow_from_its_counts(name):
    tables = points()
    tables[name] = pd.concat([tables.get(name), declared(name, {"entry": "e"} | DIFFERENT[name])])
    shown = let_out(tables, MINIMUM)
    row = shown[name].iloc[-1]
    assert row["suppressed"] and row[[*register()[name].showing("persons")]].isna().all()
    assert found_in(shown) == ""
    spoilt = shown[name].copy()
    spoilt.loc[spoilt.index[-1], [*DIFFERENT[name]]] = [*DIFFERENT[name].values()]
    spoilt.loc[spoilt.index[-1], [*register()[name].apart]] = np.nan
    assert "in a suppressed row" in found_in({**shown, name: spoilt})


def test_an_estimate_of_few_more_persons_is_hidden_also_where_nobody_is_said_to_be_apart():
    """A point with another covariate counted nobody, and was shown of three persons fewer than the planned row."""
    point = {
        "kind": "choices",
        "registered": False,
        "estimate": 0.3,
        "n_obs": 594,
        "n_persons": 299,
        "n_apart": 0,
    }
    shown = let_out(points(point, {**point, "n_persons": 302}), MINIMUM)
    assert shown["curve"]["suppressed"].tolist() == [False, True, False] and found_in(shown) == ""
    spoilt = shown["curve"].copy()
    spoilt.loc[1, ["estimate", "n_apart", "suppressed", "suppressed_columns"]] = [0.3, 0, False, "n_persons"]
    assert "say that nobody is" in found_in({**shown, "curve": spoilt})


def test_a_small_unit_does_not_follow_from_everybody_and_the_other_units():
    shown = let_out(points(left_out(5), left_out(40), left_out(57), left_out(200)), MINIMUM)
    assert shown["curve"]["suppressed"].tolist() == [False, True, True, False, False]
    assert shown["curve"].loc[1:2, ["n_obs", "n_persons", "n_apart"]].isna().all(axis=None)
    assert found_in(shown) == ""
    spoilt = points(left_out(5), left_out(40), left_out(57), left_out(200))
    spoilt["curve"].loc[1, ["estimate", "n_obs", "n_persons", "n_apart"]] = np.nan
    spoilt["curve"] = spoilt["curve"].assign(suppressed=spoilt["curve"].index == 1, suppressed_columns="")
    assert "hidden count of point follow from a total" in found_in(
        {**shown, **spoilt, "estimates": shown["estimates"]}
    )


def test_units_that_share_persons_leave_no_few_of_everybody():
    """Three persons who moved count in two units: everybody minus the shown units is fewer than the hidden ones."""
    shown = let_out(points(left_out(5), left_out(5), left_out(95), left_out(200)), MINIMUM)
    assert shown["curve"]["suppressed"].sum() == 3 and found_in(shown) == ""


def leavers(by_period: dict[int, tuple[int, ...]]) -> dict[str, pd.DataFrame]:
    """Leaving by periods within waves, of 200 persons in one arm, with the same counts in hr_flow."""
    flow, periods = [], []
    for wave, counts in {**by_period, None: [sum(c) for c in by_period.values()]}.items():
        n = sum(counts)
        group = {"sample": "main", "arm": "a", "wave": wave}
        for code, count in (("left", n), ("stayed", 200 - n)):
            flow.append(
                {
                    **group,
                    "what": "outcome",
                    "code": code,
                    "n_persons": 200,
                    "count": count,
                    "share": count / 200,
                }
            )
        row = {**group, "code": "left", "n_at_risk": 200, "month_from": 1, "month_to": 12}
        span = "whole" if wave is None else "wave"
        periods.append({**row, "span": span, "n_left": n, "risk": n / 200})
        if wave is not None:
            periods += [
                {**row, "span": "months", "period": i, "n_left": c, "risk": c / 200}
                for i, c in enumerate(counts, 1)
            ]
    return {"hr_flow": declared("hr_flow", *flow), "leaving_periods": declared("leaving_periods", *periods)}


def test_a_few_who_left_in_three_months_do_not_follow_from_the_rest_of_the_wave():
    shown = let_out(leavers({1: (11, 7), 2: (12, 9)}), MINIMUM)
    found = shown["leaving_periods"].set_index(["span", "wave", "period"]).sort_index()
    assert found.loc[("months", 1), "suppressed"].all() and not found.loc[("wave", 1), "suppressed"].any()
    assert found.loc[("months", 1), ["n_left", "n_at_risk", "risk"]].isna().all(axis=None)
    assert found.loc[("months", 2), "n_left"].tolist() == [12, 9]
    assert attack(as_published(shown, {}, MINIMUM)[0], MINIMUM) == []


def test_what_hr_flow_hides_of_a_wave_its_periods_hide_too():
    shown = let_out(leavers({1: (3, 2), 2: (20, 18)}), MINIMUM)
    flow = shown["hr_flow"].set_index(["wave", "code"])["suppressed"]
    assert flow[(1, "left")] and flow[(2, "left")]
    periods = shown["leaving_periods"]
    assert periods.loc[periods["wave"].notna(), "suppressed"].all()
    assert periods.loc[periods["wave"].isna(), "n_left"].tolist() == [43]


def test_a_small_unit_is_no_dot_and_takes_another_with_it():
    rows = [
        {"entry": "e", "point": i, "n_persons": n, "estimate": 0.1 * i, "observed": 0.2 * i}
        for i, n in enumerate((12, 5, 14, 9, 15))
    ]
    shown = through("unit_effects", declared("unit_effects", *rows))
    assert shown.loc[shown["suppressed"], "point"].tolist() == [1, 3]
    assert shown.loc[shown["suppressed"], ["estimate", "observed"]].isna().all(axis=None)


@pytest.mark.parametrize("yes", [0, 65])
def test_what_everybody_of_a_group_answered_follows_from_no_other_group(yes):
    """65 persons who all say the same, and 41 of 67: everybody minus the others would be what the 65 said. Of 41 yes
    among 132, beside hidden arms, those of each arm may be any; of 106 at least 39 are of either."""
    counts = {"": (132, yes + 41), "control": (65, yes), "learning": (67, 41)}
    rows = [
        {"sample": "main", "scale": "happy", "wave": 0, "arm": arm, "n": n, "mean": ones / n,
         "sd": np.sqrt(ones * (n - ones) / n / (n - 1)), "q25": 0.0, "median": 0.0, "q75": 1.0,
         "score_min": 0.0, "score_max": 1.0}
        for arm, (n, ones) in counts.items()
    ]  # fmt: skip
    shown = let_out({"descriptives": pd.DataFrame(rows)}, 8)["descriptives"]
    assert shown["suppressed"].tolist() == [yes == 65, True, True]
    assert shown.loc[shown["suppressed"], ["mean", "sd"]].isna().all(axis=None)


def flows(left, first=123):
    """Personnel records by wave, in which so many left: n_persons of a wave are who stayed in the one before."""
    rows, n = [], first
    for wave, gone in enumerate(left, 1):
        for code, count in (("left", gone), ("stayed", n - gone), ("moved", 0)):
            what = "move" if code == "moved" else "outcome"
            rows.append(
                {"wave": wave, "what": what, "code": code, "n_persons": n, "count": count, "share": count / n}
            )
        n -= gone
    return declared(
        "hr_flow", *({"sample": "main", "person_months": 3.0 * r["n_persons"], **r} for r in rows)
    )


def test_who_left_does_not_follow_from_how_many_were_there_at_the_next_wave():
    """Of 113 persons 7 left: the row is hidden, and 106 persons at the next wave would tell it."""
    shown = through("hr_flow", flows([10, 7, 16]))
    known = shown.groupby("wave")["n_persons"].max()
    assert known[1] == 123 and known[[2, 3]].isna().all()
    assert shown.query("wave > 1")[["count", "share", "person_months"]].isna().all(axis=None)
    assert through("hr_flow", flows([10, 9, 16]))["n_persons"].notna().all()
