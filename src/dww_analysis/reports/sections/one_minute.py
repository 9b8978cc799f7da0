"""What came out, for who has a minute: the answer as a title, and every planned outcome as one short line.

Nothing is decided here: side, certainty and harm are the answer's (`domain.answer`). Words are of a comparison; none of
them names a cause, so they are true of every design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.language.labels import Labels
from dww_analysis.reports.headlines import certainty_of, harmful, noun_of_words, says_contrast

Row = Mapping[str, Any]
Way = Literal["up", "down", "level", "none"]
NAMED = 3  # outcomes that a title names; of more it counts
FAVOURS = ("favourable", "unfavourable")
COUNTS = (
    *FAVOURS,
    "higher",
    "lower",
    "unsure",
    "no_difference",
    "unclear",
    "unseen",
)  # in the order of a title


def planned_rows(rows: Iterable[Row]) -> list[Row]:
    """Every planned outcome: the primary ones, then others that are unfavourable, then the rest as planned. rows:
    headlines with their answers; exploratory ones are left out."""
    planned = [r for r in rows if r["status"] != "exploratory"]
    harm = [r["entry"] for r in harmful(planned)]
    return sorted(planned, key=lambda r: (not r["primary"], not r["primary"] and r["entry"] not in harm))


def main_rows(planned: Sequence[Row]) -> list[Row]:
    """The outcomes that the title speaks of: the primary rows; without those all."""
    return [r for r in planned if r["primary"]] or list(planned)


def way_of(row: Row) -> Way:
    """Which way the outcome went, from columns verdict, plain, harm and estimate: up, down, level where that is not
    clear or too small to matter, none where it is hidden or was not estimated."""
    if row["verdict"] in UNSEEN:
        return "none"
    if row["plain"] == "unclear" or (row["verdict"] == "no_difference" and not row["harm"]):
        return "level"
    return "up" if row["estimate"] > 0 else "down"


def favour_of(row: Row) -> str:
    """Whether the outcome went a favourable or an unfavourable way; "" where it is neither."""
    return str(row["plain"]) if way_of(row) in ("up", "down") and row["plain"] in FAVOURS else ""


def identity(row: Row) -> str:
    """The id under which the estimate stands in estimates.csv; without one that of its plan entry."""
    return str(row["id"]) or str(row["entry"])


def title_parts(main: Sequence[Row], labels: Labels) -> list[tuple[str, str]]:
    """(id of an estimate, text) of the parts of the title, which is the answer. main: rows of `main_rows`; more of
    them than `NAMED` are counted in one part, whose id is ""."""
    words = labels.words
    if not main:
        return [("", words("factsheet.title.none"))]
    if len(main) > NAMED:
        return [("", _counted(main, labels))]
    alike = _alike(main)
    return [
        (
            identity(r),
            words(
                "factsheet.title.part",
                label=_label(r, labels, with_contrast=r["label"] in alike),
                said=brief_of(r, labels),
            ),
        )
        for r in main
    ]


def title_compared(main: Sequence[Row], labels: Labels) -> list[str]:
    """What higher means, where the title says higher or lower; else []. main: as `title_parts` takes it."""
    named = len(main) <= NAMED
    said = [r for r in main if way_of(r) in ("up", "down") and (named or _kind(r) in ("higher", "lower"))]
    return compared_of(said, labels)


def _alike(rows: Sequence[Row]) -> set[str]:
    """The labels that several rows have: what is compared tells these apart."""
    found = [r["label"] for r in rows]
    return {label for label in found if found.count(label) > 1}


def _counted(main: Sequence[Row], labels: Labels) -> str:
    words = labels.words
    found = [_kind(r) for r in main]
    parts = [words(f"factsheet.count.{k}", n=words.few(found.count(k))) for k in COUNTS if k in found]
    return words.capital(
        words("factsheet.title.many", total=words.few(len(main)), parts=words.listing(parts))
    )


def _kind(row: Row) -> str:
    """In which count of the title an outcome is."""
    if way_of(row) in ("up", "down"):
        return "unsure" if row["verdict"] == "less_sure" and not row["harm"] else str(row["plain"])
    return "unseen" if row["verdict"] in UNSEEN else str(row["verdict"])


def brief_of(row: Row, labels: Labels) -> str:
    """One outcome in a few words, as a title says it."""
    words, way = labels.words, way_of(row)
    if way == "none":
        return words(f"factsheet.sure.{certainty_of(row)}")
    if way == "level":
        return words(f"factsheet.brief.{row['verdict']}")
    said = _word(row, labels)
    if row["verdict"] == "less_sure":
        said = words("factsheet.brief.less_sure", said=said)
    return words("factsheet.brief.harm", said=said) if row["harm"] else said


def _word(row: Row, labels: Labels) -> str:
    compared = "compared" if row["noun"] in ("effect", "difference") else noun_of_words(row)
    return labels.words(f"factsheet.word.{compared}.{way_of(row)}")


def _label(row: Row, labels: Labels, *, with_contrast: bool) -> str:
    said = with_contrast and not says_contrast(row)
    return labels.words.capital(row["label"]) + (f" ({row['contrast']})" if said else "")


def line_of(row: Row, labels: Labels, *, with_contrast: bool) -> dict[str, Any]:
    """One outcome: id, label, way (of its arrow), favour, whether that is strong, a few words, and what harm asks."""
    words, way, favour = labels.words, way_of(row), favour_of(row)
    said = [_word(row, labels)] if way in ("up", "down") else []
    said += [words(f"factsheet.favour.{favour}")] if favour else []
    said.append(words(f"factsheet.sure.{certainty_of(row)}"))
    return {
        "id": identity(row),
        "label": _label(row, labels, with_contrast=with_contrast),
        "way": way,
        "favour": favour,
        "strong": bool(favour) and (row["verdict"] != "less_sure" or bool(row["harm"])),
        "said": words.capital(words("factsheet.said", parts=", ".join(said))),
        "harm": words("factsheet.unexpected") if row["harm"] else "",
    }


def lines_of(planned: Sequence[Row], labels: Labels) -> list[dict[str, Any]]:
    """A line for every planned outcome, with the values of `line_of`; what is compared stands in it where that is not
    the same for all, and where several are of one outcome."""
    several, alike = len(compared_with(planned)) > 1, _alike(planned)
    return [
        line_of(r, labels, with_contrast=several or r["label"] in alike or noun_of_words(r) == "association")
        for r in planned
    ]


def compared_with(planned: Sequence[Row]) -> list[tuple[str, str]]:
    """The pairs (arm, reference) that outcomes are compared between, once each; rows without an arm give none."""
    return list(dict.fromkeys((r["arm"], r["reference"]) for r in planned if r["arm"]))


def compared_of(planned: Sequence[Row], labels: Labels) -> list[str]:
    """What higher means, in one sentence; [] where not all outcomes compare the same arms. planned: rows of
    headlines, of which columns arm and reference are read."""
    pairs = compared_with(planned)
    if len(pairs) != 1:
        return []
    return [labels.by_design("factsheet.compared", arm=labels.words.quoted(pairs[0][0]))]
