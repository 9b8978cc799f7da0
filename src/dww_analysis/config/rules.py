"""Names in the rules of sources.yaml: every one is a column of ours that the source has, or a set that is declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from dww_analysis.config.sources import ROLES, SourceConfig, SourcesConfig
from dww_analysis.config.strict import LONGEST_NAME, expand, shorten
from dww_analysis.config.yaml_file import Location, YamlFile
from dww_analysis.errors import Problem

MOST_KNOWN = 60  # names that a message lists


def unknown(what: str, name: str, known: Iterable[str], where: str) -> Problem:
    """The problem of a name that does not exist, with the nearest one that does."""
    names = sorted({shorten(str(n), LONGEST_NAME) for n in known})
    near = difflib.get_close_matches(name[:200], names, n=1, cutoff=0.5)
    action = f"did you mean `{near[0]}`?" if near else f"use a {what} that exists"
    more = f" and {len(names) - MOST_KNOWN} more" if len(names) > MOST_KNOWN else ""
    expected = "one of " + (", ".join(names[:MOST_KNOWN]) or "(none is declared)") + more
    return Problem(f"{what} `{shorten(name)}` does not exist", where, expected, action)


def check_rules(config: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    """Problems of `recode`, `recode_sets`, `conflicts` and `team_aliases` whose names lead nowhere."""
    for index, source in enumerate(config.sources):
        at = ("sources", index)
        yield from _names(source, "recode", file, at)
        yield from _names(source, "conflicts", file, at)
        yield from _sets(source, config, file, at)
        yield from _of_kind(source, file, at)
        if source.team_aliases and "team" not in source.columns and source.kind != "events":
            yield Problem(
                "`team_aliases` in a source without a column `team`",
                _where(source, file, (*at, "team_aliases")),
                "a column of teams in `columns`",
                "name the column, or remove `team_aliases`",
            )
    used = {rule.set for source in config.sources for rule in source.recode.values()}
    for name in config.recode_sets:
        if name not in used:
            yield Problem(
                f"the recode set `{name}` is used by no source",
                file.where(("recode_sets", name)),
                "a source with `recode: {our column: " + name + "}`",
                "use it, or remove it",
            )


def _where(source: SourceConfig, file: YamlFile, location: Location) -> str:
    return f"{file.where(location)}, source {source.id}"


def _names(source: SourceConfig, kind: str, file: YamlFile, at: Location) -> Iterator[Problem]:
    """Names of our columns in `recode` or `conflicts`, after their ranges are written out."""
    allowed = set(source.columns) - ({"person"} if kind == "recode" else {"person", "team", "organisation"})
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
            f"`{kind}` names `{shorten(name)}`{written}, which is the file's name",
            where,
            "our name of a column",
            f"write `{ours_of[name]}`",
        )
    if name in ROLES:
        return Problem(
            f"`{kind}` names `{name}`{written}", where, "answers that this source has", "leave it out"
        )
    near = unknown("column", name, allowed, where)
    return Problem(
        f"`{kind}` names `{shorten(name)}`{written}, which is no column of this source",
        where,
        near.expected,
        near.action if near.action.startswith("did") else "correct the name, or add it to `columns`",
    )


def _sets(source: SourceConfig, config: SourcesConfig, file: YamlFile, at: Location) -> Iterator[Problem]:
    for pattern, rule in source.recode.items():
        if rule.set is not None and rule.set not in config.recode_sets:
            yield unknown(
                "recode set", rule.set, config.recode_sets, _where(source, file, (*at, "recode", pattern))
            )


# rules that a kind of source does not know: declaring them would do nothing
UNKNOWN_RULES: dict[str, tuple[str, ...]] = {
    "answers": (),
    "allocation": ("complete", "missing_codes", "conflicts"),
    "diary": ("complete", "conflicts"),
    "hr": ("complete", "conflicts"),
    "observations": ("complete", "conflicts"),
    "events": ("complete", "conflicts", "recode", "missing_codes"),
}


def _of_kind(source: SourceConfig, file: YamlFile, at: Location) -> Iterator[Problem]:
    for name in UNKNOWN_RULES[source.kind]:
        if getattr(source, name):
            yield Problem(
                f"`{name}` in a source of kind {source.kind}, which does not know it",
                _where(source, file, (*at, name)),
                "a rule that does something",
                "remove it",
            )
