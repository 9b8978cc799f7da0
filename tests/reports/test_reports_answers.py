"""The table of verdicts in words, in both languages, from answers of all kinds; nothing but the answer decides."""

from __future__ import annotations

from dataclasses import replace

import invented_reports as made
import pandas as pd
import pytest
from from_parts import build_report
from page_reader import part, phrases, read_page

from dww_analysis.domain.answer import CRITERIA, WHY
from dww_analysis.domain.plan import Reason
from dww_analysis.domain.records import leaving_outcomes
from dww_analysis.figures import draw_forest
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports import headline_rows
from dww_analysis.reports.headlines import certainty_of, with_answers
from dww_analysis.reports.sections.answers import (
    against_sentence,
    everyday_sentence,
    firmness_of,
    verdict_sentence,
)
from dww_analysis.reports.sections.limits import limits_of
from dww_analysis.reports.sections.results import badges_of
from dww_analysis.reports.sections.summary import (
    finding,
    inference_sentence,
    of_family,
    persons_sentences,
    plan_sentences,
    scale_text,
)
from dww_analysis.reports.sections.summary import tested as what_was_asked

NEVER_BY_CHOICE = (" door ", "leidt tot", "effect", "leads to", "caused by", "because of")


def labels(language):
    return Labels(made.trial_study(), made.trial_scales(), Words(language))


def rows_of(made_study, language):
    headlines = headline_rows(
        made_study["tables"]["estimates"], made_study["study"], made_study["plan"], made_study["scales"],
        Words(language),
    )  # fmt: skip
    return with_answers(headlines, made_study["tables"]["answers"]).set_index("entry", drop=False)


def row(language="nl", **changes):
    return rows_of(made.trial(), language).loc["learning"].to_dict() | changes


@pytest.mark.parametrize(
    ("language", "verdict", "noun", "said"),
    [
        ("nl", "sure", "effect", "Dit is vrij zeker."),
        ("en", "sure", "effect", "This is fairly certain."),
        ("nl", "less_sure", "effect", "Minder zeker: het verschil kan ook heel klein zijn."),
        ("en", "less_sure", "effect", "Less certain: the difference may also be very small."),
        ("nl", "no_difference", "effect", "Er is waarschijnlijk geen verschil dat ertoe doet."),
        ("en", "no_difference", "effect", "There is probably no difference that matters."),
        ("nl", "unclear", "effect", "We weten het niet: meer of minder kan allebei."),
        ("en", "unclear", "effect", "We do not know: it could be more or less."),
        ("nl", "sure", "change", "Dit veranderde."),
        ("en", "sure", "change", "This changed."),
        ("nl", "less_sure", "difference", "Dit hangt misschien samen met"),
        ("en", "less_sure", "difference", "This may go together with"),
        ("nl", "sure", "association", "Dit hangt samen."),
        ("en", "sure", "association", "These go together."),
        ("nl", "not_measured", "effect", "Niet gemeten"),
        ("en", "not_measured", "effect", "Not measured"),
        ("nl", "suppressed", "effect", "Te weinig mensen om te laten zien."),
        ("en", "suppressed", "effect", "Too few people to show."),
    ],
)
def test_the_table_of_verdicts(language, verdict, noun, said):
    assert verdict_sentence({"verdict": verdict, "noun": noun}, labels(language)).startswith(said)


@pytest.mark.parametrize(
    ("outcome", "summary", "said"),
    [
        ("mood", "mean_difference", "too few people to show"),
        ("happy", "risk_difference", "too few people said yes, or no"),
        ("happy", "odds_ratio", "too few people said yes, or no"),
        ("left", "risk_difference", "too few people left, or stayed"),
        ("leaving", "hazard_ratio", "too few people left, or stayed"),
    ],
)
def test_a_hidden_answer_says_of_what_there_were_too_few(outcome, summary, said):
    hidden = {"verdict": "suppressed", "noun": "effect", "outcome": outcome, "summary": summary}
    assert said in verdict_sentence(hidden, labels("en")).lower()
    assert said in Words("en")(f"factsheet.sure.{certainty_of(hidden)}")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("noun", ["difference", "change", "association"])
@pytest.mark.parametrize("verdict", ["sure", "less_sure", "no_difference", "unclear"])
def test_without_a_lot_no_cause_is_named(language, noun, verdict):
    said = f" {verdict_sentence({'verdict': verdict, 'noun': noun}, labels(language)).lower()} "
    assert not [w for w in NEVER_BY_CHOICE if w in said]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_verdict_proves_or_denies(language):
    for key, said in phrases(language, "answer").items():
        for never in ("bewezen", "proven", "significan", "geen effect", "no effect"):
            assert never not in said.lower(), key


def test_every_reason_of_firmness_has_words_in_both_languages():
    for language in ("nl", "en"):
        assert all(Words(language).has(f"answer.{c}.{why}") for c in CRITERIA for why in WHY[c])


def test_an_unfavourable_outcome_stands_on_the_first_screen_after_the_primary_ones():
    trial = made.trial()
    estimates = trial["tables"]["estimates"]
    own = estimates["id"] == "safety"
    estimates.loc[own, ["estimate", "conf_low", "conf_high", "p_value", "p_adjusted"]] = [
        -0.3,
        -0.5,
        -0.1,
        0.01,
        0.2,
    ]
    harmed = made.with_answers(trial | {"tables": trial["tables"] | {"estimates": estimates}})
    page = read_page(build_report(figures=[], **harmed)["index.html"])
    for language, said in (("nl", "Dit hadden we niet verwacht. Praat erover."),
                           ("en", "We did not expect this.")):  # fmt: skip
        first = part(page, language).all("section")[0]
        labels = [h.text() for h in first.all("h4")]
        assert len(labels) == 4 and ("veiligheid" in labels[3] or "safety" in labels[3])
        assert first.text().count(said) == 2  # burnout, and now safety: a correction never softens harm


def test_headlines_and_forest_follow_the_corrected_test():
    trial = made.trial()
    estimates = trial["tables"]["estimates"].copy()
    estimates.loc[estimates["entry"] == "learning", "p_adjusted"] = 0.09
    doubtful = made.with_answers(trial | {"tables": trial["tables"] | {"estimates": estimates}})
    rows = rows_of(doubtful, "en")
    assert rows.loc["learning", ["plain", "corrected", "side"]].tolist() == [
        "favourable",
        "unclear",
        "unsure",
    ]
    forest = draw_forest(rows.reset_index(drop=True), words=Words("en"))
    assert "1 less certain after correction" in forest.title and "1 favourable" not in forest.title
    page = build_report(figures=[], **doubtful)["index.html"]
    (answer,) = [p for p in part(read_page(page), "en").all("p") if p.get("class") == "answer"]
    assert "Learning potential of the workplace: perhaps higher" in answer.text()


def test_page_and_forest_read_the_answer_and_decide_nothing_themselves():
    trial = made.trial()
    answers = trial["tables"]["answers"].copy()
    own = answers["entry"] == "learning"
    answers.loc[own, ["plain", "corrected", "verdict", "against"]] = [
        "unclear",
        "unclear",
        "unclear",
        "inside",
    ]
    changed = trial | {"tables": trial["tables"] | {"answers": answers}}
    rows = rows_of(changed, "en")
    assert (
        "favourable"
        not in draw_forest(rows.reset_index(drop=True), words=Words("en")).title.split("unfav")[0]
    )
    text = part(read_page(build_report(figures=[], **changed)["index.html"]), "en").all("section")[0].text()
    assert "We do not know" in text and "Zero lies in the interval." in text


def test_the_smallest_effect_is_held_against_the_interval_of_its_own_tests():
    assert against_sentence(row(against=""), Words("nl")) == []
    (said,) = against_sentence(
        row(against="inside", equivalence_low=-0.04, equivalence_high=0.11, equivalence_level=0.9),
        Words("nl"),
    )
    assert said == (
        "Het 90%-BI van −0,04 tot 0,11 blijft aan beide kanten kleiner dan het kleinste effect dat ertoe doet "
        "(0,20 schaalpunten)."
    )


def test_of_100_people_so_many_more_or_fewer_and_never_a_negative_number_of_them():
    size = {"everyday": "per_100", "everyday_size": -3.4, "everyday_low": -16.0, "everyday_high": 10.2}
    (nl,), (en,) = (everyday_sentence(row(lang, **size), labels(lang)) for lang in ("nl", "en"))
    assert nl == "Per 100 mensen zijn er 3 minder die beter af zijn (16 minder tot 10 meer)."
    assert en == "Of every 100 people, 3 fewer are better off (16 fewer to 10 more)."
    (none,) = everyday_sentence(row("en", **size | {"everyday_size": 0.2}, direction="neutral"), labels("en"))
    assert none == "Of every 100 people, as many have this outcome (16 fewer to 10 more)."


def test_everyday_size_in_both_languages_and_turned_words_without_a_direction():
    size = {"everyday": "pairs", "everyday_size": 62.7, "everyday_low": 54.2, "everyday_high": 70.9}
    (nl,), (en,) = (everyday_sentence(row(lang, **size), labels(lang)) for lang in ("nl", "en"))
    assert "In 63 duo’s is de eerste beter af (54 tot 71)." in nl and "‘interventiegroep’" in nl
    assert "In 63 pairs the first is better off (54 to 71)." in en
    (neutral,) = everyday_sentence(row("en", **size, direction="neutral"), labels("en"))
    assert "scores higher" in neutral
    assert everyday_sentence(row("en", everyday=""), labels("en")) == []


def test_firmness_is_said_per_finding_with_its_reasons():
    page = part(read_page(build_report(figures=[], **made.trial())["index.html"]), "en")
    first = page.all("section")[0].text()
    assert "How firm:" in first and "Chance decided who came into which group." in first
    assert "The scoring of the questionnaire was not checked at its source." in first


def test_little_power_for_the_own_smallest_effect_is_a_limit():
    limits = part(read_page(build_report(figures=[], **made.trial())["index.html"]), "nl").text()
    assert "Was het kleinste effect dat ertoe doet er echt, dan was de kans om dat te vinden" in limits


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Er waren weinig teams: in nagebootste onderzoeken was de kans om het kleinste"),
        ("en", "There were few teams: in simulated studies the chance of finding the smallest"),
    ],
)
def test_how_firm_names_the_trials_and_the_limits_do_not_say_it_twice(language, said):
    one = row(language, enough_units_why="too_few_tried", enough_units=False, power=0.77)
    assert any(
        why.startswith(said) and "77" in why for _, _, why in firmness_of(one, labels(language))["marks"]
    )
    by_formula = row(language, enough_units_why="too_few", enough_units=False, power=0.5)
    found = pd.DataFrame([one, by_formula])
    plan = made.trial_plan()
    chances = [s for s in limits_of(found, {}, {}, plan, labels(language)) if "50" in s]
    assert len(chances) == 1 and "77" not in chances[0]


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "Zonder toets zegt dat weinig"), ("en", "Without a test that says")]
)
def test_an_interval_off_zero_without_a_test_is_not_said_to_hold_zero(language, said):
    one = row(language, plain="unclear", corrected="unclear", verdict="unclear", p_value=float("nan"))
    one |= {"conf_low": 0.1, "conf_high": 0.9}
    told = " ".join(finding(one, 2, labels(language))["sentences"])
    assert said in told and labels(language).words("answer.side.unclear") not in told
    within = finding(one | {"conf_low": -0.1}, 2, labels(language))
    assert labels(language).words("answer.side.unclear") in within["sentences"]


@pytest.mark.parametrize("status", ["planned", "sealed after data"])
def test_what_nobody_can_show_to_be_older_than_the_answers_was_not_chosen_beforehand(status):
    plan = made.trial_plan()
    rows = [{**row("en"), "status": status}, {**row("en"), "status": status, "label": "other"}]
    said = what_was_asked(rows, rows, {}, labels("en"))
    assert "The plan names two primary outcomes" in said and "beforehand" not in said
    before = [{**r, "status": "registered"} for r in rows]
    assert "were chosen beforehand" in what_was_asked(before, before, {}, labels("en"))
    told = [s for s, _ in plan_sentences(rows, rows, replace(plan, sealed="2025-01-01"), Words("en"))]
    late = Words("en")("summary.plan_sealed_late")
    assert (late in told) == (status == "sealed after data")


# --- recognition, design, deviations, sources


def pairs(**changes):
    known = {
        "sample": "main", "from_wave": 0, "to_wave": 1, "adjacent": True, "recognisable": True, "from_persons": 255,
        "to_persons": 240, "seen_again": 180, "share_seen_again": 0.75, "changed_team": 9, "share_changed_team": 0.05,
        "two_organisations": 0, "changed_fact": 0, "share_changed_fact": float("nan"), "fact": "",
        "other_spelling": 12, "share_other_spelling": 0.05, "spelling": "leading zeros", "suppressed": False,
        "suppressed_columns": "",
    }  # fmt: skip
    return pd.DataFrame([known | changes])


def page_with(language="en", **tables):
    trial = made.trial()
    html = build_report(figures=[], **(trial | {"tables": trial["tables"] | tables}))["index.html"]
    return part(read_page(html), language).text()


def test_recognition_of_persons_has_a_block_per_pair_of_waves():
    text = page_with(link_plausibility=pairs())
    assert (
        "From baseline to mid-term, 180 persons were seen again: 75% of the smaller of the two waves." in text
    )
    assert "The codes differ in leading zeros only." in text
    nobody = page_with(link_plausibility=pairs(recognisable=False, seen_again=float("nan")))
    assert "cannot be recognised" in nobody and "recognised by a code" not in nobody
    both = pd.concat([pairs(), pairs(from_wave=1, to_wave=2, recognisable=False)])
    some = page_with(link_plausibility=both)
    assert "cannot be recognised" in some and "recognised by a code" in some
    hidden = page_with(link_plausibility=pairs(suppressed=True, seen_again=float("nan")))
    assert "were seen again" not in hidden
    share = pairs(share_seen_again=float("nan"), suppressed_columns="share_seen_again")
    assert "From baseline to mid-term, 180 persons were seen again." in page_with(link_plausibility=share)


def test_deviations_are_on_the_page_with_when_and_why():
    found = pd.DataFrame([
        {"entry": "learning", "what": "sesoi", "old": "0.25", "new": "0.2", "when": "2026-01-10",
         "why": "not explained"}
    ])  # fmt: skip
    text = page_with(deviations=found)
    assert (
        "One value differs from the sealed plan." in text
        and "10 January 2026" in text
        and "not explained" in text
    )
    assert "niet uitgelegd" in page_with("nl", deviations=found)
    assert "None: everything was computed as it was sealed." in page_with(deviations=found.iloc[:0])


def deviating(**changes):
    row = {"entry": "learning", "what": "entry.wave", "old": "2", "new": "1", "when": "2026-01-10",
           "why": "fewer teams", "estimate_sealed": 0.34, "conf_low_sealed": 0.1, "conf_high_sealed": 0.58,
           "p_sealed": 0.005,
           "estimate_now": 0.21, "conf_low_now": -0.03, "conf_high_now": 0.45, "p_now": 0.084,
           "remark_sealed": "", "kept": ""}  # fmt: skip
    return pd.DataFrame([row | changes])


ABSENT = dict.fromkeys([f"{n}_sealed" for n in ("estimate", "conf_low", "conf_high", "p")], float("nan"))


def test_the_answer_under_the_sealed_plan_stands_beside_the_present_one():
    text = page_with(deviations=deviating())
    assert "Sealed: Estimate" in text and "Now: p" in text
    assert "0.34 [0.10, 0.58] .005 0.21 [−0.03, 0.45] .084" in text
    assert "Verzegeld: p" in page_with("nl", deviations=deviating())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {**ABSENT, "remark_sealed": "as_read", "kept": "sources.wave0.duplicates; linking.facts"},
            "no longer have what was sealed (sources.wave0.duplicates and linking.facts)",
        ),
        ({**ABSENT, "remark_sealed": "failed"}, "the sealed model cannot be estimated from these answers"),
        (
            {**ABSENT, "remark_sealed": "unread", "kept": "sources.wave0.missing_codes"},
            "cannot be read by the sealed rules (sources.wave0.missing_codes)",
        ),
        (ABSENT, "was not in the sealed plan"),
        ({"entry": "forgotten", "estimate_now": float("nan")}, "Forgotten: is not estimated now"),
        ({"suppressed": True, **ABSENT}, "× Not shown: statistics of answers of fewer than 8 persons"),
    ],
)
def test_what_cannot_be_recomputed_is_a_sentence(changes, said):
    assert said in page_with(deviations=deviating(**changes))


def test_the_design_says_how_many_units_were_in_which_condition():
    design = pd.DataFrame([
        {"unit": f"T{u}", "wave": w, "condition": "1" if u > 7 and w else "0", "exposure": w if u > 7 else 0,
         "sequence": "1" if u > 7 else "never"}
        for u in range(16) for w in range(3)
    ])  # fmt: skip
    text = page_with(design=design)
    assert "Teams by when they started" in text and "not started" in text


def test_the_name_of_a_delivered_file_is_not_on_the_page():
    provenance = made.trial_provenance()
    provenance["sources"] = [{"id": "w0", "file": "antwoorden van Jan Jansen.sav", "sha256": "a" * 64}]
    html = build_report(figures=[], **(made.trial() | {"provenance": provenance}))["index.html"]
    assert "Jan Jansen" not in html and "w0" in html


def test_a_study_without_arms_says_changed_and_never_effect():
    waves = made.waves_only()
    first = part(read_page(build_report(figures=[], **waves)["index.html"]), "nl").all("section")[0].text()
    assert "Dit veranderde." in first and "Praat erover" not in first
    chosen = made.trial_study(allocation=replace(made.trial_study().allocation, randomised=False))
    estimates = made.trial_estimates().assign(noun="difference")
    trial = made.trial() | {"study": chosen}
    trial = made.with_answers(trial | {"tables": trial["tables"] | {"estimates": estimates}})
    said = part(read_page(build_report(figures=[], **trial)["index.html"]), "nl").all("section")[0].text()
    assert "Dit hangt samen met de groep" in said and "Het lot bepaalde niet" in said


@pytest.mark.parametrize(
    ("language", "said"), [("en", "There is no test: with so few teams"), ("nl", "Er is geen toets")]
)
def test_where_there_is_no_test_that_is_said_in_place_of_method_and_p(language, said):
    bare = row(language, p_value=float("nan"), p_adjusted=float("nan"), noun="difference")
    assert inference_sentence(bare, 3, labels(language).words).startswith(said)


@pytest.mark.parametrize(
    ("converged", "kinds"), [(True, ["converged"]), (False, ["not_converged"]), (float("nan"), [])]
)
def test_only_what_was_estimated_has_converged(converged, kinds):
    found = badges_of(row("en", converged=converged, boundary="", fallback=""), labels("en"))
    assert [kind for kind, _ in found[1:]] == kinds


def test_of_waves_without_codes_what_was_filled_in_is_counted():
    rows = [{"n_persons": 380.0}, {"n_persons": 403.0}]
    unknown = {("person", "unknown", 1, "", ""): 120}
    assert persons_sentences(rows, unknown, labels("nl")) == [
        "Per analyse tellen 380 tot 403 ingevulde vragenlijsten mee."
    ]
    assert persons_sentences(rows, {}, labels("nl")) == ["Per analyse tellen 380 tot 403 personen mee."]


def test_people_of_personnel_records_are_not_counted_with_those_who_answered():
    """More persons stood in each analysis than had answered at all."""
    rows = [{"n_persons": 245.0, "outcome": "learning"}, {"n_persons": 251.0, "outcome": "leaving"}]
    known = Labels(made.trial_study(), leaving_outcomes(["main"]).values(), Words("nl"))
    assert persons_sentences(rows, {}, known) == ["Per analyse tellen 245 personen mee."]


def test_the_reason_of_a_deviation_is_said_wherever_the_plan_gives_it():
    plan = made.trial_plan()
    first, *others = plan.entries
    rows = [{"entry": first.id, "label": "leren", "status": "deviation"}]
    words = labels("nl").words
    given = replace(plan, reasons=(Reason(first.id, "Eén team deed niet mee.", "2026-07-01"),))
    own = replace(plan, entries=(replace(first, deviation="Zo stond het er."), *others))
    for other, why in ((given, "Eén team deed niet mee."), (own, "Zo stond het er.")):
        assert plan_sentences(rows, [], other, words)[0][1] == why
    assert plan_sentences(rows, [], plan, words)[0][1] == words("summary.plan_no_reason")


@pytest.mark.parametrize(("language", "said"), [("en", "two outcomes"), ("nl", "twee uitkomsten")])
def test_a_corrected_p_names_how_many_outcomes_its_own_family_has(language, said):
    rows = [
        row(language, family=family) for family in ("primary", "primary", "primary", "secondary", "secondary")
    ]
    told = finding(rows[-1], of_family(rows[-1], rows), labels(language))["test"]
    assert said.replace("two", "2").replace("twee", "2") in told or said in told
    assert of_family(rows[0], rows) == 3


@pytest.mark.parametrize(
    ("language", "said"),
    [("nl", "Vertrokken of gebleven; blijven is gunstiger"), ("en", "Left or stayed; staying is favourable")],
)
def test_leaving_is_no_scale_from_0_to_1(language, said):
    known = Labels(made.trial_study(), leaving_outcomes(["main"]).values(), Words(language))
    one = row(language, outcome="leaving", scale_low=0.0, scale_high=1.0)
    assert scale_text(one, known) == said
