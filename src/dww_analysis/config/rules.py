"""Names in the rules of sources.yaml: every one is a column of ours that the source has, or a set that is declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from dww_analysis.config.sources import ROLES, SourceConfig, SourcesConfig
from dww_analysis.config.strict import LONGEST_NAME, expand, shorten
from dww_analysis.config.wide_rules import check_wide, spread
from dww_analysis.config.yaml_file import Location, YamlFile
from dww_analysis.domain.cycle import CYCLE_COLUMNS, CYCLE_KINDS
from dww_analysis.domain.exposure import EXPOSURE_KINDS, KNOWN_COLUMNS, UNTRANSLATED
from dww_analysis.domain.practice import PRACTICE_COLUMNS, PRACTICE_KINDS
from dww_analysis.domain.wide import BESIDE, IN_A_CELL
from dww_analysis.errors import Problem

MOST_KNOWN = 60  # names that a message lists


def unknown(what: str, name: str, known: Iterable[str], where: str) -> Problem:
    """The Problem of a name that does not exist, with the nearest one that does, or the first `MOST_KNOWN` of those
    known."""
    names = sorted({shorten(str(n), LONGEST_NAME) for n in known})
    near = difflib.get_close_matches(name[:200], names, n=1, cutoff=0.5)
    action = f"did you mean `{near[0]}`?" if near else f"use a {what} that exists"
    more = f" and {len(names) - MOST_KNOWN} more" if len(names) > MOST_KNOWN else ""
    expected = "one of " + (", ".join(names[:MOST_KNOWN]) or "(none is declared)") + more
    return Problem(
        found=f"{what} `{shorten(name)}` does not exist", where=where, expected=expected, action=action
    )


def unused(found: str, where: str, expected: str, action: str) -> Problem:
    """The problem of something that is written and that nothing reads."""
    return Problem(found=found, where=where, expected=expected, action=f"{action}, or remove it")


def check_rules(config: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    """Problems of `recode`, `recode_sets`, `conflicts` and `team_aliases` whose names lead nowhere."""
    for index, source in enumerate(config.sources):
        at = ("sources", index)
        yield from _names(source, "recode", file, at)
        yield from _names(source, "conflicts", file, at)
        yield from _sets(source, config, file, at)
        yield from _of_kind(source, file, at)
        yield from check_wide(source, file, index)
        if source.team_aliases and "team" not in source.columns and source.kind != "events":
            yield Problem(
                found="`team_aliases` in a source without a column `team`",
                where=_where(source, file, (*at, "team_aliases")),
                expected="a column of teams in `columns`",
                action="name the column, or remove `team_aliases`",
            )
    yield from _copies(config, file)
    used = {rule.set for source in config.sources for rule in source.recode.values()}
    for name in config.recode_sets:
        if name not in used:
            yield unused(
                f"the recode set `{name}` is used by no source",
                file.where(("recode_sets", name)),
                "a source with `recode: {our column: " + name + "}`",
                "use it",
            )


def _copies(config: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    """Two files with one checksum: the same answers would count twice."""
    first: dict[str, SourceConfig] = {}
    for index, source in enumerate(config.sources):
        other = first.setdefault(source.sha256, source) if source.sha256 else source
        if other.file != source.file:
            yield Problem(
                found=f"{source.file} has the checksum of {other.file}, so the two are the same",
                where=_where(source, file, ("sources", index, "sha256")),
                expected="a file for each delivery; a file with several waves is named by a source for each wave",
                action="correct the checksum, or remove the source",
            )


def _where(source: SourceConfig, file: YamlFile, location: Location) -> str:
    return f"{file.where(location)}, source {source.id}"


def _names(source: SourceConfig, kind: str, file: YamlFile, at: Location) -> Iterator[Problem]:
    """Names of our columns in `recode` or `conflicts`, after their ranges are written out."""
    read_as_given = {"person", *UNTRANSLATED.get(source.kind, ())}
    allowed = {*source.columns, *spread(source)} - (read_as_given if kind == "recode" else set(ROLES))
    ours_of = {theirs: ours for ours, theirs in source.columns.items()}
    for pattern in getattr(source, kind):
        where = _where(source, file, (*at, kind, pattern))
        absent = [name for name in expand(pattern) if name not in allowed]
        written = f" (written as `{shorten(pattern)}`)" if "{" in pattern else ""
        for name in absent[:5]:
            yield _no_column(kind, name, written, allowed, ours_of, where)


def _no_column(
    kind: str, name: str, written: str, allowed: set[str], ours_of: dict[str, str], where: str
) -> Problem:
    if name in ours_of and ours_of[name] in allowed:
        return Problem(
            found=f"`{kind}` names `{shorten(name)}`{written}, which is the file's name",
            where=where,
            expected="our name of a column",
            action=f"write `{ours_of[name]}`",
        )
    if name in ROLES or name in ours_of.values():
        expected = "answers of this source, or words that it translates"
        return Problem(
            found=f"`{kind}` names `{name}`{written}", where=where, expected=expected, action="leave it out"
        )
    near = unknown("column", name, allowed, where)
    return Problem(
        found=f"`{kind}` names `{shorten(name)}`{written}, which is no column of this source",
        where=where,
        expected=near.expected,
        action=near.action if near.action.startswith("did") else "correct the name, or add it to `columns`",
    )


def _sets(source: SourceConfig, config: SourcesConfig, file: YamlFile, at: Location) -> Iterator[Problem]:
    for pattern, rule in source.recode.items():
        if rule.set is not None and rule.set not in config.recode_sets:
            yield unknown(
                "recode set", rule.set, config.recode_sets, _where(source, file, (*at, "recode", pattern))
            )


# Every key of a source: the kinds whose readers read it. Declared for another kind it would do nothing.
OF_PERSONS = ("answers", "allocation", "diary", "hr", "observations", "events", "members")
TABLES = (*(kind for kind in OF_PERSONS if kind != "events"), *PRACTICE_KINDS, *CYCLE_KINDS)
KINDS = (*TABLES, "events")
READ_BY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("id", "file", "sha256", "kind", "columns", "options"), KINDS),
    **dict.fromkeys(("drop_rows", "identifiers"), KINDS),
    **dict.fromkeys(("format", "rows", "recode"), TABLES),
    "sample": (*OF_PERSONS, "fragments"),
    "team_aliases": OF_PERSONS,
    **dict.fromkeys(("basis", "consent", "date"), PRACTICE_KINDS),
    "by": ("ballots",),
    "fixed": PRACTICE_KINDS,
    "wide": tuple(BESIDE),
    "several": tuple(IN_A_CELL),
    "texts": CYCLE_KINDS,
    "participant": ("answers",),
    "wave": ("answers", *EXPOSURE_KINDS, "fragments"),
    **dict.fromkeys(("persons", "complete", "conflicts"), ("answers",)),
    "duplicates": ("answers", *EXPOSURE_KINDS),
    "out_of_range": ("answers", "diary", "hr"),
    "missing_codes": ("answers", "diary", "hr", "observations"),
    **{kind: (kind,) for kind in EXPOSURE_KINDS},
}


def _of_kind(source: SourceConfig, file: YamlFile, at: Location) -> Iterator[Problem]:
    yield from _of_anonymous(source, file, at)
    for name in sorted(source.model_fields_set):
        if source.kind not in READ_BY[name] and getattr(source, name) is not None:
            yield Problem(
                found=f"`{name}` in a source of kind {source.kind}, which does not know it",
                where=_where(source, file, (*at, name)),
                expected="a rule that does something",
                action="remove it",
            )
    where = _where(source, file, (*at, "columns"))
    read = {**KNOWN_COLUMNS, **PRACTICE_COLUMNS, **CYCLE_COLUMNS}.get(source.kind, source.columns)
    for name in source.columns:
        if name not in read or (name == "organisation" and source.kind in EXPOSURE_KINDS):
            yield unknown(f"column of a source of kind {source.kind}", name, set(read) - {name}, where)
    for name in source.options.given() if source.kind == "events" else ():
        if name != "encoding":
            yield unknown("option of a log", name, ["encoding"], _where(source, file, (*at, "options", name)))


def _of_anonymous(source: SourceConfig, file: YamlFile, at: Location) -> Iterator[Problem]:
    if source.persons != "anonymous":
        return
    if "person" in source.columns:
        yield Problem(
            found="`columns` names a person, and `persons: anonymous` says that nobody can be recognised",
            where=_where(source, file, (*at, "columns")),
            expected="one of the two",
            action="leave the column out, or declare `persons: key` or `code`",
        )
    if source.duplicates != "stop":
        yield Problem(
            found=f"`duplicates: {source.duplicates}`, and `persons: anonymous` says that nobody can be recognised",
            where=_where(source, file, (*at, "duplicates")),
            expected="a rule that does something",
            action="remove it, or declare `persons: key` or `code`",
        )
