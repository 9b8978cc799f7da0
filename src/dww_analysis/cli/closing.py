"""The last lines of a run: one per primary outcome, in the words and numbers of the report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.cli.messages import tell
from dww_analysis.stages import places
from dww_analysis.stages.documents import ALL_SIDES
from dww_analysis.stages.documents import documents as targets
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage


def fit_records(project: Project) -> dict[str, dict[str, Any]]:
    """The record of each plan entry's fit, by entry id, as its step stored it; OSError where an entry was not
    estimated yet."""
    entries = [e.id for e in project.files.plan.entries]
    return {entry: storage.load_json(places.ENTRY_FIT.at(project.paths, entry)) for entry in entries}


def documents(project: Project) -> list[Path]:
    """What the run made to be read: the report, and what reports.yaml asks for beside it; nothing from before."""
    files = project.files.reports
    asked = [
        place.at(project.paths, name)
        for target in targets().values()
        if target.name != ALL_SIDES and (target.comes_with or target.name) in files.documents
        for name in target.names(project, files.languages)
        for place in target.places(project)
    ]
    folders = [
        place.at(project.paths) for place in (places.SHEETS, places.SESSION_PAGES, places.NETWORK_PAGES)
    ]
    page = places.PAGES.at(project.paths) / places.PAGES.seen_as
    made = {
        place.at(project.paths, name)
        for id, name in jobs(project)
        for place in stage(id).places(project).values()
    }
    return [page, *(path for path in (*asked, *folders) if path in made and _is_filled(path))]


def _is_filled(path: Path) -> bool:
    """Whether there is a file, or something in the folder: before the last wave no unit has a sheet."""
    return path.is_file() or (path.is_dir() and any(not p.name.startswith(".") for p in path.iterdir()))


def primary_lines(project: Project, language: str) -> list[str]:
    """One line per entry of the primary family: estimate, interval, df, adjusted p; or why there is none."""
    from dww_analysis.domain.tables import register
    from dww_analysis.privacy.published import rounded
    from dww_analysis.reports import Words, headline_rows

    files, words = project.files, Words(language)
    gated = storage.load_frame(places.safe_table("estimates").at(project.paths))
    estimates = rounded(gated, register()["estimates"])  # as pages have them: words from one rounding
    rows = headline_rows(estimates, files.study, files.plan, files.scales, words)
    records = fit_records(project)
    primary = rows[rows["primary"]].to_dict("records")
    hidden = any(_is_hidden(row, records[row["entry"]]) for row in primary)
    lines = [_line(row, records[row["entry"]], language, words) for row in primary]
    paths = project.paths
    path = paths.shown(places.ESTIMATES.at(paths))
    return [*lines, *([tell(language, "all_digits", path=path)] if hidden else [])]


def _is_hidden(row: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    return "failed" not in record and not math.isfinite(row["estimate"])


def _line(row: Mapping[str, Any], record: Mapping[str, Any], language: str, words: Any) -> str:
    from dww_analysis.reports.headlines import certainty_of

    if "failed" in record:
        why = str(record["failed"]).split("\n")[0]
        return f"{row['label']}: {tell(language, 'not_estimated', why=why)}"
    if _is_hidden(row, record):
        return f"{row['label']}: {tell(language, certainty_of({**row, 'verdict': 'suppressed'}))}"
    noun = words(f"noun.{row['noun']}.name")
    df = tell(language, "df", method=_short(row["df_method"]), df=words.df(row["df"]))
    p = tell(language, "adjusted_p", p=words.p_value(row["p_adjusted"]))
    facts = ", ".join([words.estimate(row, row["unit"]), *_ratio(row, language, words), df, p])
    return f"{row['label']}: {facts} [{noun}: {row['contrast']}]"


def _ratio(row: Mapping[str, Any], language: str, words: Any) -> list[str]:
    """What the logarithm of a ratio means; [] where the estimate is none."""
    from dww_analysis.language import decimals_for_interval
    from dww_analysis.reports.headlines import RATIOS, SPAN

    if row["summary"] not in RATIOS:
        return []
    value, low, high = (row[f"{row['summary']}_{name}"] for name in SPAN)
    decimals = decimals_for_interval(low, high)
    shown = {
        "value": words.number(value, decimals),
        "low": words.number(low, decimals),
        "high": words.number(high, decimals),
    }
    return [tell(language, "ratio", **shown)]


def _short(df_method: str) -> str:
    """The usual abbreviation of a df method."""
    return {"kenward-roger": "KR", "satterthwaite": "Satterthwaite", "normal": "z", "units": "t"}.get(
        df_method, df_method
    )


def warning_lines(project: Project, language: str) -> list[str]:
    """Warnings that the models gave (`warnings` of their records), once each; [] where none did."""
    texts = [w for r in fit_records(project).values() for w in r.get("warnings", [])]
    return [tell(language, "warning", text=t) for t in dict.fromkeys(texts)]


def all_estimated(project: Project) -> bool:
    """Whether every entry of the plan has an estimate, and where arms are compared a test of it: no record says
    `failed` or `untested`."""
    return not any({"failed", "untested"} & set(r) for r in fit_records(project).values())
