"""Invented trials on the page: a table in families, and sentences of limits that follow from its numbers."""

import invented_reports as made
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import read_page

from dww_analysis.language.labels import Labels
from dww_analysis.reports import Words
from dww_analysis.reports.sections.calibration import calibration_limits

ROWS = {"kenward-roger": (0.05, 0.25), "z": (0.06, 0.28), "without unit by wave": (0.11, 0.36)}


def calibration(**changes) -> pd.DataFrame:
    rows = []
    for entry in ("learning", "engagement", "safety"):
        for method, shares in ROWS.items():
            for effect, rejected in zip((0.0, 0.2), shares, strict=True):
                rows.append(
                    {"entry": entry, "effect": effect, "is_sesoi": effect > 0, "method": method, "trials": 2000,
                     "rejected": rejected, "rejected_mcse": 0.005, "coverage": 0.95, "coverage_mcse": 0.005,
                     "bias": 0.001, "bias_mcse": 0.002, "mean_std_error": 0.115, "empirical_sd": 0.114,
                     "share_boundary": 0.16, "share_not_converged": 0.0, "share_failed": 0.0, "remark": "",
                     "suppressed": False, "suppressed_columns": "", **changes}
                )  # fmt: skip
    return pd.DataFrame(rows)


def page_with(table):
    trial = made.trial()
    return read_page(
        build_report(figures=[], **(trial | {"tables": trial["tables"] | {"calibration": table}}))[
            "index.html"
        ]
    )


def limits(table, language="en", **learning):
    labels = Labels(made.trial_study(), made.trial_scales(), Words(language))
    entries = [
        {"entry": "learning", "label": "learning potential", **learning},
        {"entry": "engagement", "label": "engagement"},
    ]
    return calibration_limits(table, entries, made.trial_plan(), labels)


def node(page, identity):
    return next((n for n in page.walk() if n.get("id") == identity), None)


def test_a_table_per_family_in_both_languages():
    page = page_with(calibration())
    english = node(page, "table-calibration-primary-en").text()
    assert "5.0% (0.5)" in english and "as planned (Kenward-Roger)" in english and "16.0%" in english
    dutch = node(page, "table-calibration-primary-nl").text()
    assert "5,0% (0,5)" in dutch and "zoals gepland (Kenward-Roger)" in dutch
    assert node(page, "table-calibration-secondary-en") is not None
    assert "finds it in at least 80% of the trials" in node(page, "calibration-en").text()


def test_without_trials_there_is_no_section():
    for table in (calibration().iloc[:0], calibration(trials=0, remark="not offered")):
        assert node(page_with(table), "calibration-en") is None


def test_hidden_rows_show_no_number():
    hidden = calibration(suppressed=True, bias=float("nan"), mean_std_error=float("nan"))
    assert "5.0%" not in node(page_with(hidden), "table-calibration-primary-en").text()
    assert limits(hidden) == []


@pytest.mark.parametrize("language", ["en", "nl"])
def test_limits_follow_from_the_numbers(language):
    power, zero, without = limits(calibration(), language)
    assert power.count("25%") == 2 and "80%" in power
    assert zero.count("16%") == 2
    assert without.count("11%") == 2 and "5%" in without


def test_what_is_in_order_is_not_a_limit():
    table = calibration(share_boundary=0.01)
    table.loc[table["is_sesoi"], "rejected"] = 0.85
    table.loc[table["method"] == "without unit by wave", "rejected"] = 0.055
    assert limits(table) == []
    table.loc[(table["method"] == "kenward-roger") & (table["effect"] == 0), "rejected"] = 0.09
    assert "9%" in limits(table)[0] and "too small" in limits(table)[0]


def of_another_test(**changes):
    other = calibration(**changes)
    other = other[(other["method"] == "kenward-roger") & (other["entry"] == "learning")]
    return pd.concat([calibration(share_boundary=0.01), other.assign(method="CR2")])


def test_limits_are_of_the_test_that_decides():
    table = of_another_test(rejected=0.07, share_boundary=0.01)
    power = next(said for said in limits(table, df_method="CR2") if "80%" in said)
    assert "learning potential (7%)" in power and "engagement (25%)" in power
    permuted = " ".join(limits(table, df_method="permutation"))  # which has no trials
    assert "learning potential (25%)" not in permuted and "learning potential (7%)" not in permuted


def test_without_a_test_nothing_is_said_of_one():
    told = " ".join(limits(calibration(), p_value=float("nan"), estimate=0.2))
    assert "learning potential (25%)" not in told and "engagement (25%)" in told


@pytest.mark.parametrize(
    ("language", "decides", "beside"),
    [
        ("en", "as planned: cluster-robust (CR2)", "mixed model (Kenward-Roger, to compare)"),
        ("nl", "zoals gepland: clusterrobuust (CR2)", "gemengd model (Kenward-Roger, ter vergelijking)"),
    ],
)
def test_the_test_that_decides_is_named_as_planned(language, decides, beside):
    trial = made.trial()
    estimates = trial["tables"]["estimates"]
    own = (estimates["entry"] == "learning") & estimates["primary"]
    estimates = estimates.assign(df_method=estimates["df_method"].mask(own, "CR2"))
    tables = trial["tables"] | {"calibration": of_another_test(), "estimates": estimates}
    page = read_page(build_report(figures=[], **(trial | {"tables": tables}))["index.html"])
    shown = node(page, f"table-calibration-primary-{language}").text()
    assert decides in shown and beside in shown


def test_trials_that_were_stopped_are_named():
    text = node(page_with(calibration(remark="stopped", trials=64)), "calibration-en").text()
    assert "most of the first trials could not be analysed" in text


@pytest.mark.parametrize(("language", "said"), [("en", "Team: high end"), ("nl", "Team: hoog eind")])
def test_variances_at_the_ends_of_their_intervals_have_a_table_of_their_own(language, said):
    """And they are no part of the first one, nor of the sentences of the limits."""
    ends = calibration(rejected=0.4, method="kenward-roger", trials=1999).drop_duplicates(["entry", "effect"])
    both = [ends.assign(components=f"team {end}") for end in ("low", "high")]
    table = pd.concat([calibration(components="estimated"), *both])
    page = page_with(table)
    shown = node(page, f"table-calibration-ends-{language}").text()
    assert said in shown and "40" in shown and "1" in shown
    assert "40" not in node(page, f"table-calibration-primary-{language}").text()
    assert limits(table) == limits(calibration())
    assert node(page_with(calibration()), f"table-calibration-ends-{language}") is None
