"""Stage article: the research report in the order of an article, as Word and PDF, one of each a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis import storage
from dww_analysis.stages import places
from dww_analysis.stages.article_tables import articles
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.report import (
    config_checksums,
    drawn_in,
    made_from,
    report_tables,
    results_read,
    setup_of,
)
from dww_analysis.stages.stage import Made, Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Made:
    """Both files of one language, from what readers of the report get."""
    from dww_analysis.reports import Results
    from dww_analysis.reports.documents.article import build_article
    from dww_analysis.reports.render.paper import article_pdf
    from dww_analysis.reports.render.word import article_docx

    publication = Publication.of(project)
    shown, _ = publication.beside({table: tables["tables"][table] for table in report_tables(project)})
    folders = list(tables["figures"].values())
    fits, _ = publication.facts(tables["fits"], tables["tables"]["estimates"])
    results = Results(shown, fits, drawn_in(folders), made_from(project))
    article = build_article(results, setup_of(project), name)
    pictures = {
        file.name.removesuffix(f".{name}.png"): storage.load_bytes(file)
        for folder in folders
        for file in sorted(folder.glob(f"*.{name}.png"))
    }
    return Made({"docx": article_docx(article, pictures), "pdf": article_pdf(article)})


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    return results_read(project)


def _config(project: Project, name: str) -> tuple[Any, ...]:
    """All of the configuration, down to its files: the article prints it."""
    files = project.files
    told = files.about, files.discussion(name), bool(files.discussions)
    return files.study, files.plan, files.scales, files.reports, *told, config_checksums(project)


STAGE = Stage(
    "article",
    per="study",
    reads=_reads,
    makes=places.ARTICLE,
    config=_config,
    run=_run,
    names=articles,
    raw=lambda project, name: [project.paths.raw / s.file for s in project.files.sources],
)
