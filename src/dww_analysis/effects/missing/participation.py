"""Who answered again: answered or not by arm, wave and earlier answers, as odds ratios with a unit effect.

Rows are all waves after a person's first answer at which the person was there (as `expected`, and without records at
every later wave). It describes; nobody is left out because of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.plan import BEFORE
from dww_analysis.domain.study import Study
from dww_analysis.domain.tables.absent import PARTICIPATION
from dww_analysis.effects.missing.expected import KEYS, with_expected
from dww_analysis.effects.untested import arm_of_one
from dww_analysis.errors import FitError

UNITS = ("team", "organisation", "person")  # the first that groups several rows gets the effect


@dataclass(frozen=True, eq=False)
class Term:
    """One column of the model: a category against the others of its variable, or a number in SD."""

    variable: str
    level: str  # "" of a number
    values: pd.Series


def later_rows(
    answered: pd.DataFrame, waves: Iterable[int], employed: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Columns person, wave, answered: a row for every wave after a person's first answer.

    answered: person and wave of every row with answers. employed: person and wave of who was there, where records say
    so; a person with records has rows only there, and wherever there are answers.
    """
    seen = answered[KEYS].drop_duplicates()
    numbers = sorted(set(waves))
    rows = seen.groupby("person")["wave"].min().rename("first").reset_index()
    rows = rows.merge(pd.DataFrame({"wave": numbers}), how="cross").query("wave > first")[KEYS]
    rows = rows.merge(seen.assign(answered=True), on=KEYS, how="left")
    rows["answered"] = rows["answered"].eq(True)
    if employed is not None:
        there = pd.MultiIndex.from_frame(rows[KEYS]).isin(pd.MultiIndex.from_frame(employed[KEYS]))
        known = rows["person"].isin(employed["person"])
        rows = rows[rows["answered"] | there | ~known]
    return rows.sort_values(KEYS, kind="stable").reset_index(drop=True)


def participation_frame(
    rows: pd.DataFrame, scores: pd.DataFrame, background: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """`rows` with organisation, team, arm, `score_before` (the last score at an earlier wave, in SD) and background.

    scores: the scores of one outcome and sample. background: person, and one column a variable.
    """
    frame = with_expected(scores, rows[KEYS], study).merge(rows, on=KEYS)
    known = scores.dropna(subset=["score"])[[*KEYS, "score"]].rename(columns={"wave": "at", "score": BEFORE})
    pairs = frame[KEYS].merge(known, on="person").query("at < wave").sort_values("at", kind="stable")
    last = pairs.drop_duplicates(KEYS, keep="last")[[*KEYS, BEFORE]]
    return frame.merge(last, on=KEYS, how="left").merge(background, on="person", how="left")


def participation_table(
    entry: str, frame: pd.DataFrame, background: Sequence[str], study: Study, conf_level: float
) -> pd.DataFrame:
    """The odds ratios of having answered, one row per term; columns of domain.tables PARTICIPATION.

    Only rows with an earlier score and all background are in the model; `n_rows` and `share_answered` are of all.
    Categories of which fewer than `study.min_cell_size` persons did or did not answer stay with the reference. No
    arm has a p where one of them is a single unit: how much units of an arm differ is not known then. One of
    effects.refusals.REFUSALS where no model can be had.
    """
    from dww_analysis.multilevel import fit

    all_rows, frame = frame, frame.dropna(subset=_modelled(background, study))
    _require_both(entry, frame, study)
    terms = [t for t in _terms(frame, background, study) if _enough(t, frame, study)]
    unit = _unit_of(frame, entry)
    columns = {f"x{i}": t.values.to_numpy(float) for i, t in enumerate(terms)}
    data = frame.assign(answered=frame["answered"].astype(float), **columns)
    fixed = " + ".join(columns) or "1"
    fitted = fit(f"answered ~ {fixed} + (1 | {unit})", data, family="binomial")
    tests = fitted.coefficients(conf_level=conf_level).set_index("term")
    found = [_row(t, tests.loc[name], frame) for name, t in zip(columns, terms, strict=True)]
    table = pd.DataFrame(found or [{"variable": "", "level": "", "p_value": np.nan}])
    if arm_of_one(study, frame) is not None:
        table["p_value"] = table["p_value"].mask(table["variable"] == "arm")
    counts = {**_counts(all_rows), "n_persons": int(frame["person"].nunique())}
    return table.assign(entry=entry, conf_level=conf_level, remark="", **counts).reindex(
        columns=list(PARTICIPATION.names)
    )


def no_participation(entry: str) -> pd.DataFrame:
    """The one row of an entry of which participation cannot be modelled."""
    row = {"entry": entry, "variable": "", "level": "", "remark": "failed"}
    return pd.DataFrame([row]).reindex(columns=list(PARTICIPATION.names))


def _modelled(background: Sequence[str], study: Study) -> list[str]:
    """What has to be known of a row: a category that is not known is not the reference."""
    return [*(["arm"] if study.has_arms else []), BEFORE, *background]


def _terms(frame: pd.DataFrame, background: Sequence[str], study: Study) -> Iterator[Term]:
    if study.has_arms:
        yield from _categories("arm", frame["arm"], [a.id for a in study.arms])
    yield from _categories("wave", frame["wave"], [w.number for w in study.waves])
    codes = {b.name: list(b.categories) for b in study.background}
    for name in (BEFORE, *background):
        if _is_number(frame[name]):
            yield from _number(name, frame[name])
        else:
            yield from _categories(name, frame[name], codes.get(name, []))


def _categories(variable: str, values: pd.Series, order: Sequence[Any]) -> Iterator[Term]:
    """Every category but the first that occurs."""
    as_text = values.astype("string")
    there = [str(level) for level in order if (as_text == str(level)).any()]
    for level in there[1:]:
        yield Term(variable, level, (as_text == level).astype(float))


def _number(variable: str, values: pd.Series) -> Iterator[Term]:
    numbers = values.astype(float)
    if numbers.std() > 0:
        yield Term(variable, "", (numbers - numbers.mean()) / numbers.std())


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def _sides(term: Term, frame: pd.DataFrame) -> int:
    """Persons in the smallest of the groups that the term compares: with and without it, who did and did not answer; a
    number with two values (yes and no) is such a term."""
    groups = [frame["answered"]]
    if term.level or term.values.nunique() == 2:
        groups.append(term.values > 0)
    persons = frame.groupby(groups)["person"].nunique()
    return int(persons.min()) if len(persons) == 2 ** len(groups) else 0


def _enough(term: Term, frame: pd.DataFrame, study: Study) -> bool:
    return _sides(term, frame) >= study.min_cell_size


def _row(term: Term, test: pd.Series, frame: pd.DataFrame) -> dict[str, Any]:
    values = {"odds_ratio": "estimate", "conf_low": "conf_low", "conf_high": "conf_high"}
    return {
        "variable": term.variable,
        "level": term.level,
        **{name: float(np.exp(test[column])) for name, column in values.items()},
        "p_value": float(test["p_value"]),
        "n_smallest": _sides(term, frame),
    }


def _counts(frame: pd.DataFrame) -> dict[str, Any]:
    return {"n_rows": len(frame), "share_answered": float(frame["answered"].mean())}


def _unit_of(frame: pd.DataFrame, entry: str) -> str:
    for unit in (u for u in UNITS if u in frame and frame[u].notna().all()):
        if 1 < frame[unit].nunique() < len(frame):
            return unit
    raise _refusal(entry, "no teams, and nobody with more than one later wave")


def _require_both(entry: str, frame: pd.DataFrame, study: Study) -> None:
    persons = [int(frame.loc[frame["answered"] == yes, "person"].nunique()) for yes in (True, False)]
    if min(persons) < study.min_cell_size:
        raise _refusal(entry, f"fewer than {study.min_cell_size} persons answered again, or did not")


def _refusal(entry: str, found: str) -> FitError:
    return FitError.of(
        found=f"participation of `{entry}` cannot be modelled: {found}",
        where="plan.yaml, missing: participation",
        expected="persons who are recognised at later waves, of whom enough did and did not answer",
        action="nothing; the table of participation has the counts",
    )
