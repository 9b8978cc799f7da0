"""The description of an archive as RO-Crate 1.2: what every file is, who made it, with what, under which licence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.domain.study import Study, say
from dww_analysis.language import Words
from dww_analysis.reports.archive_readme import part_key

VERSION = "1.2"
METADATA, MANIFEST = "ro-crate-metadata.json", "manifest-sha256.txt"
FORMATS = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".lock": "text/plain",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".sav": "application/x-spss-sav",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
}
# as a study may write a licence, in capitals and without spaces and hyphens -> where it stands
LICENCES = {
    "CC01.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CCBY4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CCBYSA4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CCBYNC4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CCBYNCSA4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CCBYND4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CCBYNCND4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
}


@dataclass(frozen=True)
class Maker:
    """Somebody who made the data, as archive.yaml names them."""

    name: str
    orcid: str = ""
    affiliation: str = ""


@dataclass(frozen=True)
class CrateWords:
    """What is said of the archive as a whole."""

    study: Study
    language: str  # of the title
    licence: str
    description: str
    version: str  # of the program
    makers: tuple[Maker, ...] = ()
    keywords: tuple[str, ...] = ()


def licence_address(licence: str) -> str:
    """The address of a licence that `LICENCES` knows or that is an address itself; "" for another text."""
    if licence.startswith(("https://", "http://")):
        return licence
    return LICENCES.get(licence.upper().replace(" ", "").replace("-", ""), "")


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Path below the folder, and file, in the order of the alphabet."""
    found = ((p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file())
    yield from sorted(found)


def describe_crate(folder: Path, said: CrateWords) -> Path:
    """Write ro-crate-metadata.json beside the files of a folder, and return its path. The manifest is named in it,
    and comes later. Entities stand in one order, so that the same files give the same bytes."""
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)
    files = list(files_in(folder))
    _describe_root(crate, said, [name for name, _ in files if name.startswith("configuration/")])
    for name, path in files:
        known = {"sha256": storage.sha256_of(path), "contentSize": str(path.stat().st_size)}
        crate.add_file(path, name, properties={**_file_words(name), **known})
    crate.add_file(None, MANIFEST, properties=_file_words(MANIFEST))
    return storage.save_json(_in_order(crate.metadata.generate()), folder / METADATA)


def _describe_root(crate: Any, said: CrateWords, settings: list[str]) -> None:
    study, root = said.study, crate.root_dataset
    root["name"] = say(study.title, said.language)
    others = [title for title in study.title.values() if title != root["name"]]
    root["description"] = said.description
    root["datePublished"] = study.delivered  # no clock: the same archive again tomorrow
    root["identifier"] = study.id
    root["license"] = crate.add(_licence(crate, said.licence))
    root["author"] = [crate.add(_maker(crate, maker, n)) for n, maker in enumerate(said.makers, start=1)]
    root["keywords"] = list(said.keywords)
    root["alternateName"] = others
    for name in ("author", "keywords", "alternateName"):
        if not root[name]:
            del root[name]
    if study.citation:
        root["creditText"] = say(study.citation, said.language)
    crate.add(_program(crate, said.version))
    root["mentions"] = crate.add(_making(crate, settings))


def _licence(crate: Any, licence: str) -> Any:
    from rocrate.model.contextentity import ContextEntity

    words = {"@type": "CreativeWork", "name": licence, "description": licence}
    return ContextEntity(crate, licence_address(licence) or "#licence", properties=words)


def _maker(crate: Any, maker: Maker, number: int) -> Any:
    from rocrate.model.person import Person

    where = f"https://orcid.org/{maker.orcid}" if maker.orcid else f"#maker-{number}"
    named: dict[str, Any] = {"name": maker.name}
    if maker.affiliation:
        named["affiliation"] = maker.affiliation
    return Person(crate, where, properties=named)


def _program(crate: Any, version: str) -> Any:
    from rocrate.model.contextentity import ContextEntity

    licence = {"@id": "https://www.gnu.org/licenses/gpl-3.0.html"}
    words = {"@type": "SoftwareApplication", "name": "dww-analysis", "version": version, "license": licence}
    return ContextEntity(crate, "#dww-analysis", properties=words)


def _making(crate: Any, settings: list[str]) -> Any:
    """The run that made the results: from the files of the configuration, with the program."""
    from rocrate.model.contextentity import ContextEntity

    words = {
        "@type": "CreateAction",
        "name": "dww run",
        "instrument": {"@id": "#dww-analysis"},
        "object": [{"@id": name} for name in settings],
        "result": {"@id": "report/index.html"},
    }
    return ContextEntity(crate, "#run", properties=words)


def _file_words(name: str) -> dict[str, Any]:
    part = name.split("/")[0]
    words: dict[str, Any] = {"name": name, "encodingFormat": FORMATS[Path(name).suffix]}
    words["description"] = Words("en")(part_key(part))
    if Path(name).suffix == ".xml":
        words["conformsTo"] = {"@id": "https://ddialliance.org/Specification/DDI-Codebook/2.5/"}
    return words


def _in_order(generated: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata with its entities in the order of their names, the descriptor and the root first."""
    first = {METADATA: 0, "./": 1}
    graph = sorted(generated["@graph"], key=lambda e: (first.get(e["@id"], 2), e["@id"]))
    return {**generated, "@graph": graph}
