"""One row per plan entry: the primary contrast with everything a sentence or a figure says about it.

This is where *effect*, *difference*, *change* and *association* are told apart: only randomised arms give effects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.answer import CRITERIA, UNSEEN, direction_of, said_of
from dww_analysis.domain.contrasts import Contrast, contrast_of, noun_of, of_changes
from dww_analysis.domain.estimate import truth
from dww_analysis.domain.outcomes import (
    HAZARD_RATIO,
    KINDS,
    ODDS_RATIO,
    OF_SHARES,
    RATE_RATIO,
    RISK_DIFFERENCE,
    RISK_RATIO,
)
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.records import OFFERED
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.domain.theory import THEORY
from dww_analysis.errors import DisclosureError, ReportError
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.language.measure import Measure, Trajectory

NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")
SPAN = ("estimate", "conf_low", "conf_high")
RATIOS = (ODDS_RATIO, RISK_RATIO, RATE_RATIO, HAZARD_RATIO)  # estimates are their logarithms
WAYS = (*RATIOS, RISK_DIFFERENCE)  # relative and absolute
FACTS = (
    *("conf_level", "df", "df_method", "p_value", "p_adjusted", "adjust_method"),
    *("n_obs", "n_persons", "n_teams", "n_organisations", "converged", "boundary", "fallback"),
)
ANSWERED = (  # columns of answers.csv that a headline takes over
    *(
        "plain",
        "corrected",
        "verdict",
        "harm",
        "against",
        "equivalence_low",
        "equivalence_high",
        "equivalence_level",
    ),
    *("everyday", "everyday_size", "everyday_low", "everyday_high", "power", "dropout_points", "firm"),
    *(name for criterion in CRITERIA for name in (criterion, f"{criterion}_why")),
)


def headline_rows(
    estimates: pd.DataFrame, study: Study, plan: Plan, scales: Iterable[Scale], words: Words
) -> pd.DataFrame:
    """The headline of every plan entry, in the plan's order, with labels in the language of `words`.

    estimates: columns of domain.estimate.COLUMNS for any number of entries. Result, one row per entry: entry, id (of
    the estimate), outcome, summary, outcome_label, label (the same, of an association with its contrast, and of
    comparisons that have one label with what tells them apart), question, primary, family, status, deviation, noun
    (effect, difference, change or association), contrast, place (its wave), of_changes (whether it compares changes of
    arms), unit, direction, declared_direction, scale_low, scale_high, unverified, arm and reference (their labels),
    told_by (what tells a comparison from others of its outcome), hidden (by disclosure control); estimate, std_error,
    conf_low, conf_high, sesoi in the outcome's unit and with prefix sd_ in SDs; estimate, conf_low and conf_high with
    prefix odds_ratio_, risk_ratio_, rate_ratio_, hazard_ratio_ (ratios, no logarithms) and risk_difference_ where there
    is one; sd_used; the facts df, p_value, p_adjusted, n_persons, boundary and so on. An entry without estimate has
    NaN. What they say is added by `with_answers`. Estimates of fewer persons than the study's minimum are refused
    (DisclosureError).
    """
    labels = Labels(study, scales, words)
    rows = [
        {**headline_of(entry, estimates, labels), "primary": entry.family == plan.primary}
        for entry in plan.entries
    ]
    return pd.DataFrame(_told_apart(rows))


def _told_apart(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The headlines; labels that several comparisons have are followed by when these compare and whom they average
    over, where that tells them apart."""
    found = list(rows)
    for label in dict.fromkeys(r["label"] for r in rows):
        same = [i for i, r in enumerate(rows) if r["label"] == label and (r["arm"] or r["place"])]
        told = [rows[i]["told_by"] for i in same]
        if len(same) > 1 and len(set(told)) == len(same):
            for i, by in zip(same, told, strict=True):
                found[i] = {**rows[i], "label": f"{label} ({by})" if by else label}
    return found


def with_answers(headlines: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """The headlines with what their answers say, by entry: plain, corrected, side (`said_of`), verdict, harm, against,
    the everyday size and the criteria of firmness, as answers.csv has them. A row that is hidden there has the verdict
    "suppressed"; ReportError for an entry without an answer.
    """
    own = answers.set_index("entry")
    lacking = [e for e in headlines["entry"] if e not in own.index]
    if lacking:
        raise ReportError.of(
            found=f"no answer of entry {lacking[0]}",
            where="answers.csv",
            expected="a row for every plan entry",
            action="run the stage describe",
        )
    rows = [_answered(r, own.loc[r["entry"]].to_dict()) for r in headlines.to_dict("records")]
    return pd.DataFrame(rows)


def _answered(row: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """One headline with its answer; labels and numbers of the headline itself stay."""
    found = {name: answer[name] for name in ANSWERED}
    if truth(answer.get("suppressed")) is True or row["hidden"]:
        found |= {"verdict": "suppressed", "plain": "", "corrected": "", "against": "", "everyday": ""}
    texts = ("plain", "corrected", "against", "everyday")
    found |= {name: found[name] if isinstance(found[name], str) else "" for name in texts}
    found |= {"harm": truth(found["harm"]) is True and found["verdict"] not in UNSEEN}
    return {**row, **found, "side": said_of(found["plain"], found["corrected"])}


def certainty_of(row: Mapping[str, Any]) -> str:
    """The verdict of a headline; of a hidden one also of what there were too few: of people (suppressed), of people
    who said yes, or no (suppressed_yes_no), or who left, or stayed (suppressed_left)."""
    if row["verdict"] != "suppressed" or row.get("summary") not in (*OF_SHARES, HAZARD_RATIO):
        return str(row["verdict"])
    return "suppressed_left" if row["outcome"] in OFFERED else "suppressed_yes_no"


def noun_of_words(row: Mapping[str, Any]) -> str:
    """The noun by which words about a headline are looked up: that of its estimate, and `started` of an association
    with the start of units, which is no slope."""
    return "started" if row["noun"] == "association" and row.get("arm") else str(row["noun"])


def label_with_contrast(row: Mapping[str, Any]) -> str:
    """The outcome of a headline with what is compared behind it."""
    return f"{row['outcome_label']} ({row['contrast']})"


def in_short(rows: Iterable[Mapping[str, Any]], labels: Labels) -> list[dict[str, Any]]:
    """Headlines in which outcomes have their short names, for documents of narrow places; what tells those of one
    outcome apart stays behind it."""
    return [
        {**row, "outcome_label": labels.short(str(row["outcome"])), "label": short_label(row, labels)}
        for row in rows
    ]


def short_label(row: Mapping[str, Any], labels: Labels) -> str:
    """The label of a headline with the short name of its outcome."""
    return labels.short(str(row["outcome"])) + str(row["label"]).removeprefix(row["outcome_label"])


def harmful(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The planned outcomes whose whole interval lies on the unfavourable side. rows: headlines with what their
    answers say; of them columns status and harm are read."""
    return [r for r in rows if r["status"] != "exploratory" and r["harm"]]


def counts_forms(rows: pd.DataFrame, study: Study) -> bool:
    """Whether as many persons as answers are counted over several waves (columns n_persons and n_obs of estimates or
    headlines): nobody is known to have answered twice, and what is counted are questionnaires."""
    known = rows[["n_persons", "n_obs"]].dropna()
    return len(study.waves) > 1 and len(known) > 0 and bool((known["n_persons"] == known["n_obs"]).all())


def entry_rows(estimates: pd.DataFrame, entry: PlanEntry) -> pd.DataFrame:
    """All rows of one entry: its planned contrast, the others, and the standardised rows of both."""
    return estimates[estimates["entry"].astype(str) == entry.id]


def headline_of(entry: PlanEntry, estimates: pd.DataFrame, labels: Labels) -> dict[str, Any]:
    """The headline of one plan entry as `headline_rows` has it, but for `primary`, which the whole plan decides."""
    study = labels.study
    rows = entry_rows(estimates, entry)
    planned, standard = rows["primary"].map(truth) == True, rows["standardised"].map(truth) == True  # noqa: E712
    raw = _primary(rows[planned & ~standard])
    sd = rows[planned & standard]
    _check_size(raw, entry, study)
    found: dict[str, Any] = {n: raw.get(n, math.nan) for n in (*NUMBERS, *FACTS)}
    found |= {f"sd_{n}": float(sd[n].iloc[0]) if len(sd) else math.nan for n in NUMBERS}
    found |= _both_ways(raw, rows)
    sd_used = float(sd["sd_used"].iloc[0]) if len(sd) else math.nan
    summary = str(raw.get("summary", ""))
    comparable = KINDS[str(raw.get("kind", "continuous"))].standardises or summary == RISK_DIFFERENCE
    sesoi = entry.sesoi if entry.sesoi is not None and comparable else math.nan
    scale = labels.scale_of(entry.outcome)
    low, high = scale.score_range() if scale is not None else (math.nan, math.nan)
    contrast = contrast_of(raw)
    noun = str(raw.get("noun", "")) or main_noun(study)
    declared = labels.direction(entry.outcome)
    found |= {"noun": noun, "arm": labels.arm(contrast.arm) if contrast.arm else ""}
    found |= {"outcome_label": labels.outcome(entry.outcome), "contrast": _compared(contrast, entry, labels)}
    association = noun_of_words(found) == "association"
    return found | {
        "entry": entry.id,
        "id": str(raw.get("id", "")),
        "outcome": entry.outcome,
        "summary": summary,
        "sample": entry.sample,
        "label": label_with_contrast(found) if association else found["outcome_label"],
        "question": labels.words.say(entry.question),
        "family": entry.family,
        "status": entry.status,
        "deviation": entry.deviation,
        "place": labels.contrast_wave(contrast),
        "told_by": ", ".join(filter(None, (labels.contrast_wave(contrast), _averaged_over(entry, labels)))),
        "of_changes": of_changes(contrast),
        "score_unit": labels.words.say(scale.unit) if scale is not None else "",
        "unit": labels.unit(entry.outcome, entry, raw),
        "direction": direction_of(noun, declared),
        "declared_direction": declared,
        "reference": labels.arm(contrast.reference) if contrast.arm else "",
        "scale_low": low,
        "scale_high": high,
        "unverified": labels.unverified(entry.outcome),
        "declared_sesoi": math.nan if entry.sesoi is None else entry.sesoi,
        "sesoi": sesoi,
        "sd_sesoi": sesoi / sd_used,
        "sd_used": sd_used,
        "hidden": truth(raw.get("suppressed")) is True,
    }


def _compared(contrast: Contrast, entry: PlanEntry, labels: Labels) -> str:
    """What is laid beside what; of an average over units also that each counts once."""
    return ", ".join(filter(None, (labels.contrast(contrast), _averaged_over(entry, labels))))


def _averaged_over(entry: PlanEntry, labels: Labels) -> str:
    """Of an average over units that each counts once; else ""."""
    return labels.words("planned.units_once") if entry.units_once else ""


def marked_label(row: Mapping[str, Any], labels: Labels) -> str:
    """The label of a headline with a capital, and a dagger when its scoring key was not verified."""
    return labels.words.capital(str(row["label"])) + ("†" if row["unverified"] else "")


def entry_name(entry: str, plan: Plan, labels: Labels) -> str:
    """What an analysis is called where its headline is not at hand: its outcome, of a slope with what it is on, of
    comparisons of one outcome with their waves and whom they average over; the theory of change by its name; of one
    that is no longer in the plan its id, as column entry has it."""
    found = next((e for e in plan.entries if e.id == entry), None)
    if found is None:
        return labels.words("impact.theory_name") if entry == THEORY else entry
    told = ", ".join(filter(None, _told_by(found, plan, labels)))
    return labels.outcome(found.outcome) + (f" ({told})" if told else "")


def _told_by(entry: PlanEntry, plan: Plan, labels: Labels) -> list[str]:
    others = [e for e in plan.entries if e.outcome == entry.outcome and e.id != entry.id]
    if entry.term is not None and labels.column(entry.term) != entry.term:
        return [labels.contrast(Contrast(per=entry.term))]
    if entry.term is not None:
        return [entry.term] if others else []
    if all(e.term is not None for e in others):
        return []
    return ["" if entry.wave is None else labels.wave(entry.wave), _averaged_over(entry, labels)]


def marked_entry(entry: PlanEntry, plan: Plan, labels: Labels) -> str:
    """`entry_name` with a capital, and a dagger when the outcome's scoring key was not verified."""
    unverified = labels.unverified(entry.outcome)
    return labels.words.capital(entry_name(entry.id, plan, labels)) + ("†" if unverified else "")


def _both_ways(raw: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, float]:
    """The planned contrast as ratios and as a difference of shares; NaN where one is not there."""
    found = {f"{way}_{n}": math.nan for way in WAYS for n in SPAN}
    given = set(rows["summary"]) if raw else set()
    for way in (w for w in WAYS if w in given):
        same = rows[rows["summary"] == way]
        same = same[[contrast_of(r) == contrast_of(raw) for r in same.to_dict("records")]]
        if len(same):
            row = same.iloc[0]
            found |= {
                f"{way}_{n}": float(row[n]) if way == RISK_DIFFERENCE else _as_ratio(row[n]) for n in SPAN
            }
    return found


def _as_ratio(logarithm: float) -> float:
    return float(np.exp(logarithm))


def _primary(rows: pd.DataFrame) -> Mapping[str, Any]:
    return {} if rows.empty else rows.iloc[0].to_dict()


def main_noun(study: Study) -> str:
    """effect, difference or change: the word for what this study is about, from its arms and from whether chance gave
    them (`noun_of`)."""
    arms = (study.arms[-1].id, study.arms[0].id) if study.has_arms else ("", "")
    return noun_of(Contrast(*arms), study.by_lot)


def _check_size(row: Mapping[str, Any], entry: PlanEntry, study: Study) -> None:
    n = row.get("n_persons", math.nan)
    if math.isfinite(row.get("estimate", math.nan)) and math.isfinite(n) and n < study.min_cell_size:
        raise DisclosureError.of(
            found=f"an estimate of fewer than {study.min_cell_size} persons",
            where=f"estimates, entry {entry.id}",
            expected=f"at least {study.min_cell_size} persons behind every statistic",
            action="suppress this estimate before it reaches the report",
        )


def trajectory_inputs(
    row: Mapping[str, Any], estimates: pd.DataFrame, record: Mapping[str, Any], words: Words
) -> Trajectory:
    """What the figure of trajectories draws for one headline row.

    `record` is the entry's fit record: its `means` (arm, wave, estimate, conf_low, conf_high) are the lines. The
    contrasts per wave of the entry are the differences, when they have a wave.
    """
    own = estimates[(estimates["entry"] == row["entry"]) & ~estimates["standardised"].map(truth).astype(bool)]
    arms = own["arm"].map(lambda arm: isinstance(arm, str) and arm != "")
    rows = own[arms & own["wave"].notna() & (own["summary"] == row["summary"])].copy()
    rows["wave"] = rows["wave"].astype(int)
    limits = (row["scale_low"], row["scale_high"])
    return Trajectory(
        Measure(row["outcome"], row["outcome_label"], limits, row["score_unit"], row["direction"]),
        pd.DataFrame(record.get("means") or []),
        rows,
        sesoi=row["sesoi"] if math.isfinite(row["sesoi"]) else None,
        conf_level=row["conf_level"] if math.isfinite(row["conf_level"]) else 0.95,
        message=_message(row, words),
    )


def _message(row: Mapping[str, Any], words: Words) -> str:
    if not math.isfinite(row["estimate"]):
        return ""
    value = words.number(row["estimate"], decimals_for(row["std_error"]))
    arms = row["noun"] in ("effect", "difference")
    return words(
        "figure.trajectories.message" if arms else "figure.trajectories.message_plain",
        label=row["outcome_label"],
        estimate=value,
        unit=row["unit"],
        noun=words(f"noun.{row['noun']}.name"),
        place=row["place"],
    )
