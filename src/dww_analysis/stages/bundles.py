"""What a region sends of its sessions and its agenda, and what bundles of several regions say together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

import dww_analysis
from dww_analysis import storage
from dww_analysis.domain.bundle import FORMAT, Bundle
from dww_analysis.domain.practice import AgendaItem, Quantity
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.errors import ConfigError, DisclosureError, Problem, raise_all
from dww_analysis.stages import places
from dww_analysis.stages.practice import AGENDA, TABLE, practice_tables
from dww_analysis.stages.project import Project

WORDS = ("roles", "regions", "themes", "sessions", "votes", "national")
LANGUAGES = ("nl", "en")


def bundle_of_study(project: Project) -> dict[str, Any]:
    """The published numbers and agenda of a study with their words and where they came from; no persons.

    ConfigError in a study without sessions, or before a run; DisclosureError where words look like a person.
    """
    files = project.files
    tables = practice_tables(project)
    if files.practice is None or not tables or not (files.practice.sessions or AGENDA in tables):
        raise ConfigError.of(
            found="no sessions and no agenda",
            where=project.paths.shown(project.paths.config),
            expected="sources about sessions",
            action="a bundle is made of a study with practice.yaml",
        )
    published = places.page_table(TABLE).at(project.paths)
    record = places.PROVENANCE.at(project.paths)
    if not (published.is_file() and record.is_file()):
        raise ConfigError.of(
            found="there are no results yet",
            where=project.paths.shown(published),
            expected="a finished run",
            action=f"dww run {project.paths.study}",
        )
    words = {what: [_entry(e) for e in getattr(files.practice, what)] for what in WORDS}
    _refuse_names(words, project)
    agenda = places.page_table(AGENDA).at(project.paths)
    made = storage.load_json(record)
    return {
        "format": FORMAT,
        "package": dww_analysis.__version__,
        "study": files.study.id,
        "title": _both(files.study.title),
        "data": files.study.data,
        "delivered": files.study.delivered,
        "minimum": files.study.min_cell_size,
        **words,
        "quantities": _records(_of_sessions(storage.load_frame(published)), Quantity),
        "agenda": _records(storage.load_frame(agenda), AgendaItem) if AGENDA in tables else [],
        "provenance": {key: made[key] for key in ("package", "config_hash", "sources")},
    }


def _of_sessions(quantities: pd.DataFrame) -> pd.DataFrame:
    """Those of sessions and of the agenda: a bundle has no words for what a study counts besides."""
    agenda = quantities["quantity"].astype("str").str.startswith("agenda_")
    checked = quantities["quantity"].isin(["checklist", "alpha"])
    return quantities[quantities["unit_level"].eq("session") & ~checked | agenda]


def _entry(entry: Any) -> dict[str, Any]:
    """One entry of practice.yaml; what is not said is left out."""
    return {key: value for key, value in vars(entry).items() if value not in ("", None, {})}


def _both(text: Any) -> dict[str, str]:
    return dict(text) if not isinstance(text, str) else dict.fromkeys(LANGUAGES, text)


def _records(frame: pd.DataFrame, kind: type[Quantity] | type[AgendaItem]) -> list[dict[str, Any]]:
    """The rows as plain values: absent texts empty, absent numbers nothing."""
    texts = {name for name, f in kind.__dataclass_fields__.items() if "float" not in str(f.type)}
    rows = frame[list(kind.__dataclass_fields__)].astype("object").to_dict("records")
    return [{k: ("" if k in texts else None) if v != v else v for k, v in row.items()} for row in rows]


def _refuse_names(words: dict[str, Any], project: Project) -> None:
    from dww_analysis.privacy.scan import scan_frame

    said = pd.DataFrame(
        {"words": [str(value) for entries in words.values() for e in entries for value in _texts(e)]}
    )
    found = scan_frame(said, "practice.yaml").to_dict("records")
    where = project.paths.shown(project.paths.config / "practice.yaml")
    raise_all(
        [
            Problem(
                found=f"{row['count']} words that look like {row['kind']}",
                where=where,
                expected="words that name nobody",
                action="say it otherwise",
            )
            for row in found
        ],
        DisclosureError,
    )


def _texts(entry: dict[str, Any]) -> list[str]:
    return [text for value in entry.values() if isinstance(value, dict) for text in map(str, value.values())]


def read_bundles(files: Sequence[Path]) -> list[Bundle]:
    """Every bundle; ConfigError with the problems of all files."""
    from dww_analysis.config.bundles import bundle_of

    problems: list[Problem] = []
    found = []
    for file in files:
        if not file.is_file():
            problems.append(
                Problem(
                    found="no such file",
                    where=str(file),
                    expected="a file of `dww bundle`",
                    action="give its path",
                )
            )
            continue
        bundle, own = bundle_of(storage.load_json(file), file.name)
        problems += own
        found += [bundle] if bundle is not None else []
    raise_all(problems, ConfigError)
    return found


def joined_pages(bundles: Sequence[Bundle]) -> dict[str, Any]:
    """{file: content}: pages in both languages, and under `tables` a .csv of each table, of what several regions have
    together, through the gate. The strictest minimum of the bundles counts."""
    from dww_analysis.practice import agenda_table, as_table, join_bundles
    from dww_analysis.privacy.gate import let_out
    from dww_analysis.reports import Regions, Setup, build_practice_pages

    bundles = sorted(bundles, key=lambda bundle: bundle.study)
    joined = join_bundles(bundles)
    tables = {TABLE: as_table(joined.quantities), AGENDA: agenda_table(joined.agenda)}
    shown = let_out(tables, joined.minimum)
    study, settings = _study(bundles, joined.minimum), ReportSettings(LANGUAGES, {}, "")
    regions = Regions({b.study: b.title for b in bundles}, joined.packages, joined.hidden)
    pages = build_practice_pages(shown, Setup(study, settings, practice=joined.practice), regions=regions)
    return {**pages, "tables": {f"{name}.csv": frame for name, frame in shown.items()}}


def _study(bundles: Sequence[Bundle], minimum: int) -> Study:
    """The studies as one, for what a page says about itself."""
    data = next(
        (d for d in ("private", "public", "invented") if any(b.data == d for b in bundles)), "private"
    )
    titles = {lang: ", ".join(b.title.get(lang, b.study) for b in bundles) for lang in LANGUAGES}
    return Study(
        id="agenda", title=titles, data=data, delivered=max(b.delivered for b in bundles),  # type: ignore[arg-type]
        design="waves_only", waves=(), arms=(), allocation=None, samples={}, level_labels={}, background=(),
        min_cell_size=minimum,
    )  # fmt: skip
