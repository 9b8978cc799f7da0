"""Invented trials on the page: a table in families, and sentences of limits that follow from its numbers."""

import re
from dataclasses import replace

import invented_reports as made
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import read_page

from dww_analysis.domain.plan import Calibration
from dww_analysis.language.labels import Labels
from dww_analysis.reports import Words
from dww_analysis.reports.sections.calibration import _about, calibration_limits

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


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "there are no simulated trials here"), ("nl", "staan hier geen nagebootste proeven")],
)
def test_a_primary_outcome_without_trials_is_named(language, said):
    table = calibration()  # of the three primary outcomes one has none
    assert said in node(page_with(table), f"calibration-{language}").text()
    table["entry"] = table["entry"].replace("safety", "burnout")
    assert said not in node(page_with(table), f"calibration-{language}").text()


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


def test_the_few_trials_before_a_stop_are_no_limit():
    assert limits(calibration()) and not limits(calibration(remark="stopped", trials=20))


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


def of_shares(**changes):
    """One outcome of the table as shares of units have it, with fewer trials than the plan asks for."""
    table = calibration(**{"method": "units", "trials": 500, "truth": 0.0, **changes}).drop_duplicates(
        ["entry", "effect"]
    )
    table.loc[table["is_sesoi"], "truth"] = 0.81
    return table[table["entry"] == "learning"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["as planned: t test of teams", "0.81", "of its own", "stands in the unit of the estimate"]),
        (
            "nl",
            [
                "zoals gepland: t-toets van teams",
                "0,81",
                "eigen nagebootste proeven",
                "eenheid van de schatting",
            ],
        ),
    ],
)
def test_outcomes_with_trials_of_their_own_say_so(language, said):
    trial = made.trial()
    headline = trial["tables"]["estimates"]
    own = headline["entry"] == "learning"
    estimates = headline.assign(df_method=headline["df_method"].mask(own, "units"))
    plan = replace(trial["plan"], calibration=Calibration(2000)) if "plan" in trial else None
    more = {} if plan is None else {"plan": plan}
    tables = trial["tables"] | {"calibration": of_shares(), "estimates": estimates}
    page = read_page(build_report(figures=[], **(trial | {"tables": tables} | more))["index.html"])
    shown = node(page, f"table-calibration-primary-{language}").text()
    assert all(words in shown for words in said)
    assert "with the effect added" not in shown and "erbij opgeteld" not in shown


def test_power_of_shares_is_a_limit_and_variances_at_zero_are_of_models():
    """The limits follow the test that decides, whichever it is."""
    table = of_shares(rejected=0.3)
    (power,) = limits(table.assign(rejected=[0.05, 0.3], share_boundary=0.0), df_method="units")
    assert "30%" in power
    modelled = table.assign(method="between-within", rejected=[0.05, 0.9], share_boundary=0.7)
    (zero,) = limits(modelled, df_method="between-within")
    assert "70%" in zero


def test_what_holds_for_some_outcomes_is_said():
    """Fewer trials than asked for, and answers in order."""
    labels = Labels(made.trial_study(), ordered_scales(), Words("en"))
    entries = [{"entry": "learning", "outcome": made.trial_scales()[0].id, "label": "learning potential"}]
    plan = replace(made.trial_plan(), calibration=Calibration(2000))
    fewer, ordered = _about(entries, of_shares().to_dict("records"), plan, labels)
    assert "fewer trials" in fewer and "learning potential" in fewer and "answer categories" in ordered
    hidden = of_shares(suppressed=True).to_dict("records")
    assert _about(entries, hidden, plan, labels) == [ordered]


def ordered_scales():
    first, *rest = made.trial_scales()
    return [replace(first, measure="ordered"), *rest]


@pytest.mark.long
@pytest.mark.parametrize(("language", "word"), [("nl", r"\bproe(f|ven)\b"), ("en", r"\btrials?\b")])
def test_what_was_not_given_by_lot_is_nowhere_called_a_trial(language, word):
    trial, study = made.trial(), made.trial_study()
    chosen = replace(study, allocation=replace(study.allocation, randomised=False))
    table = calibration(components="estimated", share_boundary=0.7)
    ends = table[table["method"] == "kenward-roger"].assign(components="team low")
    stopped = table.assign(remark=table["remark"].mask(table["entry"] == "safety", "stopped"))
    tables = trial["tables"] | {"calibration": pd.concat([stopped, ends])}
    page = read_page(build_report(figures=[], **(trial | {"study": chosen, "tables": tables}))["index.html"])
    for section in ("calibration", "limits"):
        assert not re.findall(word, node(page, f"{section}-{language}").text(), re.I)


@pytest.mark.parametrize(
    ("language", "beside", "unknown"),
    [
        ("en", "difference of shares: t test of teams (to compare)", "a variance was not tried at an end"),
        (
            "nl",
            "verschil in aandelen: t-toets van teams (ter vergelijking)",
            "is een variantie niet geprobeerd",
        ),
    ],
)
def test_risks_stand_beside_hazards_and_an_end_that_is_not_known_is_said(language, beside, unknown):
    rows = calibration(components="estimated")
    one = rows[(rows["entry"] == "learning") & (rows["method"] == "kenward-roger")]
    risks = one.assign(method="units")
    end = one[one["effect"] == 0].assign(components="team high", trials=0, remark="not offered")
    page = page_with(pd.concat([rows, risks, end]))
    assert beside in node(page, f"table-calibration-primary-{language}").text()
    assert unknown in node(page, f"calibration-{language}").text()
    assert unknown not in node(page_with(rows), f"calibration-{language}").text()


@pytest.mark.parametrize(
    ("language", "same", "small"),
    [
        (
            "en",
            "For Learning potential of the workplace the trials with and without the effect are the same",
            "−0.05",
        ),
        ("nl", "Bij Leerpotentieel van de werkplek zijn de proeven met en zonder effect dezelfde", "−0,05"),
    ],
)
def test_a_note_about_some_outcomes_is_not_said_of_all_and_shares_have_their_own_decimals(
    language, same, small
):
    """A difference of shares of -.05 beside a log hazard with an error of .4 was printed as -0.1."""
    table = calibration(components="estimated")
    table.loc[table["entry"] == "engagement", "method"] = "between-within"
    risks = table[(table["entry"] == "engagement") & table["is_sesoi"]].iloc[:1]
    risks = risks.assign(method="units", truth=-0.05, mean_std_error=0.06)
    trial = made.trial()
    estimates = trial["tables"]["estimates"]
    wide = estimates.assign(std_error=estimates["std_error"].mask(estimates["entry"] == "engagement", 0.43))
    tables = trial["tables"] | {"calibration": pd.concat([table, risks]), "estimates": wide}
    page = read_page(build_report(figures=[], **(trial | {"tables": tables}))["index.html"])
    shown = node(page, f"table-calibration-primary-{language}").text()
    assert small in shown
    assert same in shown
