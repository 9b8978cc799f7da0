"""Rows of which it tells that they are there (`Table.rows_tell`), in one publication and beside an earlier one."""

import json

import pandas as pd
import pytest
from invented_tables import MINIMUM, declared

from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, state_of

BINS = {
    "calibration_bins": {"effect": 0.0, "low": 0.1, "high": 0.2, "trials": 50, "rejected": 2},
    "residual_bins": {"kind": "fitted", "n_persons": 30, "x": 3.1, "mean": 0.1, "sd": 1.0},
}


def in_bins(name: str, n_persons: int, *bins: int) -> dict[str, pd.DataFrame]:
    planned = {"id": "e", "entry": "e", "estimate": 0.2, "n_persons": n_persons, "n_smallest": 40}
    rows = [{**BINS[name], "entry": "e", "bin": k} for k in bins]
    return let_out({"estimates": declared("estimates", planned), name: declared(name, *rows)}, MINIMUM)


@pytest.mark.parametrize("name", BINS)
def test_in_which_bins_there_is_something_is_not_told_of_a_few_who_came(name):
    """All bins that were published stand there; a new one would tell how the spread changed, also without numbers."""
    first, _ = as_published(in_bins(name, 120, 0, 1, 2, 3), {}, MINIMUM)
    before = json.loads(json.dumps(state_of(first)))
    shown, _ = as_published(in_bins(name, 123, 2, 3, 4), before, MINIMUM)
    for table in first:
        assert shown[table].to_csv() == first[table].to_csv()
    renewed, _ = as_published(in_bins(name, 130, 2, 3, 4), before, MINIMUM)
    assert renewed[name]["bin"].tolist() == [2, 3, 4]
    assert in_bins(name, 5, 0, 1, 2)[name].empty


def test_a_bin_of_another_entry_keeps_its_own_numbers():
    """Of one entry all is kept; of the other, to which many came, the bin that three came to."""

    def both(n: int, other: int, *in_bins: int) -> dict[str, pd.DataFrame]:
        planned = [
            {"id": e, "entry": e, "estimate": 0.2, "n_persons": k, "n_smallest": 40}
            for e, k in (("e", n), ("other", other))
        ]
        bins = [
            {**BINS["residual_bins"], "entry": e, "bin": k, "n_persons": persons, "mean": persons / 1000}
            for e, persons_of in (("e", (30,)), ("other", in_bins))
            for k, persons in enumerate(persons_of)
        ]
        return let_out(
            {"estimates": declared("estimates", *planned), "residual_bins": declared("residual_bins", *bins)},
            MINIMUM,
        )

    first, _ = as_published(both(120, 60, 30, 30), {}, MINIMUM)
    shown, _ = as_published(both(123, 80, 33, 47), json.loads(json.dumps(state_of(first))), MINIMUM)
    assert shown["residual_bins"]["n_persons"].tolist() == [30, 30, 47]
    assert shown["residual_bins"]["mean"].tolist() == [0.03, 0.03, 0.047]
