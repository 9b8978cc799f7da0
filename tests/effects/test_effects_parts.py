"""Work of entries in pieces: joined again, through files, it is the whole to the last bit, whatever the split."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study
from missing_studies import QUICK, entry_data, wide_trial

from dww_analysis import storage
from dww_analysis.domain.plan import Calibration, Curve, Delta
from dww_analysis.effects import trial_checks
from dww_analysis.effects.calibration import parts_at_most, trials_work
from dww_analysis.effects.curve import curve_work
from dww_analysis.effects.curve import parts_at_most as points_at_most
from dww_analysis.effects.missing.impute import Imputing, impute_work
from dww_analysis.effects.missing.results import tables_of
from dww_analysis.effects.power import Assumptions
from dww_analysis.effects.power_grid import parts_of_power, power_table, power_work
from dww_analysis.multilevel import trials
from dww_analysis.parts import share, whole

SETTINGS = Calibration(90, (0.0, "sesoi"), 7, 5)
CHOICES = {"covariates": ((), ("g",)), "missing": ("likelihood", "imputed"), "careless": ("keep", "drop")}
ASKED = Curve(**CHOICES, leave_out="unit")


def joined(make, n, folder):
    """The outcome of work whose every part came out of the file of a piece, and the names of its parts."""
    known = {}
    for k in range(1, n + 1):
        known |= storage.load_parts(storage.save_parts(share(make(), k, n), folder / f"{k}of{n}.npz"))
    return whole(make(), known), set(known)


def same(one, other):
    """Tables of two outcomes, with every bit."""
    for a, b in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
        assert a.to_csv(float_format="%.17g") == b.to_csv(float_format="%.17g")


@pytest.fixture
def small_portions(monkeypatch):
    """So that few trials are many parts."""
    monkeypatch.setattr(trials, "AT_ONCE", 25)
    monkeypatch.setattr(trial_checks, "LOT", 2)


def calibration(**of_entry):
    data = data_of(entry(sesoi=0.4, **of_entry), trial_scores(True))
    found = yield from trials_work(data, SETTINGS)
    return found.table, found.bins


def test_trials_in_pieces_are_the_trials_of_one(small_portions, tmp_path):
    found, names = joined(lambda: calibration(family="secondary"), 2, tmp_path)
    same(found, whole(calibration(family="secondary")))
    assert len(names) == 2 + 4


SPLITS = [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 7, 40))]


@pytest.mark.long
@pytest.mark.parametrize("n", SPLITS)
def test_trials_are_the_same_whatever_the_number_of_pieces(small_portions, n, tmp_path):
    found, names = joined(calibration, n, tmp_path)
    same(found, whole(calibration()))
    assert {"kenward-roger 64", "kenward-roger 89", "team low 0", "CR2", "permutation 2"} <= names
    assert len(names) == 2 + 5 * 4 + 1 + 3


@pytest.mark.long
def test_there_are_as_many_parts_as_is_said():
    asked = next(trials_work(data_of(entry(sesoi=0.4), trial_scores(True)), replace(SETTINGS, checks=250)))
    assert len(asked) == 1 + 5 + 1 + 3 <= parts_at_most(replace(SETTINGS, checks=250))


def gaps():
    """A wide trial in which some scores of y are absent, and its other scale."""
    wide = wide_trial(3, teams=12, persons=6).assign(g=lambda d: np.where(d.index // 3 % 3 == 0, "a", "b"))
    wide.loc[wide.index % 7 == 3, "y"] = np.nan
    return entry_data(wide)


def curve():
    data, others = gaps()
    nobody = data.scores[["sample", "person", "wave"]].assign(careless=False)
    nobody.loc[nobody.index % 11 == 0, "careless"] = True
    return curve_work(data, ASKED, nobody, Imputing(QUICK, others, background=["g"]))


def imputation(by_arm):
    data, others = gaps()
    delta = Delta(("intervention", "control"), "sd", -0.4, 0.4, 0.4)
    chosen = replace(QUICK, m=3, by_arm=by_arm)
    found = tables_of((yield from impute_work(data, chosen, others, delta=delta)), 0.95, delta.arms)
    return [table for table in vars(found).values() if isinstance(table, pd.DataFrame)]


@pytest.mark.long
def test_trials_of_organisations_of_teams_have_no_more_parts_than_are_made_room_for(small_portions):
    """Four variances between units: of organisations, of teams, and of both at waves."""
    scores = trial_scores(True)
    number = scores["team"].str[1:].astype(int)
    scores["organisation"] = "o" + ((number - 1) // 2).astype(str)
    scores["arm"] = np.where((number - 1) // 2 % 2, "intervention", "control")
    study = trial_study()
    study = replace(study, allocation=replace(study.allocation, unit="organisation"))
    data = data_of(entry(sesoi=0.4), scores, study=study)
    asked = next(trials_work(data, SETTINGS))
    ends = {name.rpartition(" ")[0] for name in asked if name.split()[-2] in ("low", "high")}
    assert len(ends) == 8 and len(asked) <= parts_at_most(SETTINGS)


@pytest.mark.long
@pytest.mark.parametrize("n", SPLITS)
def test_a_curve_is_the_same_whatever_the_number_of_pieces(n, tmp_path):
    found, names = joined(curve, n, tmp_path)
    same(found, whole(curve()))
    assert len(names) == 2 * 2 + 16 == points_at_most(ASKED)


@pytest.mark.long
@pytest.mark.parametrize(("n", "by_arm", "parts"), [(1, False, 2), (2, False, 2), (3, True, 4), (7, True, 4)])
def test_imputation_is_the_same_whatever_the_number_of_pieces(n, by_arm, parts, tmp_path):
    found, names = joined(lambda: imputation(by_arm), n, tmp_path)
    same(found, whole(imputation(by_arm)))
    assert len(names) == parts


@pytest.mark.parametrize("n", [1, 3])
def test_a_grid_of_power_is_the_same_in_pieces(n, tmp_path):
    varied = {"teams": [8, 12, 20], "icc": [0.02, 0.1]}
    assumed = Assumptions("parallel_cluster", 8)
    found, names = joined(lambda: power_work(assumed, varied), n, tmp_path)
    assert len(names) == parts_of_power(varied) == 6 + 2
    same([found], [power_table(assumed, varied)])
