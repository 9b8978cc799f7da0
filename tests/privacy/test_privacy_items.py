"""Items that are hidden, beside the numbers of their scale; and scales that are a single item."""

import numpy as np
import pandas as pd
import pytest
from invented_tables import MINIMUM, declared

from dww_analysis.privacy.audit import items_of_scales
from dww_analysis.privacy.gate import let_out


def scale_tables(answers, wave=0, scale="agency", low=1, high=5):
    """items, descriptives and reliability of one scale at one wave, as the study makes them: answers (n, k)."""
    n, k = answers.shape
    where = {"sample": "main", "scale": scale, "wave": wave}
    of_range = {"score_min": low, "score_max": high}
    total = answers.mean(axis=1)
    items = [
        {
            **where, **of_range, "item": f"i{j}", "n": n, "missing": 0, "mean": x.mean(), "sd": x.std(ddof=1),
            "floor_share": (x == low).mean(), "ceiling_share": (x == high).mean(), "item_rest": 0.5,
            "alpha_if_dropped": 0.7,
        }
        for j, x in enumerate(answers.T)
    ]  # fmt: skip
    alpha = (
        k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / (k * total).var(ddof=1)) if k > 1 else np.nan
    )
    scored = {**where, **of_range, "arm": "", "n": n, "mean": total.mean(), "sd": total.std(ddof=1)}
    measured = {
        **where,
        "n_persons": n,
        "n_items": k,
        "alpha": alpha,
        "item_rest_min": 0.4,
        "item_rest_max": 0.6,
    }
    return {
        "items": declared("items", *items),
        "descriptives": declared("descriptives", scored),
        "reliability": declared("reliability", measured),
    }


def many(*counts):
    """Answers 1, 2, 3, ... of one item, given so often."""
    return np.repeat(np.arange(1, len(counts) + 1), counts).astype(float)


def shuffled(*items):
    rng = np.random.default_rng(1)
    return np.column_stack([rng.permutation(x) for x in items])


EVEN = many(60, 60, 60, 60, 60)
SKEW = many(1, 4, 285, 9, 1)


def test_the_mean_of_an_item_does_not_follow_from_its_scale_and_the_others():
    """Everybody says 4 to the first item: its row is hidden, and 3 times the mean of the scale minus the other means
    would be 4."""
    tables = scale_tables(shuffled(np.full(300, 4.0), EVEN, EVEN))
    whole = 3 * tables["descriptives"]["mean"].iloc[0] - tables["items"]["mean"].iloc[1:].sum()
    assert whole == pytest.approx(4)
    shown = let_out(tables, MINIMUM)
    assert shown["items"]["suppressed"].tolist() == [True, False, False]
    assert shown["items"]["mean"].isna().sum() == 2, "another mean is hidden with it"
    assert shown["descriptives"]["mean"].notna().all()


def test_the_sd_of_an_item_does_not_follow_from_alpha():
    """The first item has few answers at its ends, so that its SD is hidden; alpha and the SD of the scale give the sum
    of all three variances."""
    tables = scale_tables(shuffled(SKEW, EVEN, EVEN))
    k, alpha = 3, tables["reliability"]["alpha"].iloc[0]
    of_all = (k * tables["descriptives"]["sd"].iloc[0]) ** 2 * (1 - alpha * (k - 1) / k)
    others = (tables["items"]["sd"].iloc[1:] ** 2).sum()
    assert np.sqrt(of_all - others) == pytest.approx(tables["items"]["sd"].iloc[0])
    shown = let_out(tables, MINIMUM)
    hidden = shown["items"]["sd"].isna()
    assert hidden.iloc[0] and hidden.sum() == 2
    assert shown["items"].loc[hidden, ["alpha_if_dropped", "item_rest"]].isna().all(axis=None)
    assert shown["items"].loc[~hidden, "alpha_if_dropped"].notna().all()
    assert shown["reliability"][["item_rest_min", "item_rest_max"]].isna().all(axis=None)
    assert shown["reliability"]["alpha"].notna().all(), "the sum of two variances says little of each"


def test_items_that_hide_nothing_keep_all_their_numbers():
    shown = let_out(scale_tables(shuffled(EVEN, EVEN, EVEN)), MINIMUM)
    numbers = ["mean", "sd", "item_rest", "alpha_if_dropped"]
    assert shown["items"][numbers].notna().all(axis=None)
    assert shown["reliability"]["item_rest_min"].notna().all()


def test_an_item_that_is_hidden_in_its_scale_is_hidden_in_its_subscale():
    answers = shuffled(np.full(300, 4.0), EVEN, EVEN, EVEN)
    whole, part = scale_tables(answers), scale_tables(answers[:, :2], scale="agency.use")
    tables = {name: pd.concat([whole[name], part[name]], ignore_index=True) for name in whole}
    items = let_out(tables, MINIMUM)["items"]
    off = items[items["mean"].isna()].groupby("item")["scale"].nunique()
    both = items.groupby("item")["scale"].nunique()
    assert (off == both[off.index]).all()


def test_items_of_other_scales_have_the_same_names_and_other_numbers():
    """Keys name their items a1, a2, ... each for itself."""
    scales = [
        scale_tables(shuffled(np.full(300, 4.0), EVEN, EVEN)),
        scale_tables(shuffled(EVEN, EVEN, EVEN), scale="burnout"),
    ]
    items = let_out({n: pd.concat([s[n] for s in scales], ignore_index=True) for n in scales[0]}, MINIMUM)[
        "items"
    ]
    assert items.query("scale == 'burnout'")["mean"].notna().all()


def test_a_move_since_the_wave_before_does_not_tell_a_hidden_sd():
    """Change in SDs of the wave before, beside both means, is that SD."""
    waves = [
        scale_tables(shuffled(SKEW, EVEN, EVEN), wave=0),
        scale_tables(shuffled(EVEN, EVEN, EVEN), wave=1),
    ]
    tables = {name: pd.concat([w[name] for w in waves], ignore_index=True) for name in waves[0]}
    moved = [
        {
            "sample": "main", "wave": 1, "scale": "agency", "item": f"column_{j}", "n": 300, "n_before": 300,
            "n_after": 300, "change_sd": 0.1, "scale_change_sd": 0.1,
        }
        for j in range(3)
    ]  # fmt: skip
    shown = let_out({**tables, "drift": declared("drift", *moved)}, MINIMUM)
    assert shown["items"].query("wave == 0")["sd"].isna().any()
    assert shown["drift"][["change_sd", "scale_change_sd"]].isna().all(axis=None)
    open_waves = {name: pd.concat([waves[1][name], waves[1][name].assign(wave=0)]) for name in waves[0]}
    shown = let_out({**open_waves, "drift": declared("drift", *moved)}, MINIMUM)
    assert shown["drift"]["change_sd"].notna().all()


# --- single items


def arms(scale="grade", **answers):
    """Descriptives of a single item by arm, and of everybody."""
    everybody = np.concatenate(list(answers.values()))
    rows = [
        {
            "sample": "main", "scale": scale, "wave": 0, "arm": arm, "n": len(x), "mean": x.mean(),
            "sd": x.std(ddof=1), "score_min": 1, "score_max": 5,
        }
        for arm, x in {"": everybody, **answers}.items()
    ]  # fmt: skip
    return declared("descriptives", *rows)


def test_the_sd_of_a_group_does_not_tell_who_gave_which_answer():
    """Twelve answers 3, 3, 3, 4 ...: only one set of counts has their mean and SD."""
    few, lot = many(0, 0, 9, 2, 1), EVEN
    shown = let_out({"descriptives": arms(a=few, b=lot)}, MINIMUM)["descriptives"].set_index("arm")
    assert np.isnan(shown.loc["a", "sd"])
    assert np.isnan(shown.loc["b", "sd"]), "that of all minus this one would be the other"
    assert shown.loc["", "sd"] > 0 and shown["mean"].notna().all()


def test_scores_that_are_no_whole_numbers_keep_their_sd():
    few, lot = many(0, 0, 9, 2, 1) + 0.3, EVEN
    shown = let_out({"descriptives": arms(a=few, b=lot)}, MINIMUM)["descriptives"]
    assert shown["sd"].notna().all()


def test_the_attacker_finds_items_that_follow_from_their_scale():
    one = scale_tables(shuffled(np.full(300, 4.0), EVEN, EVEN))
    one["items"].loc[0, ["mean", "sd"]] = np.nan
    found = {f.what: f.rows for f in items_of_scales(one, MINIMUM)}
    assert found["a hidden mean is that of the scale without the others"] == 1
    assert found["a hidden SD is what alpha and the SD of the scale leave"] == 1
    single = scale_tables(shuffled(SKEW))
    single["items"].loc[0, "sd"] = np.nan
    assert sum(f.rows for f in items_of_scales(single, MINIMUM)) == 1
    gated = let_out(scale_tables(shuffled(np.full(300, 4.0), EVEN, EVEN)), MINIMUM)
    assert not any(f.rows for f in items_of_scales(gated, MINIMUM))
