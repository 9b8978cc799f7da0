"""Leaving the employer: a discrete-time hazard of months, and beside it the risk over the whole follow-up.

A month at risk ends in leaving or not; the complementary log-log of its chance has a level for every month (or months
joined until somebody left in them), one for the treated arm from the start on, and a random level of the units that
were allocated (Singer and Willett 2003, chapters 10-12): exp of the arm's coefficient is a hazard ratio. The risk is
the life table of each unit, compared between arms by least squares of units, each counted once, on units - parameters
df, which keeps its level with few units (Thompson, Leyrat et al. 2022, 10.1186/s12874-022-01699-2). Where nobody of
an arm left there are no hazards, and the difference of risks answers alone; where nobody left at all its interval is
exact (`separated`). That nobody left is no secret: tables of the records say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import ODDS_OF_LEAVING as ODDS
from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.estimate import COLUMNS, Estimate
from dww_analysis.domain.outcomes import KINDS
from dww_analysis.domain.study import Study
from dww_analysis.domain.tables.effects import VARIANCE_COMPONENTS
from dww_analysis.effects.designs.terms import CLUSTERS, distinct, strata
from dww_analysis.effects.estimate import read_estimates
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult
from dww_analysis.effects.models import Model, Target
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.separated import exact_share
from dww_analysis.effects.shares import (
    FEW,
    SIZES,
    TREATED,
    UnitDifference,
    arm_weights,
    difference_estimate,
    separated,
    sizes_of,
    unit_difference,
    unit_facts,
)
from dww_analysis.effects.smallest import protecting
from dww_analysis.errors import FitError, openly

KIND = KINDS["time_to_event"]


@dataclass(frozen=True, eq=False)
class Months:
    """Person-months of the two arms. rows: person, organisation, team, arm, month, in_force, left, `treated` (0 or 1);
    unplaced: persons without an arm or unit, who are left out."""

    rows: pd.DataFrame
    treated: str  # name of the column that is 1 in the treated arm from the start on
    unplaced: int

    @property
    def after(self) -> pd.DataFrame:
        """The months from the start on."""
        return self.rows[self.rows["in_force"]]

    def persons(self, what: str = "person") -> pd.Series:
        """Persons at risk from the start on by arm, shape (arms,); with "left" those who left."""
        rows = self.after if what == "person" else self.after[self.after["left"] == 1]
        return rows.groupby("arm", observed=False)["person"].nunique()


def months_of(data: EntryData) -> Months:
    """The person-months of an entry. FitError where an arm has too few persons, or too few of it left; nobody may."""
    study, rows = data.study, data.scores[data.scores["sample"] == data.entry.sample]
    placed = rows["arm"].notna() & rows[study.unit].notna()
    unplaced = int(rows.loc[~placed, "person"].nunique())
    rows = rows[placed & (rows["in_force"] | study.by_lot)].reset_index(drop=True)
    rows["arm"] = pd.Categorical(rows["arm"], [a.id for a in study.arms])
    for level in ("organisation", "team", "person"):
        rows[level] = pd.Categorical(rows[level].astype("string"))
    treated = f"{study.treated_arm}_in_force"
    rows[treated] = ((rows["arm"] == study.treated_arm) & rows["in_force"]).astype(float)
    found = Months(rows, treated, unplaced)
    _require(found.persons(), "were employed after the start", data)
    left = found.persons("left")
    _require(left[left > 0], "left after the start", data)
    return found


def _require(persons: pd.Series, what: str, data: EntryData) -> None:
    """As many persons of each arm as may be shown, and one at least."""
    least = max(1, data.study.min_cell_size)
    few = [str(arm) for arm, n in persons.items() if n < least]
    if few:
        raise FitError.of(
            found=f"`{data.entry.id}` cannot be estimated: fewer than {least} persons of {', '.join(few)} {what}",
            where=f"plan.yaml, entry {data.entry.id}; the personnel records of sample {data.entry.sample}",
            expected=f"at least {least} persons of each arm who left, the study's minimum for any statistic, or nobody",
            action="wait for a later extract; look at the table of who stayed and left",
        )


def hazard_fit(data: EntryData, months: Months, link: str = "cloglog") -> EntryFit:
    """The hazard model of an entry; FitError when it cannot be estimated."""
    from dww_analysis.multilevel import fit
    from dww_analysis.multilevel.errors import MultilevelError

    frame = months.rows.assign(month=joined_months(months.rows)).dropna(subset=["month"])
    frame["month"] = frame["month"].cat.remove_unused_categories()
    model = _model(data, frame, months)
    try:
        fitted = fit(model.formula, frame, family=KIND.family, link=link)
        coefficients = fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    except MultilevelError as error:
        raise _no_model(data, str(error)) from error
    if months.treated in fitted.dropped:
        raise _no_model(data, f"{months.treated} is left out, because {fitted.dropped[months.treated]}")
    return EntryFit(frame, model, fitted, coefficients, KIND)


def _no_model(data: EntryData, why: str) -> FitError:
    return FitError.of(
        found=f"the hazard model of `{data.entry.id}` cannot be estimated",
        detail=why,
        where=f"plan.yaml, entry {data.entry.id}",
        expected="months at risk that carry the planned model",
        action="look at who left, and when; change the plan only as a reported deviation",
    )


def _model(data: EntryData, frame: pd.DataFrame, months: Months) -> Model:
    study, several = data.study, frame["month"].nunique() > 1
    above = strata(data.entry, data.plan, study, frame.assign(score=frame["left"]))
    levels = distinct(CLUSTERS[CLUSTERS.index(study.unit) :], frame)
    terms = [*(["month"] if several else []), months.treated, *above.terms, *(f"(1 | {v})" for v in levels)]
    return Model(
        "left ~ " + " + ".join(terms),
        (_target(study, months),),
        ("hazard", *above.methods),
        (*above.warnings, *_unplaced(data, months)),
    )


def _target(study: Study, months: Months) -> Target:
    return Target({months.treated: 1.0}, Contrast(study.treated_arm, study.reference_arm), True)


def _unplaced(data: EntryData, months: Months) -> tuple[str, ...]:
    """Persons of the records who belong to no arm: without answers, and without a team that was allocated. Of few no
    number."""
    if not months.unplaced:
        return ()
    least = data.study.min_cell_size
    n = f"fewer than {least}" if months.unplaced < least else str(months.unplaced)
    return (f"{data.entry.id}: personnel records of {n} persons without an arm are left out.",)


def joined_months(rows: pd.DataFrame) -> pd.Series:
    """The category of each row's month: months are joined with the next ones until somebody left in them, and never
    over the start. Missing for months before the start when nobody left in any of them: they say nothing."""
    labels: dict[pd.Timestamp, str] = {}
    for _, stage in rows.groupby("in_force"):
        left = stage.groupby("month")["left"].sum()
        for group in groups_of(left):
            first, last = (f"{m:%Y-%m}" for m in (group[0], group[-1]))
            labels |= dict.fromkeys(group, first if first == last else f"{first}..{last}")
    ordered = list(dict.fromkeys(labels[m] for m in sorted(labels)))
    return pd.Series(pd.Categorical(rows["month"].map(labels), ordered), index=rows.index)


def groups_of(left: pd.Series) -> list[list[Any]]:
    """The index of `left` (how many left, by month in order) in groups, joined until somebody left; what remains at the
    end joins the last group. [] where nobody left."""
    groups: list[list[Any]] = []
    current: list[Any] = []
    for month, count in left.items():
        current.append(month)
        if count:
            groups.append(current)
            current = []
    if groups:
        groups[-1] += current
    return groups


# --- the risk over the follow-up


def unit_risks(months: Months, study: Study) -> pd.DataFrame:
    """Units as of shares.unit_facts with `share`: what part of the unit's life table left from the start to the last
    month observed. Without late entry or censoring that is the plain share."""
    unit = study.unit
    rows = months.after.groupby([unit, "month"], observed=True)["left"].agg(["sum", "count"])
    stay = (1 - rows["sum"] / rows["count"]).groupby(level=unit, observed=True).prod()
    return unit_facts(study, months.after).assign(share=1 - stay)


@dataclass(frozen=True, eq=False)
class Risks:
    """The difference of the units' risks, and the risk of each arm."""

    difference: UnitDifference
    arms: list[dict[str, Any]]


def risks_of(data: EntryData, months: Months) -> Risks:
    """The risk of leaving by arm and their difference, strata averaged equally. FitError as unit_difference."""
    units = unit_risks(months, data.study)
    difference = separated(units, data.plan.conf_level) or unit_difference(data, units)
    return Risks(difference, _by_arm(data, months, units, difference))


def _by_arm(
    data: EntryData, months: Months, units: pd.DataFrame, difference: UnitDifference
) -> list[dict[str, Any]]:
    """Persons, units and risk of each arm, with limits as of `_risk_of`."""
    study, persons, found = data.study, months.persons(), []
    for arm in study.arms:
        treated = float(arm.id == study.treated_arm)
        shares = units.loc[units[TREATED] == treated, "share"]
        own = {"arm": arm.id, "n": int(persons[arm.id]), "units": len(shares)}
        found.append({**own, **_risk_of(shares, treated, units, difference, data.plan.conf_level)})
    return found


def _risk_of(
    shares: pd.Series, treated: float, units: pd.DataFrame, difference: UnitDifference, conf_level: float
) -> dict[str, float]:
    """The risk of an arm with its limits: from the fit of the difference, but exact where nobody, or everybody, of its
    units left. How its units differ is not known then, and that of the other arm's does not say it. shares: of
    its units.
    """
    fitted = difference.fitted
    if fitted is None or not shares.ne(0).any() or not shares.ne(1).any():
        share = float(shares.iloc[0])
        low, high = exact_share(share, len(shares), 1 - conf_level)
        return {"estimate": share, "conf_low": low, "conf_high": high}
    mean = fitted.linear(arm_weights(units, fitted, treated), conf_level=conf_level).iloc[0]
    limits = {
        "conf_low": max(0.0, float(mean["conf_low"])),
        "conf_high": min(1.0, float(mean["conf_high"])),
    }
    return {"estimate": float(mean["estimate"]), **limits}


# --- the result of an entry


@dataclass(frozen=True, eq=False)
class Leaving:
    """What an entry about leaving gave. beside: its rows of sensitivity; months: what it rests on."""

    result: EntryResult
    beside: list[dict[str, Any]]
    months: Months


def estimate_leaving(data: EntryData) -> Leaving:
    """The hazards and risks of an entry about leaving. FitError when the hazards or the risks cannot be estimated: they
    stand together.

    With fewer than FEW who left in an arm there is no hazard model and no test of one: the planned estimate is then the
    difference of the units' risks. Nobody of an arm left, or the study's minimum group is smaller than FEW.
    """
    months = months_of(data)
    risks = risks_of(data, months)
    smallest = _smallest(months, data.study.min_cell_size)
    if months.persons("left").min() < FEW:
        return Leaving(_without_hazards(data, months, risks, smallest), [], months)
    found = hazard_fit(data, months)
    result = read_estimates(data, found)
    hazard = result.estimates.assign(n_smallest=smallest).iloc[0].to_dict()
    beside = _risk_estimate(data, months, risks, {n: hazard[n] for n in SIZES}, f"{data.entry.id}.risk")
    estimates = pd.DataFrame([hazard, asdict(beside)], columns=list(COLUMNS))
    record = {**result.record, **_risk_record(months, risks, smallest)}
    return Leaving(EntryResult(estimates, result.components, record), _odds(data, months, smallest), months)


def _smallest(months: Months, minimum: int) -> int:
    """Persons of the smaller arm from the start on, unless too few of one left, or did not: as of `protecting`, but for
    nobody who left."""
    there, left = months.persons(), months.persons("left")
    return protecting(int(there.min()), int(min([*left[left > 0], *(there - left)])), minimum)


def _risk_estimate(
    data: EntryData, months: Months, risks: Risks, sizes: Mapping[str, int], identity: str
) -> Estimate:
    """The difference of risks. sizes: those of the hazards beside it, for persons who count in one of the two only are
    who left before the start: too few, often, to be told from two counts."""
    contrast = _target(data.study, months).contrast
    return difference_estimate(data, risks.difference, contrast, sizes, identity=identity)


def _risk_record(months: Months, risks: Risks, smallest: int) -> dict[str, Any]:
    """What the report says of the risks: by arm, from which month to which, and on how few persons they rest."""
    seen = months.after["month"]
    span = {"first": f"{seen.min():%Y-%m}", "last": f"{seen.max():%Y-%m}"}
    return {"risks": {"arms": risks.arms, "n_smallest": smallest, **span}}


def _without_hazards(data: EntryData, months: Months, risks: Risks, smallest: int) -> EntryResult:
    """The difference of the units' risks as the planned estimate, where too few left for a model of hazards."""
    entry = data.entry
    row = _risk_estimate(data, months, risks, sizes_of(months.after, smallest), entry.id)
    few = f"{entry.id}: fewer than {FEW} persons of an arm left: no model of hazards, and no p of one."
    record = {
        "entry": entry.id,
        "outcome": entry.outcome,
        **_least_squares(risks.difference),
        "family": KIND.family,
        "methods": ["few_leavers"],
        "warnings": [*_unplaced(data, months), few],
        "n_groups": {},
        "converged": True,
        "boundary": [],
        "icc": {},
        "means": [],
        **_risk_record(months, risks, smallest),
    }
    estimates = pd.DataFrame([asdict(row)], columns=list(COLUMNS))
    return EntryResult(estimates, pd.DataFrame(columns=list(VARIANCE_COMPONENTS.names)), record)


def _least_squares(difference: UnitDifference) -> dict[str, Any]:
    """What the record says of the fit of the risks; nothing of an exact difference, which has none."""
    if difference.fitted is None:
        return {}
    fitted = {"formula": difference.formula, "n_obs": int(difference.fitted.n_obs)}
    return {**fitted, "estimation": "least squares"}


def _odds(data: EntryData, months: Months, smallest: int) -> list[dict[str, Any]]:
    """The same model for the odds of leaving in a month (logit), beside the hazards."""
    head = {
        "entry": data.entry.id,
        "outcome": data.entry.outcome,
        "analysis": ODDS,
        "rows_left_out": 0,
        "n_apart": 0,
    }
    try:
        found = hazard_fit(data, months, "logit")
        row = read_estimates(data, found).estimates.iloc[0].to_dict()
    except REFUSALS as error:
        return [{**head, "remark": "failed", "note": openly(error)}]
    return [{**row, "unit": "log odds", "n_smallest": smallest, **head, "remark": "", "note": ""}]
