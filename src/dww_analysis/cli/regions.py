"""Bundles on disk: the one a region sends, and the pages that bundles of several regions make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dww_analysis import storage
from dww_analysis.errors import ConfigError
from dww_analysis.stages.bundles import bundle_of_study, joined_pages, read_bundles
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import save


def write_bundle(project: Project) -> Path:
    """The file with what the sessions and the agenda of a study published. ConfigError in a study without sessions,
    or before a run; DisclosureError where words look like a person."""
    file = project.paths.derived / "bundle" / f"{project.paths.study}.bundle.json"
    return storage.save_json(bundle_of_study(project), file)


def join_bundles(root: Path, bundles: Sequence[Path], out: Path | None) -> Path:
    """The folder with the pages of all bundles: `out`, else reports/agenda, which no study may have for its own."""
    if out is None and (root / "config" / "agenda").exists():
        raise ConfigError.of(
            found="a study `agenda`",
            where="config/agenda",
            expected="a folder of their own",
            action="give one with --out",
        )
    folder = out or root / "reports" / "agenda"
    save(joined_pages(read_bundles(bundles)), folder)
    return folder
