"""The attacker on what was written: every table and every figure's numbers in the folder that readers get."""

from __future__ import annotations

from pathlib import Path

from dww_analysis import storage
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.texts import texts_held


def audit_published(project: Project) -> None:
    """DisclosureError when something about few persons follows from the files in reports/<study>."""
    from dww_analysis.privacy.audit import attack, raise_findings
    from dww_analysis.privacy.audit_figures import attack_figures

    minimum = project.files.study.min_cell_size
    of_tables, of_figures = (_csv(p.at(project.paths)) for p in (places.PAGE_TABLES, places.PAGE_FIGURES))
    with texts_held([*of_tables, *of_figures]):
        tables, figures = (
            {f.stem: storage.load_frame(f) for f in files} for files in (of_tables, of_figures)
        )
        raise_findings([*attack(tables, minimum), *attack_figures(figures, tables, minimum)])


def _csv(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv"))
