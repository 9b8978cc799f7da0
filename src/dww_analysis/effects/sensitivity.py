"""The same question answered in other defensible ways, named beforehand: other rows, and other ways to test.

Variants repeat the entry's own model on other rows. Checks keep the rows and test differently: cluster-robust, and by
permuting, both at the unit of allocation. All stand beside the estimate, not instead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.analyses import BY_THE_MODEL, EMPLOYED_ONLY, WITHOUT_CARELESS, permutation_of
from dww_analysis.domain.outcomes import ODDS_RATIO, RISK_DIFFERENCE, RISK_RATIO
from dww_analysis.domain.tables.effects import SENSITIVITY
from dww_analysis.effects.analysis import Analysis, analysis_estimates
from dww_analysis.effects.apart import Rows, persons_apart, rows_of
from dww_analysis.effects.checks import checks_of, permutation_row
from dww_analysis.effects.deciding import Decided, decided, planned_estimates, stands_beside
from dww_analysis.effects.estimate import estimates_of, fit_entry
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.logistic import odds_estimate
from dww_analysis.effects.populations import under_contract
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.relinking import as_row, linking_variants
from dww_analysis.effects.shares import (
    UnitShares,
    permuted_shares,
    share_difference,
    share_ratio,
    unit_shares,
)
from dww_analysis.effects.ways import Way
from dww_analysis.effects.weighting import NOTHING_WEIGHED, Weighed
from dww_analysis.errors import openly

KEYS = ["sample", "person", "wave"]
SPAN = ("estimate", "conf_low", "conf_high")
FAILED = "failed"  # remark of an analysis that could not be estimated; `note` says why
WHOLE = {"rows_left_out": 0, "n_apart": 0}  # of an analysis of the same answers
Row = dict[str, Any]


def without_careless(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """Scores without the rows of a wave in which a person was flagged as answering carelessly (column careless)."""
    flagged = careless.loc[careless["careless"], KEYS]
    marked = scores[KEYS].merge(flagged.assign(flagged=True), on=KEYS, how="left")["flagged"]
    return scores[marked.isna().to_numpy()]


def baseline_members(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """Only the rows of persons who answered the first wave of their sample: the closed cohort inside an open one."""
    first = scores.groupby("sample")["wave"].transform("min")
    at_first = scores.loc[scores["wave"] == first, ["sample", "person"]].drop_duplicates()
    return scores.merge(at_first, on=["sample", "person"])


def where_answered(scores: pd.DataFrame, careless: pd.DataFrame) -> pd.DataFrame:
    """With the team a person was in when answering (column current_team), instead of the team that was allocated;
    the arm stays. Scores without that column are as they are."""
    if "current_team" not in scores:
        return scores
    moved = scores["current_team"].where(scores["current_team"].notna(), scores["team"])
    return scores.assign(team=moved)


Variant = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
VARIANTS: Mapping[str, Variant] = {
    WITHOUT_CARELESS: without_careless,
    "baseline members only": baseline_members,
    "team at the time of answering": where_answered,
}


def sensitivity_of(
    data: EntryData,
    found: EntryFit | None,
    careless: pd.DataFrame,
    units: Weighed = NOTHING_WEIGHED,
    analysis: Analysis | None = None,
) -> pd.DataFrame:
    """One row per variant and check; a variant that cannot be estimated says why.

    careless: columns sample, person, wave, careless (bool). Variants that leave all rows as they are, are left out:
    they would repeat the estimate. units: what `weighed` made of the entry. analysis: where yes or no is compared; all
    rows are then its planned answer. Where that is of units' shares, who is who at other waves plays no part.
    """
    way = None if analysis is None else analysis.way
    rows: list[Row] = []
    if way is not None and way.of_units and analysis is not None and analysis.shares is not None:
        planned = partial(_with_shares, summary=way.summary)
        rows = [*_variants(data, careless, _told(analysis.shares.answers), planned)]
    elif analysis is not None and analysis.logistic and analysis.shares is not None:
        rows = [*_variants(data, careless, _told(analysis.shares.answers), _of_odds)]
    elif found is not None:
        deciding = decided(data, found) if analysis is None else analysis.deciding
        as_modelled = partial(_decided_by, own=(found, deciding))
        compared = None if way is None or way.summary == ODDS_RATIO else partial(_compared, way=way)
        read = compared or as_modelled
        own = _told(found.used)
        rows = [*_variants(data, careless, own, partial(_of_fit, read=read)), *_linked(data, found, read)]
        rows += [] if compared else _checks(data, found, units, deciding)
    if analysis is not None and analysis.shares is not None:
        rows += _permuted(data, analysis, analysis.shares)
    return pd.DataFrame(rows, columns=list(SENSITIVITY.names))


def _of_fit(data: EntryData, read: Callable[[EntryData, EntryFit], pd.DataFrame]) -> tuple[Row, Rows]:
    found = fit_entry(data)
    return _primary(read(data, found)), _told(found.used)


def _told(used: pd.DataFrame) -> Rows:
    return rows_of(used, "wave", "team")


def _decided_by(data: EntryData, found: EntryFit, own: tuple[EntryFit, Decided]) -> pd.DataFrame:
    """The estimates as the test that decides has them. own: the planned fit and its test, which is known."""
    planned, deciding = own
    return planned_estimates(data, found, deciding if found is planned else decided(data, found))


def _compared(data: EntryData, found: EntryFit, way: Way) -> pd.DataFrame:
    """Yes or no of a fit in the planned way."""
    return analysis_estimates(data, Analysis(found, way=way))


def _with_shares(data: EntryData, summary: str) -> tuple[Row, Rows]:
    shares = unit_shares(data)
    return _of_shares(data, shares, summary), _told(shares.answers)


def _of_shares(data: EntryData, shares: UnitShares, summary: str) -> Row:
    compare = share_ratio if summary == RISK_RATIO else share_difference
    return _of_sensitivity(asdict(compare(data, shares, planned=True)))


def _of_odds(data: EntryData) -> tuple[Row, Rows]:
    shares = unit_shares(data)
    return _of_sensitivity(asdict(odds_estimate(data, shares, planned=True))), _told(shares.answers)


def _of_sensitivity(row: Row) -> Row:
    return {name: value for name, value in row.items() if name in SENSITIVITY.names}


def _variants(
    data: EntryData, careless: pd.DataFrame, own: Rows, planned: Callable[[EntryData], tuple[Row, Rows]]
) -> list[Row]:
    """The estimate on the rows of each variant. own: those that the planned estimate rests on. `n_apart` of a variant
    is the fewest persons by whom it differs from the planned estimate, or from another variant beside it; where neither
    is known, those whose scores it leaves out or puts elsewhere."""
    made = [*_made_of(data, careless, planned)]
    sets = {own, *(rows for _, rows in made if rows is not None)}
    for row, rows in made:
        if rows is not None and rows != own:
            row["n_apart"] = min(persons_apart(rows, other) for other in sets if other != rows)
    return [row for row, _ in made]


def _made_of(
    data: EntryData, careless: pd.DataFrame, planned: Callable[[EntryData], tuple[Row, Rows]]
) -> Iterator[tuple[Row, Rows | None]]:
    """Each variant with the rows that it rests on; None where it failed."""
    entry, scores = data.entry, data.scores
    own = scores[(scores["scale"] == entry.outcome) & (scores["sample"] == entry.sample)].reset_index(
        drop=True
    )
    for name, variant in _offered(data).items():
        changed = variant(own, careless)
        if len(changed) == len(own) and changed["team"].equals(own["team"]):
            continue
        apart = persons_apart(*(_told(rows) for rows in (own, changed)))
        head = {**_head(data, name), "rows_left_out": len(own) - len(changed), "n_apart": apart}
        try:
            row, rows = planned(replace(data, scores=changed))
        except REFUSALS as error:
            yield {**head, "remark": FAILED, "note": openly(error)}, None
            continue
        yield {**row, **head, "remark": "", "note": ""}, rows


def _offered(data: EntryData) -> Mapping[str, Variant]:
    """The variants of an entry without what the plan itself asks for (who is adjusted for the first wave answered it),
    and with that of persons under contract where it is known who they are."""
    members = data.entry.population == "baseline_members" or data.entry.adjusted
    offered = {name: make for name, make in VARIANTS.items() if not (members and make is baseline_members)}
    if data.employed is None:
        return offered
    employed = data.employed
    return {**offered, EMPLOYED_ONLY: lambda scores, _: scores[under_contract(scores, employed)]}


def _head(data: EntryData, analysis: str) -> Row:
    return {"entry": data.entry.id, "outcome": data.entry.outcome, "analysis": analysis}


def _primary(estimates: pd.DataFrame) -> Row:
    return as_row(estimates, SENSITIVITY.names)


def _linked(
    data: EntryData, found: EntryFit, read: Callable[[EntryData, EntryFit], pd.DataFrame]
) -> Iterator[Row]:
    """The estimate under each rule of linking persons; nothing where persons are known by a key."""
    for name, estimates, apart, remark, note in linking_variants(data, found, read):
        row = _primary(estimates) if len(estimates) else {}
        yield {**row, **_head(data, name), **WHOLE, "n_apart": apart, "remark": remark, "note": note}


def _checks(data: EntryData, found: EntryFit, units: Weighed, deciding: Decided) -> Iterator[Row]:
    """Other ways to test the design's own model, each guarded: a check that fails says why and stops nothing."""
    if data.entry.formula is not None:
        return
    shared = _primary(planned_estimates(data, found, deciding))
    offered = checks_of(data.study, units)
    made: dict[str, Callable[[], Row | None]] = {
        name: partial(check, data, found)
        for name, check in offered.items()
        if stands_beside(name, data, deciding)
    }
    if deciding.row is not None:
        made = {BY_THE_MODEL: lambda: _primary(estimates_of(data, found)), **made}
    yield from _made(data, shared, made)


def _permuted(data: EntryData, analysis: Analysis, shares: UnitShares) -> Iterator[Row]:
    """Permutation of the units' shares, where chance formed the arms; beside a ratio its p value alone."""
    if not data.study.by_lot:
        return
    own = _of_shares(data, shares, RISK_DIFFERENCE)
    way = analysis.way
    hidden = {} if way is None or way.summary == RISK_DIFFERENCE else dict.fromkeys(SPAN, np.nan)
    permuted = {
        permutation_of(data.study.unit): lambda: {**permutation_row(permuted_shares(data, shares)), **hidden}
    }
    yield from _made(data, own, permuted)


def _made(data: EntryData, own: Row, checks: Mapping[str, Callable[[], Row | None]]) -> Iterator[Row]:
    """The row of each check that can be had, over what the estimate itself says; or why it failed."""
    shared = {**own, **WHOLE, "remark": "", "note": ""}
    for name, check in checks.items():
        try:
            row = check()
        except REFUSALS as error:
            yield {**_head(data, name), **WHOLE, "remark": FAILED, "note": openly(error)}
            continue
        if row is not None:
            yield {**shared, **_head(data, name), **row}
