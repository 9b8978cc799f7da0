"""The last lines of a run: one per primary outcome, in words a report would use."""

from __future__ import annotations

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.messages import tell
from dww_analysis.cli.project import Project
from dww_analysis.cli.run import records


def primary_lines(project: Project, language: str) -> tuple[list[str], bool]:
    """One line per entry of the primary family, and whether everything of the plan was estimated."""
    from dww_analysis.reports.sentences import closing_line

    files = project.files
    estimates = storage.load_frame(project.paths.derived / "estimates.csv")
    all_records = records(project)
    lines = []
    for entry in files.plan.entries:
        if entry.family != files.plan.primary:
            continue
        if "failed" in all_records[entry.id]:
            why = all_records[entry.id]["failed"].split("\n")[0]
            lines.append(f"{entry.outcome}: {tell(language, 'not_estimated', why=why)}")
            continue
        row = _primary_row(estimates, entry.id, files.plan.primary)
        lines.append(closing_line(row, files.study, project.outcome_scale(entry), language))
    return lines, not any("failed" in r for r in all_records.values())


def warning_lines(project: Project, language: str) -> list[str]:
    """Warnings that the models gave, once each."""
    texts = [w for r in records(project).values() for w in r.get("warnings", [])]
    return [tell(language, "warning", text=t) for t in dict.fromkeys(texts)]


def _primary_row(estimates: pd.DataFrame, entry: str, family: str) -> pd.Series:
    """The entry's row in its own unit that is in the family."""
    rows = estimates[(estimates["family"] == family) & estimates["sd_used"].isna()]
    return rows[rows["id"].str.split(".").str[0] == entry].iloc[0]
