"""How much hangs on choices: one entry estimated under every combination of choices that keep its question.

The points of a specification curve (Simonsohn, Simmons & Nelson 2020): scoring, covariates, missing values, linking and
careless answers, in every combination. The plan's own is one of them, from the same computation as the main table.
Where that is a difference of shares, all points are. How many points are significant is not counted: points share their
answers, so that such a share has no error rate.
Beside the product each unit of allocation is left out in turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from math import prod
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import CHOICES, Curve
from dww_analysis.domain.tables.effects import CURVE, CURVE_TEST
from dww_analysis.effects.analysis import Analysis, analyse, analysis_estimates
from dww_analysis.effects.apart import Rows, persons_apart
from dww_analysis.effects.curve_test import joint_test
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.missing.impute import Imputing, pooled_entry
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.relinking import as_row, person_names, relinked, renamed, rows_as_known
from dww_analysis.effects.sensitivity import FAILED, without_careless
from dww_analysis.effects.unit_effects import unit_number
from dww_analysis.effects.ways import Way, compares_shares, planned_way
from dww_analysis.errors import openly
from dww_analysis.parts import Part, Work, whole

LOTS = 16  # of units that are left out in turn: so many parts
Row = dict[str, Any]
Fitted = tuple[EntryData, Analysis]


@dataclass(frozen=True)
class Point:
    """One combination of choices."""

    scoring: str
    covariates: tuple[str, ...]
    missing: str
    linkage: str  # "" where persons are known by a key
    careless: str

    def told(self) -> Row:
        """The choices as a table holds them; no covariates are `none`."""
        return {**vars(self), "covariates": ", ".join(self.covariates) or "none"}


@dataclass(frozen=True, eq=False)
class _Tried:
    """One point with what came out: a row of numbers, or why there are none; and the answers behind it."""

    point: Point
    row: Row
    rows: Rows = frozenset()
    data: EntryData | None = None
    analysis: Analysis | None = None


@dataclass(frozen=True, eq=False)
class _Fits:
    """The entry analysed under the choices of points, each once: missing values are another matter."""

    data: EntryData
    careless: pd.DataFrame
    imputing: Imputing | None
    kept: dict[Point, Fitted | str] = field(default_factory=dict)

    def of(self, point: Point) -> Fitted | str:
        """The fit behind a point, or why there is none; all in the unit of the plan's own point."""
        observed, own = replace(point, missing="likelihood"), own_point(self.data)
        if own not in self.kept:
            self.kept[own] = _analysed(specified(self.data, own, self.careless))
        if observed not in self.kept:
            way = _way(self.data, self.kept[own])
            self.kept[observed] = _analysed(specified(self.data, point, self.careless), way)
        return self.kept[observed]

    def imputed(self, point: Point) -> Row:
        """The numbers of a point at which values are imputed."""
        fitted, how = self.of(point), self.imputing
        if isinstance(fitted, str):
            return _failed(fitted)
        return _imputed(*fitted, None if how is None else _imputing(self.data, point, self.careless, how))


def curve_of(
    data: EntryData, curve: Curve, careless: pd.DataFrame, imputing: Imputing | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The points of one entry, and the joint test over their median: `curve_work`, done here."""
    return whole(curve_work(data, curve, careless, imputing))


def curve_work(
    data: EntryData, curve: Curve, careless: pd.DataFrame, imputing: Imputing | None = None
) -> Work[tuple[pd.DataFrame, pd.DataFrame]]:
    """The points of one entry, and the joint test over their median: tables `curve` and `curve_test`. Its parts are the
    points with imputed values and lots of the units that are left out.

    careless: sample, person, wave, careless (bool). imputing: needed where `curve.missing` has `imputed`. A point that
    cannot be estimated is a row with the reason. The second table has no row where nothing was allocated by lot.
    """
    own, fits = own_point(data), _Fits(data, careless, imputing)
    points = points_of(curve, own)
    parts: dict[str, Part] = {_part(p): partial(fits.imputed, p) for p in points if p.missing == "imputed"}
    lots = range(LOTS) if curve.leave_out else ()
    parts |= {f"units {lot}": partial(_without_units, fits, lot) for lot in lots}
    done = yield parts
    tried = [_tried(fits, point, done) for point in points]
    apart = _apart(tried, own)
    rows = [
        {**t.point.told(), **t.row, "point": i, "kind": "choices", "registered": t.point == own, "n_apart": n}
        for i, (t, n) in enumerate(zip(tried, apart, strict=True), 1)
    ]
    left = {int(place): row for lot in lots for place, row in done[f"units {lot}"].items()}
    rows += sorted((left[place] for place in sorted(left)), key=lambda row: int(row["point"]))
    table = pd.DataFrame(rows).assign(entry=data.entry.id)
    test = pd.DataFrame(_tested(tried, apart, data), columns=list(CURVE_TEST.names))
    return table.reindex(columns=list(CURVE.names)), test


def own_point(data: EntryData) -> Point:
    """What the plan itself chose."""
    return Point("rule", data.entry.covariates, "likelihood", _linking(data), "keep")


def _linking(data: EntryData) -> str:
    links = data.links
    return "" if links is None or data.entry.sample not in set(links["sample"]) else data.study.linking.rule


def points_of(curve: Curve, own: Point) -> list[Point]:
    """Every combination, the last choice varying fastest; a choice without options stays the plan's own."""
    options = [getattr(curve, name) or (getattr(own, name),) for name in CHOICES]
    points = [Point(*chosen) for chosen in product(*options)]
    return [replace(p, covariates=_in_order(p.covariates, own.covariates)) for p in points]


def _in_order(names: tuple[str, ...], planned: tuple[str, ...]) -> tuple[str, ...]:
    """The plan's order of the same covariates, so that the same model gives the same digits."""
    return planned if set(names) == set(planned) else names


def parts_at_most(curve: Curve) -> int:
    """How many parts the work on one entry can have: points with imputed values, and lots of units."""
    others = prod(len(getattr(curve, name)) or 1 for name in CHOICES if name != "missing")
    return ("imputed" in curve.missing) * others + (LOTS if curve.leave_out else 0)


def specified(data: EntryData, point: Point, careless: pd.DataFrame) -> EntryData:
    """The entry and its tables under the choices of a point; missing values are another matter. careless: rows
    sample, person, wave and careless."""
    scores = data.scores if point.scoring == "rule" else complete_items(data.scores)
    scores = scores if point.careless == "keep" else without_careless(scores, careless)
    other = replace(data, entry=replace(data.entry, covariates=point.covariates), scores=scores)
    return other if point.linkage == _linking(data) else relinked(other, point.linkage)


def complete_items(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores, in the same rows, without (NaN) those in which the answered items stand for others: n_answered below
    n_items."""
    return scores.assign(score=scores["score"].where(scores["n_answered"] == scores["n_items"]))


def _tried(fits: _Fits, point: Point, done: Mapping[str, Any]) -> _Tried:
    fitted = fits.of(point)
    if isinstance(fitted, str):
        return _Tried(point, _failed(fitted))
    rows = rows_as_known(fits.data, fitted[1].used, point.linkage)
    if point.missing == "likelihood":
        return _Tried(point, _numbers(*fitted), rows, *fitted)
    return _Tried(point, done[_part(point)], rows)


def _part(point: Point) -> str:
    return " / ".join(map(str, vars(point).values()))


def _way(data: EntryData, own: Fitted | str) -> Way | None:
    """How the plan's own point compares yes or no: all points are in its unit."""
    if not compares_shares(data):
        return None
    return planned_way(data) if isinstance(own, str) else own[1].way


def _analysed(data: EntryData, way: Way | None = None) -> Fitted | str:
    """The entry as the main table has it, or why it cannot be had; `way`: how yes or no is compared, where not so."""
    try:
        found = analyse(data)
    except REFUSALS as error:
        return openly(error)
    if way in (None, found.way):
        return data, found
    other = found.answered_by(way)
    return found.notes[-1] if other is None else (data, other)


def _failed(why: str) -> Row:
    return {"remark": FAILED, "note": why}


def _numbers(data: EntryData, found: Analysis) -> Row:
    return {**as_row(analysis_estimates(data, found), CURVE.names), "remark": "", "note": ""}


def _imputing(data: EntryData, point: Point, careless: pd.DataFrame, how: Imputing) -> Imputing:
    """Auxiliary scores and records under the same choices."""
    tables = dict(how.auxiliaries)
    if point.careless == "drop":
        tables = {name: without_careless(table, careless) for name, table in tables.items()}
    employed = how.employed
    if point.linkage != _linking(data) and data.links is not None:
        names = person_names(data.links, point.linkage)
        tables = {name: renamed(table, names) for name, table in tables.items()}
        if employed is not None:
            employed = renamed(employed.assign(sample=data.entry.sample), names)[["person", "wave"]]
    return replace(how, auxiliaries=tables, employed=employed)


def _imputed(data: EntryData, found: Analysis, how: Imputing | None) -> Row:
    if how is None:
        return _failed("the plan has no `missing: imputation`")
    if found.found is None:
        return _failed(found.notes[-1])
    try:
        pooled, n_obs = pooled_entry(data, found.found, how)
    except REFUSALS as error:
        return _failed(openly(error))
    low, high = pooled.limits(data.plan.conf_level)
    return {
        **_numbers(data, found),
        "estimate": pooled.estimate,
        "std_error": pooled.std_error,
        "df": pooled.df,
        "df_method": "barnard-rubin",
        "conf_low": low,
        "conf_high": high,
        "n_obs": n_obs,
    }


def _apart(tried: Sequence[_Tried], own: Point) -> list[int]:
    """For each point the fewest persons, if any, by whose answers it differs from another one.

    Two estimates that differ by the answers of few persons tell about these, also where one of them has a covariate
    more, which a few left open: an allocation by lot makes it matter little. The plan's own point is shown whatever the
    others are: it stands in the table of estimates.
    """
    sets = {t.rows for t in tried if t.rows}
    nearest = {
        one: min((persons_apart(one, other) for other in sets if one != other), default=0) for one in sets
    }
    return [0 if t.point == own else nearest.get(t.rows, 0) for t in tried]


def _without_units(fits: _Fits, lot: int) -> dict[str, Row]:
    """The plan's own estimate without each unit of allocation of a lot in turn, by the unit's place among all: no unit
    is named, and none told by its place in the table."""
    data, point = fits.data, own_point(fits.data)
    own = fits.of(point)
    if isinstance(own, str):
        return {}
    unit, analysis = data.study.unit, own[1]
    persons = analysis.used.groupby(unit, observed=True)["person"].nunique()
    rows = {}
    for place, (name, n_persons) in list(enumerate(persons.items()))[lot::LOTS]:
        left = data.scores[data.scores[unit].astype("string") != str(name)]
        fitted = _analysed(replace(data, scores=left), analysis.way)
        row = _failed(fitted) if isinstance(fitted, str) else _numbers(*fitted)
        number = {"point": unit_number(data.entry.id, str(name)), "kind": "unit", "registered": False}
        rows[str(place)] = {**point.told(), **row, **number, "n_apart": n_persons}
    return rows


def _tested(tried: Sequence[_Tried], apart: Sequence[int], data: EntryData) -> list[Row]:
    """The joint test over the points without imputed values: those were drawn given the allocation as it was."""
    kept = [
        ((t.data, t.analysis.found), n)
        for t, n in zip(tried, apart, strict=True)
        if t.data is not None and t.analysis is not None and t.analysis.found is not None
    ]
    test = joint_test([fitted for fitted, _ in kept])
    if test is None:
        return []
    n_apart = min((n for _, n in kept if n), default=0)
    return [{"entry": data.entry.id, **vars(test), "n_apart": n_apart}]
