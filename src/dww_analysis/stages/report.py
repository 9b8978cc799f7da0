"""Stage report: the document, with its tables and figures beside it and where everything came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import dww_analysis
from dww_analysis import storage
from dww_analysis.config.archive import FILE as ARCHIVE_FILE
from dww_analysis.domain.exposure import DiaryRules, own_words
from dww_analysis.domain.networks import Checklist
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.study import Source
from dww_analysis.errors import amount
from dww_analysis.stages import places
from dww_analysis.stages.article_tables import article_tables
from dww_analysis.stages.curves import curve_tables
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.describe import TABLES
from dww_analysis.stages.drawings import LIST
from dww_analysis.stages.exposures import exposure_tables_of
from dww_analysis.stages.handed_out import handed_out
from dww_analysis.stages.imputations import imputation_tables
from dww_analysis.stages.linkage import linkage_tables
from dww_analysis.stages.mechanisms import mechanism_tables
from dww_analysis.stages.overview import NAME as OVERVIEW
from dww_analysis.stages.participation import participation_tables
from dww_analysis.stages.places import Place
from dww_analysis.stages.practice import AGENDA, practice_tables
from dww_analysis.stages.practice import TABLE as QUANTITIES
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.slices import slice_hash
from dww_analysis.stages.stage import Made, Stage, Tables, where_answered
from dww_analysis.stages.versions import versions

# the names of tables that a study has only where its sources or its plan ask for them
WHERE_PLANNED = (
    *(exposure_tables_of, imputation_tables, linkage_tables, mechanism_tables, participation_tables),
    *(curve_tables, practice_tables, article_tables),
)

if TYPE_CHECKING:
    from dww_analysis.reports import Setup

OF_UNITS = ("actions", "counts")  # sources, and steps, that only the sheets of units print


def report_tables(project: Project) -> list[str]:
    """Names of all tables of the report of this study: those of answers where there are sources of answers, and those
    that the plan or other sources ask for."""
    others = [tables_of(project) for tables_of in WHERE_PLANNED]
    always = sorted(TABLES) if project.answer_sources() else []
    return [*always, *(table for tables in others for table in tables)]


def _run(project: Project, name: str, tables: Tables) -> Made:
    """The document, its tables and figures, and its provenance; DisclosureError when they say too much."""
    from dww_analysis.reports import Results, build_report
    from dww_analysis.reports.documents.beside import Beside

    publication = Publication.of(project)
    shown, kept = publication.beside({table: tables["tables"][table] for table in report_tables(project)})
    folders = list(tables["figures"].values())
    _attack(shown, folders, publication.minimum)
    fits, facts = publication.facts(tables["fits"], tables["tables"].get("estimates"))
    provenance = _provenance(project, tables, [entry for entry, fit in fits.items() if fit.get("hidden")])
    built = build_report(
        Results(shown, fits, drawn_in(folders), provenance),
        setup_of(project),
        interpretations=tables.get("interpretations"),
        documents=[Beside(*file) for file in handed_out(project)],
    )
    pages, below = dict(built), f"{places.PAGE_TABLES.pattern}/"
    of_networks = {"network_pages": _network_pages(project, shown)} if has_networks(project) else {}
    parts = {
        "page_tables": {
            **{f"{table}.csv": frame for table, frame in shown.items()},
            **{
                file.removeprefix(below): content for file, content in pages.items() if file.startswith(below)
            },
        },
        "page_figures": _figure_files(folders),
        "pages": {
            **{file: content for file, content in pages.items() if not file.startswith(below)},
            **_practice_pages(project, shown),
            **_acting_pages(project, shown),
            places.PUBLISHED.pattern: _readers_have({**shown, **facts}, publication.means(tables["fits"])),
        },
        "provenance": provenance,
        "session_pages": _session_pages(project, shown),
        **of_networks,
    }
    return Made(
        parts,
        [f"{amount(kept, 'row keeps', 'rows keep')} the numbers of the earlier publication"] if kept else [],
    )


def setup_of(project: Project) -> Setup:
    """All that the configuration says and documents may print."""
    from dww_analysis.reports import Setup

    files = project.files
    return Setup(
        files.study,
        files.reports,
        files.plan,
        files.outcomes(),
        learning=own_words(s.rules for s in files.sources if isinstance(s.rules, DiaryRules)),
        theory=files.theory,
        practice=files.practice,
        about=files.about,
        discussions=files.discussions,
    )


def drawn_in(folders: Iterable[Path]) -> list[Any]:
    """The records of the figures that these folders list."""
    return [record for folder in folders for record in storage.load_json(folder / LIST)]


def _session_pages(project: Project, shown: Mapping[str, pd.DataFrame]) -> dict[str, str | bytes]:
    """A factsheet of each session; none where there are none."""
    from dww_analysis.reports import Setup, build_session_pages

    files = project.files
    if files.practice is None or not practice_tables(project):
        return {}
    setup = Setup(files.study, files.reports, practice=files.practice)
    return build_session_pages(shown[QUANTITIES], setup, shown.get(AGENDA), _checklists(files.practice))


def _checklists(practice: Practice) -> tuple[Checklist, ...]:
    """The check-lists that a study fills in, each once."""
    from dww_analysis.practice import load_checklist

    return tuple(load_checklist(id) for id in dict.fromkeys(used.id for used in practice.checklists))


def _practice_pages(project: Project, shown: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Priorities, building blocks, the learning agenda and check-lists about teams, of what there is."""
    from dww_analysis.reports import build_practice_pages

    files = project.files
    if files.practice is None or not practice_tables(project):
        return {}
    return build_practice_pages(shown, setup_of(project), _checklists(files.practice))


def has_networks(project: Project) -> bool:
    """Whether there are pages of learning networks."""
    practice = project.files.practice
    return practice is not None and bool(practice.networks) and bool(practice_tables(project))


def _network_pages(project: Project, shown: Mapping[str, pd.DataFrame]) -> dict[str, str | bytes]:
    """A page of each learning network; of several also one of all, and the intake where it was filled in."""
    from dww_analysis.reports import NetworkStudy, build_network_pages

    files, practice = project.files, project.files.practice
    assert practice is not None
    of = NetworkStudy(shown[QUANTITIES], practice, _checklists(practice), files.study)
    return build_network_pages(of, files.reports)


def _acting_pages(project: Project, shown: Mapping[str, pd.DataFrame]) -> dict[str, str | bytes]:
    """Pages of action knowledge and of the practice profile; none where nothing of them was counted."""
    from dww_analysis.reports import build_acting_pages

    files = project.files
    if files.practice is None or not practice_tables(project):
        return {}
    return build_acting_pages(shown[QUANTITIES], files.practice, files.study, files.reports)


def _attack(shown: Mapping[str, pd.DataFrame], folders: list[Path], minimum: int) -> None:
    """DisclosureError when something about few persons follows from the tables and the figures' numbers."""
    from dww_analysis.privacy.audit import attack, raise_findings
    from dww_analysis.privacy.audit_figures import attack_figures

    files = [file for folder in folders for file in sorted(folder.glob("*.csv"))]
    figures = {file.stem: storage.load_frame(file) for file in files}
    raise_findings([*attack(shown, minimum), *attack_figures(figures, shown, minimum)])


def _readers_have(shown: Mapping[str, pd.DataFrame], means: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """What the next publication is laid beside: the tables, and the model means that figures draw."""
    from dww_analysis.privacy.published import state_of

    drawn = {"model_means": pd.concat(means.values(), ignore_index=True)} if means else {}
    return state_of({**shown, **drawn})


def _figure_files(folders: list[Path]) -> dict[str, bytes]:
    """Every drawing's files, as bytes."""
    files = [file for folder in folders for file in sorted(folder.iterdir())]
    return {f.name: storage.load_bytes(f) for f in files if f.suffix in (".svg", ".png", ".csv")}


def _provenance(project: Project, tables: Tables, hidden: Collection[str]) -> dict[str, Any]:
    """From which files, code and settings everything came, and how each step went. hidden: entries whose estimate is
    not shown; what steps said of them is not either."""
    jobs = without_names(project, tables["jobs"].values())
    return {**made_from(project), "jobs": [{**job, "warnings": _shown_warnings(job, hidden)} for job in jobs]}


def _shown_warnings(job: Mapping[str, Any], hidden: Collection[str]) -> list[str]:
    from dww_analysis.stages.register import stage

    if job["name"] in hidden and stage(job["stage"]).per == "entry":
        return []
    return [w for w in job["warnings"] if not any(w.startswith(f"{entry}: ") for entry in hidden)]


def made_from(project: Project) -> dict[str, Any]:
    """From which files, code and settings documents are made: study, delivered, package, versions, seed, checksums of
    configuration and sources (by id: names of files may name persons), and how pseudonyms were made."""
    paths, files = project.paths, project.files
    configs = config_checksums(project)
    return {
        "study": files.study.id,
        "delivered": files.study.delivered,
        "package": {"name": "dww-analysis", "version": dww_analysis.__version__},
        **versions(),
        "seed": files.study.seed,
        "config": configs,
        "config_hash": slice_hash(list(configs.values())),
        "sources": [
            {"id": s.id, "sha256": storage.sha256_of(paths.raw / s.file)}  # its name may name persons
            for s in _sources(project)
        ],
        "pseudonyms": _pseudonyms(project),
    }


def _pseudonyms(project: Project) -> str:
    """With which key the codes of persons were made."""
    if project.of_sessions:
        return "none"
    return "fixed test key" if project.files.study.data != "private" else "the study's own key"


def without_names(project: Project, jobs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records of jobs in which every delivered file is called by its source: names of files may name persons."""
    raw = project.paths.shown(project.paths.raw)
    named = {
        project.paths.shown(file): f"source {source.id}" + (f" ({i})" if i else "")
        for source in project.files.sources
        for i, file in enumerate(Delivery(project, source).files)
    }

    def called(file: str) -> str:
        return named.get(file, "a delivered file") if file.startswith(f"{raw}/") else file

    return [
        {**job, "inputs": {called(file): sha for file, sha in job.get("inputs", {}).items()}} for job in jobs
    ]


def config_checksums(project: Project) -> dict[str, str]:
    """Configuration file (path below the root) -> SHA-256, without `ARCHIVE_FILE`, on which no result rests."""
    configs = sorted(path for path in project.paths.config.glob("*.yaml") if path.name != ARCHIVE_FILE)
    return {project.paths.shown(path): storage.sha256_of(path) for path in configs}


def _reads(project: Project, name: str) -> dict[str, Any]:
    from dww_analysis.stages.register import jobs_before

    paths = project.paths
    records: dict[str, Path] = {
        f"{stage}.{job}": places.record_of(stage).at(paths, job)
        for stage, job in jobs_before(project, STAGE.id)
        if stage not in _apart(project)
    }
    shared = places.CYCLE_SHARED.at(paths)
    told = {"interpretations": shared} if project.cycle_sources("interpretations") else {}
    return {**results_read(project), "jobs": dict(sorted(records.items())), **told}


def results_read(project: Project) -> dict[str, Any]:
    """The results that documents print: {"tables": those through the gate, "figures", "fits": what is known of each
    fit}, each name -> file. A part of `reads`."""
    paths = project.paths
    drawn_names = [*where_answered(project, OVERVIEW), *(s.id for s in project.files.scales)]
    return {
        "tables": {table: places.safe_table(table).at(paths) for table in report_tables(project)},
        "figures": {drawn: places.FIGURES.at(paths, drawn) for drawn in drawn_names},
        "fits": {e.id: places.ENTRY_FIT.at(paths, e.id) for e in project.files.plan.entries},
    }


def _apart(project: Project) -> tuple[str, ...]:
    """Steps that the page rests on nowhere, in studies whose units write back: what one of them agrees on and counts
    reaches its own sheet, and the page stays as it is."""
    return ("sheets", *OF_UNITS) if project.cycle_sources() else ()


def _sources(project: Project) -> list[Source]:
    """The sources of everything that the page shows."""
    return [s for s in project.files.sources if s.kind not in OF_UNITS]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    """All of the configuration, down to its files: the report prints it."""
    files = project.files
    told = (files.about, files.discussions) if article_tables(project) else ()
    return files.study, files.plan, files.scales, files.reports, *told, config_checksums(project)


def _makes(project: Project) -> dict[str, Place]:
    drawn = {"page_figures": places.PAGE_FIGURES} if where_answered(project) else {}
    told = {"session_pages": places.SESSION_PAGES} if practice_tables(project) else {}
    told |= {"network_pages": places.NETWORK_PAGES} if has_networks(project) else {}
    pages = {"pages": places.PAGES, "provenance": places.PROVENANCE}
    return {"page_tables": places.PAGE_TABLES, **drawn, **told, **pages}


def _raw(project: Project, name: str) -> list[Path]:
    return [file for source in _sources(project) for file in Delivery(project, source).files]


STAGE = Stage(
    "report",
    per="study",
    reads=_reads,
    makes=_makes,
    config=_config,
    run=_run,
    names=lambda project: ["study"],
    raw=_raw,
)
