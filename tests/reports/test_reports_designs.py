"""Sentences of a page are true of its design: what was allocated, whether by lot, and arms or starts."""

from __future__ import annotations

import re
from dataclasses import replace

import invented_checks as checks
import invented_reports as made
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, read_page

from dww_analysis.domain.analyses import WITHOUT_CARELESS, permutation_of, robust_by
from dww_analysis.domain.study import Arm
from dww_analysis.language import Labels, Words
from dww_analysis.reports.sections.limits import _drop_out
from dww_analysis.reports.sections.participants import _waves, group_label

pytestmark = pytest.mark.long

UNITS = ("person", "team", "organisation")
BY_START = (Arm("control", {"nl": "vóór", "en": "before"}), Arm("intervention", {"nl": "na", "en": "after"}))


def study_of(unit="team", design="parallel_cluster", randomised=True, strata=None, **changes):
    """The invented study with another design."""
    allocation = replace(made.trial_study().allocation, unit=unit, randomised=randomised, strata=strata)
    arms = {} if design == "parallel_cluster" else {"arms": BY_START}
    return made.trial_study(design=design, allocation=allocation, **(arms | changes))


def page_of(study, language="en", plan=None, fits=None, **tables):
    """The invented study's page under another design, with all checks."""
    trial = made.trial() | {"study": study}
    trial |= {k: v for k, v in (("plan", plan), ("fits", fits)) if v is not None}
    noun = "effect" if study.allocation.randomised else "difference"
    estimates = trial["tables"]["estimates"].assign(noun=noun)
    trial["tables"] = {**trial["tables"], "estimates": estimates, **checks.tables(), **tables}
    html = build_report(figures=[], **made.with_answers(trial))["index.html"]
    return part(read_page(html), language)


def node(page, identity):
    return next(n for n in page.walk() if n.get("id") == identity)


def checked(unit):
    """The invented other analyses, with the checks at a unit of allocation."""
    table = checks.sensitivity()
    permuted = table["analysis"] == permutation_of("team")
    robust = table[permuted].assign(analysis=robust_by(unit), n_allocations=float("nan"))
    table.loc[permuted, "analysis"] = permutation_of(unit)
    return pd.concat([table, robust], ignore_index=True)


def test_teams_of_a_study_that_planned_nothing_read_so_and_get_no_empty_list():
    trial = made.trial()
    estimates = trial["tables"]["estimates"].assign(status="exploratory", family="exploratory")
    entries = tuple(replace(e, status="exploratory", family="exploratory") for e in trial["plan"].entries)
    teams = node(
        page_of(study_of(), plan=replace(trial["plan"], entries=entries), estimates=estimates), "teams-en"
    )
    assert "No outcome was planned beforehand." in teams.text() and not teams.all("ul")
    assert node(page_of(study_of()), "teams-en").all("ul")


# --- checks at the unit of allocation


@pytest.mark.parametrize("unit", UNITS)
def test_the_methods_say_at_which_unit_checks_were_made(unit):
    page = page_of(study_of(unit), sensitivity=checked(unit))
    methods, others = node(page, "methods-en").text(), node(page, "table-sensitivity-primary-en").text()
    assert f"Cluster-robust errors by {unit} are of type CR2" in methods
    assert f"The permutation test allocates the {unit}s to the arms again" in methods
    assert "Each time it recomputes the planned estimate." in methods
    assert "Pustejovsky" in methods and "Gail" in methods
    assert f"cluster-robust by {unit}" in others and f"permutation of {unit}s" in others
    assert f"allocations of {unit}s were computed" in others
    assert "Cluster-robust: CR2" in others and "interval of the permutation" in others


@pytest.mark.parametrize(("method", "other"), [("permutation", "CR2"), ("CR2", "permutation")])
def test_the_methods_say_what_the_test_that_decides_is(method, other):
    """Which then stands nowhere beside the estimate."""
    trial = made.trial()
    first, *_ = trial["plan"].entries
    lot = {"n_allocations": 70, "exact": True, "smallest_p": 2 / 70} if method == "permutation" else None
    fits = {**trial["fits"], first.id: {**trial["fits"][first.id], **({"lot": lot} if lot else {})}}
    estimates = trial["tables"]["estimates"].assign(df_method=method)
    table = checks.sensitivity()
    beside = table[table["analysis"] != permutation_of("team")]
    page = page_of(study_of(), fits=fits, estimates=estimates, sensitivity=beside)
    told = node(page, "methods-en").text()
    said = {
        "CR2": "Cluster-robust errors by team are of type CR2",
        "permutation": "The permutation test allocates the teams to the arms again",
    }
    assert said[method] in told and said[other] not in told
    smallest = "all 70 possible allocations of teams were computed. The smallest possible p is .029"
    assert (smallest in told) == (method == "permutation")


def test_one_mean_at_the_first_wave_is_said_of_the_outcomes_that_have_it():
    trial = made.trial()
    first, *_ = trial["plan"].entries
    fits = {**trial["fits"], first.id: {**trial["fits"][first.id], "methods": ["ancova_baseline"]}}
    methods = node(page_of(study_of(), fits=fits), "methods-en").text()
    assert "is a covariate of the later waves" in methods
    assert "the arms share one mean at the first wave" in methods and "The arms share one mean" not in methods


@pytest.mark.parametrize(
    ("unit", "method", "said"), [("share", "kenward-roger", True), ("share", "units", False)]
)
def test_permuted_shares_beside_a_model_of_all_waves_are_said_to_be_of_one_wave(unit, method, said):
    table = checks.sensitivity()
    table.loc[table["analysis"] == permutation_of("team"), "unit"] = unit
    estimates = made.trial()["tables"]["estimates"].assign(df_method=method)
    page = page_of(study_of(), sensitivity=table, estimates=estimates)
    note = "compares the shares of the teams at that wave as they are"
    assert (note in node(page, "table-sensitivity-primary-en").text()) == said


def test_permuted_shares_of_a_hidden_estimate_are_not_told_of():
    table = checks.sensitivity()
    table.loc[table["analysis"] == permutation_of("team"), "unit"] = "share"
    estimates = made.trial()["tables"]["estimates"].assign(df_method="kenward-roger")
    hidden = estimates["primary"].astype(bool) & (estimates["entry"] == estimates["entry"].iloc[0])
    estimates.loc[hidden, ["estimate", "std_error", "conf_low", "conf_high", "p_value", "p_adjusted"]] = (
        float("nan")
    )
    estimates["suppressed"] = hidden
    page = page_of(study_of(), sensitivity=table, estimates=estimates)
    assert "compares the shares of the teams" not in page.text()


def test_notes_about_checks_stand_only_where_those_were_made():
    table = checks.sensitivity()
    without = table[table["analysis"] != permutation_of("team")]
    others = node(page_of(study_of(), sensitivity=without), "table-sensitivity-primary-en").text()
    assert "Cluster-robust" not in others and "permutation" not in others


def test_a_check_that_could_not_be_had_is_not_told_as_if_it_were_made():
    """Rows that memory would not hold: no permutation, and the methods described it."""
    table = checks.sensitivity()
    failed = table["analysis"] == permutation_of("team")
    table.loc[failed, ["estimate", "conf_low", "conf_high", "n_allocations"]] = float("nan")
    table.loc[failed, "remark"] = "failed"
    page = page_of(study_of(), sensitivity=table)
    others = node(page, "table-sensitivity-primary-en").text()
    assert (
        "ermutation of teams: could not be estimated" in others
        and "interval of the permutation" not in others
    )
    assert "The permutation test" not in node(page, "methods-en").text()


# --- what certainty depends on


def flow_of(unit, n):
    """The invented table of participation with `n` allocated units in each arm, and nobody else allocated."""
    table = made.trial_flow()
    allocated = table[table["step"] == "allocated"]
    own = allocated[allocated["level"] == "team"].assign(level=unit, count=n)
    return pd.concat([table[table["step"] != "allocated"], own], ignore_index=True)


@pytest.mark.parametrize(("unit", "n_analysed"), [("team", 24), ("organisation", 6)])
def test_certainty_depends_on_the_units_that_were_allocated(unit, n_analysed):
    study = study_of(unit)
    page = page_of(study, flow=flow_of(unit, 7))
    first, limits = node(page, "summary-en").text(), node(page, "limits-en").text()
    assert f"14 {unit}s were randomised between" in first
    assert f"number of {unit}s ({n_analysed}) more than on the number of persons" in first
    assert f"There are 14 {unit}s. With so few {unit}s" in limits
    assert f"fewer than eight {unit}s" in limits


@pytest.mark.parametrize("in_teams", [True, False])
def test_of_persons_without_teams_nothing_is_said_of_teams(in_teams):
    flow = made.trial_flow()
    flow = flow if in_teams else flow[flow["level"] != "team"]
    estimates = made.trial_estimates()
    estimates = estimates if in_teams else estimates.assign(n_teams=0)
    page = page_of(study_of("person"), flow=flow, estimates=estimates)
    for section, said in (
        ("flow", "or change team"),
        ("teams", "for all teams together"),
        ("variance", "between teams"),
    ):
        assert (said in node(page, f"{section}-en").text()) == in_teams, section
    table = node(page, "table-flow-en").text()
    assert ("Changed team" in table) == ("Teams" in table) == in_teams


def test_of_persons_by_lot_no_number_of_teams_is_said_to_count():
    page = page_of(study_of("person"), flow=flow_of("person", 142))
    first, limits = node(page, "summary-en").text(), node(page, "limits-en").text()
    assert "284 persons were randomised between" in first
    assert "Certainty depends mainly on the number of persons (284)." in first
    assert "With so few" not in limits and "fewer than eight" not in limits
    assert "the more their number matters" not in node(page, "variance-en").text()
    assert "Persons count as they were allocated" in node(page, "methods-en").text()


def test_who_did_not_answer_again_is_of_no_group_where_there_are_none():
    study = made.trial_study(design="waves_only", arms=(), allocation=None)
    (sample,) = study.samples
    steps = (("answered", 0, 40), ("left", 1, 9), ("new", 1, 2))
    counts = {("person", step, wave, "", sample): n for step, wave, n in steps}
    for language, said in (("nl", "9 van de 42 "), ("en", "9 of 42 ")):
        labels = Labels(study, (), Words(language))
        (sentence,) = _drop_out([], counts, labels)
        assert sentence.startswith(said + labels.words.level_names("person"))
        assert group_label("", sample, labels) == labels.arm("")


def test_what_was_not_randomised_is_named():
    page = page_of(study_of("organisation", randomised=False))
    assert "The organisations were not randomised." in node(page, "summary-en").text()


# --- starts instead of arms


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(("design", "randomised"), [("stepped_wedge", True), ("before_after", False)])
@pytest.mark.slow
def test_units_that_start_are_not_said_to_be_divided_over_arms(design, randomised, language):
    text = page_of(study_of(design=design, randomised=randomised), language).text()
    lot = {"nl": ("bepaalde wanneer", "bepaalde niet wanneer"), "en": ("decided when", "did not decide when")}
    assert (
        "24 teams. " + {"nl": "Het lot ", "en": "Chance "}[language] + lot[language][not randomised]
    ) in text
    untrue = {
        "nl": ("verdeelde", "niet verdeeld", "niet door het lot gemaakt", "in welke groep", "minder dan acht teams",
               "in de groep ‘", "hoe groot het verschil is, in standaarddeviaties"),
        "en": ("were randomised", "divided over", "not made at random", "into which group", "fewer than eight teams",
               "in the ‘after’ arm", "how large a difference is, in standard deviations"),
    }  # fmt: skip
    assert [w for w in untrue[language] if w in text] == []


def test_a_stepped_wedge_within_organisations_says_so():
    page = page_of(study_of(design="stepped_wedge", strata="organisation"))
    said = "There were 24 teams. Chance decided when they started, separately within each of 6 organisations."
    assert said in node(page, "summary-en").text()


def test_the_answer_of_a_start_speaks_of_having_started():
    said = node(page_of(study_of(design="before_after", randomised=False)), "summary-en").text()
    assert "This goes together with having started or not." in said
    assert "someone who has started and someone who has not" in said
    assert "Chance did not decide who started when." in said
    assert "the group people were in" not in said


def test_a_study_of_one_wave_has_one_wave():
    waves = made.waves_only()
    waves["study"] = replace(
        waves["study"], waves=made.WAVES[:1], samples={"soldiers": {"nl": "s", "en": "s"}}
    )
    tables = {k: t for k, t in waves["tables"].items() if k in ("estimates", "answers")}
    for language, said in (("nl", "deed één meting,"), ("en", "measured at one wave,")):
        html = build_report(figures=[], **(waves | {"tables": tables}))["index.html"]
        page = part(read_page(html), language)
        assert said in node(page, f"summary-{language}").text()
        assert not re.search(r"differs between waves|per meting verandert", page.text())


# --- whose answers count


def plan_of(**changes):
    plan = made.trial_plan()
    return replace(plan, entries=tuple(replace(e, **changes) for e in plan.entries))


def test_not_everyone_counts_where_the_plan_asks_for_baseline_members():
    page = page_of(study_of(), plan=plan_of(population="baseline_members"))
    methods = node(page, "methods-en").text()
    assert (
        "Everyone who answered" not in methods and "only those count who answered the first wave" in methods
    )
    mixed = plan_of()
    first = replace(mixed.entries[0], population="baseline_members")
    methods = node(
        page_of(study_of(), plan=replace(mixed, entries=(first, *mixed.entries[1:]))), "methods-en"
    ).text()
    assert "Everyone who answered at least one wave counts. For Learning potential" in methods


def test_answers_without_covariates_and_of_a_transition_do_not_count():
    study = study_of(design="stepped_wedge")
    study = replace(study, allocation=replace(study.allocation, transition_waves=1))
    methods = node(page_of(study, plan=plan_of(covariates=("age",))), "methods-en").text()
    assert "only where all is known that the formula names" in methods
    assert "Answers from the transition just after the start do not count." in methods
    assert "Of each allocation the answers in its own transition do not count." in methods
    methods = node(page_of(study_of()), "methods-en").text()
    assert "transition" not in methods and "all is known" not in methods


def test_the_model_names_every_level_that_changes_by_wave():
    formula = "score ~ wave + (1 | organisation) + (1 | organisation:wave) + (1 | team) + (1 | team:wave)"
    fits = {name: fit | {"formula": formula} for name, fit in made.trial_fits().items()}
    methods = node(page_of(study_of("organisation"), fits=fits), "methods-en").text()
    assert "In the model organisations and teams each have a level of their own" in methods


# --- care of answering


def test_careless_answers_are_left_out_only_where_an_analysis_did():
    left_out = "One of the other analyses leaves them out."
    assert left_out in page_of(study_of()).text()
    table = checks.sensitivity()
    others = table[table["analysis"] != WITHOUT_CARELESS]
    assert left_out not in page_of(study_of(), sensitivity=others).text()


def test_no_questionnaire_shows_a_sign_where_none_does():
    none = checks.careless().assign(flag_longstring=0, flag_speed=0, careless=0)
    quality = node(page_of(study_of(), careless=none), "quality-en").text()
    assert "No questionnaire shows a sign of careless answering." in quality
    assert "Some questionnaires" not in quality


# --- what a study calls its levels


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_study_of_classes_has_no_teams(language):
    levels = {
        "organisation": {"nl": "school | scholen", "en": "school"},
        "team": {"nl": "klas | klassen", "en": "class | classes"},
        "person": {"nl": "leerling | leerlingen", "en": "pupil"},
    }
    fits = {name: fit | {"formula": "score ~ wave"} for name, fit in made.trial_fits().items()}
    text = page_of(replace(study_of(), level_labels=levels, contact=""), language, fits=fits).text()
    assert re.findall(r".{40}\bteam.{40}", text, re.I) == []


def test_where_all_are_one_group_no_column_says_so():
    one = made.trial_flow().query("level in ['team', 'person']").assign(arm="")
    one = one.drop_duplicates(["level", "step", "wave"])
    for study, heads in ((made.trial_study(arms=(), allocation=None), 1), (made.trial_study(), 2)):
        labels = Labels(study, made.trial_scales(), Words("en"))
        table = _waves(one if heads == 1 else made.trial_flow(), labels)
        assert table.columns[:heads] == ("Wave", "Group")[:heads] and table.columns[heads] == "Teams"
        assert {len(row) for row in table.rows} == {len(table.columns)}
