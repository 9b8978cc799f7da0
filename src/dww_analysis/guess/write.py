"""A draft as the texts of the five configuration files. Every guess is marked; what is open begins with "?"."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.domain.study import STARTS
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.network_text import network_text
from dww_analysis.guess.patterns import can_be_named, pair_ranges, ranges_of
from dww_analysis.guess.phrases import GUESS, comment, quoted, words_of, yaml_key
from dww_analysis.guess.poll_text import wide_lines
from dww_analysis.guess.practice_text import practice_text
from dww_analysis.guess.records import ArmsDraft, Draft, ScaleDraft, SourceDraft, WordSet

MOST_LEFT = 400  # columns that are not used and are listed
RANDOMISED = f"{GUESS}: randomised is true only when chance decided"


def texts_of(draft: Draft) -> dict[str, str]:
    """File name -> YAML text of the configuration."""
    of_answers = {} if of_sessions(draft) else {"scales.yaml": _scales(draft), "plan.yaml": _plan(draft)}
    parts = [practice_text(draft.practice)] if draft.practice is not None else []
    parts += [network_text(draft.networks)] if draft.networks is not None else []
    practice = {"practice.yaml": "".join(parts)} if parts else {}
    return {
        "study.yaml": _study(draft),
        "sources.yaml": _sources(draft),
        **of_answers,
        **practice,
        "reports.yaml": "languages: [nl, en]\n",
    }


def of_sessions(draft: Draft) -> bool:
    """Whether all files are about sessions: then there are no waves, scales or plan."""
    return bool(draft.sources) and all(s.kind in PRACTICE_KINDS for s in draft.sources)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join([*lines, ""])


# ---- study.yaml --------------------------------------------------------------------------------------------------


def _study(draft: Draft) -> str:
    lines = [
        f"study: {yaml_key(draft.study)}",
        f"title: {words_of(draft.study)}  {GUESS}: give the study its title in both languages",
        "data: private",
        f'delivered: "{draft.date}"  {GUESS}: the date of the last delivery',
    ]
    lines += [f"# OPEN: {comment(text, 300)}" for text in draft.open]
    lines += _design(draft)
    if not of_sessions(draft):
        lines += [f"waves:  {GUESS}: in the order of the files; add `date: YYYY-MM-DD` where it is known"]
        lines += [wave_line(i, label) for i, label in enumerate(draft.waves)]
    if draft.background:
        lines += [f"background:  {GUESS}: what is known of persons; delete what is not needed"]
    for b in draft.background:
        kind = "category" if b.categories else "number"
        lines += [f"  - name: {b.name}", f"    label: {words_of(comment(b.label))}", f"    kind: {kind}"]
        if b.categories:
            lines += ["    categories:"]
            lines += [f"      {quoted(code)}: {words_of(label)}" for code, label in b.categories.items()]
    return _lines([*lines, "disclosure: {min_cell_size: 8}"])


def wave_line(number: int, label: str = "") -> str:
    """One wave of study.yaml."""
    words = words_of(label) if label else words_of(f"meting {number}", f"wave {number}")
    return f"  - {{number: {number}, label: {words}}}"


def _design(draft: Draft) -> list[str]:
    if of_sessions(draft):
        return ["design: waves_only"]
    if draft.undecided:
        return [f"design: {quoted(OPEN + ' ' + draft.undecided)}"]
    if draft.arms is None:
        return [f"design: waves_only  {GUESS}: parallel_cluster when teams were allocated to two arms"]
    return design_lines(draft)


def design_lines(draft: Draft) -> list[str]:
    """Design, arms and allocation of a study with two arms."""
    arms = draft.arms
    assert arms is not None
    if arms.starts:
        return _starts(arms)
    return [
        f"design: parallel_cluster  {GUESS}: there is a list of {arms.unit}s and arms",
        f"arms:  {GUESS}: the reference arm first",
        *(
            f"  - {{id: {id_}, label: {words_of(word if not word.isdigit() else id_)}}}"
            for id_, word in arms.arms
        ),
        f"allocation: {{unit: {arms.unit}, source: {arms.source}, randomised: false}}  {RANDOMISED}",
    ]


def _starts(arms: ArmsDraft) -> list[str]:
    """The same for units that start at waves of their own."""
    (before, _), (after, _) = arms.arms
    by_lot, not_by_lot = STARTS
    return [
        f"design: {not_by_lot}  {GUESS}: {arms.unit}s start at waves of their own; {by_lot} when chance decided",
        "arms:",
        f"  - {{id: {before}, label: {words_of('voor de start', 'before the start')}}}",
        f"  - {{id: {after}, label: {words_of('na de start', 'after the start')}}}",
        f"allocation: {{unit: {arms.unit}, source: {arms.source}, randomised: false}}  {RANDOMISED}",
    ]


# ---- sources.yaml ------------------------------------------------------------------------------------------------


def _sources(draft: Draft) -> str:
    lines = word_lines(draft.words, draft.sources)
    lines += ["sources:"]
    for source in draft.sources:
        lines += source_lines(source)
    return _lines(lines)


def word_lines(words: Sequence[WordSet], sources: Sequence[SourceDraft]) -> list[str]:
    """`recode_sets`: the words of answers and their numbers, each set once."""
    lines = set_lines(words, sources)
    return ["recode_sets:  # answers in words: their word, our number", *lines] if lines else []


def set_lines(words: Sequence[WordSet], sources: Sequence[SourceDraft]) -> list[str]:
    """The entries of `recode_sets` for the sets that the sources use."""
    used = {name for s in sources for name in s.recode.values() if isinstance(name, str)}
    lines = []
    for found in words:
        if found.id not in used:
            continue
        mark = f"{GUESS}: {comment(found.why)}"
        if OPEN in found.numbers.values():
            mark = f"# OPEN: {comment(found.why)}; write each number in the place of ?"
        lines += [f"  {found.id}:  {mark}"]
        lines += [f"    {quoted(word)}: {quoted(number)}" for word, number in found.numbers.items()]
    return lines


def source_lines(source: SourceDraft) -> list[str]:
    """One source, as an entry of the list."""
    lines = [f"  - id: {source.id}", f"    file: {quoted(source.file)}", f"    sha256: {source.sha256}"]
    lines += [f"    # OPEN: {comment(note, 300)}" for note in source.notes]
    if source.kind != "events":
        lines += [f"    format: {source.format}"] if source.format else []
    if source.kind != "answers":
        lines += [f"    kind: {source.kind}  {GUESS}: by its columns"]
    lines += _options(source)
    if source.wave is not None:
        lines += [f"    wave: {source.wave}"]
    if source.rows is not None:
        column, value = source.rows
        lines += [
            f"    rows: {{column: {quoted(column)}, value: {quoted(value)}}}  {GUESS}: the waves stand below each other"
        ]
    if source.kind == "answers":
        lines += [
            f"    persons: {source.persons}  {GUESS}",
            "    duplicates: stop      # or keep_first, keep_last_complete",
            "    out_of_range: stop    # or missing",
        ]
    lines += (
        [f"    fixed: {_mapping(source.fixed)}  {GUESS}: the file does not say it"] if source.fixed else []
    )
    return [*lines, *_columns(source), *wide_lines(source), *_rules(source)]


def _options(source: SourceDraft) -> list[str]:
    if not source.options:
        return []
    lines = ["    options:"]
    for name, value in source.options.items():
        why = source.guessed.get(name)
        mark = f"  {GUESS}: {comment(why, 200)}" if why else ""
        lines.append(f"      {name}: {json.dumps(value, ensure_ascii=False)}{mark}")
    return lines


def _columns(source: SourceDraft) -> list[str]:
    usable = [m for m in source.columns if can_be_named(m.theirs)]
    if not usable:
        return ["    columns: {}"]
    lines = ["    columns:              # our name: their name"]
    lines += [f"      {m.ours}: {quoted(m.theirs)}  {GUESS}: {m.why}" for m in usable if m.why]
    pairs = pair_ranges([(m.ours, m.theirs) for m in usable if not m.why])
    lines += [f"      {yaml_key(ours)}: {quoted(theirs)}" for ours, theirs in pairs]
    for name, known in source.left[:MOST_LEFT]:
        said = f"   ({comment(known, 60)})" if known else ""
        lines.append(f"      # not used: {comment(quoted(name), 120)}{said}")
    if len(source.left) > MOST_LEFT:
        lines.append(f"      # not used: {len(source.left) - MOST_LEFT} more columns")
    return lines


def _rules(source: SourceDraft) -> list[str]:
    lines = []
    if source.recode:
        lines += ["    recode:"]
        sets: dict[str, list[str]] = {}
        for ours, rule in source.recode.items():
            if isinstance(rule, str):
                sets.setdefault(rule, []).append(ours)
            else:
                lines += [f"      {ours}: {_mapping(rule)}  {GUESS}: the words of the file"]
        lines += [
            f"      {yaml_key(pattern)}: {rule}"
            for rule, names in sets.items()
            for pattern in ranges_of(names)
        ]
    if source.missing_codes:
        lines += [f"    missing_codes: {_mapping(source.missing_codes)}  {GUESS}"]
    if source.drop_rows:
        lines += ["    drop_rows:"]
        for column, values in source.drop_rows:
            listed = ", ".join(quoted(v) for v in values)
            lines += [
                f"      - {{column: {quoted(column)}, values: [{listed}], reason: preview or test}}  {GUESS}"
            ]
    return lines


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{quoted(k)}: {quoted(v)}" for k, v in values.items()) + "}"


# ---- scales.yaml and plan.yaml -----------------------------------------------------------------------------------

NO_SCALES = (
    OPEN
    + " no column looks like an item or a score: name the items in `columns` of sources.yaml, and list the scales here"
)


def _scales(draft: Draft) -> str:
    if not draft.scales:
        return _lines([f"scales: {quoted(NO_SCALES)}"])
    lines = ["scales:"]
    for s in draft.scales:
        lines += _scale(s)
    keys = [line for s in draft.scales if not s.delivered for line in _own_key(s)]
    if keys:
        keys = ["own_keys:   # replace by a key of the library where there is one: `dww scales`", *keys]
    return _lines([*lines, *keys])


def _scale(s: ScaleDraft) -> list[str]:
    head = [f"  - id: {s.id}  {GUESS}: {s.why}", f"    label: {words_of(s.id)}"]
    if s.delivered:
        return [*head, f"    delivered: {s.items[0]}", f"    range: {_bounds(s)}  {GUESS}: {s.range_from}"]
    return [*head, f"    key: {s.id}_own", f"    items: {_listed(s.items)}"]


def _own_key(s: ScaleDraft) -> list[str]:
    lines = [
        f"  - id: {s.id}_own  {GUESS}",
        '    version: "0"',
        f"    name: {words_of(s.id)}",
        f"    reference: not stated  {GUESS}: the source of the scoring rule; the report prints it",
        f"    items: {_listed(s.items)}",
        f"    range: {_bounds(s)}  {GUESS}: {s.range_from}",
    ]
    lines += [f"    # reversed? {item}: {why}" for item, why in {**s.reversed, **s.perhaps}.items()]
    if len(s.items) > 1:
        listed = ", ".join(s.reversed)
        lines += [f"    reversed: [{listed}]  {GUESS}: the items that count the other way"]
    return [*lines, "    verified: false"]


def _bounds(s: ScaleDraft) -> str:
    return f"[{s.minimum:g}, {s.maximum:g}]"


def _listed(names: Sequence[str]) -> str:
    return "[" + ", ".join(yaml_key(n) for n in ranges_of(names)) + "]"


NO_ENTRIES = OPEN + " what is estimated: one entry for each outcome, once there are scales in scales.yaml"


NO_GROUPS = (
    OPEN
    + " no column says who or which team answered, and a model needs a group such as (1 | team): name that column "
    "in `columns` of sources.yaml and write the formula, or delete this entry"
)


def _plan(draft: Draft) -> str:
    lines = [
        "families:",
        "  primary: {adjust: holm, label: {nl: primaire uitkomsten, en: primary outcomes}}",
    ]
    if not draft.scales:
        return _lines([*lines, f"entries: {quoted(NO_ENTRIES)}"])
    lines += [f"entries:  {GUESS}: choose outcomes before you look at the data, and delete the others"]
    for s in draft.scales:
        lines += _entry(s, draft)
    return _lines(lines)


def _entry(s: ScaleDraft, draft: Draft) -> list[str]:
    sources = [x for x in draft.sources if x.kind == "answers" and {m.ours for m in x.columns} & set(s.items)]
    waves = {x.wave for x in sources}
    lines = [f"  - id: {s.id}_change", f"    outcome: {s.id}", "    family: primary"]
    compared = draft.arms is not None and (len(waves) > 1 or not draft.arms.starts)
    if compared and len(waves) == len(draft.waves):
        nl, en = f"Doet de aanpak iets met {s.id}?", f"Does the support change {s.id}?"
        return [*lines, f"    question: {words_of(nl, en)}"]
    nl, en = f"Hoe verandert {s.id}?", f"How does {s.id} change?"
    if len(waves) < 2:
        nl, en = f"Hoe hoog is {s.id} gemiddeld?", f"What is the mean of {s.id}?"
    right, term = formula_parts(sources, draft.sources, len(waves))
    if "|" not in right:
        return [
            *lines,
            f"    question: {words_of(nl, en)}",
            f"    formula: {quoted(NO_GROUPS)}",
            f"    term: {quoted(term)}",
        ]
    return [
        *lines,
        f"    question: {words_of(nl, en)}",
        f"    formula: {s.id} ~ {right}  {GUESS}",
        f"    term: {quoted(term)}",
    ]


def formula_parts(
    sources: Sequence[SourceDraft], every: Sequence[SourceDraft], waves: int
) -> tuple[str, str]:
    """The right-hand side and the term for an outcome measured in `sources`. A person's team can come from another
    wave of the study, among `every`."""
    keyed = all(s.persons == "key" for s in sources)
    given = [{m.ours for m in s.columns} for s in sources]
    somewhere = {m.ours for s in every if s.kind == "answers" and s.persons == "key" for m in s.columns}
    groups: list[str] = []
    for role in ("team", "organisation"):
        known = all(role in r for r in given) or (keyed and role in somewhere)
        groups += [f"(1 | {role})"] if known and not groups else []
    if waves > 1:
        groups += ["(1 | person)"] if keyed else []
        return " + ".join(["wave_number", *groups]), "wave_number"
    return " + ".join(["1", *groups]), "(Intercept)"
