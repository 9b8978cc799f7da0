"""A first configuration guessed from the labels of delivered files; every guess is marked as a guess.

Items are taken to belong together when their names share a stem with a running number and their value labels (or,
without labels, their observed whole numbers) agree. Text only: nothing here reads a data file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

GUESS = "# GUESS"
_NUMBERED = re.compile(r"^(.*?)(\d{1,3})\]?$")
_PERSON = re.compile(
    r"(^|_)(person|persoon|respondent|participant|code|token|sub(ject|num)?|resp|pp|id)(_?(id|nr|num|code))?$",
    re.I,
)
_TEAM = re.compile(r"team|afdeling|company|compid|group|grp|unit", re.I)
_ORGANISATION = re.compile(r"organi[sz]|instelling|org$|btn|battalion|locatie|site", re.I)


@dataclass(frozen=True)
class Column:
    """What is known of one delivered column: never its answers, only name, labels and, for numbers, the extremes."""

    name: str
    label: str = ""
    value_labels: dict[str, str] = field(default_factory=dict)
    whole_numbers: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Delivered:
    """One delivered file as the guesser sees it."""

    file: str
    sha256: str
    format: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class ItemSet:
    """Columns that probably are the items of one scale."""

    id: str
    columns: tuple[str, ...]
    minimum: float
    maximum: float


def guess_items(columns: Sequence[Column]) -> list[ItemSet]:
    """Sets of at least three numbered columns with the same stem and the same answer options."""
    groups: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        match = _NUMBERED.match(column.name)
        if match and column.whole_numbers:
            groups.setdefault((match.group(1), _options(column)), []).append(column)
    sets = []
    for (stem, _), members in groups.items():
        if len(members) < 3:
            continue
        low, high = _range(members)
        sets.append(ItemSet(_identifier(stem), tuple(c.name for c in members), low, high))
    return _unique(sets)


def _options(column: Column) -> str:
    """The answer options as one text. Labels of the same options in another order are the same."""
    return json.dumps(sorted(column.value_labels.items()))


def _range(members: Sequence[Column]) -> tuple[float, float]:
    """From the value labels where there are any, else from the observed extremes."""
    labelled = [float(code) for c in members for code in c.value_labels if _is_number(code)]
    seen = [x for c in members for x in (c.minimum, c.maximum) if x is not None]
    values = labelled or seen
    if not values or min(values) == max(values):  # one answer only says nothing about the range
        values = [1.0, 5.0, *values]
    return min(values), max(values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _identifier(text: str) -> str:
    """A lower-case name of letters, digits and underscores that starts with a letter."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"scale_{name}" if name else "scale"


def _unique(sets: Iterable[ItemSet]) -> list[ItemSet]:
    seen: dict[str, int] = {}
    result = []
    for s in sets:
        seen[s.id] = seen.get(s.id, 0) + 1
        suffix = "" if seen[s.id] == 1 else f"_{seen[s.id]}"
        result.append(ItemSet(s.id + suffix, s.columns, s.minimum, s.maximum))
    return result


def guess_role(columns: Sequence[Column], pattern: re.Pattern[str]) -> str | None:
    """The first column whose name fits a role."""
    return next((c.name for c in columns if pattern.search(c.name)), None)


def write_config(study: str, deliveries: Sequence[Delivered], date: str) -> dict[str, str]:
    """File name -> YAML text of a first configuration for these files, one file per wave in the order given."""
    sets: dict[str, ItemSet] = {}
    for delivered in deliveries:
        for found in guess_items(delivered.columns):
            sets.setdefault(found.id, found)
    return {
        "study.yaml": _study_yaml(study, deliveries, date),
        "sources.yaml": _sources_yaml(deliveries),
        "scales.yaml": _scales_yaml(sets.values(), deliveries),
        "plan.yaml": _plan_yaml(sets.values(), deliveries),
        "reports.yaml": "languages: [nl, en]\n",
    }


def _study_yaml(study: str, deliveries: Sequence[Delivered], date: str) -> str:
    lines = [
        f"study: {study}",
        f"title: {{nl: {study}, en: {study}}}  {GUESS}: give the study its title in both languages",
        "data: private",
        f'delivered: "{date}"  {GUESS}: the date of the last delivery',
        f"design: waves_only  {GUESS}: parallel_cluster when teams were allocated to arms",
        f"waves:  {GUESS}: one per file, in the order given",
    ]
    lines += [f"  - {{number: {i}, label: {{nl: meting {i}, en: wave {i}}}}}" for i in range(len(deliveries))]
    return "\n".join([*lines, "disclosure: {min_cell_size: 8}", ""])


def _sources_yaml(deliveries: Sequence[Delivered]) -> str:
    lines = ["sources:"]
    for wave, delivered in enumerate(deliveries):
        person = guess_role(delivered.columns, _PERSON)
        lines += [
            f"  - id: wave{wave}",
            f"    file: {_quoted(delivered.file)}",
            f"    sha256: {delivered.sha256}",
            f"    format: {delivered.format}",
            f"    wave: {wave}",
            f"    persons: {'key' if person else 'anonymous'}  {GUESS}",
            "    duplicates: stop      # or keep_first, keep_last_complete",
            "    out_of_range: stop    # or missing",
            "    columns:              # our name: their name",
        ]
        lines += _column_lines(delivered, person)
    return "\n".join([*lines, ""])


def _column_lines(delivered: Delivered, person: str | None) -> list[str]:
    roles = {
        "person": person,
        "team": guess_role(delivered.columns, _TEAM),
        "organisation": guess_role(delivered.columns, _ORGANISATION),
    }
    lines = [f"      {role}: {_quoted(name)}  {GUESS}" for role, name in roles.items() if name]
    taken = {name for name in roles.values() if name}
    for item_set in guess_items(delivered.columns):
        for ours, theirs in zip(_our_names(item_set), item_set.columns, strict=True):
            if theirs not in taken:
                lines.append(f"      {ours}: {_quoted(theirs)}")
                taken.add(theirs)
    left = [c for c in delivered.columns if c.name not in taken]
    lines += [f"      # {_identifier(c.name)}: {_quoted(c.name)}{_label(c)}" for c in left]
    return lines


def _label(column: Column) -> str:
    text = re.sub(r"\s+", " ", column.label).strip()
    return f"   ({text[:60]})" if text else ""


def _our_names(item_set: ItemSet) -> list[str]:
    width = max(2, len(str(len(item_set.columns))))
    return [f"{item_set.id}_{i:0{width}d}" for i in range(1, len(item_set.columns) + 1)]


def _scales_yaml(sets: Iterable[ItemSet], deliveries: Sequence[Delivered]) -> str:
    lines = ["scales:"]
    keys = ["own_keys:   # replace by a key of the library where there is one: `dww scales`"]
    for s in sets:
        names = ", ".join(_our_names(s))
        lines += [
            f"  - id: {s.id}  {GUESS}: {len(s.columns)} columns with one stem and the same answer options",
            f"    label: {{nl: {s.id}, en: {s.id}}}",
            f"    key: {s.id}_own",
            f"    items: [{names}]",
        ]
        keys += [
            f"  - id: {s.id}_own  {GUESS}",
            '    version: "0"',
            f"    name: {{nl: {s.id}, en: {s.id}}}",
            "    reference: give the source of the scoring rule",
            f"    items: [{', '.join(f'i{i}' for i in range(1, len(s.columns) + 1))}]",
            f"    range: [{s.minimum:g}, {s.maximum:g}]  {GUESS}: from the value labels, or from what was seen",
            f"    reversed: []  {GUESS}: list the items that count the other way",
            "    verified: false",
        ]
    if len(lines) == 1:
        return f"scales: []  {GUESS}: no columns look like the items of a scale; add scales by hand\n"
    return "\n".join([*lines, *keys, ""])


def _plan_yaml(sets: Iterable[ItemSet], deliveries: Sequence[Delivered]) -> str:
    lines = [
        "families:",
        "  primary: {adjust: holm, label: {nl: primaire uitkomsten, en: primary outcomes}}",
        f"entries:  {GUESS}: choose outcomes before you look at the data, and delete the others",
    ]
    right = "wave_number + (1 | person)" if len(deliveries) > 1 else "1 + (1 | team)"
    term = "wave_number" if len(deliveries) > 1 else '"(Intercept)"'
    for s in sets:
        lines += [
            f"  - id: {s.id}_change",
            f"    outcome: {s.id}",
            "    family: primary",
            f'    question: {{nl: "Hoe verandert {s.id}?", en: "How does {s.id} change?"}}',
            f"    formula: {s.id} ~ {right}  {GUESS}",
            f"    term: {term}",
        ]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
