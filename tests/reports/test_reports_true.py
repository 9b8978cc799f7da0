"""Sentences that must be true of the study at hand: who is counted, what a level is called, what was declared."""

from __future__ import annotations

from dataclasses import replace

import invented_reports as made
import numpy as np
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, read_page

from dww_analysis.domain.scales import Scale
from dww_analysis.figures import draw_forest
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels, name_of
from dww_analysis.privacy.gate import let_out
from dww_analysis.reports import headline_rows
from dww_analysis.reports.headlines import counts_forms, harmful, with_answers
from dww_analysis.reports.sections.participants import counts_of, persons_seen
from dww_analysis.reports.sections.results import components_table, estimate_tables

pytestmark = pytest.mark.long


def text(language="en", **changes):
    html = build_report(figures=[], **(made.trial() | changes))["index.html"]
    return part(read_page(html), language).text()


def flow(**changes):
    """The invented flow with counts of some step replaced."""
    table = made.trial_flow()
    for step, n in changes.items():
        table.loc[(table["step"] == step) & (table["level"] == "team"), "count"] = n
    return table


def with_flow(table):
    trial = made.trial()
    return {"tables": trial["tables"] | {"flow": table}}


def test_persons_with_any_answer_and_persons_of_an_analysis_are_two_numbers():
    # 124 + 131 at the first wave, and 15 + 16 new ones in each of two arms
    assert persons_seen(counts_of(made.trial_flow()), made.trial_study()) == 317
    said = text()
    assert "317 persons answered at least once. Each analysis counts 284 persons." in said
    estimates = made.trial_estimates()
    estimates.loc[estimates["entry"] == "safety", "n_persons"] = 250
    trial = made.trial()
    assert "Each analysis counts 250 to 284 persons." in text(
        tables=trial["tables"] | {"estimates": estimates}
    )


def test_one_number_of_randomised_teams_also_when_a_team_never_answered():
    estimates = made.trial_estimates().assign(n_teams=23)
    trial = made.trial()
    said = text(tables=trial["tables"] | {"estimates": estimates})
    assert "24 teams were randomised" in said and "There are 24 teams." in said
    assert "23 teams were" not in said


def test_no_organisations_are_not_counted():
    trial = made.trial()
    estimates = made.trial_estimates().assign(n_organisations=0)
    table = made.trial_flow().query("level != 'organisation'")
    study = made.trial_study(allocation=replace(trial["study"].allocation, strata=None))
    said = text(study=study, tables=trial["tables"] | {"estimates": estimates, "flow": table})
    assert "0 organisations" not in said and "× organisation" not in said


def test_levels_are_called_what_the_study_calls_them():
    levels = {
        "team": {"nl": "klas", "en": "class"},
        "person": {"nl": "leerling", "en": "pupil"},
        "organisation": {"nl": "school", "en": "school"},
    }
    study = made.trial_study(level_labels=levels)
    english, dutch = text(study=study), text("nl", study=study)
    assert "24 classes were randomised" in english and "317 pupils answered" in english
    assert "Het lot verdeelde 24 klassen" in dutch and "6 scholen" in dutch and "leerlingen" in dutch
    assert "24 teams" not in english + dutch


def test_a_licence_is_printed_only_when_declared():
    settings = replace(made.SETTINGS, licence="")
    assert "CC BY" not in text(settings=settings) and "No licence was given." in text(settings=settings)
    assert "CC BY 4.0" in text()


def test_only_what_was_scored_from_items_comes_from_questionnaires():
    assert "From questionnaires" in text()
    scales = [
        Scale(s.id, s.label, s.samples, delivered=s.id, delivered_range=(0, 100)) for s in made.trial_scales()
    ]
    assert "From questionnaires" not in text(scales=scales)


def test_a_declared_direction_is_said_also_beside_an_association():
    waves = made.waves_only()
    row = headline_rows(
        waves["tables"]["estimates"], waves["study"], waves["plan"], waves["scales"], Words("en")
    )
    slope = row.set_index("entry").loc["wbeing_hrs"]
    assert (slope["direction"], slope["declared_direction"]) == ("neutral", "higher is better")


@pytest.mark.parametrize(
    ("name", "said"), [("704.0", "704"), (704.0, "704"), ("Noord", "Noord"), ("7.5", "7.5")]
)
def test_organisations_keep_their_names(name, said):
    assert name_of(name) == said


def test_harm_is_on_the_first_screen_and_among_the_limits():
    for language, words in (("nl", ("Ongunstig: Burn-outklachten", "Dit hadden we niet verwacht.")),
                            ("en", ("Unfavourable: Burnout complaints", "We did not expect this."))):  # fmt: skip
        page = read_page(build_report(figures=[], **made.trial())["index.html"])
        first = part(page, language).all("section")[0].text()
        assert all(w in first for w in words)
    assert "Unfavourable and not expected: Burnout complaints." in text()


def test_harm_counts_planned_outcomes_of_every_family_and_no_exploratory_ones():
    rows = [
        {"status": s, "harm": h}
        for s, h in (
            ("registered", True),
            ("planned, not sealed", True),
            ("exploratory", True),
            ("registered", False),
        )
    ]
    assert len(harmful(rows)) == 2


def test_persons_who_cannot_be_recognised_are_not_said_to_leave():
    table = made.trial_flow()
    table = table[~table["step"].isin(["newly in", "missed", "left", "moved team"])]
    unknown = {"source": "", "sample": "main", "wave": 1, "level": "person", "arm": "", "step": "not recognised",
               "reason": "", "count": 112}  # fmt: skip
    said = text(**with_flow(pd.concat([table, pd.DataFrame([unknown])])))
    assert "Persons cannot be recognised between waves" in said
    for untrue in ("people join, leave or change", "did not answer again", "answered at least once"):
        assert untrue not in said


def test_who_broke_off_the_questionnaire_did_not_leave_the_study():
    assert Words("en")("reason.left the study") == "broke off the questionnaire"


def test_corrections_are_not_called_primary_in_every_family():
    said = text("nl")
    assert "primaire contrasten" not in said and "geplande contrasten van deze familie" in said


def test_doubt_between_arms_made_by_lot_is_said_calmly():
    labels = Labels(made.trial_study(), made.trial_scales(), Words("nl"))
    from dww_analysis.language.invariance import ladder_sentence

    row = {"over": "arms", "wave": 2, "verdict": "metric", "released": "", "cutoffs": "Chen 2007", "n_persons": 200,
           "means_comparable": False}  # fmt: skip
    assert "Het lot maakte de groepen" in ladder_sentence(row, labels)
    assert "Het lot" not in ladder_sentence(row | {"over": "waves", "wave": ""}, labels)
    hidden = dict.fromkeys(("verdict", "why", "cutoffs", "released"), float("nan"))
    said = ladder_sentence(row | hidden, labels)  # with other rows of the scale; 200 persons answered
    assert "het resultaat wordt niet getoond, zodat niemand te herkennen is" in said


def test_of_a_hidden_estimate_no_number_of_its_search_is_shown():
    trial = made.trial()
    estimates = trial["tables"]["estimates"]
    few = estimates["entry"] == "safety"
    estimates = estimates.assign(n_persons=estimates["n_persons"].mask(few, 5.0))
    estimates["n_smallest"] = estimates["n_persons"]
    shown = let_out({"estimates": estimates, "answers": trial["tables"]["answers"]}, 8)
    html = build_report(figures=[], **(trial | {"tables": trial["tables"] | shown}))["index.html"]
    runs = next(n for n in read_page(html).walk() if n.get("id") == "table-runs-en")
    rows = {label: r.text() for r in runs.all("tr") for label in ("safety", "Burnout") if label in r.text()}
    assert "−701.2" in rows["Burnout"] and "701" not in rows["safety"] and "688" not in rows["safety"]
    assert "Not shown" in runs.text()


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "op 1 of −1 geschat (grens)"), ("en", "estimated at 1 or −1 (boundary)")]
)
def test_a_correlation_at_its_limit_is_not_called_a_variance_of_zero(language, said):
    rows = pd.DataFrame([
        {"entry": "engagement", "group": "team", "term_1": "(Intercept)", "term_2": None, "estimate": 1.37,
         "sd_or_correlation": 1.17, "boundary": False},
        {"entry": "engagement", "group": "team", "term_1": "(Intercept)", "term_2": "wave_number",
         "estimate": 0.4, "sd_or_correlation": 1.0, "boundary": True},
    ])  # fmt: skip
    labels = Labels(made.trial_study(), made.trial_scales(), Words(language))
    variance, correlation = components_table(rows, made.trial_plan(), labels, {}).rows
    assert (variance[-1].value, correlation[-1].value) == ("", said)


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(9, 14, ["9 to 14 persons"]), (np.nan, 14, ["<8 to 14 persons"]), (np.nan, np.nan, [])],
)
def test_of_teams_whose_sizes_are_hidden_none_is_told(least, most, said):
    labels = Labels(made.trial_study(), made.trial_scales(), Words("en"))
    fits = {"engagement": {"team_size": {"min": least, "max": most}}}
    notes = components_table(pd.DataFrame(), made.trial_plan(), labels, fits).notes
    assert [note.removeprefix("Size of teams in the analyses: ").rstrip(".") for note in notes] == said


@pytest.mark.parametrize(
    ("language", "in_table", "per_team", "in_figure"),
    [
        (
            "nl",
            "24 teams, 300 antwoorden)",
            "Ingevulde vragenlijsten per team",
            "300 ingevulde vragenlijsten uit",
        ),
        ("en", "24 teams, 300 answers)", "Questionnaires per team", "300 questionnaires from"),
    ],
)
def test_of_persons_who_are_not_recognised_no_number_of_persons_is_given(
    language, in_table, per_team, in_figure
):
    """Of 100 persons at three waves without codes 300 questionnaires are known, and no 300 professionals."""
    study, words = made.trial(), Words(language, made.trial_study().level_labels)
    labels = Labels(made.trial_study(), made.trial_scales(), words)
    rows = study["tables"]["estimates"].assign(n_persons=300, n_obs=300, n_teams=24)
    (table, *_) = estimate_tables(rows, study["plan"], labels, study["fits"])
    assert table.caption.endswith(in_table)
    fits = {"learning": {"team_size": {"min": 33, "max": 42}, "methods": ["persons_once"]}}
    notes = components_table(pd.DataFrame(), study["plan"], labels, fits).notes
    assert any(note.startswith(per_team) for note in notes)
    headlines = headline_rows(rows, made.trial_study(), study["plan"], made.trial_scales(), words)
    shown = with_answers(headlines, study["tables"]["answers"])
    assert counts_forms(shown, made.trial_study())
    assert in_figure in draw_forest(shown, words=words, forms=True).caption
    one_wave = replace(made.trial_study(), waves=made.trial_study().waves[:1])
    assert not counts_forms(shown, one_wave)  # there they are as many persons
