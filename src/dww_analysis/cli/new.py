"""`dww new`: copy delivered files to a new study and write a first configuration from what they say."""

from __future__ import annotations

import contextlib
import datetime
import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.cli.known_words import known_at_first
from dww_analysis.cli.paths import Paths, command
from dww_analysis.cli.structures import is_structure, said_of, structure_of, unused_structures
from dww_analysis.domain.written import OPEN
from dww_analysis.errors import ConfigError, DwwError, Problem, SourceError, raise_all
from dww_analysis.guess import Delivered, Draft, delivered, draft_study, texts_of
from dww_analysis.guess.network_text import network_points
from dww_analysis.guess.practice_text import open_points
from dww_analysis.storage.needs import Need

LOGS = (".jsonl", ".ndjson")


def new_study(root: Path, study: str, files: list[Path], options: Sequence[str] = ()) -> list[str]:
    """Lines that say what was written. Nothing is written when the study exists or a file cannot be read.

    `options`: `NAME=VALUE` for every file whose reader knows it, or `FILE:NAME=VALUE`.
    """
    paths = Paths(root, study)
    _refuse(paths, study, files)
    looked = look_at(files, options)
    draft = draft_study(study, looked.looks, datetime.date.today().isoformat(), known_at_first())
    texts = texts_of(draft)
    copied = write_study(paths, [f for f in looked.files if f.name not in draft.left_out], texts)
    return [
        "Written:",
        *(f"  {paths.shown(paths.config)}/{name}" for name in texts),
        f"Copied to {paths.shown(paths.raw)}: " + ", ".join(copied),
        *looked.said,
        *said(draft),
        "Lines with GUESS are guesses: look at each one, correct it, delete the mark.",
        f"Then: {command(root, 'check', study)}",
        f"A private study needs a key, once: {command(root, 'key new', study)}",
    ]


def said(draft: Draft) -> list[str]:
    """What a reader must decide, in words: a line each for persons nobody is told by, words without a number, items
    that may be reversed, and what is open in practice.yaml and study.yaml; [] where nothing is."""
    lines = []
    for source in draft.sources:
        persons = next((m.theirs for m in source.columns if m.ours == "person"), None)
        if source.kind == "answers" and source.columns and persons is None:
            lines.append(f"{source.file}: no column says who answered; every row is its own person")
        roles = ("person", "team", "organisation")
        if source.kind == "answers" and not source.notes and all(m.ours in roles for m in source.columns):
            lines.append(f"{source.file}: no column looks like an item or a score")
        lines += [f"{source.file}: {note}" for note in source.notes]
    lines += [
        f"{name}: no column looks like an answer, so it is no wave and is left out" for name in draft.left_out
    ]
    open_words = [w.id for w in draft.words if OPEN in w.numbers.values()]
    lines += [f"sources.yaml, recode_sets {name}: give each word its number" for name in open_words]
    for scale in draft.scales:
        for item, why in {**scale.reversed, **scale.perhaps}.items():
            lines.append(f"scales.yaml, {scale.id}: perhaps reversed: {item} ({why})")
    if draft.practice is not None:
        more = network_points(draft.networks) if draft.networks is not None else []
        lines += [f"practice.yaml, {point}" for point in (*open_points(draft.practice), *more)]
        lines.append(
            "sources.yaml: sessions are private until you say how people agreed (basis, consent, date)"
        )
    return [*lines, *(f"study.yaml: {text}" for text in (*draft.open, draft.undecided) if text)]


def _refuse(paths: Paths, study: str, files: Sequence[Path]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", study):
        raise ConfigError.of(
            found=f"the name {study[:60]!r}",
            where="dww new",
            expected="lower-case letters, digits and _, at most 60",
            action="choose another name",
        )
    if paths.config.exists():
        raise ConfigError.of(
            found="the study exists already",
            where=paths.shown(paths.config),
            expected="a new name",
            action="choose another name, add a file with `dww add STUDY FILE`, or delete the folder",
        )
    refuse_overwriting(paths, files, "dww new")


def refuse_overwriting(paths: Paths, files: Sequence[Path], where: str) -> None:
    """ConfigError for files that would overwrite each other or one that was delivered before, and for copies."""
    names = [f.name for f in files]
    if len(set(names)) != len(names):
        raise ConfigError.of(
            found="two files have the same name", where=where, expected="different names", action="rename one"
        )
    for file in files:
        there = paths.raw / file.name
        if file.is_file() and there.exists() and there.read_bytes() != file.read_bytes():
            raise ConfigError.of(
                found="another file of this name was delivered before",
                where=paths.shown(there),
                expected="a new name for a new file",
                action="rename the new file, or remove the old one",
            )
    _refuse_copies(paths, [f for f in files if f.is_file() and not is_structure(f)], where)


def _refuse_copies(paths: Paths, files: Sequence[Path], where: str) -> None:
    """ConfigError for a file with the content of another: a wave that is delivered twice is no new wave."""
    delivered_before = sorted(p for p in paths.raw.glob("*") if p.is_file())
    for position, file in enumerate(files):
        others = [p for p in (*delivered_before, *files[:position]) if p.name != file.name]
        twin = next((p for p in others if filecmp.cmp(p, file, shallow=False)), None)
        if twin is not None:
            raise ConfigError.of(
                found=f"{file.name} has the same content as {twin.name}",
                where=where,
                expected="files that differ; a file with several waves is listed once for each wave",
                action="leave it out, or give the file that was meant",
            )


@dataclass(frozen=True)
class Looked:
    """What the guesser sees of the files; those to copy, with structures beside them; what is left, in words."""

    looks: list[Delivered]
    files: list[Path]
    said: list[str]


def look_at(files: Sequence[Path], options: Sequence[str]) -> Looked:
    """A first look at every file. SourceError with every problem of every file at once; ConfigError for options that no
    file or reader has."""
    given = parse_options(options, [f.name for f in files])
    structures = [f for f in files if is_structure(f)]
    looks: list[Delivered] = []
    problems: list[Problem] = []
    for file in files:
        if file in structures:
            continue
        try:
            looks.append(_look(file, given.get(file.name, {}), structures))
        except DwwError as error:
            problems += error.problems or [
                Problem(
                    found=str(error),
                    where=file.name,
                    expected="a file that can be read",
                    action="deliver it again",
                )
            ]
    if not looks and not problems:
        problems.append(
            Problem(
                found="no file with answers: " + ", ".join(f.name for f in structures),
                where="the command line",
                expected="the delivered answers beside the file that says what they mean",
                action="give the file with the answers too",
            )
        )
    raise_all(problems, SourceError)
    unused = unused_structures(structures, looks)
    beside = [f.parent / str(s) for f, s in _own_structures(files, looks)]
    kept = [f for f in (*files, *beside) if f not in unused]
    return Looked(looks, list(dict.fromkeys(kept)), said_of(unused))


def _own_structures(files: Sequence[Path], looks: Sequence[Delivered]) -> list[tuple[Path, str]]:
    """Files whose structure was not given and lies beside them, with its name."""
    by_name, given = {f.name: f for f in files}, {f.name for f in files}
    found = [(by_name[look.file], str(look.options.get("structure") or "")) for look in looks]
    return [(file, name) for file, name in found if name and name not in given]


def _look(file: Path, options: Mapping[str, Any], structures: Sequence[Path]) -> Delivered:
    if file.suffix.lower() in LOGS:
        return Delivered(file.name, storage.sha256_of(file), "lines")
    look = storage.needed_options(file, **options)
    if look.table is None:
        if look.needs:
            return _open_file(file, options, look.needs)
        raise look.error or SourceError.of(
            found="the file cannot be read", where=file.name, expected="a table", action="deliver it again"
        )
    chosen = {**options, **look.suggested}
    table = look.table
    structure = structure_of(file, table.format, structures)
    if structure is not None and "structure" not in options:
        chosen["structure"] = structure.name
        table = _with_structure(file, chosen, structure)
    why = {n.option: f"{n.said}; one of {', '.join(map(str, n.choices))}" for n in look.needs}
    format_ = table.format
    return delivered(file.name, storage.sha256_of(file), format_, table.data, table.variables, chosen, why)


def _open_file(file: Path, options: Mapping[str, Any], needs: Sequence[Need]) -> Delivered:
    """A file that can be read once somebody chooses: its options are left open, and its columns unknown."""
    open_ = {n.option: f"? {n.said}: {', '.join(map(str, n.choices))}" for n in needs}
    said = f"choose {', '.join(open_)} with `--option {file.name}:NAME=VALUE`, or fill it in and name the columns"
    given = {k: v for k, v in options.items() if k not in open_}
    return Delivered(file.name, storage.sha256_of(file), "", options=given | open_, needs=(said,))


def _with_structure(file: Path, options: Mapping[str, Any], structure: Path) -> storage.Table:
    """The table read beside its structure, wherever the two lie now."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        here = Path(folder)
        (here / file.name).symlink_to(file.resolve())
        (here / structure.name).symlink_to(structure.resolve())
        return storage.read_table(here / file.name, **options)


def write_study(paths: Paths, files: Sequence[Path], texts: Mapping[str, str]) -> list[str]:
    """Copy files to the study's raw folder and write its configuration; names of the copies. A copy that is there
    stays. All of it, or nothing: ConfigError where the folder cannot be written, with what was there before put
    back."""
    made: list[Path] = []
    kept = {name: (paths.config / name).read_bytes() for name in texts if (paths.config / name).exists()}
    try:
        paths.raw.mkdir(parents=True, exist_ok=True)
        for source in files:
            target = paths.raw / source.name
            if not target.exists():
                made.append(target)
                shutil.copyfile(source, target)
        for name, text in texts.items():
            made += [] if name in kept else [paths.config / name]
            storage.save_text(text, paths.config / name)
    except OSError as error:
        _take_back(paths, made, kept)
        raise ConfigError.of(
            found=f"nothing was written: {error.strerror or error}",
            where=paths.shown(Path(str(error.filename or paths.root))),
            expected="a folder that can be written, with space",
            action="check the permissions and the disk, or give another --root",
        ) from error
    return [f.name for f in files]


def _take_back(paths: Paths, made: Sequence[Path], kept: Mapping[str, bytes]) -> None:
    """Remove what was written, and put back what was there."""
    for path in made:
        path.unlink(missing_ok=True)
    for name, content in kept.items():
        with contextlib.suppress(OSError):
            (paths.config / name).write_bytes(content)
    for folder in (paths.config, paths.raw):
        with contextlib.suppress(OSError):
            folder.rmdir()


# ---- options on the command line ---------------------------------------------------------------------------------


def parse_options(written: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """File name -> options. `sheet=Data` is for every file, `FILE:sheet=Data` for one; ConfigError for others."""
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    problems: list[Problem] = []
    for text in written:
        left, equals, value = text.partition("=")
        file, colon, name = left.rpartition(":")
        name = name.strip().replace("-", "_")
        if not equals or not name or (colon and file not in found):
            problems.append(
                Problem(
                    found=f"the option {text[:80]!r}",
                    where="the command line",
                    expected="NAME=VALUE or FILE:NAME=VALUE with one of the files: " + ", ".join(names),
                    action="write for example --option wave0.xlsx:sheet=Data",
                )
            )
            continue
        for one in [file] if colon else names:
            found[one] |= _one_option(one, name, value, bool(colon), problems)
    raise_all(dict.fromkeys(problems), ConfigError)
    return found


def _one_option(file: str, name: str, value: str, named: bool, problems: list[Problem]) -> dict[str, Any]:
    """The option with its value in the type that the reader takes."""
    kinds = {o.name: o.kind for o in storage.options_of("auto")}
    typed = _typed(value, kinds.get(name, "text"))
    problems += storage.option_problems("auto", {name: typed}, file if named else "the command line")
    return {name: typed} if name in kinds else {}


def _typed(value: str, kind: str) -> Any:
    text = value.strip()
    if kind in ("number", "text or number") and text.isdecimal():
        return int(text)
    if kind == "yes or no":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    if kind == "texts":
        return [t.strip() for t in text.split(",")]
    return value if kind == "character" else text
