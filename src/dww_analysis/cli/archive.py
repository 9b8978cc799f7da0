"""`dww archive`: what a data station takes, made from a finished run. No rows of single persons without --private."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dww_analysis import __version__, storage
from dww_analysis.cli.archive_crate import MANIFEST, METADATA, CrateWords, Maker, describe_crate, files_in
from dww_analysis.cli.archive_members import without_members
from dww_analysis.cli.bundle import bundle
from dww_analysis.cli.export import scored_frame, write_scores
from dww_analysis.cli.messages import tell
from dww_analysis.cli.privacy_check import leaving_problems
from dww_analysis.config.archive import FILE, ArchiveConfig
from dww_analysis.config.whole import FILES, OPTIONAL
from dww_analysis.domain.study import LEVELS, say
from dww_analysis.errors import ConfigError, DisclosureError, DwwError, Problem, raise_all
from dww_analysis.language import LANGUAGES, Words
from dww_analysis.reports.archive_readme import Contents, agreements, readme
from dww_analysis.reports.variables import DataFile, delivered_files, published_file, scored_file
from dww_analysis.stages import places
from dww_analysis.stages.lock import one_run
from dww_analysis.stages.practice import practice_tables
from dww_analysis.stages.project import Project
from dww_analysis.stages.workflow import Workflow

LOCK = "requirements.lock"
BESIDE = re.compile(r'href="([\w-]+\.\w+\.(?:html|pdf))"')  # what a page links to, next to it


@dataclass(frozen=True)
class Archive:
    """What is to be archived: the study, what archive.yaml says, and whether rows of persons come along."""

    project: Project
    config: ArchiveConfig
    private: bool

    @property
    def folder(self) -> Path:
        """Where it is made."""
        return self.project.paths.derived / ("archive_private" if self.private else "archive")


def archive_study(project: Project, language: str, private: bool) -> tuple[Path, int]:
    """The folder, and how many files are in it; the same bytes again. ConfigError with every reason why not.

    Needs a finished run of the present configuration. Nothing is written until everything is there.
    """
    with _quiet(project, language):
        archive = _checked(project, private)
        with storage.whole_folder(archive.folder) as folder:
            _fill(archive, folder)
            raise_all(_leaving(archive, folder), DisclosureError)
            count = sum(1 for _ in files_in(folder))
    return archive.folder, count


def _quiet(project: Project, language: str) -> AbstractContextManager[None]:
    """No run of the study meanwhile; there is nothing to wait for where none ever was."""
    busy = lambda: print(tell(language, "busy"), file=sys.stderr, flush=True)  # noqa: E731
    return one_run(project.paths, busy) if project.paths.logs.is_dir() else nullcontext()


def _checked(project: Project, private: bool) -> Archive:
    """Everything that is wrong, in the configuration, archive.yaml, the run and what was agreed, at once."""
    problems: list[Problem] = []
    config = _config(project, problems)
    try:
        problems += _unfinished(project)
        problems += [] if project.files.reports.licence else [_no_licence(project)]
        if private and project.of_sessions:
            problems.append(_nobody_followed())
        elif private and project.files.study.data == "private" and config.persons is None:
            problems.append(_not_agreed(project))
    except DwwError as error:
        problems += error.problems
    raise_all(problems, ConfigError)
    return Archive(project, config, private)


def _config(project: Project, problems: list[Problem]) -> ArchiveConfig:
    from dww_analysis.config.open_places import open_problems
    from dww_analysis.config.strict import validate
    from dww_analysis.config.yaml_file import read_yaml

    path = project.paths.config / FILE
    if not path.is_file():
        return ArchiveConfig()
    try:
        file = read_yaml(path, project.paths.shown(path))
    except ConfigError as error:
        problems += error.problems
        return ArchiveConfig()
    config, found = validate(ArchiveConfig, file)
    problems += [*open_problems(file), *found]
    return config or ArchiveConfig()


def _unfinished(project: Project) -> Iterator[Problem]:
    flow, paths = Workflow(project), project.paths
    results = flow.results()
    missing = [name for name in results if not (paths.root / name).exists()]
    if missing:
        found, where = f"{len(missing)} of {len(results)} results are not there", f"such as {missing[0]}"
    elif moved := flow.moved():
        stage, name = next(iter(moved))
        found = f"{len(moved)} step(s) were made from another configuration, code or files than there are now"
        where = f"such as {stage} {name}"
    else:
        return
    yield Problem(found=found, where=where, expected="a finished run", action=f"dww run {paths.study}")


def _no_licence(project: Project) -> Problem:
    return Problem(
        found="no licence is declared",
        where=project.paths.shown(project.paths.config / "reports.yaml"),
        expected="what others may do with what is archived",
        action="write `licence: CC BY 4.0`, or what was agreed",
    )


def _nobody_followed() -> Problem:
    return Problem(
        found="there are no rows of single persons: sessions are counted, and nobody is followed",
        where="dww archive --private",
        expected="a study in which persons answered",
        action="archive without --private",
    )


def _not_agreed(project: Project) -> Problem:
    return Problem(
        found="nothing says that rows of single persons may leave the research team",
        where=project.paths.shown(project.paths.config / FILE),
        expected="agreed first: " + "; ".join(agreements("en")),
        action=(
            "write it under `persons:` with `consent`, `officer`, `access` and `agreed`; or "
            "archive without --private"
        ),
    )


def _fill(archive: Archive, folder: Path) -> None:
    """Every file of the archive, the metadata and the manifest last."""
    project = archive.project
    _copy(places.PAGES.at(project.paths), folder / "report", _published(project))
    _copy(project.paths.config, folder / "configuration", _configuration(project))
    if project.files.study.data == "private" and not archive.private:
        _without_members(folder / "configuration" / "practice.yaml")
    _write_code(project, folder / "code")
    frame = None
    if archive.private:
        write_scores(project, project.files.reports.languages[0], folder / "data")
        frame = storage.load_frame(places.MEASUREMENTS.at(project.paths))
    storage.save_bytes(_ddi(archive), folder / "documentation" / "codebook.xml")
    parts = {f"{name.split('/')[0]}/" if "/" in name else name for name, _ in files_in(folder)}
    names = {*parts, *(f"README.{language}.md" for language in LANGUAGES), METADATA, MANIFEST}
    for language in LANGUAGES:
        text = readme(project.files.study, _contents(archive, names, frame, language), language)
        storage.save_text(text, folder / f"README.{language}.md")
    describe_crate(folder, _crate_words(archive))
    lines = [f"{storage.sha256_of(path)}  {name}\n" for name, path in files_in(folder)]
    storage.save_text("".join(lines), folder / MANIFEST)


def _copy(source: Path, target: Path, names: list[str]) -> None:
    for name in names:
        storage.save_bytes(storage.load_bytes(source / name), target / name)


def _without_members(file: Path) -> None:
    """Write a copied practice.yaml anew without the codes of persons in networks."""
    if file.is_file():
        text = storage.load_bytes(file).decode("utf-8")
        storage.save_text(without_members(text), file)


def _published(project: Project) -> list[str]:
    """What the run made for readers of the report. Not a unit's sheet, which is for that unit alone; nothing that lies
    there from an earlier configuration; no notes of the workflow or of the publication after this one."""
    pages = places.PAGES.at(project.paths)
    made = (project.paths.root / name for name in Workflow(project).results())
    shown = [place for place in made if place.is_relative_to(pages)]
    shown += [pages / name for name in _linked(pages, places.PAGES.seen_as)]
    files = [file for place in shown for file in ([place] if place.is_file() else sorted(place.rglob("*")))]
    named = (f.relative_to(pages).as_posix() for f in files if f.is_file() and not f.name.startswith("."))
    return list(dict.fromkeys(named))


def _linked(pages: Path, first: str) -> list[str]:
    """The names of what lies beside a page and is reached from it by links, sorted."""
    found, new = set(), {first}
    while new:
        texts = [storage.load_bytes(pages / name).decode("utf-8") for name in new if name.endswith(".html")]
        found |= new
        new = {name for text in texts for name in BESIDE.findall(text)} - found
    return sorted(found - {first})


def _configuration(project: Project) -> list[str]:
    from dww_analysis.cli.power import FILE as POWER
    from dww_analysis.config.discussion import discussions_in
    from dww_analysis.config.seal import SEAL_FILE

    known = [*(f"{name}.yaml" for name in (*FILES, *OPTIONAL)), FILE, POWER, SEAL_FILE]
    known += discussions_in(project.paths.config)
    return [name for name in known if (project.paths.config / name).is_file()]


def _write_code(project: Project, folder: Path) -> None:
    made = storage.load_json(places.PROVENANCE.at(project.paths))
    kept = {name: made[name] for name in ("package", "packages", "python", "config_hash") if name in made}
    storage.save_json(kept, folder / "version.json")
    storage.save_bytes(storage.load_bytes(bundle() / LOCK), folder / LOCK)


def _ddi(archive: Archive) -> bytes:
    from dww_analysis.reports.ddi import Described, ddi_codebook

    project, config = archive.project, archive.config
    files = project.files
    access = f"archive.access_{files.study.data if archive.private else 'none'}"
    described = Described(
        licence=files.reports.licence,
        version=__version__,
        description=config.description,
        creators=tuple((c.name, c.affiliation) for c in config.creators),
        keywords=tuple(config.keywords),
        access={language: Words(language)(access) for language in sorted(LANGUAGES)},
        of_sessions=project.of_sessions,
    )
    answered = [] if project.of_sessions else _answered(archive)
    return ddi_codebook(files.study, [*answered, *_told(project)], described)


def _answered(archive: Archive) -> list[DataFile]:
    """The scored data, and the delivered files with answers."""
    project, files = archive.project, archive.project.files
    framed = {language: scored_frame(project, language) for language in sorted(LANGUAGES)}
    columns = list(next(iter(framed.values()))[0].columns)
    labels = {c: {n: said[c] for n, (_, said) in framed.items()} for c in next(iter(framed.values()))[1]}
    address = "data/scores.csv" if archive.private else ""
    scores = scored_file(columns, labels, files.study, files.scales, address)
    book = storage.load_frame(places.CODEBOOK.at(project.paths))
    return [scores, *delivered_files(book, files.study)]


def _told(project: Project) -> list[DataFile]:
    """The published tables about sessions."""
    tables = [places.page_table(name) for name in practice_tables(project)]
    return [published_file(table.declared(), f"report/{table.pattern}") for table in tables]


def _contents(archive: Archive, names: set[str], frame: pd.DataFrame | None, language: str) -> Contents:
    files = archive.project.files
    return Contents(
        parts=tuple(sorted(names)),
        licence=files.reports.licence,
        version=__version__,
        description=archive.config.description,
        sealed=files.plan.sealed,
        of_sessions=archive.project.of_sessions,
        agreed=_agreed(archive, language) if archive.private else None,
        alone=_alone(archive, frame) if frame is not None else None,
    )


def _agreed(archive: Archive, language: str) -> tuple[str, ...]:
    persons = archive.config.persons
    if persons is None:
        return ()
    since = Words(language)("archive.agreed_since", date=persons.agreed)
    return persons.consent, persons.officer, persons.access, since


def _alone(archive: Archive, frame: pd.DataFrame) -> tuple[int, int]:
    """Persons who are the only one with their team and background, of how many."""
    from dww_analysis.privacy.alone import persons_alone

    known = [b.name for b in archive.project.files.study.background]
    columns = [c for c in (*LEVELS[:-1], *known) if c in frame.columns]
    persons = ["sample", "person"]
    return persons_alone(frame, persons, columns), len(frame[persons].drop_duplicates())


def _crate_words(archive: Archive) -> CrateWords:
    files, config = archive.project.files, archive.config
    language = files.reports.languages[0]
    description = say(config.description or files.study.title, language)
    return CrateWords(
        study=files.study,
        language=language,
        licence=files.reports.licence,
        description=description,
        version=__version__,
        makers=tuple(Maker(c.name, c.orcid, c.affiliation) for c in config.creators),
        keywords=tuple(config.keywords),
    )


def _leaving(archive: Archive, folder: Path) -> list[Problem]:
    """Identifiers in the archive, and pseudonyms where no rows of persons may be in it."""
    project = archive.project
    named = [project.files.study.contact, *(c.name for c in archive.config.creators)]
    pseudonyms = () if archive.private else _pseudonyms(project)
    return leaving_problems(project, folder, pseudonyms, [text for text in named if text])


def _pseudonyms(project: Project) -> Iterable[str]:
    """Of everybody who answered, or of whom there are diaries, app events or records."""
    answered = [places.MEASUREMENTS.at(project.paths)] if project.answer_sources() else []
    learned = [places.EXPOSURE.at(project.paths, source.id) for source in project.exposure_sources()]
    people = [storage.load_frame(path, columns=["person"])["person"] for path in (*answered, *learned)]
    return {str(person) for column in people for person in pd.unique(column.dropna())}
