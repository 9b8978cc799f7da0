"""One opened study: its paths and its checked configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dww_analysis.config import Keys, StudyFiles, read_study
from dww_analysis.domain.cycle import CYCLE_KINDS
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.domain.records import of_records
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Source
from dww_analysis.errors import ConfigError, SourceError
from dww_analysis.stages.paths import Paths


@dataclass(frozen=True)
class Project:
    """Paths and configuration of one study. given: another configuration than that of its folder, such as the sealed
    one. chunks: how many pieces a job is split into, where its stage can be; no result depends on it. planning: only
    what is done before there is a study, of whose configuration nothing is read."""

    paths: Paths
    given: StudyFiles | None = field(default=None, compare=False, repr=False)
    chunks: int = 1
    planning: bool = False
    # what was read or worked out once for this value, by what from; another value, such as `replace` makes, has its own
    kept: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def files(self) -> StudyFiles:
        """The configuration, checked as a whole; ConfigError with all its problems."""
        if self.given is not None:
            return self.given
        shown = self.paths.shown(self.paths.config)
        return read_study(self.paths.config, shown, library_keys(), self._checksum)

    def _checksum(self, file: str) -> str:
        """SHA-256 of a file in the study's raw folder; "" where none can be read, which reading it says."""
        from dww_analysis import storage

        try:
            return storage.verify_checksum(storage.delivered_path(self.paths.raw, file), None)
        except SourceError:
            return ""

    def source(self, name: str) -> Source:
        """The source of that id; ConfigError for another."""
        return _named(self.files.sources, name, "source")

    def scale(self, name: str) -> Scale:
        """The scale of that id; ConfigError for another."""
        return _named(self.files.scales, name, "scale")

    def entry(self, name: str) -> PlanEntry:
        """The plan entry of that id; ConfigError for another."""
        return _named(self.files.plan.entries, name, "plan entry")

    def answer_sources(self) -> list[Source]:
        """Sources of answers, in the order of sources.yaml; [] in a study of sessions only."""
        return [s for s in self.files.sources if s.kind == "answers"]

    def code_sources(self) -> list[Source]:
        """Answers of persons who made their own codes."""
        return [s for s in self.answer_sources() if s.persons == "code"]

    @property
    def of_sessions(self) -> bool:
        """Whether all that was delivered is about sessions: then no person is followed and no pseudonym made."""
        return len(self.practice_sources()) == len(self.files.sources)

    def exposure_sources(self) -> list[Source]:
        """Diaries, app logs and personnel records."""
        return [s for s in self.files.sources if s.kind in EXPOSURE_KINDS]

    def practice_sources(self) -> list[Source]:
        """What was counted, voted, pasted and told in sessions."""
        return [s for s in self.files.sources if s.kind in PRACTICE_KINDS]

    def cycle_sources(self, kind: str = "") -> list[Source]:
        """What units said, agreed on and counted after they saw their numbers; with `kind` of that kind only."""
        return [s for s in self.files.sources if s.kind in CYCLE_KINDS and kind in ("", s.kind)]

    def profile_verbs(self) -> list[str]:
        """Verbs of app logs that functions of the practice profile name; none without functions."""
        functions = self.files.practice.functions if self.files.practice is not None else ()
        return sorted({verb for f in functions for verb in (*f.events, *f.answered_by)})

    def profile_sources(self) -> list[Source]:
        """App logs in which functions of the practice profile are counted; none without functions."""
        return [s for s in self.files.sources if s.kind == "events"] if self.profile_verbs() else []

    def outcome_scale(self, entry: PlanEntry) -> Scale:
        """What the entry's outcome is scored by: its scale (of a subscale too), or what personnel records offer.
        ConfigError where neither has it."""
        return _named(self.files.outcomes(), entry.outcome.split(".")[0], "outcome")

    def record_sources(self, entry: PlanEntry) -> list[Source]:
        """The personnel records that the entry's outcome is read from; [] for a scale."""
        if not of_records(entry.outcome, self.files.scales):
            return []
        return [s for s in self.files.sources if s.kind == "hr" and s.sample == entry.sample]


def open_project(root: Path, study: str, chunks: int = 1, planning: bool = False) -> Project:
    """The study's project; ConfigError when there is no such study, unless it is still planned."""
    paths = Paths(root, study)
    paths.refuse_links()
    if not planning and not paths.config.is_dir():
        known = sorted(p.parent.name for p in (root / "config").glob("*/study.yaml"))
        raise ConfigError.of(
            found=f"there is no study `{study}`",
            where="config/",
            expected="one of " + (", ".join(known) or "(no studies yet)"),
            action="check the name, give --root DIR, or start one with `dww new STUDY FILE...`",
        )
    return Project(paths, chunks=chunks, planning=planning)


def library_keys() -> Keys:
    """The scoring keys of the package: ids, and functions that load and parse them, so that `config` needs no import
    of `scales`."""
    from dww_analysis.scales.keys import key_ids, load_key, parse_key

    return Keys(tuple(key_ids()), load_key, parse_key)


def _named(values: Any, name: str, what: str) -> Any:
    for value in values:
        if value.id == name:
            return value
    raise ConfigError.of(
        found=f"there is no {what} `{name}`",
        where="the study's configuration",
        expected="a name that is there",
        action="check it",
    )
