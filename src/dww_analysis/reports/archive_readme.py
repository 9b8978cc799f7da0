"""What an archive says of itself in words: what is in it, whom it is about, how to check it and compute it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dww_analysis.domain.study import Study, Text
from dww_analysis.language import Words

# the first part of a file's name at the top -> how the phrase `archive.part_` calls it; folders by their names
FILES = {"README": "readme", "manifest-sha256": "manifest", "ro-crate-metadata": "crate"}
AGREEMENTS = ("consent", "officer", "access")  # before rows of single persons leave the research team


@dataclass(frozen=True)
class Contents:
    """parts: the first part of each path (phrases `archive.part_`); agreed: what was, None without persons."""

    parts: tuple[str, ...]
    licence: str
    version: str
    description: Text
    sealed: str | None
    agreed: tuple[str, ...] | None = None
    alone: tuple[int, int] | None = None  # persons who are alone in what is known of them, of how many
    of_sessions: bool = False  # nothing else was delivered: no plan, and nobody is followed


def agreements(language: str) -> list[str]:
    """What must be agreed before rows of persons leave the research team, a line each."""
    return [Words(language)(f"archive.agree_{name}") for name in AGREEMENTS]


def readme(study: Study, contents: Contents, language: str) -> str:
    """README of an archive in Markdown: what is in it, whom it is about, licence and contact, how to check it
    (`sha256sum`) and compute it again. In one language; parts of which `contents` knows nothing have no heading."""
    words = Words(language, study.level_labels, study.unit)
    blocks = (
        [f"# {words.say(study.title)}"],
        [words.say(contents.description)] if contents.description else [],
        [words("archive.intro", version=contents.version, date=study.delivered)],
        [] if contents.of_sessions else [_plan(contents, words)],
        [f"## {words('archive.heading_contents')}"],
        ["\n".join(_parts(contents, words))],
        [f"## {words('archive.heading_persons')}"],
        list(_persons(study, contents, words)),
        [f"## {words('archive.heading_use')}"],
        [f"{words('archive.licence')}: {contents.licence}"],
        [words.say(study.citation)] if study.citation else [],
        [f"{words('archive.contact')}: {study.contact}"] if study.contact else [],
        [
            f"## {words('archive.heading_check')}",
            words("archive.check"),
            "    sha256sum -c manifest-sha256.txt",
        ],
        [words("archive.again"), "    pip install --require-hashes -r code/requirements.lock"],
    )
    return "\n\n".join(block for some in blocks for block in some if block) + "\n"


def _plan(contents: Contents, words: Words) -> str:
    return words("archive.sealed", date=contents.sealed) if contents.sealed else words("archive.not_sealed")


def _parts(contents: Contents, words: Words) -> Iterator[str]:
    yield f"| {words('archive.column_path')} | {words('archive.column_what')} |"
    yield "|---|---|"
    for part in contents.parts:
        yield f"| `{part}` | {words(part_key(part))} |"


def part_key(part: str) -> str:
    """The id of the phrase (`archive.part_...`) that says what a part of an archive is, such as "report/" or
    "README.nl.md"."""
    stem = part.strip("/").split(".")[0]
    return f"archive.part_{FILES.get(stem, stem)}"


def _persons(study: Study, contents: Contents, words: Words) -> Iterator[str]:
    if contents.of_sessions:
        yield words("archive.of_sessions")
        return
    if contents.agreed is None:
        yield words("archive.without_persons")
        yield _listed(agreements(words.language))
        return
    yield words(f"archive.with_persons_{study.data}")
    if contents.alone is not None:
        alone, of = contents.alone
        yield words("archive.alone", alone=words.count(alone), of=words.count(of))
    if contents.agreed:
        yield words("archive.agreed")
        yield _listed(contents.agreed)


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
