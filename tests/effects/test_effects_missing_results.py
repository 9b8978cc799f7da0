"""The tables of an imputed entry are as declared, and pass disclosure control beside the estimates."""

from dataclasses import asdict, replace

import pandas as pd
import pytest
from missing_studies import QUICK, entry_data, wide_trial

from dww_analysis.domain.plan import DecidingTest, Delta
from dww_analysis.domain.tables import register
from dww_analysis.domain.tables.absent import IMPUTED
from dww_analysis.effects import estimate_entry
from dww_analysis.effects.missing.impute import impute_entry
from dww_analysis.effects.missing.results import nothing, tables_of
from dww_analysis.privacy.gate import let_out
from dww_analysis.storage.declared import typed

ARMS = ("control", "intervention")
NAMES = [table.name for table in IMPUTED]


@pytest.fixture(scope="module")
def study():
    wide = wide_trial(2, teams=12, persons=6, scales=2)
    wide.loc[(wide.index % 3 == 0) & (wide["wave"] == 1), "y"] = float("nan")
    data, others = entry_data(wide)
    return data, impute_entry(data, QUICK, others, delta=Delta(ARMS, "sd", -0.5, 0.5, 0.5))


def test_tables_are_as_declared(study):
    data, found = study
    tables = tables_of(found, data.plan.conf_level, ARMS)
    for name in NAMES:
        table = typed(getattr(tables, name), register()[name], name)
        assert len(table) > 0
    assert list(tables.delta.columns[:3]) == ["entry", "delta_control", "delta_intervention"]
    assert list(tables.imputation.columns[:7]) == ["entry", "m", "estimate", "std_error", "df", "riv", "fmi"]


def test_the_unmoved_row_is_the_row_of_imputation(study):
    data, found = study
    tables = tables_of(found, data.plan.conf_level, ARMS)
    unmoved = tables.delta[(tables.delta[["delta_control", "delta_intervention"]] == 0).all(axis=1)].iloc[0]
    for column in ("estimate", "std_error", "df", "p_value"):
        assert unmoved[column] == tables.imputation[column].iloc[0]


def test_what_could_not_be_had_has_the_same_columns(study):
    data, found = study
    full, empty = tables_of(found, data.plan.conf_level, ARMS), nothing("e", "too few teams", ARMS)
    for part in NAMES:
        assert list(getattr(empty, part).columns) == list(getattr(full, part).columns)
        assert len(getattr(empty, part)) == 0
    assert empty.diagnosis == {"entry": "e", "failed": "too few teams"}


@pytest.mark.parametrize("n_persons,shown", [(72, True), (5, False)])
def test_imputation_is_hidden_with_its_estimate(study, n_persons, shown):
    data, found = study
    tables = tables_of(found, data.plan.conf_level, ARMS)
    estimates = estimate_entry(data).estimates.assign(n_persons=n_persons, n_smallest=min(n_persons, 36))
    given = {name: getattr(tables, name) for name in NAMES}
    out = let_out({**given, "estimates": estimates}, 8)
    for name in NAMES:
        assert (~out[name]["suppressed"]).all() if shown else out[name]["suppressed"].all()
    if not shown:
        assert out["delta"]["estimate"].isna().all()


def test_pooled_is_a_record_of_numbers(study):
    _, found = study
    assert pd.Series(asdict(found.pooled)).notna().all()


def test_a_lot_that_cannot_give_a_small_p_leaves_imputed_values_without_a_test():
    wide = wide_trial(2, teams=4, persons=8, scales=1)
    wide.loc[(wide.index % 3 == 0) & (wide["wave"] == 1), "y"] = float("nan")
    data, others = entry_data(wide, test=DecidingTest(when=((5, "permutation"),)))
    found = impute_entry(data, replace(QUICK, m=2), others, delta=Delta(ARMS, "sd", -0.5, 0.5, 0.5))
    tables = tables_of(found, data.plan.conf_level, ARMS)
    assert tables.imputation["p_value"].isna().all() and tables.delta["p_value"].isna().all()
    assert tables.tipping.empty and tables.imputation["estimate"].notna().all()
