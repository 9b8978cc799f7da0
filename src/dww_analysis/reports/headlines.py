"""One row per plan entry: the primary contrast with everything a sentence or a figure says about it.

This is where *effect*, *difference*, *change* and *association* are told apart: only randomised arms give effects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.contrasts import Contrast, contrast_of, noun_of
from dww_analysis.domain.estimate import truth
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels

ALPHA = 0.05
NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")
FACTS = (
    *("conf_level", "df", "df_method", "p_value", "p_adjusted", "adjust_method"),
    *("n_obs", "n_persons", "n_teams", "n_organisations", "converged", "boundary", "fallback"),
)


def headline_rows(
    estimates: pd.DataFrame, study: Study, plan: Plan, scales: Iterable[Scale], words: Words
) -> pd.DataFrame:
    """The headline of every plan entry, in the plan's order, with labels in the language of `words`.

    estimates: columns of domain.estimate.COLUMNS for any number of entries. Result, one row per entry: entry, id (of
    the estimate), outcome, label, question, primary, family, status, deviation, noun (effect, difference, change or
    association), contrast, place (its wave), unit, direction, declared_direction, scale_low, scale_high, unverified,
    verdict (see `verdict_of`), firm (see `firmness_of`); estimate, std_error, conf_low, conf_high, sesoi in the
    outcome's unit and with prefix sd_ in SDs; sd_used; the facts df, p_value, p_adjusted, n_persons, boundary and so
    on. An entry without estimate has NaN and the verdict "absent", a suppressed one "suppressed". Estimates of fewer
    persons than the study's minimum are refused (DisclosureError).
    """
    labels = Labels(study, scales, words)
    rows = [_row(entry, estimates, study, plan, labels) for entry in plan.entries]
    return pd.DataFrame(rows)


def verdict_of(low: float, high: float, direction: str, sesoi: float | None) -> str:
    """Where an interval lies, as the id of a sentence.

    First word: better, worse, higher, lower (the whole interval on one side of zero) or open (zero inside). Second,
    with a smallest effect of interest: `large` (whole interval beyond it), `small` (whole interval short of it),
    `unsure` (it is inside the interval). Without: the first word alone. "absent" when there is no estimate.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return "absent"
    side = _side(low, high, direction)
    if sesoi is None or not math.isfinite(sesoi):
        return side
    if max(abs(low), abs(high)) < sesoi:
        return f"{side}_small"
    if side != "open" and min(abs(low), abs(high)) >= sesoi:
        return f"{side}_large"
    return f"{side}_unsure"


def _side(low: float, high: float, direction: str) -> str:
    if low <= 0 <= high:
        return "open"
    if direction == "neutral":
        return "higher" if low > 0 else "lower"
    return "better" if (low > 0) == (direction == "higher is better") else "worse"


def firmness_of(row: Mapping[str, Any], verdict: str) -> str:
    """How firm an estimate is, by the corrected test where there is one.

    sure: the interval lies off zero and the test holds after correction; less: off zero, but not after correction;
    none: the whole interval is smaller than the smallest effect of interest; open: anything else; "" without estimate.
    """
    if verdict == "absent":
        return ""
    side, _, size = verdict.partition("_")
    if size == "small":
        return "none"
    if side == "open":
        return "open"
    p = row["p_adjusted"] if row["adjust_method"] not in ("none", "") else row["p_value"]
    alpha = 1 - row["conf_level"] if math.isfinite(row["conf_level"]) else ALPHA
    return "less" if math.isfinite(p) and p >= alpha else "sure"


def harmful(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The planned outcomes whose whole interval lies on the unfavourable side."""
    return [r for r in rows if r["status"] != "exploratory" and r["verdict"].split("_")[0] == "worse"]


def entry_rows(estimates: pd.DataFrame, entry: PlanEntry) -> pd.DataFrame:
    """All rows of one entry: its planned contrast, the others, and the standardised rows of both."""
    return estimates[estimates["entry"].astype(str) == entry.id]


def _row(
    entry: PlanEntry, estimates: pd.DataFrame, study: Study, plan: Plan, labels: Labels
) -> dict[str, Any]:
    rows = entry_rows(estimates, entry)
    planned, standard = rows["primary"].map(truth) == True, rows["standardised"].map(truth) == True  # noqa: E712
    raw = _primary(rows[planned & ~standard])
    sd = rows[planned & standard]
    _check_size(raw, entry, study)
    found: dict[str, Any] = {n: raw.get(n, math.nan) for n in (*NUMBERS, *FACTS)}
    hidden = truth(raw.get("suppressed")) is True
    found |= {f"sd_{n}": float(sd[n].iloc[0]) if len(sd) else math.nan for n in NUMBERS}
    sd_used = float(sd["sd_used"].iloc[0]) if len(sd) else math.nan
    sesoi = entry.sesoi if entry.sesoi is not None else math.nan
    scale = labels.scale_of(entry.outcome)
    low, high = scale.score_range() if scale is not None else (math.nan, math.nan)
    contrast = contrast_of(raw)
    noun = str(raw.get("noun", "")) or main_noun(study)
    # more of a predictor is not better or worse by itself
    declared = labels.direction(entry.outcome)
    direction = "neutral" if noun == "association" else declared
    verdict = verdict_of(found["conf_low"], found["conf_high"], direction, entry.sesoi)
    return found | {
        "entry": entry.id,
        "id": str(raw.get("id", "")),
        "outcome": entry.outcome,
        "sample": entry.sample,
        "label": labels.outcome(entry.outcome),
        "question": labels.words.say(entry.question),
        "primary": entry.family == plan.primary,
        "family": entry.family,
        "status": entry.status,
        "deviation": entry.deviation,
        "noun": noun,
        "contrast": labels.contrast(contrast),
        "place": labels.contrast_wave(contrast),
        "score_unit": labels.words.say(scale.unit) if scale is not None else "",
        "unit": labels.unit(entry.outcome, entry, raw),
        "direction": direction,
        "declared_direction": declared,
        "firm": "" if hidden else firmness_of(found, verdict),
        "scale_low": low,
        "scale_high": high,
        "unverified": labels.unverified(entry.outcome),
        "sesoi": sesoi,
        "sd_sesoi": sesoi / sd_used,
        "sd_used": sd_used,
        "verdict": "suppressed" if hidden else verdict,
    }


def _primary(rows: pd.DataFrame) -> Mapping[str, Any]:
    return {} if rows.empty else rows.iloc[0].to_dict()


def main_noun(study: Study) -> str:
    """effect, difference or change: the word for what this study is about."""
    randomised = study.allocation is not None and study.allocation.randomised
    arms = (study.arms[-1].id, study.arms[0].id) if study.has_arms else ("", "")
    return noun_of(Contrast(*arms), randomised)


def _check_size(row: Mapping[str, Any], entry: PlanEntry, study: Study) -> None:
    n = row.get("n_persons", math.nan)
    if math.isfinite(row.get("estimate", math.nan)) and math.isfinite(n) and n < study.min_cell_size:
        raise DisclosureError.of(
            f"an estimate of fewer than {study.min_cell_size} persons",
            f"estimates, entry {entry.id}",
            f"at least {study.min_cell_size} persons behind every statistic",
            "suppress this estimate before it reaches the report",
        )


def trajectory_inputs(
    row: Mapping[str, Any], estimates: pd.DataFrame, record: Mapping[str, Any], words: Words
) -> dict[str, Any]:
    """Keyword arguments of the figure of trajectories for one headline row, but for `study`, `words` and `name`.

    `record` is the entry's fit record: its `means` (arm, wave, estimate, conf_low, conf_high) are the lines. The
    contrasts per wave of the entry are the differences, when they have a wave.
    """
    own = estimates[(estimates["entry"] == row["entry"]) & ~estimates["standardised"].map(truth).astype(bool)]
    arms = own["arm"].map(lambda arm: isinstance(arm, str) and arm != "")
    rows = own[arms & own["wave"].notna() & own["from_wave"].isna()].copy()
    rows["wave"] = rows["wave"].astype(int)
    return {
        "means": pd.DataFrame(record.get("means") or []),
        "subject": row["outcome"],
        "label": row["label"],
        "score_range": (row["scale_low"], row["scale_high"]),
        "unit": row["score_unit"],
        "direction": row["direction"],
        "differences": rows,
        "sesoi": row["sesoi"] if math.isfinite(row["sesoi"]) else None,
        "conf_level": row["conf_level"] if math.isfinite(row["conf_level"]) else 0.95,
        "message": _message(row, words),
    }


def _message(row: Mapping[str, Any], words: Words) -> str:
    if not math.isfinite(row["estimate"]):
        return ""
    value = words.number(row["estimate"], decimals_for(row["std_error"]))
    arms = row["noun"] in ("effect", "difference")
    return words(
        "figure.trajectories.message" if arms else "figure.trajectories.message_plain",
        label=row["label"],
        estimate=value,
        unit=row["unit"],
        noun=words(f"noun.{row['noun']}.name"),
        place=row["place"],
    )
