"""One row per plan entry: the primary contrast with everything a sentence or a figure says about it.

This is where *effect*, *difference*, *change* and *association* are told apart: only randomised arms give effects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels

NUMBERS = ("estimate", "std_error", "conf_low", "conf_high")
FACTS = (
    *("conf_level", "df", "df_method", "p_value", "p_adjusted", "adjust_method"),
    *("n_obs", "n_persons", "n_teams", "n_organisations", "flags"),
)


def headline_rows(
    estimates: pd.DataFrame, study: Study, plan: Plan, scales: Iterable[Scale], words: Words
) -> pd.DataFrame:
    """The headline of every plan entry, in the plan's order, with labels in the language of `words`.

    estimates: columns of domain.estimate.COLUMNS for any number of entries. Result, one row per entry: entry, id (of
    the estimate), outcome, label, question, primary, family, status, deviation, noun (effect, difference, change or
    association), contrast, place (its wave), unit, direction, scale_low, scale_high, unverified, verdict (see
    `verdict_of`); estimate, std_error, conf_low, conf_high, sesoi in the outcome's unit and with prefix sd_ in SDs;
    sd_used; the facts df, p_value, p_adjusted, n_persons, flags and so on. An entry without estimate has NaN and the
    verdict "absent", a suppressed one "suppressed". Estimates of fewer persons than the study's minimum are refused
    (DisclosureError).
    """
    labels = Labels(study, scales, words)
    rows = [_row(entry, estimates, study, plan, labels) for entry in plan.entries]
    return pd.DataFrame(rows)


def noun_of(study: Study, contrast: str) -> str:
    """What a contrast may be called: effect, difference, change or association.

    An *effect* needs arms given by lot; arms given otherwise make a *difference*; without arms an estimate over waves
    is a *change*, and a slope on anything else an *association*.
    """
    if contrast.startswith("per unit of ") and not _names_arm(study, contrast):
        return "association"
    if not study.has_arms or contrast == "per wave" or contrast.startswith("wave "):
        return "change"
    randomised = study.allocation is not None and study.allocation.randomised
    return "effect" if randomised else "difference"


def _names_arm(study: Study, contrast: str) -> bool:
    """Whether a coefficient of a given formula is about an arm: `armintervention`, `wave2:armintervention`."""
    return any(f"arm{a.id}" in contrast for a in study.arms)


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


def entry_rows(estimates: pd.DataFrame, entry: PlanEntry) -> pd.DataFrame:
    """All rows of one entry: ids `<entry>`, `<entry>.<contrast>` and those with `.sd`."""
    ids = estimates["id"].astype(str)
    return estimates[(ids == entry.id) | ids.str.startswith(entry.id + ".")]


def _row(
    entry: PlanEntry, estimates: pd.DataFrame, study: Study, plan: Plan, labels: Labels
) -> dict[str, Any]:
    rows = entry_rows(estimates, entry)
    standard = rows["unit"] == "SD"
    raw = _primary(rows[~standard])
    sd = rows[standard & (rows["id"] == f"{raw.get('id', '')}.sd")]
    _check_size(raw, entry, study)
    found: dict[str, Any] = {n: raw.get(n, math.nan) for n in (*NUMBERS, *FACTS)}
    hidden = raw.get("suppressed") is True or str(raw.get("suppressed")).lower() == "true"
    found["flags"] = raw.get("flags") if isinstance(raw.get("flags"), str) else ""
    found |= {f"sd_{n}": float(sd[n].iloc[0]) if len(sd) else math.nan for n in NUMBERS}
    sd_used = float(sd["sd_used"].iloc[0]) if len(sd) else math.nan
    sesoi = entry.sesoi if entry.sesoi is not None else math.nan
    scale = labels.scale_of(entry.outcome)
    low, high = scale.score_range() if scale is not None else (math.nan, math.nan)
    contrast = str(raw.get("contrast", ""))
    noun = noun_of(study, contrast)
    # more of a predictor is not better or worse by itself
    direction = "neutral" if noun == "association" else labels.direction(entry.outcome)
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
        "unit": labels.unit(entry.outcome, entry, str(raw.get("unit", ""))),
        "direction": direction,
        "scale_low": low,
        "scale_high": high,
        "unverified": labels.unverified(entry.outcome),
        "sesoi": sesoi,
        "sd_sesoi": sesoi / sd_used,
        "sd_used": sd_used,
        "verdict": "suppressed"
        if hidden
        else verdict_of(found["conf_low"], found["conf_high"], direction, entry.sesoi),
    }


def _primary(rows: pd.DataFrame) -> Mapping[str, Any]:
    """The row that carries the entry's family; else the first."""
    if rows.empty:
        return {}
    chosen = rows[rows["family"].fillna("").astype(str) != ""]
    return (chosen if len(chosen) else rows).iloc[0].to_dict()


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
    rows = estimates[estimates["id"].astype(str).str.match(rf"{row['entry']}\.wave\d+$")].copy()
    rows["wave"] = rows["id"].str.extract(r"\.wave(\d+)$", expand=False).astype(int)
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
