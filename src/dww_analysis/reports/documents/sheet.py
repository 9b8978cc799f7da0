"""The sheet of one team or organisation: what it may know of itself, on two sides of A4, and the numbers it prints.

Everything comes from rows as they are printed (rounded, hidden where they must be), so that nothing on a sheet is drawn
more exactly than it is written. There is no ranking, no arm, and no other unit.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dww_analysis.domain.cycle import Told
from dww_analysis.domain.report import SENSEMAKING
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.sheets import DECIMALS, UnitLevel, UnitSettings
from dww_analysis.domain.study import Study
from dww_analysis.errors import Problem, ReportError
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.paper import sheet_pdf
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.render.typst import TooLong
from dww_analysis.reports.sections.goes_well import favour, goes_well, moved
from dww_analysis.reports.sections.told import say_told

WIDE, MARGIN = 660, 45  # of the line of a scale, in tenths of a millimetre
NOT_MEASURED: Mapping[str, Any] = {"shown": False, "why": "not_measured"}
NUMBERS = ("mean", "conf_low", "conf_high", "band_low", "band_high")


@dataclass(frozen=True, eq=False)
class Sheet:
    """What one unit gets at one wave.

    rows: its printed rows, one a scale that was asked (`why`: why a row is not shown; `since`: the wave that change
    counts from). answered: persons with any answer; members: None where it is not known. told: the unit's own words.
    """

    level: UnitLevel
    unit: str
    wave: int
    answered: int
    members: int | None
    rows: pd.DataFrame
    told: Told | None = None

    @property
    def id(self) -> str:
        """The folder of the unit, which every file system takes: `team-T01`, `organisation-...`."""
        return f"{self.level}-{folder_name(self.unit)}"

    @cached_property
    def by_scale(self) -> Mapping[str, Mapping[str, Any]]:
        """Outcome -> its row."""
        return {str(row["scale"]): row for row in self.rows.to_dict("records")}


@dataclass(frozen=True)
class SheetStudy:
    """What all sheets of a study share."""

    study: Study
    scales: Sequence[Scale]
    settings: UnitSettings
    languages: Sequence[str]

    @property
    def measured(self) -> list[tuple[str, Scale]]:
        """(outcome, its scale) of every row, as declared: the total where there is one, else the subscales."""
        return [(name, scale) for scale in self.scales for name in outcomes_of(scale)]


def outcomes_of(scale: Scale) -> list[str]:
    """The scores of a scale that sheets show, as column scale has them: its id, or `<scale>.<subscale>` of each where
    the key makes no total."""
    if scale.key is None or scale.key.total:
        return [scale.id]
    return [f"{scale.id}.{name}" for name in scale.key.subscales]


def folder_name(unit: str) -> str:
    """A unit's name in letters, digits, _ and -; another name keeps apart what this makes alike."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", unit)
    return plain if plain == unit else f"{plain}-{hashlib.sha256(unit.encode()).hexdigest()[:6]}"


@dataclass(frozen=True)
class SheetDocument:
    """The sheet of a unit in one language, or the numbers on it. shows: all that it prints, as plain values."""

    shows: Any
    files: Callable[
        [], Mapping[str, str | bytes | Mapping[str, Any]]
    ]  # file name -> content, made when asked


def sheet_documents(sheet: Sheet, of: SheetStudy) -> dict[str, SheetDocument]:
    """Name -> document of one unit: `sheet.<language>`, a page with its PDF in each language, and `sheet`, the
    numbers they print. `shows` of each is all that it prints, `files` makes it when asked; ReportError where words
    fit on no sheet."""
    numbers = sheet_numbers(sheet, of)
    pages = {f"sheet.{language}": _document(sheet, of, language, numbers) for language in of.languages}
    return {"sheet": SheetDocument(numbers, lambda: {"sheet.json": numbers}), **pages}


def _document(sheet: Sheet, of: SheetStudy, language: str, numbers: Mapping[str, Any]) -> SheetDocument:
    said = _said(sheet, of, language, _short_hash(numbers))
    shows = (
        {k: v for k, v in said.items() if k != "w"},
        of.study.level_labels,
        of.study.unit,
        of.study.delivered,
    )

    def files() -> Mapping[str, str | bytes]:
        try:
            paper = sheet_pdf(said, of.study)
        except TooLong as error:
            raise ReportError(_refused(error, said, sheet, language)) from error
        return {f"sheet.{language}.html": fill("sheet.html.j2", said), f"sheet.{language}.pdf": paper}

    return SheetDocument(shows, files)


def _refused(error: TooLong, said: Mapping[str, Any], sheet: Sheet, language: str) -> Problem:
    """What to shorten: the label of a scale is too long for every unit, the words of a unit for its own sheet."""
    file, what = f"sheet.{language}.pdf", error.what
    scale = next((row["scale"].split(".")[0] for row in said["rows"] if row["label"] == what), "")
    if scale:
        (problem,) = error.problems
        return Problem(
            found=problem.found,
            where=f"{file} of units, scale `{scale}`",
            expected=problem.expected,
            action=f"give scale `{scale}` a shorter `short: {{{language}: ...}}` beside its label in scales.yaml",
        )
    asked = {said["w"](f"sensemaking.{q}.question"): q for q in said["questions"]}
    return Problem(
        found=f"`{asked.get(what, what)}` needs {error.needs:.1f} times the room, in the smallest letters",
        where=f"{file} of {sheet.id}",
        expected="less text there",
        action="shorten with the unit what it wrote, or the name of the unit or its level",
    )


def sheet_files(sheet: Sheet, of: SheetStudy) -> dict[str, str | bytes | Mapping[str, Any]]:
    """{file name: content} of one unit: all its documents made, `sheet.json` and of each language a page and a PDF."""
    return {
        name: content for one in sheet_documents(sheet, of).values() for name, content in one.files().items()
    }


def sheet_numbers(sheet: Sheet, of: SheetStudy) -> dict[str, Any]:
    """What the sheet prints, as numbers with their ids: a value of each column of `NUMBERS` (None where it is absent
    or hidden) for each scale that is shown, and what was told."""
    rows = [row for _, row in _shown(sheet, of)]
    return {
        "study": of.study.id,
        "level": sheet.level,
        "unit": sheet.unit,
        "wave": sheet.wave,
        "answered": sheet.answered,
        "members": sheet.members,
        "minimum": of.study.min_cell_size,
        "numbers": [
            {
                "id": _row_id(sheet, str(row["scale"])),
                "scale": row["scale"],
                **{name: None if pd.isna(row[name]) else float(row[name]) for name in NUMBERS},
                "verdict": row["verdict"],
                "extreme": row["extreme"],
                "change": row["change"] if sheet.wave != row["since"] else "",
            }
            for row in rows
        ],
        **({"told": _told_numbers(sheet.told)} if sheet.told is not None else {}),
    }


def _told_numbers(told: Told) -> dict[str, Any]:
    """The unit's words as plain values; whose the last round was only where it was not its own."""
    found = asdict(told)
    return found if found["before"] else {name: value for name, value in found.items() if name != "before"}


def _short_hash(numbers: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:8]


def _row_id(sheet: Sheet, scale: str) -> str:
    return f"{sheet.id}.w{sheet.wave}.{scale}"


def _shown(sheet: Sheet, of: SheetStudy) -> Iterable[tuple[Scale, Mapping[str, Any]]]:
    rows = sheet.by_scale
    return ((scale, rows[name]) for name, scale in of.measured if name in rows and rows[name]["shown"])


def _said(sheet: Sheet, of: SheetStudy, language: str, short_hash: str) -> dict[str, Any]:
    """What the page and the PDF of one language show."""
    labels = Labels(of.study, of.scales, Words(language))
    speaker = _Speaker(sheet, of, labels)
    rows = sorted(
        (speaker.row(name, scale) for name, scale in of.measured),
        key=lambda row: row["favour"] != "favourable",
    )
    return {
        "lang": language,
        "w": labels.words,
        "css": asset("a4.css") + asset("sheet.css") + (asset("sheet_told.css") if sheet.told else ""),
        "title": speaker.title,
        "round": speaker.round,
        "answered": speaker.answered,
        "good": goes_well(rows, speaker.units, labels),
        "key": speaker.key(rows),
        "rows": rows,
        "dense": len(rows) > 8,
        "wide": WIDE,
        "margin": MARGIN,
        "limits": speaker.limits,
        "foot": speaker.foot(short_hash),
        "questions": SENSEMAKING,
        "told": say_told(sheet.told, labels),
    }


@dataclass(frozen=True, eq=False)
class _Speaker:
    """What one sheet says, in one language."""

    sheet: Sheet
    of: SheetStudy
    labels: Labels

    @property
    def words(self) -> Words:
        return self.labels.words

    @property
    def units(self) -> str:
        """The units it is compared with, as the study calls them."""
        return self.words.level_names(self.sheet.level)

    @property
    def named(self) -> str:
        return f"{self.words.level_name(self.sheet.level)} {self.sheet.unit}"

    @property
    def title(self) -> str:
        return self.words("sheet.title", named=self.named)

    @property
    def round(self) -> str:
        wave = next(w for w in self.of.study.waves if w.number == self.sheet.wave)
        label = self.words.capital(self.labels.wave(wave.number))
        return f"{label}, {self.words.date(wave.date)}" if wave.date else label

    @property
    def answered(self) -> str:
        n, members = self.sheet.answered, self.sheet.members
        if members is None:
            return self.words("sheet.answered_unknown", n=n)
        return self.words("sheet.answered", n=n, members=members)

    def row(self, name: str, scale: Scale) -> dict[str, Any]:
        """One scale: what is printed of it, or why nothing is."""
        row = self.sheet.by_scale.get(name, NOT_MEASURED)
        low, high = scale.score_range(name)
        printed = {
            "id": _row_id(self.sheet, name),
            "scale": name,
            "label": self.words.capital(self.labels.short(name)),
            "range": self._range(low, high, scale),
            "favour": "",
        }
        if not row["shown"]:
            return printed | {"shown": False, "hidden": self.words(f"sheet.hidden.{row['why']}")}
        own = favour(str(row["verdict"]), scale.favourable())
        change = "" if self.sheet.wave == row["since"] else str(row["change"])
        return printed | {
            "shown": True,
            "favour": own,
            "moved": moved(change, scale.favourable()),
            "alike": row["verdict"] == "as_others",
            "since": int(row["since"]),
            "number": self.words.number(row["mean"], DECIMALS) if not row["extreme"] else "",
            "verdict": self._verdict(row, own),
            "change": change,
            "changed": self._changed(row),
            "picture": None if row["extreme"] else _picture(row, low, high),
            "alone": bool(pd.isna(row["band_low"])),
        }

    def _range(self, low: float, high: float, scale: Scale) -> str:
        said = self.words("sheet.range", low=_plain(low, self.words), high=_plain(high, self.words))
        return said + (self.words("sheet.lower_is_better") if scale.favourable() == "lower is better" else "")

    def _verdict(self, row: Mapping[str, Any], favour: str) -> str:
        if row["extreme"]:
            return self.words(f"sheet.extreme.{row['extreme']}")
        said = self.words(f"sheet.verdict.{row['verdict']}", units=self.units)
        return f"{said} ({self.words(f'sheet.{favour}')})" if favour else said

    def _changed(self, row: Mapping[str, Any]) -> str:
        if self.sheet.wave == row["since"]:
            return self.words("sheet.first_wave")
        return self.words(f"sheet.change.{row['change']}", wave=self.labels.wave(int(row["since"])))

    def key(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """How to read the rows."""
        own = "organisation" if self._among_own else "all_teams"
        compared = any(row["shown"] and row["picture"] and not row["alone"] for row in rows)
        band = self.words(f"sheet.band.{own}", units=self.units) if compared else ""
        return [self.words("sheet.key"), band or self.words(f"sheet.no_band.{own}", units=self.units)]

    @property
    def _among_own(self) -> bool:
        return self.of.settings.reference == "organisation" and self.sheet.level == "team"

    @property
    def _later(self) -> bool:
        """Whether there was an earlier wave, so that people can have changed."""
        return any(wave.number < self.sheet.wave for wave in self.of.study.waves)

    @property
    def limits(self) -> list[str]:
        """What the sheet cannot say."""
        minimum = self.words.count(self.of.study.min_cell_size)
        return [
            self.words("sheet.not.who", minimum=minimum),
            self.words("sheet.not.rank"),
            *([self.words("sheet.not.support", units=self.units)] if self.of.study.has_arms else []),
            *([self.words("sheet.not.change", minimum=minimum)] if self._later else []),
        ]

    def foot(self, short_hash: str) -> list[str]:
        """Whether the people are invented, for whom the sheet is, and which sheet it is."""
        invented = [self.words("sheet.foot.invented")] if self.of.study.data == "invented" else []
        date = self.words.date(self.of.study.delivered)
        return [
            *invented,
            self.words("sheet.foot.whose", named=self.named),
            self.words("sheet.foot.check", date=date, hash=short_hash),
        ]


def _picture(row: Mapping[str, Any], low: float, high: float) -> dict[str, float | None]:
    """Where the dot, the ends of the line and of the band stand, from printed numbers, inside the scale.

    What rounding moved apart is put back, so that the picture says what the verdict says.
    """
    values = {name: float(row[name]) for name in NUMBERS}
    if row["verdict"] == "as_others":
        values["conf_low"] = max(values["conf_low"], values["band_low"])
        values["conf_high"] = min(values["conf_high"], values["band_high"])
    if row["verdict"] == "above":
        values["conf_low"] = max(values["conf_low"], values["band_high"])
    if row["verdict"] == "below":
        values["conf_high"] = min(values["conf_high"], values["band_low"])

    def at(value: float) -> float | None:
        if pd.isna(value):
            return None
        share = (min(max(value, low), high) - low) / (high - low)
        return round(MARGIN + share * (WIDE - 2 * MARGIN), 1)

    return {name: at(value) for name, value in values.items()}


def _plain(value: float, words: Words) -> str:
    """A bound of a scale with as many decimals as it has."""
    text = f"{value:g}"
    return words.number(value, len(text.partition(".")[2]))
