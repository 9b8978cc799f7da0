"""Waves that do not agree about an item: the same name with other labels, codes or question text.

A code that means something else in another wave, or another range of answers, stops the study until a rule is given for
that item in one of the sources: `recode` it, keep the waves apart, or declare that only the words differ.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import itemgetter

import pandas as pd

from dww_analysis.delivery.codes import fold
from dww_analysis.delivery.wording import meanings, same_meaning
from dww_analysis.domain.measurements import Ingested
from dww_analysis.errors import Problem
from dww_analysis.ingest.records import SAME_MEANING

SAME = "same meaning"
NEEDS_RULE = ("meaning of a code", "range of answers")
CONFLICT_COLUMNS = (
    "sample",
    "name",
    "kind",
    "wave",
    "source",
    "here",
    "other_wave",
    "other_source",
    "there",
    "rule",
    "reversed",
)


def wave_conflicts(parts: Sequence[Ingested]) -> pd.DataFrame:
    """Every disagreement about a column between sources of one sample.

    Columns: sample, name, kind ("meaning of a code" / "range of answers" /
    "labelled codes" / "question text"), wave, source, here, other_wave,
    other_source, there, rule (what settles it; empty for a meaning that still needs a rule), reversed (the labels run
    the other way round, which `conflicts: same` does not settle). Each source is compared
    with the first one that has the column. Wording is compared without case, accents and
    leading numbers; a question text with a common introduction around it is the same text.
    """
    book = pd.concat([part.codebook for part in parts], ignore_index=True)
    book = book[~book["name"].isin(["person", "team", "organisation"])]
    columns: dict[tuple[str, str], list[dict]] = {}
    for row in book.to_dict("records"):
        columns.setdefault((row["sample"], row["name"]), []).append(row)
    records = []
    for rows in columns.values():
        first, *others = sorted(rows, key=itemgetter("wave"))
        records += [record for other in others for record in _compare(first, other)]
    return pd.DataFrame(records, columns=list(CONFLICT_COLUMNS))


def conflict_problems(conflicts: pd.DataFrame) -> list[Problem]:
    """A Problem for every changed meaning or range without a rule. conflicts: a row for each item and pair of waves,
    with columns kind, rule and what either wave says."""
    open_ones = conflicts[conflicts["kind"].isin(NEEDS_RULE) & (conflicts["rule"] == "")]
    return [
        Problem(
            found=f"in wave {row['wave']} {row['here']}, in wave {row['other_wave']} {row['there']}"
            + ": the labels are reversed, which is more than other words" * bool(row["reversed"]),
            where=f"column {row['name']} ({row['source']}, {row['other_source']})",
            expected=f"the same {row['kind']} in every wave",
            action=(
                f"give a rule in sources.yaml for source {row['other_source']}: `recode: {{{row['name']}: {{...}}}}` "
                f"(recode the item), `conflicts: {{{row['name']}: keep_apart}}`, or "
                f"`conflicts: {{{row['name']}: same}}` "
                "when only the words differ"
            ),
        )
        for row in open_ones.to_dict("records")
    ]


def idle_lines(parts: Sequence[Ingested], conflicts: pd.DataFrame) -> list[str]:
    """A line for columns that are declared to mean the same although nothing about them differs, or can."""
    book = pd.concat([part.codebook for part in parts], ignore_index=True)
    declared = book[book["rules"].str.contains(SAME_MEANING, regex=False)]
    differs = set(conflicts.loc[conflicts["kind"].isin(NEEDS_RULE), "name"])
    bare = declared["value_labels"] == ""
    compared = declared[~bare & ~declared["name"].isin(differs)] if len(parts) > 1 else declared[:0]
    why = ((declared[bare], "the file has no labels"), (compared, "no code of another wave differs"))
    return [
        f"{source}: conflicts same: {', '.join(rows['name'])}: {said}"
        for idle, said in why
        for source, rows in idle.groupby("source", sort=False)
    ]


def _compare(first: dict, other: dict) -> list[dict]:
    """The disagreements between two sources about one column."""
    here, there = _labels(first), _labels(other)
    settled = _settled_by(f"{first['rules']}; {other['rules']}")
    found = []
    changed = _changed_codes(here, there)
    if settled == SAME and is_mirrored(here, there):
        settled = ""
    if changed:
        found.append(("meaning of a code", _said(here, changed), _said(there, changed), settled))
    ends, other_ends = _ends(here, first), _ends(there, other)
    if ends and other_ends and ends != other_ends:
        found.append(
            (
                "range of answers",
                f"{ends[0]:g} to {ends[1]:g}",
                f"{other_ends[0]:g} to {other_ends[1]:g}",
                settled,
            )
        )
    elif here and there and set(here) != set(there):
        found.append(("labelled codes", ", ".join(here), ", ".join(there), settled or "shown"))
    if first["label"] and other["label"] and not _same_text(first["label"], other["label"]):
        found.append(("question text", first["label"], other["label"], "shown"))
    base = {name: first[name] for name in ("sample", "name", "wave", "source")}
    base |= {"other_wave": other["wave"], "other_source": other["source"]}
    base["reversed"] = is_mirrored(here, there)
    return [base | dict(zip(("kind", "here", "there", "rule"), values, strict=True)) for values in found]


def _settled_by(rules: str) -> str:
    """The rule that settles a conflict; empty when none was declared."""
    if SAME_MEANING in rules:
        return SAME
    return "recode" if "recode" in rules else ""


def is_mirrored(here: dict[str, str], there: dict[str, str]) -> bool:
    """Whether the labels of one wave are those of the other from the last code to the first."""
    one, other = meanings(here), meanings(there)
    numbers = {code: _number(code) for code in {**one, **other}}
    if len(one) < 2 or any(number is None for number in numbers.values()):
        return False
    ends = (
        min(n for n in numbers.values() if n is not None),
        max(n for n in numbers.values() if n is not None),
    )
    by_number = {numbers[code]: text for code, text in other.items()}
    pairs = [(text, by_number.get(sum(ends) - (numbers[code] or 0.0))) for code, text in one.items()]
    mirrored = all(there is not None and same_meaning(text, there) for text, there in pairs)
    return mirrored and any(text != by_number.get(numbers[code]) for code, text in one.items())


def _number(code: str) -> float | None:
    try:
        return float(code)
    except ValueError:
        return None


def _changed_codes(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """Codes with another meaning, and codes whose meaning has another code."""
    one, other = meanings(here), meanings(there)
    changed = [code for code in one if code in other and not same_meaning(one[code], other[code])]
    by_meaning = [{text: code for code, text in x.items()} for x in (one, other)]
    for text, code in by_meaning[0].items():
        if code in other and same_meaning(text, other[code]):
            continue
        moved = by_meaning[1].get(text, code)
        if moved != code:
            changed += [code, moved]
    return list(dict.fromkeys(changed))


def _said(labels: dict[str, str], codes: list[str]) -> str:
    return ", ".join(f"{code} = {labels[code]}" for code in codes if code in labels) or "none of these codes"


def _ends(labels: dict[str, str], row: dict) -> tuple[float, float] | None:
    """The lowest and highest labelled code inside the item's range; None where fewer than two are labelled."""
    numbers = []
    for code in labels:
        try:
            numbers.append(float(code))
        except ValueError:
            return None
    low, high = row["min_valid"], row["max_valid"]
    inside = [n for n in numbers if pd.isna(low) or low <= n <= high]
    return (min(inside), max(inside)) if len(inside) > 1 else None


def _same_text(one: str, other: str) -> bool:
    """Whether two question texts agree, or one is the other with a common introduction or addition around it."""
    short, long = sorted((fold(one), fold(other)), key=len)
    return bool(short) and short in long


def _labels(row: dict) -> dict[str, str]:
    """The value labels of a codebook row, without those of codes for "no answer"."""
    labels = json.loads(row["value_labels"]) if row["value_labels"] else {}
    missing = json.loads(row["missing_codes"]) if row["missing_codes"] else {}
    return {code: text for code, text in labels.items() if code not in missing}
