"""Sealing a plan: a canonical copy of everything that decides its numbers, with a hash, kept beside it.

The seal is a text file that can be registered elsewhere; it holds no data. It says whether answers were there when it
was made: what is sealed with answers at hand is *sealed after data*, never *registered*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from dww_analysis.config.files import StudyFiles
from dww_analysis.config.resolved import (
    differences,
    hash_of,
    plain,
    resolve_entry,
    resolve_theory,
    theory_differences,
)
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.domain.plan import PlanEntry, Status
from dww_analysis.domain.theory import KINDS, THEORY, touched_by
from dww_analysis.errors import ConfigError, PlanError, Problem

SEAL_FILE = "plan.seal.yaml"
THEORY_FILE = "theory.yaml"
PARTS = ("sealed", "package", "answers", "entries", "hash")
LIST = "list"  # part of a seal that was made when the list of arms or starts was there
SEALED_LIST = "design.allocation.list"  # what differs, in deviations
SHORT = 12  # digits of a checksum that are shown
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Seal:
    """One seal. Always true: its hash fits the rest, and its date is not in the future."""

    sealed: str  # ISO date
    package: str
    answers: tuple[Mapping[str, str], ...]  # file and sha256 of every file of answers that was there
    entries: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # entry -> facts of the resolved entry
    theory: Mapping[str, Any] | None = None  # facts of the theory of change; None where there was none
    list_sha256: str = ""  # of the list that gives arms or starts to units; "" where it was not there yet

    @property
    def values(self) -> dict[str, Any]:
        """What the file holds, without the hash."""
        answers = {"present": len(self.answers), "files": [dict(a) for a in self.answers]}
        return {
            "sealed": self.sealed,
            "package": self.package,
            "answers": answers,
            "entries": plain(self.entries),
            **({} if self.theory is None else {THEORY: plain(self.theory)}),
            **({LIST: self.list_sha256} if self.list_sha256 else {}),
        }

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text of all of it."""
        return hash_of(self.values)

    @property
    def before_data(self) -> bool:
        """Whether no answers were there when it was made."""
        return not self.answers


def seal_of(files: StudyFiles, sealed: str, package: str, answers: Iterable[Mapping[str, str]]) -> Seal:
    """The seal of all planned entries as they are now, of the theory of change (None without one), and of who was given
    what where that is known. answers: {"file", "sha256"} of those that are there."""
    planned = [e for e in files.plan.entries if not exploring(files, e.id)]
    entries = {e.id: resolve_entry(files, e).facts for e in planned}
    theory = resolve_theory(files)
    facts = None if theory is None else theory.facts
    return Seal(sealed, package, tuple(answers), entries, facts, files.list_sha256)


def text_of(seal: Seal) -> str:
    """The seal as YAML, the same bytes for the same seal."""
    import yaml

    body = yaml.safe_dump({**seal.values, "hash": seal.hash}, sort_keys=True, allow_unicode=True, width=100)
    return (
        "# The sealed analysis plan: everything that decides its numbers. Do not edit: the hash would not fit.\n"
        + str(body)
    )


def read_seal(folder: Path, shown_folder: str, today: date | None = None) -> Seal | None:
    """The seal in a study's folder, or None. ConfigError, naming the seal, when it cannot be read, its hash does not
    fit its text, or its date is after today."""
    path, shown = folder / SEAL_FILE, f"{shown_folder}/{SEAL_FILE}"
    if not path.exists():
        return None
    if not path.is_file():
        raise _broken("what stands in the place of the seal is not a file", shown)
    values = read_yaml(path, shown, by_hand=False).values
    if not _has_its_parts(values):
        raise _broken("the seal cannot be read: parts are absent or of another kind", shown)
    body = {name: value for name, value in values.items() if name != "hash"}
    seal = Seal(
        body["sealed"],
        body["package"],
        tuple(body["answers"]["files"]),
        body["entries"],
        body.get(THEORY),
        body.get(LIST, ""),
    )
    if hash_of(body) != values["hash"] or seal.values != body:
        raise _broken("the hash of the seal does not fit its text: it was changed after sealing", shown)
    raise_for_date(seal.sealed, shown, today)
    return seal


def _has_its_parts(values: Any) -> bool:
    """Whether the values of a seal file have the parts and kinds of a seal."""
    if not isinstance(values, dict) or set(values) - {THEORY, LIST} != set(PARTS):
        return False
    if not isinstance(values.get(THEORY, {}), dict):
        return False
    texts = all(isinstance(values.get(n, ""), str) for n in ("sealed", "package", "hash", LIST))
    answers, entries = values["answers"], values["entries"]
    files = answers.get("files") if isinstance(answers, dict) else None
    lists = isinstance(files, list) and all(isinstance(f, dict) for f in files)
    return (
        texts and lists and isinstance(entries, dict) and all(isinstance(e, dict) for e in entries.values())
    )


def _broken(found: str, shown: str) -> ConfigError:
    return ConfigError(
        [
            Problem(
                found=found,
                where=shown,
                expected="the file as `dww seal` wrote it",
                action="put back the sealed file; to leave the seal, remove it and say so in the report",
            )
        ]
    )


def raise_for_date(sealed: str, where: str, today: date | None = None) -> None:
    """PlanError when a date of sealing is no date or after today."""
    try:
        given = date.fromisoformat(sealed) if ISO_DATE.fullmatch(sealed) else None
    except ValueError:
        given = None
    if given is None:
        found = f"the date is {sealed!r}"
    elif given > (today or date.today()):
        found = f"the date {sealed} is after today"
    else:
        return
    raise PlanError.of(
        found=found,
        where=where,
        expected="the day of sealing as YYYY-MM-DD, today or before",
        action="correct the date",
    )


def status_of(files: StudyFiles, entry: PlanEntry, seal: Seal | None) -> Status:
    """What an entry is, seen from the seal: exploratory, planned, registered, sealed after data or deviation. None:
    no seal, so that an entry is what the plan calls it."""
    if seal is None:
        return "exploratory" if exploring(files, entry.id) else "planned"
    if entry.id not in seal.entries:
        return "exploratory"  # as written, or added after the plan was sealed
    if changes_of(files, entry, seal):
        return "deviation"
    return "registered" if seal.before_data else "sealed after data"


def changes_of(files: StudyFiles, entry: PlanEntry, seal: Seal) -> list[tuple[str, str, str]]:
    """(what, old, new) of everything about an entry that is not as it was sealed; [] for one that is. What was sealed
    was planned. KeyError for an entry that the seal has not."""
    demoted = [("entry.status", "planned", "exploratory")] if exploring(files, entry.id) else []
    found = differences(seal.entries[entry.id], resolve_entry(files, entry))
    return [*demoted, *found, *list_changes(files, seal)]


def list_changes(files: StudyFiles, seal: Seal) -> list[tuple[str, str, str]]:
    """(what, old, new) where the list of arms or starts is another one than was there at sealing, by short checksums;
    [] where it is the same, or came later."""
    old, new = seal.list_sha256, files.list_sha256
    return [(SEALED_LIST, old[:SHORT], new[:SHORT])] if old and old != new else []


def theory_changes(files: StudyFiles, seal: Seal) -> list[tuple[str, str, str]]:
    """(what, old, new) of everything about the theory of change that is not as it was sealed; one row for a theory that
    came later, or is gone."""
    now = resolve_theory(files)
    if now is None or seal.theory is None:
        there = ("" if seal.theory is None else THEORY_FILE, "" if now is None else THEORY_FILE)
        return [(THEORY, *there)] if any(there) else []
    return theory_differences(seal.theory, now)


def theory_statuses(files: StudyFiles, seal: Seal | None) -> dict[str, Status]:
    """Id of every arrow, path and moderation -> what it is, seen from the seal, as `status_of` says of entries; {}
    without a theory of change."""
    theory = files.theory
    if theory is None:
        return {}
    parts = [(part, one) for part in KINDS for one in getattr(theory, part)]
    if seal is None:
        return {one.id: one.status for _, one in parts}
    known, changes = seal.theory or {}, [*theory_changes(files, seal), *list_changes(files, seal)]
    changed = {id for what, *_ in changes for id in touched_by(what, theory)}
    sealed: Status = "registered" if seal.before_data else "sealed after data"
    found: dict[str, Status] = {}
    for part, one in parts:
        was = known.get(part, {}).get(one.id)
        planned = was is not None and was.get("status", "planned") != "exploratory"
        found[one.id] = "exploratory" if not planned else "deviation" if one.id in changed else sealed
    return found


def exploring(files: StudyFiles, entry: str) -> bool:
    """Whether the plan itself calls an entry exploratory."""
    return entry in files.plan.written_exploratory
