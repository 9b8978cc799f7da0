"""What a delivered file says about its codes against what the study says: arms, categories, ranges, directions.

Where two words cannot be matched nothing is said; a label that belongs to another code of the study stops.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.delivery.wording import alike, is_no_answer, meanings, pole
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Background, Source, Study
from dww_analysis.errors import Problem

MOST_SHOWN = 5


@dataclass(frozen=True)
class Meanings:
    """The labels of one column of ours beside the study's words for the codes."""

    column: str
    theirs: str
    labels: Mapping[str, str]  # their code -> the file's label
    ours: Mapping[str, str]  # their code -> our code, after recode
    words: Mapping[str, Sequence[str]]  # our code -> the study's words


def value_labels(variables: pd.DataFrame | None, theirs: str) -> dict[str, str]:
    """Code as text -> label, of one delivered column; empty without labels."""
    if variables is None or not len(variables):
        return {}
    found = variables.loc[variables["name"] == theirs, "value_labels"]
    labels: Mapping[Any, str] = found.iloc[0] if len(found) else {}
    return {code_text(code): str(text) for code, text in (labels or {}).items()}


def arm_meanings(
    data: pd.DataFrame, variables: pd.DataFrame | None, source: Source, study: Study
) -> list[Meanings]:
    """The arms of an allocation list, by its labels or by the words that `recode` translates."""
    if "arm" not in source.columns:  # units that start at a wave of their own
        return []
    theirs = source.columns["arm"]
    words = {arm.id: [*arm.label.values(), arm.id] for arm in study.arms}
    return [_meanings("arm", theirs, value_labels(variables, theirs), source, words)]


def category_meanings(
    background: Background, theirs: str, variables: pd.DataFrame, source: Source
) -> Meanings:
    """The categories of a background variable."""
    words = {code: list(label.values()) for code, label in background.categories.items()}
    labels = value_labels(variables, theirs)
    return _meanings(background.name, theirs, labels, source, words)


def _meanings(
    column: str,
    theirs: str,
    labels: Mapping[str, str],
    source: Source,
    words: Mapping[str, Sequence[str]],
) -> Meanings:
    recode = {code_text(code): to for code, to in source.recode.get(column, {}).items()}
    spoken = {code: code for code in recode if not code.replace(".", "").lstrip("-").isdigit()}
    every = {**spoken, **labels}
    ours = {code: recode.get(code, code) for code in every}
    return Meanings(column, theirs, every, ours, words)


def label_problems(found: Sequence[Meanings], source: Source) -> list[Problem]:
    """One problem for every column whose labels belong to other codes of the study than they are given."""
    problems = []
    for column in found:
        wrong = list(_misplaced(column))
        if wrong:
            shown = "; ".join(wrong[:MOST_SHOWN]) + "; ..." * (len(wrong) > MOST_SHOWN)
            problems.append(
                Problem(
                    found=f"the labels of the file do not say what the study says: {shown}",
                    where=f"{source.file}, source {source.id}, column {column.theirs} ({column.column})",
                    expected="labels and codes of study.yaml that agree",
                    action=f"correct `recode: {{{column.column}: ...}}` in sources.yaml, or the codes in study.yaml",
                )
            )
    return problems


def _misplaced(column: Meanings) -> Iterator[str]:
    """Codes whose label is one of the study's words, but of another code, in words."""
    said = meanings(column.labels)
    words = {code: [fold(word) for word in words] for code, words in column.words.items()}
    for code, meaning in said.items():
        equal = [ours for ours, known in words.items() if meaning in known]
        near = equal or [ours for ours, known in words.items() if any(alike(meaning, w) for w in known)]
        ours = column.ours[code]
        if near and ours in words and ours not in near:
            own, other = column.words[ours][0], column.words[near[0]][0]
            into = "" if code == ours else f", recoded to {ours}"
            yield f"{code} = {column.labels[code]!r}{into}, which is {own!r} here ({other!r} is {near[0]})"


def _labels(row: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a row of the codebook without those for "no answer", by our codes."""
    labels = json.loads(row["value_labels"]) if row["value_labels"] else {}
    missing = json.loads(row["missing_codes"]) if row["missing_codes"] else {}
    return {code: text for code, text in labels.items() if code not in missing}


def _number(code: str) -> float | None:
    try:
        return float(code)
    except ValueError:
        return None


def range_problems(codebook: pd.DataFrame, source: Source) -> Iterator[Problem]:
    """Labels of items beyond the key's range, once for a set of items. Settled by `conflicts: {item: same}`.

    `codebook`: of one source, as in `Ingested`; so for the other checks of items.
    """
    sets: dict[tuple[Any, ...], list[str]] = {}
    for row in codebook.to_dict("records"):
        low, high = row["min_valid"], row["max_valid"]
        if pd.isna(low) or source.conflicts.get(row["name"]) == "same" or row["name"] in source.apart:
            continue
        labels = _labels(row)
        outside = _joined_to(low, high, labels)
        if outside:
            key = (low, high, tuple(outside), *labels.items())
            sets.setdefault(key, []).append(row["name"])
    for (low, high, outside, *pairs), names in sets.items():
        labels = dict(pairs)
        shown = ", ".join(f"{code} = {labels[code]!r}" for code in outside[:MOST_SHOWN])
        yield Problem(
            found=f"the file labels answers beyond the range: {shown} ({', '.join(names)})",
            where=f"{source.file}, source {source.id}",
            expected=f"labels of {low:g} to {high:g}, the range of the scoring key",
            action=(
                "use a key with the file's range, recode the items, add codes for no answer to "
                "missing_codes, or declare "
                "`conflicts: {item: same}` when these answers were never given"
            ),
        )


def _joined_to(low: float, high: float, labels: Mapping[str, str]) -> list[str]:
    """Labelled codes that go on where the range ends, in order: a far code (99) is no point of the scale.

    Where only the ends are worded, the far end of a longer scale counts when the range's own end has no label.
    """
    points = {
        number: code
        for code, text in labels.items()
        if (number := _number(code)) is not None and not is_no_answer(text)
    }
    if not any(low <= number <= high for number in points):
        return []
    found = []
    for end, step in ((low, -1), (high, 1)):
        at = end + step
        while at in points:
            found.append(at)
            at += step
        if end not in points and end + step not in points:
            found += [n for n in points if 0 < (n - end) * step <= high - low and pole(labels[points[n]])]
    return [points[number] for number in sorted(found)]


def directions(codebook: pd.DataFrame, scale: Scale) -> dict[str, int]:
    """Item -> 1 when its labels run upwards ("oneens" to "eens"), -1 downwards; without those that do not tell.
    codebook: a row a column of one source, with name and value_labels."""
    rows = codebook.set_index("name")
    found = {}
    for item in scale.items:
        if item not in rows.index:
            continue
        labels = {_number(code): text for code, text in _labels(rows.loc[item]).items()}
        codes = sorted(number for number in labels if number is not None)
        if len(codes) > 1:
            ends = pole(labels[codes[0]]), pole(labels[codes[-1]])
            if ends in ((-1, 1), (1, -1)):
                found[item] = ends[1]
    return found


def _turned_items(scale: Scale) -> set[str]:
    """Our columns that the scoring key reverses."""
    if scale.key is None:
        return set()
    return {
        column
        for code, column in zip(scale.key.items, scale.items, strict=True)
        if code in scale.key.reversed
    }


def direction_problems(codebook: pd.DataFrame, scales: Sequence[Scale], source: Source) -> Iterator[Problem]:
    """Scales whose labels all run downwards, except items that the key reverses. Settled by `conflicts` as well."""
    for scale in scales:
        if scale.key is None or source.sample not in scale.samples:
            continue
        found = directions(codebook, scale)
        turned = _turned_items(scale)
        open_ = [item for item in found if item not in turned and source.conflicts.get(item) != "same"]
        if open_ and len(open_) > 1 and all(found[item] < 0 for item in found if item not in turned):
            labels = _labels(codebook.set_index("name").loc[open_[0]])
            ends = sorted(labels, key=lambda code: _number(code) or 0.0)
            yield Problem(
                found=f"the labels of scale {scale.id} run downwards, from {ends[0]} = {labels[ends[0]]!r} to "
                f"{ends[-1]} = {labels[ends[-1]]!r}: it looks reversed ({', '.join(open_)})",
                where=f"{source.file}, source {source.id}",
                expected="a higher code for more of what the items ask, as the scoring key takes it",
                action=(
                    "recode the items, for example with one of `recode_sets`; or declare `conflicts: "
                    "{item: same}` when "
                    "the key is meant so"
                ),
            )


def direction_lines(codebook: pd.DataFrame, scales: Sequence[Scale], source: Source) -> list[str]:
    """A line for items whose labels run against those of the other items of their scale."""
    lines = []
    for scale in scales:
        if scale.key is None or source.sample not in scale.samples:
            continue
        found = directions(codebook, scale)
        odd = [item for item, direction in found.items() if direction < 0]
        if odd and len(odd) < len(found):
            turned = _turned_items(scale)
            again = [item for item in odd if item in turned]
            text = f"{source.id}: labels run downwards for {', '.join(odd)} and upwards for other items of {scale.id}"
            text += f"; {', '.join(again)} would be reversed twice" if again else "; they look reversed"
            lines.append(text)
    return lines
