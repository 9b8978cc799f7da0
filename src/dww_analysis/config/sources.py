"""sources.yaml: each delivered file with its reader, wave, checksum, columns and rules."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from dww_analysis.config.exposure import CONFIG_OF, DiaryConfig, EventsConfig, HrConfig, ObservationsConfig
from dww_analysis.config.strict import Code, Name, Strict, expand
from dww_analysis.domain.exposure import EXPOSURE_KINDS, Rules
from dww_analysis.domain.study import DropRule, Source

REASONS = ("not asked", "skipped", "not applicable", "left the study", "out of range")
Reason = Literal["not asked", "skipped", "not applicable", "left the study", "out of range"]
NEEDED_COLUMNS: dict[str, set[str]] = {
    "allocation": set(),  # which it needs depends on the design: read with the list
    "diary": {"person"},
    "events": set(),  # the statements say who did what and when
    "hr": {"person", "start", "end"},
    "observations": {"person", "date"},
}


class DropRuleConfig(Strict):
    column: str = Field(description="column of the delivered file")
    values: list[Code] = Field(description="rows with one of these values are left out and counted")
    reason: str = Field(description="what such a row is, for the flow table")


class CompleteConfig(Strict):
    column: str = Field(description="delivered column that tells whether a response is finished")
    value: Code | None = Field(None, description="its value for a finished response; without: not empty")


class SourceConfig(Strict):
    id: Name
    file: str = Field(description="file name inside data/raw/<study>/")
    sha256: str | None = Field(
        None, pattern=r"^[0-9a-f]{64}$", description="checksum of the file as delivered"
    )
    kind: Literal["answers", "allocation", "diary", "events", "hr", "observations"] = "answers"
    format: str = Field("auto", description="auto, or a reader's name to overrule the guess")
    sample: Name = "main"
    wave: int | None = None
    persons: Literal["key", "anonymous", "code"] = Field(
        "key", description="key: a code given to persons; code: one they made themselves; anonymous: none"
    )
    duplicates: Literal["stop", "keep_first", "keep_last_complete"] = "stop"
    out_of_range: Literal["stop", "missing"] = "stop"
    columns: dict[str, str] = Field(
        description="our name: their column; item_{01-12}: ITEM{01-12} for ranges"
    )
    options: dict[str, Any] = Field(default_factory=dict, description="for the reader: delimiter, sheet, ...")
    drop_rows: list[DropRuleConfig] = Field(default_factory=list)
    complete: CompleteConfig | None = None
    missing_codes: dict[str, Reason] = Field(
        default_factory=dict, description="code: why the answer is absent"
    )
    team_aliases: dict[str, Code] = Field(default_factory=dict, description="hand-typed name: team")
    recode: dict[str, dict[str, Code]] = Field(default_factory=dict, description="our column: {theirs: ours}")
    conflicts: dict[str, Literal["stop", "same", "keep_apart"]] = Field(
        default_factory=dict, description="our column: what to do when its codes differ between waves"
    )
    identifiers: list[str] = Field(default_factory=list, description="more delivered columns to drop unread")
    diary: DiaryConfig | None = Field(None, description="rules of a diary or experience sampling")
    events: EventsConfig | None = Field(None, description="rules of an app log of xAPI statements")
    hr: HrConfig | None = Field(None, description="rules of personnel records")
    observations: ObservationsConfig | None = Field(None, description="rules of observation check-lists")

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

    @field_validator("columns")
    @classmethod
    def _expand_ranges(cls, columns: dict[str, str]) -> dict[str, str]:
        expanded: dict[str, str] = {}
        for ours, theirs in columns.items():
            left, right = expand(ours), expand(theirs)
            if len(left) != len(right):
                raise ValueError(f"the same number of names on both sides of `{ours}: {theirs}`")
            expanded.update(zip(left, right, strict=True))
        return expanded

    @field_validator("conflicts", mode="before")
    @classmethod
    def _expand_items(cls, conflicts: Any) -> Any:
        if not isinstance(conflicts, dict):
            return conflicts
        return {name: rule for pattern, rule in conflicts.items() for name in expand(str(pattern))}

    @model_validator(mode="after")
    def _conflicts_are_about_answers(self) -> SourceConfig:
        unknown = sorted(set(self.conflicts) - (set(self.columns) - {"person", "team", "organisation"}))
        if unknown:
            raise ValueError(f"`conflicts` about answers that this source has, not `{unknown[0]}`")
        return self

    def kept_apart(self) -> dict[str, str]:
        """Our columns that this source keeps apart from other waves -> the name they get."""
        return {name: f"{name}_{self.id}" for name, rule in self.conflicts.items() if rule == "keep_apart"}

    @model_validator(mode="after")
    def _kind_has_its_columns(self) -> SourceConfig:
        needed = NEEDED_COLUMNS.get(self.kind, set())
        if self.kind == "answers" and self.persons == "key":
            needed = {"person"}
        if self.kind == "answers" and self.persons == "code":
            needed = {"person", "team"}  # codes are compared inside teams
        if self.kind != "answers" and self.persons == "code":
            raise ValueError("persons: code only for a source of answers")
        absent = needed - set(self.columns)
        if absent:
            raise ValueError(f"columns.{', columns.'.join(sorted(absent))} for this kind of source")
        if self.kind == "answers" and self.wave is None:
            raise ValueError("a wave for a source of answers")
        other = [k for k in EXPOSURE_KINDS if k != self.kind and getattr(self, k) is not None]
        if other:
            raise ValueError(f"`{other[0]}:` only for a source with kind: {other[0]}")
        return self

    def _rules(self) -> Rules | None:
        if self.kind not in EXPOSURE_KINDS:
            return None
        config = getattr(self, self.kind) or CONFIG_OF[self.kind].model_validate({})
        return config.to_domain()

    def to_domain(self) -> Source:
        """The frozen value the other rooms see."""
        values = self.model_dump(exclude=set(EXPOSURE_KINDS))
        values["drop_rows"] = tuple(
            DropRule(rule["column"], tuple(rule["values"]), rule["reason"]) for rule in values["drop_rows"]
        )
        values["complete"] = (self.complete.column, self.complete.value) if self.complete else None
        values["identifiers"] = tuple(self.identifiers)
        apart = self.kept_apart()
        values["columns"] = {apart.get(ours, ours): theirs for ours, theirs in self.columns.items()}
        values["recode"] = {apart.get(ours, ours): codes for ours, codes in self.recode.items()}
        values["apart"] = {new: ours for ours, new in apart.items()}
        return Source(**values, rules=self._rules())


class SourcesConfig(Strict):
    """Every delivered file of the study."""

    sources: list[SourceConfig] = Field(min_length=1)
