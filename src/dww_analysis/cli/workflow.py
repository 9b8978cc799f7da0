"""What the Snakefile knows of a study: its sources, scales and entries, and the slice of config each job depends on.

Snakemake compares parameters between runs. Each job's parameters are therefore a hash of exactly the configuration it
uses and a hash of the code of its rooms: changing a colour refits no model, correcting one key rescoring one scale.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dww_analysis
from dww_analysis.cli.paths import Paths
from dww_analysis.cli.project import Project, open_project, slice_hash
from dww_analysis.cli.provenance import fingerprint
from dww_analysis.cli.safe_exposure import tables_of
from dww_analysis.cli.safe_linkage import LINKAGE_TABLES
from dww_analysis.cli.safe_tables import TABLES
from dww_analysis.cli.stages.scales import MEASUREMENT_TABLES


@dataclass(frozen=True)
class Workflow:
    """One study as the rules see it; paths are relative to the working directory."""

    project: Project

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> Workflow:
        """The study that Snakemake's config names (`--config study=...`), or config/config.yaml, in this folder."""
        from dww_analysis.cli.paths import default_study

        root = Path.cwd()
        return cls(open_project(root, str(config.get("study") or default_study(root))))

    @property
    def study(self) -> str:
        return self._paths.study

    @property
    def same_interpreter(self) -> str:
        """Shell prefix that puts the interpreter that runs Snakemake first; not a parameter, so that another virtual
        environment with the same code makes nothing stale."""
        return f'PATH="{Path(sys.executable).parent}:$PATH"; '

    @property
    def _paths(self) -> Paths:
        return self.project.paths

    def _relative(self, path: Path) -> str:
        return self._paths.shown(path)

    @property
    def raw(self) -> str:
        return self._relative(self._paths.raw)

    @property
    def interim(self) -> str:
        return self._relative(self._paths.interim)

    @property
    def derived(self) -> str:
        return self._relative(self._paths.derived)

    @property
    def reports(self) -> str:
        return self._relative(self._paths.reports)

    @property
    def logs(self) -> str:
        return self._relative(self._paths.logs)

    @property
    def answer_sources(self) -> list[str]:
        return [s.id for s in self.project.answer_sources()]

    @property
    def code_sources(self) -> list[str]:
        """Ids of the answers whose persons made their own codes; they are linked before anything is written."""
        return [s.id for s in self.project.code_sources()]

    @property
    def linkage_tables(self) -> list[str]:
        """Names of the tables about linking; none in a study with other codes."""
        return list(LINKAGE_TABLES) if self.code_sources else []

    def links(self, source: str | None = None) -> list[str]:
        """The links that a source (or an estimate) rests on, if any."""
        needed = self.code_sources if source is None else source in self.code_sources
        return [f"{self.interim}/linkage.parquet"] if needed else []

    @property
    def exposure_sources(self) -> list[str]:
        """Ids of diaries, app logs and personnel records."""
        return [s.id for s in self.project.exposure_sources()]

    @property
    def exposure_tables(self) -> list[str]:
        """Names of the tables about workplace learning; none in a study without such sources."""
        return tables_of(s.kind for s in self.project.exposure_sources())

    @property
    def allocation(self) -> str | None:
        """Id of the source that allocates, or None."""
        design = self.project.files.study.allocation
        return design.source if design else None

    @property
    def scales(self) -> list[str]:
        return [s.id for s in self.project.files.scales]

    @property
    def entries(self) -> list[str]:
        return [e.id for e in self.project.files.plan.entries]

    @staticmethod
    def one_of(names: Iterable[str]) -> str:
        """A wildcard constraint that admits these names only."""
        return "|".join(re.escape(n) for n in names)

    def raw_file(self, source: str) -> str:
        return f"{self.raw}/{self.project.source(source).file}"

    def score_files(self, entry: str) -> list[str]:
        """Scores the model of an entry needs: its outcome's and those of scales in its formula."""
        wanted = self.project.entry(entry)
        scales = [self.project.outcome_scale(wanted).id, *self.project.covariate_scales(wanted)]
        return [f"{self.derived}/scores/{s}.parquet" for s in scales]

    @property
    def report_tables(self) -> list[str]:
        """Names of all tables of the report."""
        return [*self.tables, *self.exposure_tables, *self.linkage_tables]

    @property
    def tables(self) -> list[str]:
        """Names of the tables that every study has."""
        return sorted(TABLES)

    @property
    def measurement_tables(self) -> list[str]:
        """Names of the tables that say how well one scale was measured."""
        return list(MEASUREMENT_TABLES)

    def slice_careless(self) -> str:
        """The order of the questionnaire's items; their scoring does not matter."""
        return slice_hash([(s.id, s.items) for s in self.project.files.scales])

    def fit_files(self, scale: str) -> list[str]:
        """What the figures of a scale need of the estimates about it."""
        folder = f"{self.derived}/estimates"
        entries = [e.id for e in self.project.files.plan.entries if e.outcome == scale]
        return [f"{folder}/{e}{part}" for e in entries for part in (".csv", ".fit.json")]

    def code(self, *rooms: str) -> str:
        return fingerprint(*rooms)

    def code_files(self, *files: str) -> str:
        """A hash of single files of the package (and of domain), for jobs that use a small part of a room."""
        home = Path(dww_analysis.__file__).parent
        digest = hashlib.sha256(fingerprint().encode())
        for file in files:
            digest.update((home / file).read_bytes())
        return digest.hexdigest()[:16]

    def slice_source(self, source: str) -> str:
        """Everything of the config that decides how one source is read."""
        wanted = self.project.source(source)
        ranges = self.project.files.item_ranges()
        used = {c: ranges[c] for c in wanted.columns if c in ranges}
        study = self.project.files.study
        return slice_hash(wanted, used, study.id, study.data, study.background, study.arms)

    def slice_linking(self) -> str:
        """How persons are linked: the rules, and how codes, teams and facts are read."""
        study = self.project.files.study
        return slice_hash(study.linking, self.project.code_sources(), study.id, study.data, study.background)

    def slice_exposure(self, source: str) -> str:
        """How one diary, log or personnel file is read, and the dates that say to which wave a moment belongs."""
        study = self.project.files.study
        waves = [(w.number, w.date) for w in study.waves]
        return slice_hash(
            self.project.source(source),
            waves,
            study.id,
            study.data,
            study.delivered,
            [a.id for a in study.arms],
        )

    def slice_exposures(self) -> str:
        minimum = self.project.files.study.min_cell_size
        return slice_hash([(s.id, s.kind) for s in self.project.exposure_sources()], minimum)

    def slice_study(self) -> str:
        study = self.project.files.study
        return slice_hash(
            replace(study, title={}, contact="", citation={}), [s.id for s in self.project.answer_sources()]
        )

    def slice_scale(self, scale: str) -> str:
        """The scoring key and columns of one scale; its label is the report's business."""
        study = self.project.files.study
        return slice_hash(replace(self.project.scale(scale), label={}), [a.id for a in study.arms])

    def slice_measurement(self, scale: str) -> str:
        """Everything that decides how well one scale is said to be measured."""
        return slice_hash(self.slice_scale(scale), self.project.files.measurement)

    def slice_entry(self, entry: str) -> str:
        files = self.project.files
        wanted = replace(self.project.entry(entry), question={}, why="")
        design = (files.study.design, files.study.arms, files.study.allocation, len(files.study.waves))
        unit = self.project.outcome_scale(wanted).unit
        linking = files.study.linking if self.code_sources else None
        return slice_hash(
            wanted, files.plan.conf_level, files.plan.organisations_fixed_below, design, unit, linking
        )

    def slice_families(self) -> str:
        plan = self.project.files.plan
        return slice_hash([(f.id, f.adjust) for f in plan.families.values()])

    def slice_drawing(self, scale: str) -> str:
        """What the figures of one scale say in words, and the arms, waves and minimum group size."""
        study, wanted = self.project.files.study, self.project.scale(scale)
        languages = self.project.files.reports.languages
        sesoi = [(e.id, e.sesoi) for e in self.project.files.plan.entries if e.outcome == scale]
        words = (wanted.label, wanted.unit, wanted.direction, wanted.score_range())
        return slice_hash(
            words, sesoi, study.arms, study.waves, study.min_cell_size, study.samples, languages
        )

    def slice_report(self) -> str:
        """All of the configuration: the report prints it."""
        files = self.project.files
        return slice_hash(files.study, files.plan, files.scales, files.reports)
