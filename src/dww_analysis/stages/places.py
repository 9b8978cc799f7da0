"""Where everything that stages make lives, each place said once.

A place is a file (or a folder of files) below the study's interim data, derived data or reports; `{name}` stands for
the source, scale or plan entry that a job is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dww_analysis.domain.cycle import CYCLE_KINDS
from dww_analysis.domain.tables import Table, register
from dww_analysis.domain.tables.absent import IMPUTED
from dww_analysis.domain.tables.effects import CURVES
from dww_analysis.stages.paths import Paths

Root = Literal["interim", "derived", "reports"]


@dataclass(frozen=True)
class Place:
    """One file, or with `folder` all files in it. `seen_as`: the file by which a folder with others' files is known.

    kept: a folder whose documents are made one by one, where what has not changed stays as it is (stages.kept); the
    workflow knows it by the record of the job. table: the declaration of what is in it (domain.tables), with `safe` as
    it is after disclosure control.
    """

    root: Root
    pattern: str
    folder: bool = False
    seen_as: str = ""
    table: str = ""
    safe: bool = False
    kept: bool = False

    def declared(self) -> Table:
        """The declaration of the table; KeyError for a place that holds none."""
        table = register()[self.table]
        return table.safe() if self.safe else table

    def holds(self, path: Path) -> bool:
        """Whether a path is this place, for any study and name."""
        folder: Path = getattr(Paths(Path(), "study"), self.root).parent
        pattern = re.escape(self.pattern).replace(r"\{name\}", "[^/.]+")
        return re.search(rf"(?:^|/){folder.as_posix()}/[^/]+/{pattern}$", path.as_posix()) is not None

    def at(self, paths: Paths, name: str = "") -> Path:
        """The path for one job of that name; `{name}` of the pattern is filled."""
        below: Path = getattr(paths, self.root)
        return below / self.pattern.format(name=name)

    def tracked(self, paths: Paths) -> str:
        """The path as the workflow knows it, with `{name}` left open and relative to the root."""
        base = paths.shown(getattr(paths, self.root))
        return "/".join(part for part in (base, self.pattern, self.seen_as) if part)


def _derived(pattern: str, table: str = "") -> Place:
    return Place("derived", pattern, table=table)


# persons and answers
ANSWERS = {
    part: Place(
        "interim", f"{{name}}/{part}.parquet", table=f"source_{part}" if part in ("answers", "flow") else part
    )
    for part in ("answers", "missing", "flow", "codebook", "rules", "persons")
}
PIECE = Place("interim", "pieces/{name}.npz")  # parts of a job, until the job is done
PIECE_STAGE = "piece"  # the stage that makes them
LINKS = Place("interim", "linkage.parquet", table="linked_rows")
LINK_REPORT = Place("interim", "linkage_report.parquet", table="linkage")
LINK_PLACEBO = Place("interim", "linkage_placebo.parquet", table="linkage_placebo")
ALLOCATION = _derived("allocation.parquet", "allocation")
DRAWABLE = _derived("drawable.parquet", "drawable")
COVERAGE = _derived("coverage/{name}.parquet", "coverage")
MEASUREMENTS = _derived("measurements.parquet", "measurements")
LINK_PLAUSIBILITY = _derived("link_plausibility.csv", "link_plausibility")
MISSING = _derived("missing.parquet", "missing")
FLOW = _derived("flow.csv", "flow")
CODEBOOK = _derived("codebook.csv", "codebook")
CODEBOOK_PAGE = _derived("codebook.html")

# learning at work
EXPOSURE = _derived("exposure/{name}.parquet", "exposure")
EXPOSURE_FEATURES = _derived("exposure/{name}.features.parquet", "exposure_features")
EXPOSURE_DETAIL = _derived("exposure/{name}.detail.parquet", "exposure_detail")
EXPOSURE_FLOW = _derived("exposure/{name}.flow.csv", "exposure_source_flow")

# scales
SCORES = _derived("scores/{name}.parquet", "scores")
CARELESS = _derived("careless.parquet", "careless_flags")
MEASUREMENT = {
    part: _derived(f"measurement/{{name}}/{part}.csv", part)
    for part in (
        "reliability", "items", "descriptives", "stability", "invariance", "invariance_steps", "factor_structure",
    )
}  # fmt: skip

# estimates
ENTRY_ESTIMATES = _derived("estimates/{name}.csv", "estimates")
ENTRY_COMPONENTS = _derived("estimates/{name}.components.csv", "variance_components")
ENTRY_SENSITIVITY = _derived("estimates/{name}.sensitivity.csv", "sensitivity")
ENTRY_FIT = _derived("estimates/{name}.fit.json")
ENTRY_RESIDUALS = _derived("estimates/{name}.residuals.parquet", "residuals")
ENTRY_CALIBRATION = _derived("estimates/{name}.calibration.csv", "calibration")
ENTRY_CALIBRATION_BINS = _derived("estimates/{name}.calibration_bins.csv", "calibration_bins")
ENTRY_IMPUTATION = {
    **{t.name: _derived(f"imputation/{{name}}.{t.name}.csv", t.name) for t in IMPUTED},
    "diagnosis": _derived("imputation/{name}.json"),
}
ENTRY_CORRELATIONS = _derived("estimates/{name}.correlations.csv", "correlations")
ENTRY_WEIGHTING = _derived("estimates/{name}.weighting.csv", "weighting")
ENTRY_CURVE = {t.name: _derived(f"curve/{{name}}.{t.name}.csv", t.name) for t in CURVES}
ESTIMATES = _derived("estimates.csv", "estimates")
COMPONENTS = _derived("variance_components.csv", "variance_components")
CORRELATIONS = _derived("correlations.csv", "correlations")
WEIGHTING = _derived("weighting.csv", "weighting")
SENSITIVITY = _derived("sensitivity.csv", "sensitivity")
IMPACT = _derived("impact.csv", "impact")

# before there is a study
POWER_GRID = Place("interim", "power/{name}.json")  # what is assumed
POWER = _derived("power/power.csv")

# teams and organisations
UNIT_SHEETS = _derived("unit_sheets.csv", "unit_sheets")
SHEETS = Place("reports", "units", folder=True, kept=True)
CYCLE = {kind: _derived(f"cycle/{kind}.csv", kind) for kind in CYCLE_KINDS}
CYCLE_SHARED = _derived(
    "cycle/shared.csv", "shared_interpretations"
)  # of the study, and what units share with all
CYCLE_STORIES = _derived("cycle/stories.csv", "stories")  # for the talking picture

# what may be shown
FIGURES = Place("derived", "figures/{name}", folder=True)
PAGES = Place("reports", "", folder=True, seen_as="index.html")
PAGE_TABLES = Place("reports", "tables", folder=True)
PAGE_FIGURES = Place("reports", "figures", folder=True)
SESSION_PAGES = Place("reports", "sessions", folder=True)
NETWORK_PAGES = Place("reports", "networks", folder=True)
PUBLISHED = Place("reports", "published.json")  # what readers have: the next publication is laid beside it
FACTSHEET = Place("reports", "factsheet.{name}.html")  # one a language
FACTSHEET_PAPER = Place("reports", "factsheet.{name}.pdf")
PICTURE = Place("reports", "praatplaat.{name}.svg")
EMPTY_PICTURE = Place("reports", "praatplaat-empty.{name}.svg")
PICTURE_PDF = Place("reports", "praatplaat.{name}.pdf")
EMPTY_PICTURE_PDF = Place("reports", "praatplaat-empty.{name}.pdf")
PICTURE_PAGE = Place("reports", "praatplaat.{name}.html")
CARDS = Place("reports", "cards.{name}.pdf")
CARDS_PAGE = Place("reports", "cards.{name}.html")
WORKBOOK = Place("reports", "workbook.xlsx")
REPEAT = Place("reports", "repeat_estimates.py")
ARTICLE = {kind: Place("reports", f"report.{{name}}.{kind}") for kind in ("docx", "pdf")}  # one a language
PROVENANCE = Place("reports", "provenance.json")


def safe_table(table: str) -> Place:
    """A table made safe to show: the only tables that figures and documents read. Its rows are checked as the
    declaration has them after the gate."""
    return Place("derived", f"tables/{table}.csv", table=table, safe=True)


def page_table(table: str) -> Place:
    """A safe table as it lies beside the pages."""
    return Place("reports", f"{PAGE_TABLES.pattern}/{table}.csv", table=table, safe=True)


def table_at(path: Path) -> Table | None:
    """The declaration of what is stored at a path; None where no table is."""
    found = (place.declared() for place in _places(path.stem) if place.table and place.holds(path))
    return next(found, None)


def _places(table: str) -> Iterator[Place]:
    """Every place, those of the safe table of that name last."""
    for value in tuple(globals().values()):
        if isinstance(value, Place):
            yield value
        elif isinstance(value, dict):
            yield from (inner for inner in value.values() if isinstance(inner, Place))
    if table in register():
        yield from (safe_table(table), page_table(table))


def power_curve(language: str, kind: str) -> Place:
    """The curve of the power in a language, as svg or png."""
    return _derived(f"power/power.{language}.{kind}")


def ledger_of(stage: str, part: str) -> Place:
    """What each document of a kept folder was made from: the ledger of `kept.draw`."""
    return _derived(f"provenance/documents/{stage}.{{name}}.{part}.json")


def record_of(stage: str, root: Root = "derived") -> Place:
    """What each job of a stage says about itself: the record that `job.record_of_job` makes."""
    return Place(root, f"provenance/{stage}.{{name}}.json")
