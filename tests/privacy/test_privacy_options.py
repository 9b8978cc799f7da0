"""What means and SDs say about answer options and about single persons."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dww_analysis.domain.tables import register
from dww_analysis.privacy.audit import ROUNDED, attack, counts_that_fit
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.options import tells_options
from dww_analysis.privacy.published import as_published, rounded

MINIMUM = 8
DECLARED = register()["descriptives"]


def items(*counts: tuple[int, ...]) -> pd.DataFrame:
    """Rows of items, from how many persons chose each answer option (1, 2, ...)."""
    rows = []
    for number, of in enumerate(counts):
        x = np.repeat(np.arange(1.0, len(of) + 1), of)
        ends = {"floor_share": (x == 1).mean(), "ceiling_share": (x == len(of)).mean()}
        row = {"item": f"i{number}", "n": len(x), "mean": x.mean(), "sd": x.std(ddof=1), **ends}
        rows.append(row | {"score_min": 1.0, "score_max": float(len(of))})
    return pd.DataFrame(rows).assign(sample="main", scale="s", wave=0, missing=0)


def shown(counts: tuple[int, ...]) -> pd.Series:
    return let_out({"items": items(counts)}, MINIMUM)["items"].iloc[0]


def yes_no(yes: int, n: int, **more: object) -> pd.DataFrame:
    """Descriptives of a yes/no scale in two arms and in all; the second arm has 20 of 40."""
    rows = []
    for arm, ones, persons in (("a", yes, n), ("b", 20, 40), ("", yes + 20, n + 40)):
        sd = np.sqrt(ones * (persons - ones) / persons / (persons - 1))
        rows.append({"arm": arm, "n": persons, "mean": ones / persons, "sd": sd})
    own = {"sample": "main", "scale": "s", "wave": 0, "score_min": 0, "score_max": 1}
    return pd.DataFrame(rows).assign(**own, q25=np.nan, median=np.nan, q75=np.nan, **more)


def test_three_options_follow_from_mean_and_sd():
    row = shown((3, 60, 37))
    assert np.isnan(row["sd"]) and np.isnan(row["floor_share"])


def test_three_options_that_many_chose_are_shown():
    row = shown((20, 50, 30))
    assert row[["mean", "sd", "floor_share", "ceiling_share"]].notna().all()


@pytest.mark.parametrize(
    ("yes", "hidden"), [(3, True), (7, True), (97, True), (8, False), (50, False), (92, False)]
)
def test_an_item_of_two_options_is_hidden_where_few_chose_one(yes, hidden):
    assert np.isnan(shown((100 - yes, yes))["mean"]) == hidden


def test_of_five_options_the_ends_go_first():
    row = shown((10, 3, 40, 30, 20))  # with both ends three counts are left, and three equations
    assert np.isnan(row["floor_share"]) and np.isnan(row["ceiling_share"])
    assert np.isfinite(row["mean"]) and np.isfinite(row["sd"])


def test_a_mean_near_an_end_says_how_few_chose_the_others():
    assert np.isnan(shown((97, 2, 1, 0, 0))["mean"])  # 1.04: at most four persons chose anything but 1


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (0, 100)])
@pytest.mark.parametrize(("yes", "hidden"), [(2, True), (39, True), (8, False), (20, False)])
def test_few_yes_answers_of_an_arm_are_hidden_with_the_other_arm(yes, hidden, low, high):
    """However no and yes are written: 1.05 of forty persons who have 1 or 2 is two of them."""
    frame = yes_no(yes, 40)
    said = {"mean": low + (high - low) * frame["mean"], "sd": (high - low) * frame["sd"]}
    tables = {"descriptives": frame.assign(**said, score_min=low, score_max=high)}
    shown = let_out(tables, MINIMUM)
    arms = shown["descriptives"].set_index("arm")["suppressed"].drop("")
    assert arms.tolist() == [hidden] * len(arms)
    assert attack(as_published(shown, {}, MINIMUM)[0], MINIMUM) == []
    bare = rounded(tables["descriptives"], DECLARED).assign(suppressed=False, suppressed_columns="")
    found = {f.what for f in attack({"descriptives": bare}, MINIMUM)}
    assert ("counts of a few persons with one answer follow from mean and SD" in found) == hidden


def test_scores_between_two_ends_are_no_yes_and_no():
    frame = yes_no(2, 40).assign(score_min=1, score_max=2, mean=1.05, sd=[0.1, 0.2, 0.2])
    assert not let_out({"descriptives": frame}, MINIMUM)["descriptives"]["suppressed"].any()


def test_a_standard_deviation_of_zero_is_everybodys_score():
    frame = yes_no(20, 40).assign(score_min=1, score_max=5, mean=3.2, sd=[0.0, 0.8, 0.6])
    assert let_out({"descriptives": frame}, MINIMUM)["descriptives"].set_index("arm").loc["a", "suppressed"]


@pytest.mark.parametrize(("sd", "hidden"), [(0.3, True), (0.5, False)])
def test_a_small_standard_deviation_bounds_every_score(sd, hidden):
    """Eight persons on 1 to 5: no score is further from the mean than 7 / sqrt(8) SD."""
    frame = yes_no(20, 40).assign(n=[8, 40, 48], score_min=1, score_max=5, mean=3.2, sd=[sd, 0.8, 0.8])
    assert (
        let_out({"descriptives": frame}, MINIMUM)["descriptives"].set_index("arm").loc["a", "suppressed"]
        == hidden
    )


def _possible(of: tuple[int, ...], minimum: int, *, ends: bool, spread: bool) -> bool:
    """By trying every whole number: whether a count that can be a few persons has fewer values than the minimum."""
    n, x = sum(of), np.arange(len(of))
    tried = np.array([(*c, n - sum(c)) for c in product(range(n + 1), repeat=len(of) - 1) if sum(c) <= n])
    fits = tried @ x == np.dot(of, x)
    if spread:
        fits &= tried @ x**2 == np.dot(of, x**2)
    if ends:
        fits &= (tried[:, 0] == of[0]) & (tried[:, -1] == of[-1])
    low, high = tried[fits].min(axis=0), tried[fits].max(axis=0)
    inner = slice(1, -1) if ends else slice(None)
    few = (low < minimum) & (high > 0) & (high - low < minimum - 1)
    return bool(few[inner].any())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=3, max_size=4).filter(lambda c: sum(c) > 3),
    st.booleans(),
    st.booleans(),
)
def test_no_count_of_a_few_persons_follows_unseen(of, ends, spread):
    """Of three options all counts follow; of four, whole numbers may be narrower than the polytope around them."""
    row = items(tuple(of))
    told = {c: row[c].to_numpy(float) for c in ("mean", "sd", "floor_share", "ceiling_share")}
    if not ends:
        told |= {c: np.array([np.nan]) for c in ("floor_share", "ceiling_share")}
    if not spread:
        told |= {"sd": np.array([np.nan])}
    numbers = (row[c].to_numpy(float) for c in ("n", "score_min", "score_max"))
    seen = bool(tells_options(*numbers, told, 4)[0])
    tried = _possible(tuple(of), 4, ends=ends, spread=spread)
    assert seen == tried or (tried and len(of) > 3)


def test_the_attacker_finds_options_and_single_scores_that_are_left():
    left = {"suppressed": False, "suppressed_columns": ""}
    whats = [f.what for f in attack({"items": items((3, 60, 37)).assign(**left)}, MINIMUM)]
    assert any("few persons with one answer" in w for w in whats)
    whats = [f.what for f in attack({"descriptives": yes_no(2, 40, **left)}, MINIMUM)]
    assert any("few persons with one answer" in w for w in whats)
    narrow = yes_no(20, 40, **left).assign(
        n=[8, 40, 48], score_min=1, score_max=5, mean=3.2, sd=[0.3, 0.8, 0.8]
    )
    whats = [f.what for f in attack({"descriptives": narrow}, MINIMUM)]
    assert any("bound every single score" in w for w in whats)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=5).filter(lambda c: sum(c) >= MINIMUM))
def test_the_attacker_finds_nothing_in_gated_items(of):
    whats = [f.what for f in attack(let_out({"items": items(tuple(of))}, MINIMUM), MINIMUM)]
    assert not [w for w in whats if "answer" in w or "score" in w]


def test_scores_that_are_no_whole_numbers_have_no_options():
    """Hours of sleep with a decimal, of a single question: its SD stands beside the mean of the scale anyway."""
    hours = np.array([6.3, 7.1, 5.8, 6.6, 7.4, 6.9, 8.2, 5.5, 6.1, 7.7])
    told = {"mean": np.array([hours.mean()]), "sd": np.array([hours.std(ddof=1)])}
    told |= {"floor_share": np.array([0.0]), "ceiling_share": np.array([0.0])}
    of = (np.array([10.0]), np.array([0.0]), np.array([10.0]))
    assert not tells_options(*of, told, MINIMUM)[0]
    whole = np.round(hours)
    told |= {"mean": np.array([whole.mean()]), "sd": np.array([whole.std(ddof=1)])}
    assert tells_options(*of, told, MINIMUM)[0]


@pytest.mark.parametrize("options", [2, 3])
def test_counts_that_fit_are_those_found_by_trying_all(options):
    rng = np.random.default_rng(4)
    for _ in range(60):
        n = int(rng.integers(1, 31))
        answers = rng.choice(options, n, p=rng.dirichlet(np.ones(options)))
        sd = answers.std(ddof=1) if n > 1 and rng.random() < 0.8 else np.nan
        mean, sd = float(f"{answers.mean():.4g}"), float(f"{sd:.4g}")
        found = counts_that_fit(n, options, mean, sd)
        tried = np.array([c for c in product(range(n + 1), repeat=options) if sum(c) == n])
        values = [np.repeat(np.arange(options), c) for c in tried]
        fits = np.array([abs(v.mean() - mean) < ROUNDED for v in values])
        if np.isfinite(sd):
            fits &= np.array([abs(v.std(ddof=1) - sd) < ROUNDED for v in values])
        assert {tuple(c) for c in found} <= {tuple(c) for c in tried[fits]}
        assert (found.min(axis=0) == tried[fits].min(axis=0)).all()
        assert (found.max(axis=0) == tried[fits].max(axis=0)).all()


def test_counts_of_thousands_are_found_at_once():
    """Of 60 000 persons five gave the highest of three answers."""
    answers = np.repeat([0, 1, 2], [30_000, 29_995, 5])
    found = counts_that_fit(60_000, 3, float(f"{answers.mean():.4g}"), float(f"{answers.std(ddof=1):.4g}"))
    assert found.min(axis=0)[2] <= 5 <= found.max(axis=0)[2] and len(found) < 1000
