"""Where everything that stages make lives, each place said once.

A place is a file (or a folder of files) below the study's interim data, derived data or reports; `{name}` stands for
the source, scale or plan entry that a job is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dww_analysis.stages.paths import Paths

Root = Literal["interim", "derived", "reports"]


@dataclass(frozen=True)
class Place:
    """One file, or with `folder` all files in it. `seen_as`: the file by which a folder with others' files is known."""

    root: Root
    pattern: str
    folder: bool = False
    seen_as: str = ""

    def at(self, paths: Paths, name: str = "") -> Path:
        """The path for one job."""
        below: Path = getattr(paths, self.root)
        return below / self.pattern.format(name=name)

    def tracked(self, paths: Paths) -> str:
        """The path as the workflow knows it, with {name} left open and relative to the root."""
        base = paths.shown(getattr(paths, self.root))
        return "/".join(part for part in (base, self.pattern, self.seen_as) if part)


def _derived(pattern: str) -> Place:
    return Place("derived", pattern)


# persons and answers
ANSWERS = {
    part: Place("interim", f"{{name}}/{part}.parquet")
    for part in ("answers", "missing", "flow", "codebook", "rules", "persons")
}
LINKS = Place("interim", "linkage.parquet")
LINK_REPORT = Place("interim", "linkage_report.parquet")
LINK_PLACEBO = Place("interim", "linkage_placebo.parquet")
ALLOCATION = _derived("allocation.parquet")
MEASUREMENTS = _derived("measurements.parquet")
LINK_PLAUSIBILITY = _derived("link_plausibility.csv")
MISSING = _derived("missing.parquet")
FLOW = _derived("flow.csv")
CODEBOOK = _derived("codebook.csv")
CODEBOOK_PAGE = _derived("codebook.html")

# learning at work
EXPOSURE = _derived("exposure/{name}.parquet")
EXPOSURE_FEATURES = _derived("exposure/{name}.features.parquet")
EXPOSURE_DETAIL = _derived("exposure/{name}.detail.parquet")
EXPOSURE_FLOW = _derived("exposure/{name}.flow.csv")

# scales
SCORES = _derived("scores/{name}.parquet")
CARELESS = _derived("careless.parquet")
MEASUREMENT = {
    part: _derived(f"measurement/{{name}}/{part}.csv")
    for part in (
        "reliability", "items", "descriptives", "stability", "invariance", "invariance_steps", "factor_structure",
    )
}  # fmt: skip

# estimates
ENTRY_ESTIMATES = _derived("estimates/{name}.csv")
ENTRY_COMPONENTS = _derived("estimates/{name}.components.csv")
ENTRY_SENSITIVITY = _derived("estimates/{name}.sensitivity.csv")
ENTRY_FIT = _derived("estimates/{name}.fit.json")
ENTRY_CALIBRATION = _derived("estimates/{name}.calibration.csv")
ESTIMATES = _derived("estimates.csv")
COMPONENTS = _derived("variance_components.csv")
SENSITIVITY = _derived("sensitivity.csv")

# what may be shown
FIGURES = Place("derived", "figures/{name}", folder=True)
PAGES = Place("reports", "", folder=True, seen_as="index.html")
PAGE_TABLES = Place("reports", "tables", folder=True)
PAGE_FIGURES = Place("reports", "figures", folder=True)
PROVENANCE = Place("reports", "provenance.json")


def safe_table(table: str) -> Place:
    """A table made safe to show: the only tables that figures and documents read."""
    return _derived(f"tables/{table}.csv")


def record_of(stage: str) -> Place:
    """What each job of a stage says about itself."""
    return _derived(f"provenance/{stage}.{{name}}.json")
