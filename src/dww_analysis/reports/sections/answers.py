"""Sentences of one answer: certainty, the smallest effect of interest, the everyday size, and how firm it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.answer import CRITERIA
from dww_analysis.domain.estimate import EXACT
from dww_analysis.domain.outcomes import ODDS_RATIO, RISK_DIFFERENCE, RISK_RATIO
from dww_analysis.domain.records import OFFERED
from dww_analysis.language import Words, decimals_for, decimals_for_interval, half_up
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import RATIOS, certainty_of, noun_of_words

Row = Mapping[str, Any]


def verdict_sentence(row: Row, labels: Labels) -> str:
    """How certain the answer is, from noun and verdict of the row; of what was not decided by lot it never speaks of
    an effect or a cause."""
    noun = noun_of_words(row).replace("started", "difference")
    own = f"answer.{noun}.{row['verdict']}"
    return labels.by_design(own if labels.words.has(own) else f"answer.verdict.{certainty_of(row)}")


def against_sentence(row: Row, words: Words) -> list[str]:
    """Where the interval of the two one-sided tests lies; [] without a smallest effect of interest."""
    if not row["against"]:
        return []
    low, high = row["equivalence_low"], row["equivalence_high"]
    if math.isfinite(row["sesoi"]):
        span = words.span(low, high, decimals_for(row["std_error"]))
    else:
        span = words.span(100 * low, 100 * high, 1)
    blanks = {
        "smallest": words(f"noun.{row['noun']}.smallest"),
        "the": words(f"noun.{row['noun']}.the"),
        "sesoi": _sesoi(row, words),
        "level": words.level(row["equivalence_level"]),
        "span": span,
    }
    return [words(f"answer.against.{row['against']}", **blanks)]


def _sesoi(row: Row, words: Words) -> str:
    if math.isfinite(row["sesoi"]):
        return f"{words.number(row['sesoi'], 2)} {row['unit']}"
    return words("answer.points", value=words.number(100 * row["declared_sesoi"], 1))


def both_ways(row: Row, words: Words) -> list[str]:
    """What the estimate itself does not print: ratios (of odds, shares, rates or hazards), whose logarithms it may be,
    and the difference of shares. row: a headline; a sentence for each way whose columns are finite."""
    found = [words("answer.nobody_left")] if _nobody_left(row) else []
    ratios = [r for r in RATIOS if math.isfinite(row[f"{r}_estimate"])]
    if ODDS_RATIO not in ratios and row["summary"] in (RISK_DIFFERENCE, RISK_RATIO):
        found.append(words(f"answer.no_odds_ratio{'_left' if row['outcome'] in OFFERED else ''}"))
    found += [_way(row, ratio, 1, words) for ratio in ratios]
    if row["summary"] != RISK_DIFFERENCE and math.isfinite(row[f"{RISK_DIFFERENCE}_estimate"]):
        found.append(_way(row, RISK_DIFFERENCE, 100, words))
    return found


def _nobody_left(row: Row) -> bool:
    """Whether nobody left in any arm: that everybody did is hidden."""
    return row["outcome"] in OFFERED and row["df_method"] == EXACT and row["estimate"] == 0


def _way(row: Row, summary: str, times: int, words: Words) -> str:
    value, low, high = (times * row[f"{summary}_{n}"] for n in ("estimate", "conf_low", "conf_high"))
    decimals = decimals_for_interval(low, high)
    blanks = {"value": words.number(value, decimals), "span": words.span(low, high, decimals)}
    key = f"{summary}_of_changes" if row["of_changes"] else summary
    return words(f"answer.{key}", level=words.level(row["conf_level"]), **blanks)


def everyday_sentence(row: Row, labels: Labels) -> list[str]:
    """Of 100 pairs or people, how many more are better off, with the interval; [] where that has no meaning (column
    everyday is "")."""
    if not row["everyday"]:
        return []
    words = labels.words
    key = f"answer.everyday.{row['everyday']}{'_neutral' if row['direction'] == 'neutral' else ''}"
    size, low, high = (float(row[f"everyday_{name}"]) for name in ("size", "low", "high"))
    if row["everyday"] == "pairs":
        numbers = {"value": words.count(size), "span": words.span(low, high, 0)}
    else:
        told = (_more_or_fewer(n, words) for n in (size, low, high))
        numbers = dict(zip(("value", "low", "high"), told, strict=True))
    arms = {k: words.quoted(row[k]) for k in ("arm", "reference")}
    return [labels.by_design(key, **arms, **numbers)]


def _more_or_fewer(difference: float, words: Words) -> str:
    """`3 fewer`, `10 more` or `as many`."""
    n = int(half_up(difference, 0))
    if n == 0:
        return words("answer.as_many")
    return words("answer.more" if n > 0 else "answer.fewer", n=words.count(abs(n)))


def _why(criterion: str, row: Row, labels: Labels, blanks: Mapping[str, str]) -> str:
    """Why a criterion is met or not; of a change over waves that units or waves may be few."""
    key = f"answer.{criterion}.{row[f'{criterion}_why']}"
    of_waves = row["noun"] == "change" and labels.words.has(f"{key}_change")
    return labels.words(f"{key}_change", **blanks) if of_waves else labels.by_design(key, **blanks)


def firmness_of(row: Row, labels: Labels) -> dict[str, Any]:
    """{"total": how many of the five criteria are met, "marks": of each (whether it is, that as a word, its reason)},
    from the columns of `CRITERIA` of a headline."""
    words = labels.words
    blanks = {
        "smallest": words(f"noun.{row['noun'] or 'effect'}.smallest"),
        "power": words.percent(row["power"]),
        "points": words.number(row["dropout_points"], 1),
    }
    marks = [(bool(row[c]), _why(c, row, labels, blanks)) for c in CRITERIA]
    total = words("answer.firm", n=words.count(row["firm"]), total=words.count(len(CRITERIA)))
    said = [(met, words("answer.mark.met" if met else "answer.mark.open"), why) for met, why in marks]
    return {"total": total, "marks": said}
