"""The first screen: what was tested, what came out, how sure that is, and what deviates from the plan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.plan import Plan
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.language.numbers import ABSENT
from dww_analysis.reports.headlines import certainty_of, harmful
from dww_analysis.reports.sections.answers import (
    against_sentence,
    both_ways,
    everyday_sentence,
    firmness_of,
    verdict_sentence,
)
from dww_analysis.reports.sections.measurement import marked
from dww_analysis.reports.sections.one_minute import main_rows, planned_rows, title_compared, title_parts
from dww_analysis.reports.sections.participants import (
    Counts,
    allocated_of,
    most,
    not_recognised,
    persons_seen,
)
from dww_analysis.reports.sections.results import badges_of, flags_of, listed

Row = Mapping[str, Any]


def summary_of(headlines: pd.DataFrame, counts: Counts, plan: Plan, labels: Labels) -> dict[str, Any]:
    """Texts of the first screen: answer (as the factsheet's title has it), compared (what higher means, where the
    answer says that), tested, harm, found (one record per primary outcome, then per other unfavourable one),
    sure, plan.

    headlines: with answers, one row per entry. counts: as `counts_of` gives them.
    """
    rows = headlines.to_dict("records")
    planned = planned_rows(rows)
    primary, harm = [r for r in rows if r["primary"]], harmful(rows)
    return {
        "answer": [text for _, text in title_parts(main_rows(planned), labels)],
        "compared": title_compared(main_rows(planned), labels),
        "tested": tested(rows, primary, counts, labels),
        "harm": [harm_sentence(r, labels.words) for r in harm],
        "found": [
            finding(r, of_family(r, rows), labels) for r in (*primary, *(h for h in harm if not h["primary"]))
        ],
        "sure": sureness(primary or rows, labels),
        "plan": plan_sentences(rows, primary, plan, labels.words),
    }


SEALED_LATE = "sealed after data"  # status of an entry that nobody can show to be older than its answers


def harm_sentence(row: Row, words: Words) -> str:
    """What a planned outcome on the unfavourable side says on the first screen."""
    estimate = words.estimate(row, row["unit"])
    return words("summary.harm", label=row["label"], estimate=estimate)


def tested(rows: Sequence[Row], primary: Sequence[Row], counts: Counts, labels: Labels) -> str:
    """What was done and asked, in a few sentences."""
    words = labels.words
    parts = [design_sentence(rows, counts, labels)]
    if len(labels.study.samples) == 1:
        parts += persons_sentences(rows, counts, labels)
    if not_recognised(counts):
        parts.append(words("summary.not_recognised"))
    if len(primary) == 1:
        parts.append(words("summary.tested_single", question=primary[0]["question"]))
    elif primary:
        unproven = any(r["status"] == SEALED_LATE or r["status"].startswith("planned") for r in primary)
        key = "summary.tested_many_of_plan" if unproven else "summary.tested_many"
        chosen = words(key, n=words.few(len(primary)), labels=listed(primary, words))
        parts.append(words.capital(chosen))
    else:
        parts.append(words("summary.tested_none"))
    return " ".join(parts)


def design_sentence(rows: Sequence[Row], counts: Counts, labels: Labels, *, briefly: bool = False) -> str:
    """How many units were allocated, or how many waves there were. Units that never answered were allocated too.

    rows: headlines, whose n_* are used where counts know nothing. briefly: without the strata of the lot.
    """
    words, study = labels.words, labels.study
    if not study.arms:
        if len(study.samples) > 1:
            return words("summary.design_samples", n=words.few(len(study.samples)))
        waves = len(study.waves)
        return words.many("summary.design_waves", waves, waves=words.few(waves))
    blanks = {
        "units": words.amount("unit", allocated_of(study.unit, rows, counts, labels)),
        "arms": words.listing(words.quoted(words.say(a.label)) for a in study.arms),
    }
    if study.allocation is None or not study.by_lot:
        return labels.by_design("summary.design_given", **blanks)
    organisations = allocated_of("organisation", rows, counts, labels, together=True)
    if briefly or not study.allocation.strata or not organisations > 0:
        return labels.by_design("summary.design_lot", **blanks)
    blanks["organisations"] = words.amount("organisation", organisations)
    return labels.by_design("summary.design_lot_strata", **blanks)


def persons_sentences(rows: Sequence[Row], counts: Counts, labels: Labels) -> list[str]:
    """How many persons answered at all, and how many the analyses of answers count (column n_persons, from lowest to
    highest): two numbers, each of its own people; personnel records have people of their own. Of waves whose persons
    cannot be recognised what was filled in is counted: the same person may be there several times. Nothing is said of
    what is hidden."""
    words, study = labels.words, labels.study
    seen = persons_seen(counts, study)
    answered = [r["n_persons"] for r in rows if not labels.of_records(str(r.get("outcome", "")))]
    analysed = [n for n in answered if n == n]
    said = []
    if math.isfinite(seen):
        said.append(words("summary.persons_seen", persons=words.amount("person", seen)))
    if analysed:
        low, high = min(analysed), max(analysed)
        if not_recognised(counts):
            n = words.count(high)
            n = n if low == high else words("number.span", low=words.count(low), high=n)
            return [*said, words("summary.forms_analysed", n=n)]
        each = words.amount("person", high)
        if low != high:
            each = words("number.span", low=words.count(low), high=each)
        said.append(words("summary.persons_analysed", persons=each))
    return said


def finding(row: Row, n_family: int, labels: Labels) -> dict[str, Any]:
    """One outcome: its estimate and interval first, what they are compatible with, the test last.

    row: a headline with its answer. Values: id, label, scale, contrast, badges, estimate, interval, sentences, test
    and firm; of what is hidden its mark, of what was not estimated a dash, with one sentence, and firm None.
    """
    words = labels.words
    shown = {
        "id": row["id"],
        "label": marked(row["outcome"], labels),
        "scale": scale_text(row, labels),
        "contrast": row["contrast"],
        "badges": badges_of(row, labels),
    }
    if row["verdict"] in UNSEEN:
        why = certainty_of(row)
        told = [words("answer.nobody_said")] if why == "suppressed_yes_no" else []
        return shown | {
            "estimate": words("table.suppressed_mark") if row["verdict"] == "suppressed" else ABSENT,
            "interval": "",
            "sentences": [words(f"answer.verdict.{why}"), *told],
            "test": "",
            "firm": None,
        }
    decimals = decimals_for(row["std_error"])
    span = words.span(row["conf_low"], row["conf_high"], decimals)
    sentences = [
        words("summary.compatible", nouns=words(f"noun.{row['noun']}.many"), span=span, unit=row["unit"]),
        words(f"answer.side.{_side_of(row)}"),
        *against_sentence(row, words),
        verdict_sentence(row, labels),
        *everyday_sentence(row, labels),
        *both_ways(row, words),
    ]
    if math.isfinite(row["sd_estimate"]):
        sd = {k: row[f"sd_{k}"] for k in ("estimate", "std_error", "conf_low", "conf_high")}
        sentences.append(
            words(
                "summary.standardised", estimate=words.estimate({**sd, "conf_level": row["conf_level"]}, "SD")
            )
        )
    return shown | {
        "estimate": f"{words.number(row['estimate'], decimals)} {row['unit']}",
        "interval": f"{words.level(row['conf_level'])} {span}",
        "sentences": sentences,
        "test": inference_sentence(row, n_family, words),
        "firm": firmness_of(row, labels),
    }


def _side_of(row: Row) -> str:
    """Where the interval lies; `untested` of one off zero that no test stands behind."""
    off_zero = not row["conf_low"] <= 0 <= row["conf_high"]
    return "untested" if row["plain"] == "unclear" and off_zero else str(row["plain"])


def scale_text(row: Row, labels: Labels) -> str:
    """The range of the outcome's scale and which end is better: `Schaal 1 tot 5; hoger is gunstiger`."""
    words = labels.words
    if answers := labels.better_answer(row["outcome"]):
        return words.capital(answers)
    direction = words(f"direction.{row['declared_direction']}")
    if not math.isfinite(row["scale_low"]):
        return words.capital(direction)
    low, high = (words.plain(v) for v in (row["scale_low"], row["scale_high"]))
    return words("summary.scale", range=words("number.span", low=low, high=high), direction=direction)


def of_family(row: Row, rows: Sequence[Row]) -> int:
    """How many outcomes the family of a headline has, for which its p was corrected."""
    return sum(r["family"] == row["family"] for r in rows)


def inference_sentence(row: Row, n_family: int, words: Words) -> str:
    """Method, degrees of freedom and p, exact to three decimals; the corrected p behind it where the family has
    several (n_family) and the row says how. Or that there is no test."""
    if math.isnan(row["p_value"]):
        return words("summary.no_test")
    p = words.p_phrase(row["p_value"])
    if math.isfinite(row["df"]):
        text = words("summary.tests", method=words.df_method(row["df_method"]), df=words.df(row["df"]), p=p)
    else:
        text = words("summary.tests_normal", method=words.df_method(row["df_method"]), p=p)
    if row["adjust_method"] not in ("none", "") and math.isfinite(row["p_adjusted"]) and n_family > 1:
        method = words(f"results.adjust.{row['adjust_method']}")
        adjusted = words("summary.adjusted", n=n_family, method=method, p=words.p_phrase(row["p_adjusted"]))
        text += f"; {adjusted}"
    return words.capital(text) + "."


def sureness(rows: Sequence[Row], labels: Labels) -> list[str]:
    """What carries or weakens the certainty of the headline: units, lot, and fits whose columns boundary, fallback or
    converged say so."""
    words, study = labels.words, labels.study
    sentences = []
    if study.arms:
        sentences += _number_that_counts(rows, labels)
        if not study.by_lot:
            sentences.append(labels.by_design("summary.sure_given"))
    else:
        sentences.append(words("summary.sure_change"))
    for kind in ("boundary", "fallback", "not_converged"):
        touched = [r for r in rows if kind in flags_of(r)]
        if touched:
            sentences.append(words(f"summary.sure_{kind}", labels=listed(touched, words)))
    return sentences


def _number_that_counts(rows: Sequence[Row], labels: Labels) -> list[str]:
    """How many units were allocated and analysed, on which certainty depends; [] where that is not known."""
    unit = labels.study.unit
    analysed = most(rows, f"n_{unit}s")
    key = "summary.sure_persons" if unit == "person" else "summary.sure_clusters"
    return [labels.words(key, n=labels.words.count(analysed))] if math.isfinite(analysed) else []


def plan_sentences(
    rows: Sequence[Row], primary: Sequence[Row], plan: Plan, words: Words
) -> list[tuple[str, str]]:
    """What deviates from the plan: (sentence, reason as the study gives it), the reason "" where none belongs to it;
    from column status of every row."""
    found: list[tuple[str, str]] = []
    for row in rows:
        if row["status"] == "deviation":
            reason = plan.why_deviates(row["entry"]) or words("summary.plan_no_reason")
            found.append((words("summary.plan_deviation", label=words.capital(row["label"])), reason))
    if not plan.sealed and any(r["status"].startswith("planned") for r in rows):
        found.append((words("summary.plan_not_sealed"), ""))
    if any(r["status"] == SEALED_LATE for r in rows):
        found.append((words("summary.plan_sealed_late"), ""))
    if primary and all(r["status"] == "registered" for r in primary):
        found.append((words("summary.plan_registered"), ""))
    exploring = sum(r["status"] == "exploratory" for r in rows)
    if exploring:
        found.append((words.many("summary.plan_exploratory", exploring, total=len(rows)), ""))
    return found
