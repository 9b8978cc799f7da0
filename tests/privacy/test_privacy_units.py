"""Sheets for units: what may be shown beside each other, how exactly, and what an attacker makes of all of it."""

import time
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import null_space

from dww_analysis.errors import DisclosureError
from dww_analysis.privacy import linear, units
from dww_analysis.privacy.printed import BAND, Said, narrowest, refuse_narrow, said_of, said_of_report
from dww_analysis.privacy.units import Limits, as_printed, shown_rows, why_hidden

MINIMUM = 8
LIMITS = Limits(MINIMUM, 0.4)
RANGE = (1.0, 5.0)
HALF = 0.05  # of the last printed digit


def scores_of(teams: dict[str, int], arms: dict[str, str] | None = None, wave: int = 0) -> pd.DataFrame:
    """Answers of so many persons a team; `o1.a` is a team of organisation o1."""
    rows = [(f"{t}.{i}", wave, t, t.split(".")[0]) for t, n in teams.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=["person", "wave", "team", "organisation"]).assign(score=3.0)
    return frame if arms is None else frame.assign(arm=frame["team"].map(arms))


def rows_of(scores: pd.DataFrame, members: dict[str, float] | None = None) -> pd.DataFrame:
    parts = [
        scores.groupby(["wave", level])["score"].agg(n="size", mean="mean").reset_index()
        .rename(columns={level: "unit"}).assign(level=level)
        for level in ("team", "organisation")
    ]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(members=rows["unit"].map(members or {}).astype("float64"))


def shown(scores: pd.DataFrame, members: dict[str, float] | None = None) -> set[str]:
    rows = rows_of(scores, members)
    return set(rows.loc[shown_rows(rows, scores, LIMITS), "unit"])


def test_a_unit_needs_the_minimum_and_the_share():
    scores = scores_of({"o1.a": 8, "o1.b": 9, "o2.a": 10, "o2.b": 10})
    assert shown(scores) == {"o1.a", "o1.b", "o2.a", "o2.b", "o1", "o2"}
    assert shown(scores, {"o1.a": 21, "o1.b": 22.5}) == {"o1.b", "o2.a", "o2.b", "o1", "o2"}


@pytest.mark.parametrize(
    ("yes", "seen"), [(3, False), (7, False), (8, True), (12, True), (13, False), (0, True)]
)
def test_a_unit_of_which_few_said_yes_is_not_shown(yes, seen):
    """0.2 of seventeen is three or four; of twenty nearly all is as few."""
    scores = scores_of({"o1.a": 20, "o2.a": 20})
    answers = np.r_[np.arange(20) < yes, np.arange(20) < 10].astype(float)
    assert ("o1.a" in shown(scores.assign(score=answers))) == seen
    assert ("o1.a" in shown(scores.assign(score=1 + answers))) == seen, "no is 1 and yes is 2"
    answers[-1] = 0.5
    assert "o1.a" in shown(scores.assign(score=answers)), "a third score"


def test_another_team_is_hidden_where_the_rest_would_follow_from_the_organisation():
    scores = scores_of({"o1.a": 7, "o1.b": 9, "o1.c": 8, "o1.d": 12, "o2.a": 30})
    assert shown(scores) == {"o1.b", "o1.d", "o1", "o2", "o2.a"}


def test_an_organisation_of_few_is_hidden_with_another_and_nothing_is_hidden_for_nobody():
    scores = scores_of({"o1.a": 7, "o2.a": 9, "o2.b": 9, "o3.a": 9})
    assert shown(scores) == {"o2", "o2.a", "o2.b"}, "everybody minus o2 is sixteen persons"


def test_answers_without_a_team_are_hidden_with_a_team():
    scores = scores_of({"o1.a": 9, "o1.b": 10, "o2.a": 20})
    scores.loc[0, "team"] = None
    assert "o1.a" not in shown(scores)
    assert "o1.b" in shown(scores)


def groups_that_follow(scores: pd.DataFrame, seen: set[str]) -> set[tuple[str, ...]]:
    """Brute force: sets of teams of fewer persons than the minimum, whose sum is a combination of published sums."""
    atoms = scores.groupby("team").agg(n=("score", "size"), o=("organisation", "first"), arm=("arm", "first"))
    published = [np.ones(len(atoms))]
    published += [(atoms["arm"] == a).to_numpy(float) for a in atoms["arm"].unique()]
    published += [(atoms["o"] == o).to_numpy(float) for o in atoms["o"].unique() if o in seen]
    published += [(atoms.index == t).astype(float) for t in atoms.index if t in seen]
    known = np.array([p for p in published if atoms["n"][p.astype(bool)].sum() >= MINIMUM])
    left_open = null_space(known).T if len(known) else np.eye(len(atoms))
    n = atoms["n"].to_numpy()
    few = (list(c) for k in range(1, MINIMUM) for c in combinations(np.flatnonzero(n < MINIMUM), k))
    return {
        tuple(atoms.index[c])
        for c in few
        if n[c].sum() < MINIMUM and np.abs(left_open[:, c].sum(axis=1)).max(initial=0) < 1e-9
    }


def some_teams(seed: int) -> pd.DataFrame:
    """Answers in a few organisations, each within one arm or over several."""
    rng = np.random.default_rng(seed)
    teams = {f"o{o}.{t}": int(rng.integers(1, 14)) for o in range(rng.integers(2, 6)) for t in range(3)}
    arms = ["control", "early", "late"][: rng.integers(1, 4)]
    own = {o: rng.choice(arms) for o in {t.split(".")[0] for t in teams}}
    split = rng.random() < 0.6
    return scores_of(teams, {t: rng.choice(arms) if split else own[t.split(".")[0]] for t in teams})


@pytest.mark.parametrize("seed", range(120))
def test_no_group_below_the_minimum_follows_from_all_that_is_published_and_no_unit_is_hidden_for_nobody(seed):
    scores = some_teams(seed)
    if groups_that_follow(scores, set()):
        return  # the published arms themselves are others' business
    seen = shown(scores)
    assert groups_that_follow(scores, seen) == set()
    rows = rows_of(scores)
    for unit in set(rows.loc[rows["n"] >= MINIMUM, "unit"]) - seen:
        assert groups_that_follow(scores, seen | {unit}), unit


def test_what_may_be_shown_is_found_in_a_study_of_hundreds_of_teams():
    teams = {f"o{o}.{t}": 3 + (7 * o + 5 * t) % 11 for o in range(60) for t in range(10)}
    scores = scores_of(teams, {t: "ab"[int(t[1:].split(".")[0]) % 2] for t in teams})
    began = time.perf_counter()
    assert len(shown(scores)) > 300
    assert time.perf_counter() - began < 20, "a tenth of a second; every three of the hidden teams take hours"


def test_a_team_is_in_the_arm_of_most_and_of_as_many_in_the_first():
    scores = scores_of({"o1.a": 5, "o1.b": 4, "o2.c": 3})
    scores["arm"] = [*"yxyxy", *"yxyx", *"xyy"]
    scores = pd.concat([scores, scores_of({"o2.d": 2}).assign(team=None, arm="y")], ignore_index=True)
    found = units._atoms(scores).sort_values("n", ascending=False)
    assert found.to_dict("list") == {
        "team": ["o1.a", "o1.b", "o2.c", ""], "organisation": ["o1", "o1", "o2", "o2"],
        "arm": ["y", "x", "y", "y"], "n": [5, 4, 3, 2],
    }  # fmt: skip


def test_the_brute_force_sees_what_follows():
    teams = {"o1.a": 7, "o1.b": 9, "o2.a": 9, "o2.b": 9}
    scores = scores_of(teams, dict.fromkeys(teams, "all"))
    assert groups_that_follow(scores, {"o1", "o1.b", "o2"}) == {("o1.a",)}


# --- how exactly


def printed_rows(**changes) -> pd.DataFrame:
    row = {
        "level": "team", "unit": "T21", "wave": 2, "scale": "agency", "n": 8, "members": 10.0, "mean": 3.7255,
        "std_error": 0.16789, "conf_low": 3.3941, "conf_high": 4.0569, "band_low": 3.1234, "band_high": 3.4321,
        "verdict": "unclear", "change": "same", "shown": True,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def test_a_mean_is_known_to_one_decimal_wherever_it_is_printed():
    row = as_printed(printed_rows(), RANGE).iloc[0]
    assert (row["mean"], row["band_low"], row["band_high"]) == (3.7, 3.1, 3.4)
    assert (row["conf_low"], row["conf_high"]) == (3.37, 4.03), "around the rounded mean"
    assert np.isnan(row["std_error"])
    assert row["extreme"] == ""


def test_a_row_that_is_not_shown_says_nothing():
    row = as_printed(printed_rows(shown=False), RANGE).iloc[0]
    assert row[["mean", "conf_low", "conf_high", "band_low", "band_high"]].isna().all()
    assert (row["verdict"], row["change"], row["extreme"]) == ("", "", "")


@pytest.mark.parametrize(
    ("mean", "expected"), [(4.75, "very_high"), (4.74, ""), (1.25, "very_low"), (1.26, "")]
)
def test_a_mean_that_bounds_everybody_is_a_word(mean, expected):
    row = as_printed(printed_rows(mean=mean), RANGE).iloc[0]
    assert row["extreme"] == expected
    assert np.isnan(row["mean"]) == bool(expected)
    assert (row["verdict"] == "") == bool(expected)


def test_why_a_row_is_hidden():
    rows = pd.concat([printed_rows(), printed_rows(shown=False), printed_rows(n=7, shown=False)])
    assert why_hidden(rows, LIMITS).tolist() == ["", "follows", "too_few"]


# --- the attacker: nine answered at the start, eight of the same at the end


def eight_of_nine() -> pd.DataFrame:
    then = scores_of({"o6.T21": 9})
    return pd.concat([then, then.iloc[:8].assign(wave=2)])


def level(wave: int, mean: float) -> Said:
    return Said(f"sheet of wave {wave}", "team", "o6.T21", wave, mean - HALF, mean + HALF)


def change(low: float, high: float) -> Said:
    return Said("change", "team", "o6.T21", 2, low, high, 0)


def some_sheets(seed: int) -> tuple[pd.DataFrame, list[Said]]:
    """Teams of a few persons who come and go, and levels and changes of them, true of drawn answers, in numbers."""
    rng = np.random.default_rng(seed)
    then = scores_of({f"o{t // 2}.{t}": int(rng.integers(3, 8)) for t in range(6)})
    now = then[rng.random(len(then)) < 0.7].assign(wave=2)
    scores = pd.concat([then, now], ignore_index=True)
    scores["score"] = rng.uniform(*RANGE, len(scores))
    by = scores.pivot_table(index=["organisation", "team", "person"], columns="wave", values="score")
    said = []
    for unit in ("team", "organisation"):
        for wave in (0, 2):
            said += [
                Said(f"{u} {wave}", unit, u, wave, m - HALF, m + HALF)
                for u, m in by.groupby(unit)[wave].mean().items()
            ]
        change = (by[2] - by[0]).dropna().groupby(unit).mean()
        said += [Said(f"{u} change", unit, u, 2, m - HALF, m + HALF, 0) for u, m in change.items()]
    return scores, said


@pytest.mark.parametrize("seed", range(12))
def test_who_is_found_in_many_programmes_is_found_in_few(seed):
    scores, said = some_sheets(seed)
    least = 1.0 + seed / 4
    narrow = [(width, documents) for width, documents in narrowest(scores, said, RANGE) if width < least]
    found = narrowest(scores, said, RANGE, least)
    assert [documents for _, documents in found] == [documents for _, documents in narrow]
    assert [width for width, _ in found] == pytest.approx([width for width, _ in narrow], abs=1e-5)


def band_of(scores: pd.DataFrame, wave: int) -> Said:
    """The middle of the band of all teams, in numbers."""
    means = scores[scores["wave"] == wave].groupby("team")["score"].agg(["mean", "size"]).query("size > 1")
    middle = float(means["mean"].mean())
    return Said("all teams", "team", BAND, wave, middle - HALF, middle + HALF)


@pytest.mark.parametrize("seed", range(9))
def test_who_is_found_in_one_programme_is_found_team_by_team(seed, monkeypatch):
    """The band of all teams joins them; the others are then held at values that are possible."""
    scores, said = some_sheets(seed)
    said += [band_of(scores, wave) for wave in (0, 2)]
    least = 1.0 + seed / 4
    narrow = narrowest(scores, said, RANGE, least)
    searched = []
    monkeypatch.setattr(linear, "MANY", 10)
    monkeypatch.setattr(linear, "WIDE", 0.25)
    monkeypatch.setattr(linear, "_held", lambda *a, held=linear._held: searched.append(1) or held(*a))
    monkeypatch.setattr(linear._Programme, "_together", lambda *_: {})
    found = narrowest(scores, said, RANGE, least)
    assert searched
    assert [documents for _, documents in found] == [documents for _, documents in narrow]
    assert [width for width, _ in found] == pytest.approx([width for width, _ in narrow], abs=1e-5)


def test_the_attack_on_a_study_of_hundreds_of_teams_ends():
    then = scores_of({f"o{o}.{t}": 8 + (o + t) % 6 for o in range(25) for t in range(10)})
    scores = pd.concat([then, then[then.index % 5 > 0].assign(wave=2)], ignore_index=True)
    ends = {(u, w): (2.95, 3.05) for u in scores["team"].unique() for w in (0, 2)}
    said = [Said(u, "team", u, w, *span) for (u, w), span in ends.items()]
    said += [Said("all teams", "team", BAND, w, 2.95, 3.05) for w in (0, 2)]
    began = time.perf_counter()
    refuse_narrow("agency", scores, said, RANGE)
    assert time.perf_counter() - began < 15, (
        "half a second; each person by a programme of its own takes a minute"
    )
    near_the_end = [Said("o3.2", "team", "o3.2", 0, 1.0, 1.1), *(one for one in said if one.unit != "o3.2")]
    with pytest.raises(DisclosureError, match=r"sheets of all teams; o3\.2: "):
        refuse_narrow("agency", scores, near_the_end, RANGE)


NO_BAND = {"band_low": np.nan, "band_high": np.nan, "verdict": "no_comparison"}
LEVELS = [level(0, 3.9), level(2, 3.9)]


def test_levels_alone_tell_nothing_of_who_left():
    assert narrowest(eight_of_nine(), LEVELS, RANGE)[0][0] == pytest.approx(4.0)


def test_levels_and_a_change_in_numbers_give_who_left_away():
    """9 x 3.9 - 8 x 3.9 + 8 x 0.1 = 4.7, and the roundings leave 3.45 to the end of the scale."""
    found = narrowest(eight_of_nine(), [*LEVELS, change(0.1 - HALF, 0.1 + HALF)], RANGE)
    assert found[0][0] == pytest.approx(1.55)
    with pytest.raises(DisclosureError, match="scale agency, sheets of sheet of wave 0") as caught:
        refuse_narrow("agency", eight_of_nine(), [*LEVELS, change(0.05, 0.15)], RANGE)
    assert "o6.T21.8" not in str(caught.value), "no person is named"


def test_an_exact_level_at_each_wave_and_the_same_persons_are_caught_by_any_exact_change():
    exact = [Said("a", "team", "o6.T21", w, 3.9, 3.9) for w in (0, 2)]
    assert narrowest(eight_of_nine(), [*exact, change(0.07, 0.07)], RANGE)[0][0] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("word", ["up", "same", "down", "unclear", "too_few"])
def test_a_level_and_a_change_in_words_pass(word):
    rows = as_printed(printed_rows(unit="o6.T21", change=word, **NO_BAND), RANGE)
    refuse_narrow("agency", eight_of_nine(), said_of(rows, RANGE, 0.15, 0), RANGE)


def test_an_organisation_beside_all_but_one_of_its_persons_is_caught():
    scores = scores_of({"o1.a": 9, "o1.b": 1})
    said = [
        Said("sheet of the team", "team", "o1.a", 0, 3.7 - HALF, 3.7 + HALF),
        Said("sheet of the organisation", "organisation", "o1", 0, 3.6 - HALF, 3.6 + HALF),
    ]
    width, documents = narrowest(scores, said, RANGE)[0]
    assert width < 2
    assert documents == "sheet of the organisation"
    assert shown(scores) == {"o1"}, "so the gate hides the team"


@pytest.mark.parametrize("word", ["very_high", "very_low"])
def test_a_word_at_the_end_of_the_scale_leaves_half_of_the_range(word):
    mean = 4.9 if word == "very_high" else 1.1
    rows = as_printed(printed_rows(unit="o6.T21", mean=mean, change="too_few"), RANGE)
    found = narrowest(eight_of_nine(), list(said_of(rows, RANGE, 0.15, 0)), RANGE)
    assert found[0][0] == pytest.approx(2.0, abs=1e-4)
    refuse_narrow("agency", eight_of_nine(), said_of(rows, RANGE, 0.15, 0), RANGE)


@pytest.mark.parametrize("verdict", ["above", "below", "as_others", "unclear", "no_comparison"])
def test_what_is_said_holds_for_the_true_mean(verdict):
    """The bounds an attacker may use contain the mean, whatever was rounded."""
    from dww_analysis.sheets.means import verdict_of

    rng = np.random.default_rng(3)
    seen = 0
    for _ in range(400):
        mean, half, centre = rng.uniform(2.5, 3.5), rng.uniform(0.05, 0.4), rng.uniform(2.5, 3.5)
        band = (centre - 0.3, centre + 0.3) if verdict != "no_comparison" else (np.nan, np.nan)
        word = verdict_of(mean - half, mean + half, band)
        if word != verdict:
            continue
        seen += 1
        bounds = dict(zip(("band_low", "band_high"), band, strict=True))
        rows = as_printed(
            printed_rows(mean=mean, conf_low=mean - half, conf_high=mean + half, verdict=word, **bounds),
            RANGE,
        )
        said = next(said_of(rows, RANGE, 0.15, 0))
        assert said.low - 1e-9 <= mean <= said.high + 1e-9
    assert seen


def test_the_middle_of_the_band_is_a_statement_about_all_teams():
    """Seven teams are known and an eighth of two persons is hidden: the band tells the sum of their scores."""
    scores = scores_of({f"o{t}.a": 9 for t in range(7)} | {"o7.a": 2})
    sheets = [Said(f"t{t}", "team", f"o{t}.a", 0, 3.0, 3.0) for t in range(7)]
    assert narrowest(scores, sheets, RANGE)[0][0] == pytest.approx(4.0)
    middle = (7 * 3.0 + 1.25) / 8
    width, documents = narrowest(scores, [*sheets, Said("band", "team", BAND, 0, middle, middle)], RANGE)[0]
    assert width == pytest.approx(0.5, abs=1e-4), "both are at most 1.5"
    assert documents == "band"


def test_the_band_of_an_organisation_is_a_statement_about_its_teams_only():
    scores = scores_of({"o1.a": 9, "o1.b": 9, "o2.a": 9})
    both = pd.concat([printed_rows(unit=t, wave=0, change="too_few") for t in ("o1.a", "o2.a")])
    rows = as_printed(both, RANGE)
    homes = {"o1.a": "o1", "o1.b": "o1", "o2.a": "o2"}
    of_all = [s for s in said_of(rows, RANGE, 0.15, 0) if s.unit.startswith(BAND)]
    of_own = [s for s in said_of(rows, RANGE, 0.15, 0, homes) if s.unit.startswith(BAND)]
    assert [s.document for s in of_all] == ["all teams"]
    assert [s.document for s in of_own] == ["all teams of o1", "all teams of o2"]
    end = Said("own", "team", BAND + "o1", 0, 1.0, 1.0)
    assert narrowest(scores, [end], RANGE)[0][0] == pytest.approx(0, abs=1e-5)
    assert [width for width, documents in narrowest(scores, [end], RANGE) if not documents] == []


def moved(score=1.0):
    """An arm of one team of eight and of a ninth, who went to a team of the other arm."""
    teams = [*["o1.a"] * 8, "o1.b", *["o1.b"] * 11]
    scores = [3.0, 4.0, 3.5, 3.0, 2.5, 3.0, 4.5, 3.0, score, *np.linspace(2, 4.4, 11)]
    rows = pd.DataFrame(
        {"person": range(20), "wave": 0, "team": teams, "organisation": "o1", "score": scores}
    )
    return rows.assign(arm=["treated"] * 9 + ["control"] * 11)


def test_who_changed_team_does_not_follow_from_the_report_beside_the_sheet_of_a_team():
    """Nine times the mean of the arm less eight times that of the team is the score of who left it."""
    scores = moved()
    team = Said("team o1.a", "team", "o1.a", 0, 3.3 - HALF, 3.3 + HALF)
    report = list(said_of_report(scores, RANGE, MINIMUM))
    assert {(s.level, s.unit) for s in report} == {("everybody", ""), ("arm", "treated"), ("arm", "control")}
    assert narrowest(scores, [team], RANGE)[0][0] == 4.0
    width, documents = narrowest(scores, [team, *report], RANGE)[0]
    assert width < 1.0 and documents == "team o1.a; the report"
    with pytest.raises(DisclosureError, match=r"scale agency, sheets of team o1\.a; the report"):
        refuse_narrow("agency", scores, [team, *report], RANGE)


def test_what_the_report_hides_is_not_taken_for_known():
    scores = moved()
    assert not list(said_of_report(scores[scores["team"] == "o1.a"].head(7), RANGE, MINIMUM))
    assert not list(said_of_report(scores.assign(score=4.95), RANGE, MINIMUM))
    one = next(iter(said_of_report(scores.drop(columns="arm"), RANGE, MINIMUM)))
    mean = scores["score"].mean()
    assert one.low <= mean <= one.high and one.high - one.low == pytest.approx(0.002)
