"""Told or seen ways of acting, as people coded them: read and checked; by person how many core elements they touch.

A row that names a person and nothing else says that this person was asked and gave no example.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import day_of, person_code
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.study import Basis, Source
from dww_analysis.errors import PracticeError, Problem, raise_all
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.reading import Counted, once
from dww_analysis.practice.shown import strictest

Code = Literal["element", "situation", "way"]
CODED: tuple[Code, ...] = get_args(Code)  # what coders say of a fragment
OF_FRAGMENT = ("fragment", *CODED)


def read_fragments(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of fragment, person, situation, element, way, coder and date: one a fragment and coder.

    Columns of `source.columns`: fragment, person, situation, element, way; coder where there are several; date where it
    is known. Raises one PracticeError: ids that are not in practice.yaml, a fragment without person, element, situation
    or way, one of two persons, one that a coder gave two codes, a date that is none.
    """
    table = Delivered.of(data, source, lines, ("fragment", "person", "situation", "element", "way"))
    texts = {ours: table.text(ours) for ours in OF_FRAGMENT}
    nothing = pd.concat(texts, axis=1).isna().all(axis=1)
    rows = pd.DataFrame(
        {
            "fragment": texts["fragment"].map(person_code, na_action="ignore"),
            "person": table.text("person").map(person_code, na_action="ignore"),
            "situation": table.named("situation", Listed.of(practice, "situations"), nothing),
            "element": table.named("element", Listed.of(practice, "elements"), nothing),
            "way": texts["way"].map(person_code, na_action="ignore"),
            "coder": table.text("coder").map(person_code, na_action="ignore")
            if "coder" in source.columns
            else "",
            "date": table.text("date").map(_day, na_action="ignore") if "date" in source.columns else "",
        }
    )
    action = "add it, or use drop_rows"
    table.refuse(rows["person"].isna(), "person", "no person", "a code in every row", action)
    for ours, what in (("fragment", "fragment"), ("way", "way of acting")):
        expected = "a code of each fragment; all four empty where somebody gave no example"
        table.refuse(rows[ours].isna() & ~nothing, ours, f"no {what}", expected, action)
    table.refuse(rows["coder"].isna() & ~nothing, "coder", "no coder", "a code of who coded it", action)
    not_dated = rows["date"].isna() | ~rows["date"].astype("str").str.fullmatch(r"(\d{4}-\d\d-\d\d)?")
    table.refuse(not_dated, "date", "no date", "a day, such as 2026-03-12", "correct it, or leave `date` out")
    rows = rows.fillna("")
    kept = once(table, rows, ["person", "fragment", "coder"])
    _one_person(table, rows)
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _day(text: str) -> str:
    return day_of(text) or "?"


def _one_person(table: Delivered, rows: pd.DataFrame) -> None:
    """A problem for fragments of several persons."""
    told = rows["fragment"] != ""
    several = rows["person"].where(told).groupby(rows["fragment"]).transform("nunique") > 1
    action = "give each fragment a code of its own"
    table.refuse(several & told, "person", "a fragment of two persons", "one person for each", action)


@dataclass(frozen=True, eq=False)
class Fragments:
    """What was told in all sources together: `rows` as `read_fragments` gives them, rows that say the same once."""

    rows: pd.DataFrame
    basis: Basis

    @classmethod
    def of(cls, read: Sequence[tuple[Source, Counted]]) -> Fragments | None:
        """All sources; None without one. Private where one is. PracticeError for a code of a fragment that two sources
        use for different things."""
        if not read:
            return None
        rows = pd.concat([counted.rows for _, counted in read], ignore_index=True).drop_duplicates()
        told = rows[rows["fragment"] != ""]
        clashes = told[told.duplicated(["fragment", "coder"], keep=False)]["fragment"].nunique()
        persons = told.groupby("fragment")["person"].nunique()
        raise_all(_clashing(clashes or int((persons > 1).sum()), read), PracticeError)
        return cls(rows.reset_index(drop=True), strictest(source.basis for source, _ in read))

    @property
    def told(self) -> pd.DataFrame:
        """Rows of fragments, without those of persons who gave no example."""
        return self.rows[self.rows["fragment"] != ""]

    @property
    def persons(self) -> int:
        """How many persons were asked."""
        return int(self.rows["person"].nunique())

    def agreed(self, *codes: Code) -> pd.DataFrame:
        """One row a fragment of which all coders gave the same of `codes`: fragment, person and these."""
        return agreed(self.rows, *codes)

    def in_order(self) -> tuple[list[str], bool]:
        """Persons in the order in which they were heard, and whether that order is of days: otherwise it is of codes.

        Numbers in codes count as numbers; who was heard on one day is in order of codes.
        """
        dated = bool((self.rows["date"] != "").all())
        first = self.rows.groupby("person")["date"].min() if dated else dict.fromkeys(self.rows["person"], "")
        return sorted(set(self.rows["person"]), key=lambda p: (first[p], _natural(p))), dated


def agreed(rows: pd.DataFrame, *codes: str) -> pd.DataFrame:
    """One row a fragment of which all coders gave the same of `codes`: fragment, person and these. rows: as
    `read_fragments` gives them."""
    told = rows[rows["fragment"] != ""]
    of = told.groupby("fragment")
    same = (of[list(codes)].nunique() == 1).all(axis=1)
    return of[["person", *codes]].first()[same].reset_index()


def coverage(rows: pd.DataFrame) -> pd.Series:
    """person -> how many core elements the person gave at least one example of, 0 for who gave none.

    rows: as `read_fragments` gives them. An example counts where all its coders say the same element.
    """
    touched = agreed(rows, "element").groupby("person")["element"].nunique()
    return touched.reindex(sorted(set(rows["person"])), fill_value=0).rename("coverage")


def _natural(code: str) -> tuple[tuple[int, int | str], ...]:
    parts = pd.Series([code]).str.findall(r"\d+|\D+").iloc[0]
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts)


def _clashing(clashes: int, read: Sequence[tuple[Source, Counted]]) -> Iterator[Problem]:
    if clashes:
        yield Problem(
            found=f"{clashes} fragments of which two sources say different things",
            where=f"sources {', '.join(source.id for source, _ in read)}",
            expected="codes of fragments that are used once, or the same rows again (a second export)",
            action="give each file codes of its own, or correct the files",
        )
