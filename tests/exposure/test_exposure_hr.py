"""Contracts as employments and months at risk: late entry, censoring, exits, moves, and what is refused."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.study import Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure.hr import read_hr

ORACLE = Path(__file__).parents[1] / "oracles_extra" / "employments"
SAME = 1e-10  # products of shares, stored with 12 digits
ITERATED = 1e-6  # the logistic regression of R stops at a change of 1e-8 in the deviance

STUDY = Study(
    id="trial",
    title={"en": "Trial"},
    data="invented",
    delivered="2026-06-30",
    design="waves_only",
    waves=(
        Wave(0, {"en": "first"}, "2025-06-12"),
        Wave(1, {"en": "second"}, "2025-11-27"),
        Wave(2, {"en": "third"}, "2026-06-11"),
    ),
    arms=(),
    allocation=None,
    samples={"main": {"en": "all"}},
    level_labels={},
    background=(),
)
COLUMNS = ("person", "team", "start", "end", "fte", "destination", "internal_transfer")
HR = Source(
    "hr", "hr.csv", None, "hr", "auto", "main", None, {c: c for c in COLUMNS}, rules=HrRules(),
    recode={"destination": {"andere zorginstelling": "other_care", "geen baan": "not_employee"}},
    may_be_absent=("recode destination",),
)  # fmt: skip


def read(*contracts, **changes):
    frame = pd.DataFrame([(*c, *[""] * (len(COLUMNS) - len(c))) for c in contracts], columns=list(COLUMNS))
    frame.attrs["first_line"] = 2
    return read_hr(frame, dataclasses.replace(HR, **changes), STUDY, lambda code: "p" + code)


def test_left_truncation_and_censoring():
    exposure = read(
        ("a", "T1", "01-03-2019", ""),  # employed before, still there
        ("b", "T1", "01-09-2025", "31-12-9999"),
        ("c", "T2", "2020-01-01", "2026-12-31"),  # a planned end after the extract is no exit
        ("d", "T2", "2018-01-01", "2025-03-31", "", "geen baan"),  # gone before the study
    )
    table = exposure.table.set_index("person")
    assert list(table.index) == ["pA", "pB", "pC"] and (table["event"] == "none").all()
    assert table["left_truncated"].tolist() == [True, False, True]
    assert table["observed_from"].tolist() == [
        pd.Timestamp(d) for d in ("2025-06-12", "2025-09-01", "2025-06-12")
    ]
    assert (table["observed_to"] == pd.Timestamp("2026-06-30")).all()
    months = exposure.detail.groupby("person")["month"].agg(["min", "max", "size"])
    assert months.loc["pA"].tolist() == [pd.Timestamp("2025-06-01"), pd.Timestamp("2026-06-01"), 13]
    assert months.loc["pB", "size"] == 10
    first = exposure.detail.query("person == 'pA'").iloc[0]
    assert first["months_employed"] == 75  # March 2019 to June 2025


def test_an_exit_stands_in_its_month_and_wave():
    exposure = read(
        ("a", "T1", "2020-01-01", "2025-11-30", "0,8", "andere zorginstelling"),
        ("b", "T1", "2020-01-01", "2025-12", "1", "geen baan"),
    )
    months = exposure.detail
    assert months[months["event"] == "left"]["month"].dt.strftime("%Y-%m").tolist() == ["2025-11", "2025-12"]
    features = exposure.features.set_index(["person", "wave"])
    assert features.loc[("pA", 1), ["person_months", "left", "stayed", "destination"]].tolist() == [
        6, True, False, "other_care",
    ]  # fmt: skip
    assert ("pA", 2) not in features.index and ("pA", 0) not in features.index
    assert features.loc[("pB", 2), ["person_months", "left", "destination"]].tolist() == [
        1,
        True,
        "not_employee",
    ]
    assert features.loc[("pB", 1), "stayed"] and features.loc[("pA", 1), "fte"] == pytest.approx(0.8)


def test_hazard_is_the_share_of_months_that_ended_in_leaving():
    """The product of (1 - monthly hazard) is the survival function of the life table (no censoring here)."""
    ends = ["2025-06", "2025-07", "2025-07", "2025-09", "2025-12"]
    exposure = read(*[(f"x{n}", "T", "2020-01-01", e, "", "geen baan") for n, e in enumerate(ends)])
    by_month = exposure.detail.groupby("month")["event"].agg(risk="size", left=lambda e: (e == "left").sum())
    assert by_month["risk"].tolist() == [5, 4, 2, 2, 1, 1, 1]
    survival = (1 - by_month["left"] / by_month["risk"]).cumprod()
    np.testing.assert_allclose(survival, [4 / 5, 2 / 5, 2 / 5, 1 / 5, 1 / 5, 1 / 5, 0])


def test_renewal_move_and_return():
    exposure = read(
        ("a", "T1", "2025-01-01", "2025-08-31"),  # renewed in the same team
        ("a", "T1", "2025-09-01", "2026-08-31"),
        ("b", "T1", "2025-01-01", "2025-09-14"),  # moved to another team in the middle of a month
        ("b", "T2", "2025-09-15", ""),
        ("c", "T1", "2025-01-01", "2025-08-31", "", "geen baan"),  # came back after half a year
        ("c", "T1", "2026-03-01", ""),
        ("d", "T2", "2025-01-01", "2025-10-31", "", "stayed"),  # to a team out of sight
        ("e", "T2", "2025-01-01", "2025-10-31", "", "", "ja"),
    )
    table = exposure.table.groupby("person")["event"].agg(list)
    assert table.to_dict() == {
        "pA": ["none"],
        "pB": ["moved", "none"],
        "pC": ["left", "none"],
        "pD": ["moved"],
        "pE": ["moved"],
    }
    months = exposure.detail
    assert not months.duplicated(["person", "month"]).any()
    moved = months[(months["person"] == "pB") & (months["month"] == "2025-09-01")].iloc[0]
    assert (moved["team"], moved["event"]) == ("T1", "moved")
    features = exposure.features.set_index(["person", "wave"])
    assert features.loc[("pB", 1), ["stayed", "moved"]].tolist() == [True, True]


def test_all_refusals_at_once():
    contracts = [
        ("secret1", "T1", "2025-09-01", "2025-08-31"),
        ("b", "T1", "2025-01-01", ""),
        ("b", "T2", "2025-10-01", ""),
        ("c", "T1", "2020-01-01", "2025-12-31", "", "the moon"),
        ("d", "T1", "sometime", "", "36"),
        ("e", "T1", "", ""),
        ("f", "T1", "2024-01-01", "", "1", "", "perhaps"),
        ("g", "T1", "2024-01-01", ""),
        ("g", "T1", "2024-01-01", ""),
    ]
    with pytest.raises(MeasurementError) as error:
        read(*contracts)
    found = " | ".join(p.found for p in error.value.problems)
    for part in ("ends before it starts on 1 row (line 2)", "has ended on 1 row (line 4)",
                 "an unknown destination on 1 row (line 5)", "not a date on 1 row (line 6)",
                 "not an FTE on 1 row (line 6)", "no start of the contract on 1 row (line 7)",
                 "neither yes nor no on 1 row (line 8)", "the same contract on 2 rows (line 9, 10)"):  # fmt: skip
        assert part in found
    assert not any(cell in str(error.value) for cell in ("secret1", "moon", "sometime", "perhaps"))


@pytest.mark.parametrize("start", ["1900-01-01", "0001-01-01", "1966-06-29"])
def test_a_start_before_a_working_life_needs_a_rule(start):
    contracts = [("a", "T1", start, ""), ("b", "T1", "1966-06-30", ""), ("c", "T1", "2020-01-01", "")]
    with pytest.raises(MeasurementError, match=r"before a working life on 1 row \(line 2\)"):
        read(*contracts)
    exposure = read(*contracts, rules=HrRules(impossible_dates="drop"))
    assert exposure.table["person"].tolist() == ["pB", "pC"]
    assert exposure.notes == ("hr: 1 starts before a working life",)


def test_a_blank_destination_needs_a_rule():
    contract = ("a", "T1", "2020-01-01", "2025-12-31")
    with pytest.raises(MeasurementError, match=r"1 persons left without a destination \(line 2\)"):
        read(contract)
    exposure = read(contract, rules=HrRules(blank_destination="unknown"))
    assert exposure.features["destination"].tolist() == ["", "unknown"]


def test_overlapping_contracts_are_joined_by_rule():
    contracts = [("a", "T1", "2025-01-01", "2025-12-31"), ("a", "T2", "2025-10-01", "2025-11-30")]
    with pytest.raises(MeasurementError, match="before an earlier one"):
        read(*contracts)
    rules = HrRules(overlapping="merge", blank_destination="unknown", impossible_dates="drop")
    exposure = read(*contracts, ("b", "T1", "2025-09-01", "2025-08-31"), rules=rules)
    assert exposure.table[["team", "end"]].values.tolist() == [["T1", pd.Timestamp("2025-12-31")]]
    assert exposure.notes == ("hr: 1 ends before it starts",)


def test_person_months_equal_those_counted_by_hand():
    rng = np.random.default_rng(7)
    contracts, expected = [], 0
    window = pd.period_range("2025-06", "2026-06", freq="M")
    for n in range(60):
        start = pd.Timestamp("2023-01-01") + pd.Timedelta(days=int(rng.integers(0, 1200)))
        end = start + pd.Timedelta(days=int(rng.integers(0, 900)))
        contracts.append((f"w{n}", "T", f"{start:%d-%m-%Y}", f"{end:%d-%m-%Y}", "", "geen baan"))
        if end >= pd.Timestamp("2025-06-12") and start <= pd.Timestamp("2026-06-30"):
            expected += sum(start.to_period("M") <= month <= end.to_period("M") for month in window)
    exposure = read(*contracts)
    assert len(exposure.detail) == expected
    seen = exposure.table
    assert (exposure.detail["event"] == "left").sum() == (seen["event"] == "left").sum()


def test_reasons_in_peoples_own_words_are_refused():
    columns = HR.columns | {"exit_reason": "destination"}
    words = [f"vertrok omdat {n} dingen niet goed gingen" for n in range(61)]
    frame = pd.DataFrame(
        [(f"x{n}", "T1", "2024-01-01", "", "", word, "") for n, word in enumerate(words)],
        columns=list(COLUMNS),
    )
    source = dataclasses.replace(HR, columns={k: v for k, v in columns.items() if k != "destination"})
    with pytest.raises(MeasurementError, match="61 different texts: this looks like") as error:
        read_hr(frame, source, STUDY, lambda code: "p" + code)
    assert "vertrok" not in str(error.value)


@pytest.mark.oracle
def test_survival_with_delayed_entry_is_that_of_r():
    """tests/oracles_extra/employments: survfit and glm of R on the same contracts."""
    expected = json.loads((ORACLE / "employments.json").read_text(encoding="utf-8"))
    contracts = pd.read_csv(ORACLE / "contracts.csv", dtype=str, keep_default_na=False)
    exposure = read(
        *contracts[["person", "team", "start", "end"]].itertuples(index=False, name=None),
        rules=HrRules(blank_destination="unknown"),
    )
    months = exposure.detail.assign(left=exposure.detail["event"] == "left")
    assert len(exposure.table) == expected["n"] and len(months) == expected["n_months"]
    by_month = months.groupby("months_employed")["left"].agg(["size", "sum"])
    survival = (1 - by_month["sum"] / by_month["size"]).cumprod()
    events = by_month["sum"] > 0
    assert by_month.index[events].tolist() == expected["months_employed"]
    assert by_month.loc[events, "size"].tolist() == expected["at_risk"]
    assert by_month.loc[events, "sum"].tolist() == expected["left"]
    np.testing.assert_allclose(survival[events], expected["survival"], rtol=SAME)
    hazard = months.groupby("team")["left"].mean()
    log_odds = np.log(hazard / (1 - hazard))
    np.testing.assert_allclose(log_odds["north"], expected["log_odds_north"], rtol=ITERATED)
    np.testing.assert_allclose(
        log_odds["south"] - log_odds["north"], expected["log_odds_ratio_south"], rtol=ITERATED
    )
