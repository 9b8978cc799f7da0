"""The attacker on what was written: every table and every figure's numbers in the folder that readers get."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.stages import places
from dww_analysis.stages.project import Project


def audit_published(project: Project) -> None:
    """DisclosureError when something about few persons follows from the files in reports/<study>."""
    from dww_analysis.privacy.audit import attack, raise_findings
    from dww_analysis.privacy.audit_figures import attack_figures

    minimum = project.files.study.min_cell_size
    tables = _csv(places.PAGE_TABLES.at(project.paths))
    figures = _csv(places.PAGE_FIGURES.at(project.paths))
    raise_findings([*attack(tables, minimum), *attack_figures(figures, tables, minimum)])


def _csv(folder: Path) -> dict[str, pd.DataFrame]:
    return {file.stem: storage.load_frame(file) for file in sorted(folder.glob("*.csv"))}
