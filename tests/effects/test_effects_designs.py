"""Models of the designs: the stepped wedge against R, and which terms a unit of allocation brings."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from effects_studies import WEDGE, data_of, entry, trial_scores, trial_study, wedge_scores, wedge_study

from dww_analysis.domain.design import cell_at, design_rows, start_wave
from dww_analysis.domain.study import Allocation, Background, Wave
from dww_analysis.domain.tables.effects import DESIGN, ESTIMATES, SENSITIVITY
from dww_analysis.effects import design_table, estimate_entry, fit_entry, sensitivity_of
from dww_analysis.effects.answered import answered
from dww_analysis.errors import FitError
from dww_analysis.multilevel import fit
from dww_analysis.storage.declared import typed

TOLERANCES = {"estimate": 1e-6, "std_error": 1e-5, "df": 1e-3, "p_value": 1e-3, "conf_low": 1e-5}
TEST = 1e-3  # Kenward-Roger F, its df and p end to end


@pytest.fixture(scope="module")
def expected():
    return json.loads((WEDGE / "oracle.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wedge():
    data = data_of(entry(), wedge_scores(), study=wedge_study())
    return data, fit_entry(data)


def agrees(row, witness):
    names = {"estimate": "estimate", "std_error": "se", "df": "df", "p_value": "p", "conf_low": "lower"}
    for ours, theirs in names.items():
        assert row[ours] == pytest.approx(witness[theirs], rel=TOLERANCES[ours]), ours


def test_planned_is_the_mean_over_exposure_times(expected):
    table = estimate_entry(data_of(entry(), wedge_scores(), study=wedge_study())).estimates.set_index("id")
    agrees(table.loc["e"], expected["exposure_time"]["tate"])
    assert table.loc["e", "exposure"] == "mean" and table.loc["e", "primary"]
    for k, witness in enumerate(expected["exposure_time"]["by_exposure"], start=1):
        agrees(table.loc[f"e.exposure_{k}"], witness)


def test_a_named_exposure_can_be_planned(expected):
    data = data_of(entry(exposure=4), wedge_scores(), study=wedge_study())
    table = estimate_entry(data).estimates.set_index("id")
    agrees(table.loc["e"], expected["exposure_time"]["lte"])
    assert table.loc["e.exposure_mean", "family"] == ""


def test_constant_effect_and_test_of_exposure_are_checks(wedge, expected):
    data, found = wedge
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    rows = sensitivity_of(data, found, flags).set_index("analysis")
    agrees(rows.loc["constant effect"], expected["immediate"]["treated"])
    test, witness = rows.loc["exposure makes no difference"], expected["exposure_time"]["constant_effect_F"]
    assert test["statistic"] == pytest.approx(witness["F"], rel=TEST)
    assert test["numerator_df"] == witness["ndf"]
    assert test["df"] == pytest.approx(witness["ddf"], rel=TEST)
    assert test["p_value"] == pytest.approx(witness["p"], rel=TEST)


def test_rows_of_transition_waves_are_left_out():
    study = wedge_study(allocation=Allocation("team", "a", True, transition_waves=1))
    found = fit_entry(data_of(entry(), wedge_scores(), study=study))
    assert set(found.frame["exposure"]) == {0, 2, 3, 4}
    assert list(found.model.planned.weights.values()) == [1 / 3] * 3


def test_not_by_lot_is_an_association():
    study = wedge_study(design="before_after", allocation=Allocation("team", "a", randomised=False))
    table = estimate_entry(data_of(entry(), wedge_scores(), study=study)).estimates
    assert set(table["noun"]) == {"association"}


def test_an_exposure_without_answers_is_a_sentence():
    data = data_of(entry(exposure=5), wedge_scores(), study=wedge_study())
    with pytest.raises(FitError, match="exposure 5"):
        estimate_entry(data)


WAVES = [
    Wave(0, {"en": "a"}, "2025-01-10"),
    Wave(1, {"en": "b"}, "2025-06-10"),
    Wave(2, {"en": "c"}, "2026-01-10"),
]


@pytest.mark.parametrize(
    ("value", "wave"),
    [("1", 1), ("2025-06-10", 1), ("2025-02-01", 1), ("2025-06-11", 2), ("2026-02-01", None), ("7", None)],
)
def test_a_start_is_a_wave_or_the_first_wave_on_or_after_a_date(value, wave):
    assert start_wave(value, WAVES) == wave


def test_cells_of_the_design():
    assert [(cell_at(2.0, w, 1).condition, cell_at(2.0, w, 1).exposure) for w in range(5)] == [
        ("0", 0), ("0", 0), ("transition", 1), ("1", 2), ("1", 3)
    ]  # fmt: skip
    assert cell_at(float("nan"), 3).condition == "0"
    rows = design_rows(
        trial_study(), [{"unit": "t1", "arm": "control"}, {"unit": "t2", "arm": "intervention"}]
    )
    assert [r["exposure"] for r in rows] == [0, 0, 0, 0, 1, 2]
    assert [r["condition"] for r in rows] == ["0", "0", "0", "0", "1", "1"]


def test_the_table_of_the_design_is_as_declared():
    allocation = pd.DataFrame({"organisation": "o1", "team": ["b", "a", "c"], "start": [1.0, np.nan, 3.0]})
    study = wedge_study(allocation=Allocation("team", "a", True, transition_waves=1))
    table = typed(design_table(study, allocation), DESIGN, "design.csv")
    assert table.groupby("unit")["sequence"].first().to_dict() == {"a": "never", "b": "1", "c": "3"}
    assert table.query("unit == 'b'")["condition"].tolist() == ["0", "transition", "1", "1", "1"]
    assert table.query("unit == 'c'")["exposure"].tolist() == [0, 0, 0, 1, 2]
    assert design_table(dataclasses.replace(study, design="waves_only", arms=()), None).empty


def test_estimates_and_sensitivity_are_as_declared(wedge):
    data, _ = wedge
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    answer = answered(data, flags)
    assert len(typed(answer.result.estimates, ESTIMATES, "e.csv")) == 10
    typed(answer.sensitivity, SENSITIVITY, "s.csv")


def of_organisations(seed=1, between=0.15):
    """8 organisations of 4 teams, arms given to organisations; organisations differ anew at every wave."""
    rng = np.random.default_rng(seed)
    org, team, person, wave = (
        x.ravel() for x in np.meshgrid(range(8), range(4), range(6), range(3), indexing="ij")
    )
    shift = rng.normal(0, between, (8, 3))[org, wave] + rng.normal(0, 0.2, (8, 4))[org, team]
    score = 3 + shift + rng.normal(0, 0.5, (8, 4, 6))[org, team, person] + rng.normal(0, 0.5, len(org))
    return pd.DataFrame(
        {
            "sample": "main",
            "person": [f"p{o}.{t}.{p}" for o, t, p in zip(org, team, person, strict=True)],
            "wave": wave,
            "organisation": [f"o{o}" for o in org],
            "team": [f"o{o}t{t}" for o, t in zip(org, team, strict=True)],
            "arm": np.where(org % 2 == 1, "intervention", "control"),
            "scale": "y",
            "score": score,
        }
    )


def organisations_study():
    allocation = Allocation("organisation", "allocation", randomised=True)
    return dataclasses.replace(trial_study(), allocation=allocation)


def test_allocated_organisations_are_what_the_df_count():
    data = data_of(entry(), of_organisations(), study=organisations_study())
    found = fit_entry(data)
    for term in ("organisation", "organisation:wave", "team", "team:wave", "person"):
        assert f"(1 | {term})" in found.model.formula
    df = found.coefficients.loc["intervention_wave2", "df"]
    as_teams = fit_entry(data_of(entry(), of_organisations()))
    assert "(1 | organisation:wave)" not in as_teams.model.formula
    assert df < 25 < 45 < as_teams.coefficients.loc["intervention_wave2", "df"]


def test_organisations_of_one_team_have_no_second_term():
    scores = of_organisations().assign(team=lambda d: "t" + d["organisation"])
    found = fit_entry(data_of(entry(), scores, study=organisations_study()))
    assert "team" not in found.model.formula


def test_permutation_is_of_organisations():
    data = data_of(entry(), of_organisations(), study=organisations_study())
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    rows = sensitivity_of(data, fit_entry(data), flags).set_index("analysis")
    assert rows.loc["permutation of organisations", "n_allocations"] == 70
    assert rows.loc["CR2 by organisation", "df"] < 7


def with_years(**changes):
    scores = trial_scores(True)
    answers = scores.assign(years=np.sin(scores["person"].str[1:].astype(float)))
    other = scores.assign(scale="z", score=np.cos(np.arange(len(scores))))
    years = Background("years", {"en": "years"}, "number")
    study = dataclasses.replace(trial_study(), background=(years,))
    return (
        data_of(entry(**changes), scores, answers=answers, study=study, covariates={"z": other}),
        answers,
        other,
    )


def test_covariates_join_the_design_s_own_model():
    """The same as the formula written out by hand, with the scale as it was at the first wave."""
    data, answers, other = with_years(covariates=("years", "z"))
    found = fit_entry(data)
    assert found.model.formula.startswith(
        "score ~ wave + intervention_wave1 + intervention_wave2 + years + z + "
    )
    first = other[other["wave"] == 0].set_index("person")["score"]
    by_hand = found.frame.assign(
        years=answers.set_index(["person", "wave"])["years"]
        .groupby("person")
        .first()
        .reindex(found.frame["person"])
        .to_numpy(),
        z=first.reindex(found.frame["person"]).to_numpy(),
    )
    expected = fit(found.model.formula, by_hand).coefficients().set_index("term")
    assert found.coefficients["estimate"].to_dict() == pytest.approx(expected["estimate"].to_dict(), rel=1e-6)


def test_a_subscale_is_a_covariate():
    data, _, other = with_years(covariates=("years", "z"))
    part = dataclasses.replace(data.entry, covariates=("years", "z.one"))
    of_part = {"z": other.assign(scale="z.one")}
    found = fit_entry(dataclasses.replace(data, entry=part, covariates=of_part))
    expected = fit_entry(data).coefficients["estimate"].rename({"z": "z.one"})
    assert found.coefficients["estimate"].to_dict() == pytest.approx(expected.to_dict())


def test_means_are_at_the_average_of_covariates():
    data, _, _ = with_years(covariates=("years",))
    means = pd.DataFrame(estimate_entry(data).record["means"]).set_index(["arm", "wave"])["estimate"]
    plain, _, _ = with_years()
    without = pd.DataFrame(estimate_entry(plain).record["means"]).set_index(["arm", "wave"])["estimate"]
    assert means.to_dict() == pytest.approx(without.to_dict(), abs=0.1)


def test_baseline_members_are_a_population():
    scores = trial_scores(True)
    later = scores["person"].isin(["p3", "p12"]) & (scores["wave"] == 0)
    data = data_of(entry(population="baseline_members"), scores[~later])
    expected = data_of(entry(), scores[~scores["person"].isin(["p3", "p12"])])
    ours, theirs = (estimate_entry(d).estimates.set_index("id").loc["e"] for d in (data, expected))
    assert ours["estimate"] == pytest.approx(theirs["estimate"]) and ours["n_persons"] == 38
