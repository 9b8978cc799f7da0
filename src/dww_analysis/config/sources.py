"""sources.yaml: each delivered file with its reader, wave, checksum, columns and rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from dww_analysis.config.exposure import DiaryConfig, HrRules, ObservationsConfig, rules_of
from dww_analysis.config.options import OptionsConfig
from dww_analysis.config.strict import (
    LONGEST_NAME,
    Code,
    Codes,
    IsoDate,
    Name,
    Pattern,
    Strict,
    each_once,
    expand,
    refuse_reserved,
    refuse_twice,
    shorten,
)
from dww_analysis.config.wide import SeveralConfig, WideConfig
from dww_analysis.domain.cycle import NEEDED_CYCLE_COLUMNS
from dww_analysis.domain.exposure import EXPOSURE_KINDS, OWN_COLUMNS, EventRules, Rules
from dww_analysis.domain.study import Basis, DropRule, Participant, Source, SourceKind, rule_name
from dww_analysis.domain.tables.answers import RESERVED

REASONS = ("not asked", "skipped", "not applicable", "left the study", "out of range")
Reason = Literal["not asked", "skipped", "not applicable", "left the study", "out of range"]
NEEDED_COLUMNS: dict[str, set[str]] = {
    "allocation": set(),  # which it needs depends on the design: read with the list
    "diary": {"person"},
    "events": set(),  # the statements say who did what and when
    "hr": {"person", "start", "end"},
    "observations": {"person", "date"},
    "members": {"team", "wave", "members"},
    **{kind: set(columns) for kind, columns in NEEDED_CYCLE_COLUMNS.items()},
}


def _long_form(short: str) -> Any:
    """Before validation: a value that is no mapping, under the name `short` of the rule's long form."""
    return BeforeValidator(lambda given: given if isinstance(given, dict) else {short: given})


class Rule(Strict):
    """A rule that is expected to meet something. In the short form it is written without these names."""

    may_be_absent: bool = Field(False, description="true: no error when the rule meets nothing")


class DropRuleConfig(Rule):
    column: Pattern = Field(description="column of the delivered file")
    values: Codes = Field(min_length=1, description="rows with one of these values are left out and counted")
    reason: str = Field(description="what such a row is, for the flow table")


class RowsConfig(Strict):
    """Which rows of a file with several waves below each other belong to this source."""

    column: str = Field(description="column of the delivered file that says which wave a row is of")
    value: Code | Codes = Field(description="its value, or values, in the rows of this source")

    def values(self) -> tuple[str, ...]:
        """The values as a tuple."""
        return (self.value,) if isinstance(self.value, str) else tuple(self.value)


class CompleteConfig(Rule):
    column: str = Field(description="delivered column that tells whether a response is finished")
    value: Code | None = Field(None, description="its value for a finished response; without: not empty")


class MissingCodeConfig(Rule):
    reason: Reason = Field(description="why the answer is absent")


class AliasConfig(Rule):
    team: Code = Field(description="the team's id")


class IdentifierConfig(Rule):
    column: Pattern = Field(description="column of the delivered file")


class ConflictConfig(Strict):
    rule: Literal["stop", "same", "keep_apart"]


class RecodeConfig(Rule):
    """One translation of codes, given here or by the name of one of `recode_sets`."""

    codes: dict[Code, Code] | None = Field(None, min_length=1, description="their code: our code")
    set: Name | None = Field(None, description="a name in `recode_sets`")

    @model_validator(mode="after")
    def _one_of_both(self) -> RecodeConfig:
        if (self.codes is None) == (self.set is None):
            raise ValueError("either `codes` or the name of a `set`")
        return self


def _long_recode(given: Any) -> Any:
    if isinstance(given, str):
        return {"set": given}
    if isinstance(given, dict) and not (set(given) & {"codes", "set"} and set(given) <= _RECODE_KEYS):
        return {"codes": given}
    return given


_RECODE_KEYS = {"codes", "set", "may_be_absent"}
MissingCode = Annotated[MissingCodeConfig, _long_form("reason")]
Alias = Annotated[AliasConfig, _long_form("team")]
Identifier = Annotated[IdentifierConfig, _long_form("column")]
Conflict = Annotated[ConflictConfig, _long_form("rule")]
Recode = Annotated[RecodeConfig, BeforeValidator(_long_recode)]
ROLES = ("person", "team", "organisation", "arm")
PLAIN = {
    *("id", "file", "sha256", "kind", "format", "sample", "wave", "persons", "duplicates", "out_of_range"),
    *("basis", "consent", "date", "by", "participant"),
}


class SourceConfig(Strict):
    id: Name
    file: str = Field(description="file name inside data/raw/<study>/")
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="checksum of the file as delivered"
    )
    kind: SourceKind = "answers"
    format: str = Field("auto", max_length=40, description="auto, or a reader's name to overrule the guess")
    sample: Name = "main"
    wave: int | None = Field(None, ge=0, le=1000)
    persons: Literal["key", "anonymous", "code"] = Field(
        "key", description="key: a code given to persons; code: one they made themselves; anonymous: none"
    )
    duplicates: Literal["stop", "keep_first", "keep_last_complete"] = "stop"
    out_of_range: Literal["stop", "missing"] = "stop"
    columns: dict[str, str] = Field(
        description="our name: their column; item_{01-12}: ITEM{01-12} for ranges"
    )
    options: OptionsConfig = Field(
        default_factory=lambda: OptionsConfig.model_validate({}),
        description="for the reader: delimiter, sheet, ...",
    )
    rows: RowsConfig | None = Field(
        None, description="the rows of this wave, in a file with several waves below each other"
    )
    drop_rows: list[DropRuleConfig] = Field(default_factory=list)
    complete: CompleteConfig | None = None
    missing_codes: dict[Code, MissingCode] = Field(
        default_factory=dict, description="code: why the answer is absent"
    )
    team_aliases: dict[Code, Alias] = Field(default_factory=dict, description="hand-typed name: team")
    recode: dict[str, Recode] = Field(
        default_factory=dict, description="our column or range: {theirs: ours}, or a name of recode_sets"
    )
    conflicts: dict[str, Conflict] = Field(
        default_factory=dict, description="our column: what to do when its codes differ between waves"
    )
    identifiers: list[Identifier] = Field(
        default_factory=list, description="more delivered columns to drop unread"
    )
    diary: DiaryConfig | None = Field(None, description="rules of a diary or experience sampling")
    events: EventRules | None = Field(None, description="rules of an app log of xAPI statements")
    hr: HrRules | None = Field(None, description="rules of personnel records")
    observations: ObservationsConfig | None = Field(None, description="rules of observation check-lists")
    basis: Basis = Field(
        "private",
        description="open: made together in the room and shown there to all; private: asked in confidence",
    )
    consent: str = Field("", description="how those in the room agreed that it is shown")
    date: IsoDate | None = Field(None, description="when they agreed, YYYY-MM-DD")
    by: Literal["person", "table"] = Field("person", description="whose choice one ballot is")
    texts: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="our columns in which people typed what they like, and that may be read",
    )
    participant: Participant = Field("professional", description="who answered: students stay out of effects")
    fixed: dict[str, Code] = Field(
        default_factory=dict, description="our column that the file has not: its value in every row"
    )
    wide: WideConfig | None = Field(
        None, description="a column for each theme, question, block, round or point"
    )
    several: SeveralConfig | None = Field(
        None, description="a column whose cells hold several themes or blocks"
    )

    @field_validator("file")
    @classmethod
    def _inside_the_folder(cls, file: str) -> str:
        if file.startswith(("/", "~")) or ".." in file.replace("\\", "/").split("/"):
            raise ValueError("a file name inside data/raw/<study>/, without .. and not absolute")
        if not file or len(file) > 250 or not file.isprintable() or re.match(r"[A-Za-z]:", file):
            raise ValueError("a file name inside data/raw/<study>/ of at most 250 characters")
        if "{" in file or "}" in file:
            raise ValueError(
                "a file name without { }: they are patterns to the workflow; copy the file to a plain name"
            )
        return file

    @field_validator("columns", mode="before")
    @classmethod
    def _expand_ranges(cls, columns: Any) -> Any:
        if not isinstance(columns, dict):
            return columns
        pairs: list[tuple[str, Any]] = []
        for ours, theirs in columns.items():
            right = [theirs] if not isinstance(theirs, str) else expand(theirs)
            left = expand(str(ours))
            if len(left) != len(right):
                raise ValueError(
                    f"the same number of names on both sides of `{shorten(str(ours))}: {shorten(str(theirs))}`"
                )
            pairs += zip(left, right, strict=True)
        refuse_twice(name for name, _ in pairs)
        return dict(pairs)

    @field_validator("columns")
    @classmethod
    def _short_names(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        fits = re.compile(rf"\w{{1,{LONGEST_NAME}}}")
        long = next((name for name in columns if not fits.fullmatch(name)), None)
        if long is not None:
            raise ValueError(
                f"names of ours of letters, digits and underscores, at most {LONGEST_NAME}, not `{shorten(long)}`"
            )
        kind = str(info.data.get("kind"))
        refuse_reserved(columns, RESERVED if kind == "answers" else OWN_COLUMNS.get(kind, ()))
        content = (theirs for ours, theirs in columns.items() if ours not in ROLES)
        refuse_twice(content)
        return columns

    @model_validator(mode="after")
    def _rules_expand(self) -> SourceConfig:
        for names in (self.recode, self.conflicts, [i.column for i in self.identifiers]):
            refuse_twice(name for pattern in names for name in expand(pattern))
        for column in {name for rule in self.drop_rows for name in expand(rule.column)}:
            mine = [rule.values for rule in self.drop_rows if column in expand(rule.column)]
            refuse_twice(value for values in mine for value in values)
        return self

    def kept_apart(self) -> dict[str, str]:
        """Our columns that this source keeps apart from other waves -> the name they get."""
        return {
            name: f"{name}_{self.id}"
            for pattern, conflict in self.conflicts.items()
            if conflict.rule == "keep_apart"
            for name in expand(pattern)
        }

    @model_validator(mode="after")
    def _kind_has_its_columns(self) -> SourceConfig:
        needed = NEEDED_COLUMNS.get(self.kind, set())
        if self.kind == "answers" and self.persons == "key":
            needed = {"person"}
        if self.kind == "answers" and self.persons == "code":
            needed = {"person", "team"}  # codes are compared inside teams
        absent = needed - set(self.columns)
        if absent:
            raise ValueError(f"columns.{', columns.'.join(sorted(absent))} for this kind of source")
        if self.kind == "answers" and self.wave is None:
            raise ValueError("a wave for a source of answers")
        return self

    def _rules(self) -> Rules | None:
        if self.kind not in EXPOSURE_KINDS:
            return None
        return rules_of(self.kind, getattr(self, self.kind))

    def to_domain(self, sets: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> Source:
        """The frozen value the other rooms see, with the codes of `sets` (recode_sets) in their places."""
        apart = self.kept_apart()
        plain = self.model_dump(include=PLAIN)
        recode = {
            apart.get(name, name): dict(sets.get(rule.set, {}) if rule.set else rule.codes or {})
            for pattern, rule in self.recode.items()
            for name in expand(pattern)
        }
        return Source(
            **plain,
            columns={apart.get(ours, ours): theirs for ours, theirs in self.columns.items()},
            options=self.options.given(),
            drop_rows=tuple(
                DropRule(column, tuple(rule.values), rule.reason, rule.may_be_absent)
                for rule in self.drop_rows
                for column in expand(rule.column)
            ),
            complete=(self.complete.column, self.complete.value) if self.complete else None,
            missing_codes={code: rule.reason for code, rule in self.missing_codes.items()},
            team_aliases={typed: alias.team for typed, alias in self.team_aliases.items()},
            recode=recode,
            identifiers=tuple(name for i in self.identifiers for name in expand(i.column)),
            conflicts={
                name: rule.rule for pattern, rule in self.conflicts.items() for name in expand(pattern)
            },
            apart={new: ours for ours, new in apart.items()},
            rules=self._rules(),
            rows=(self.rows.column, self.rows.values()) if self.rows else None,
            written=self._written(apart),
            may_be_absent=self._may_be_absent(),
            texts=tuple(dict.fromkeys(self.texts)),
            fixed=dict(self.fixed),
            wide=self.wide.to_domain() if self.wide else None,
            several=self.several.to_domain() if self.several else None,
        )

    def _written(self, apart: Mapping[str, str]) -> dict[str, str]:
        """Rules over several columns: rule and column -> how the rule is written."""
        found = {}
        for kind, rules in (("recode", self.recode), ("conflicts", self.conflicts)):
            for pattern in rules:
                for name in expand(pattern):
                    found[rule_name(kind, apart.get(name, name))] = pattern
        return found

    def _may_be_absent(self) -> tuple[str, ...]:
        """The rules, as they are written, that may meet nothing; rules for rows say so themselves."""
        named: list[tuple[str, str, Rule]] = [
            *(("identifiers", column, i) for i in self.identifiers for column in expand(i.column)),
            *(("missing_codes", code, rule) for code, rule in self.missing_codes.items()),
            *(("team_aliases", name, rule) for name, rule in self.team_aliases.items()),
            *(("recode", name, rule) for name, rule in self.recode.items()),
        ]
        if self.complete is not None:
            named.append(("complete", self.complete.column, self.complete))
        return tuple(rule_name(kind, name) for kind, name, rule in named if rule.may_be_absent)


class SourcesConfig(Strict):
    """Every delivered file of the study."""

    recode_sets: dict[Name, dict[Code, Code]] = Field(
        default_factory=dict, description="name: {theirs: ours}, used by that name in `recode` of a source"
    )
    sources: list[SourceConfig] = Field(min_length=1)

    def to_domain(self) -> tuple[Source, ...]:
        """The frozen sources; a column that another wave takes from the same file in the same way is marked."""
        sources = [source.to_domain(self.recode_sets) for source in self.sources]
        return tuple(
            replace(s, shared=shared_columns(s, sources), rows_of_others=rows_of_others(s, sources))
            for s in sources
        )


def rows_of_others(source: Source, sources: Sequence[Source]) -> tuple[str, ...]:
    """Values of the column of `rows` that other sources take from the same file."""
    if source.rows is None:
        return ()
    column = source.rows[0]
    same = [s.rows[1] for s in sources if s.file == source.file and s.rows and s.rows[0] == column]
    return tuple(dict.fromkeys(v for values in same for v in values if v not in source.rows[1]))


def shared_columns(source: Source, sources: Sequence[Source]) -> tuple[str, ...]:
    """Our columns that another wave takes from the same delivered column: not asked in one of these waves."""
    others = [
        s
        for s in sources
        if s.file == source.file and s.wave != source.wave and s.kind == source.kind and s.rows == source.rows
    ]
    return tuple(
        ours for ours, theirs in source.columns.items() if any(theirs in o.columns.values() for o in others)
    )
