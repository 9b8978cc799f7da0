"""Estimates to answers: what every plan entry says, decided once (`domain.answer`), as the table answers.csv."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import ESTIMATED, STOPPED, deciding_method
from dww_analysis.domain.answer import (
    ENOUGH_POWER,
    Against,
    Answer,
    Criterion,
    Direction,
    Equivalence,
    Side,
    Size,
    Verdict,
    cells_of,
    direction_of,
    side_of,
)
from dww_analysis.domain.contrasts import COLUMNS as CONTRAST
from dww_analysis.domain.estimate import rejects, truth
from dww_analysis.domain.outcomes import KINDS, RISK_DIFFERENCE
from dww_analysis.domain.plan import PERMUTATION, Plan, PlanEntry
from dww_analysis.domain.records import of_records
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.domain.tables import register
from dww_analysis.effects.attrition import alike
from dww_analysis.effects.sizes import equivalence, of_hundred_pairs, power_of_test

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Facts:
    """What answers are made from besides the estimates."""

    plan: Plan
    study: Study
    scales: Mapping[str, Scale]
    flow: pd.DataFrame | None
    trials: pd.DataFrame | None = None

    @property
    def alpha(self) -> float:
        return 1 - self.plan.conf_level


def answer_table(
    estimates: pd.DataFrame,
    plan: Plan,
    study: Study,
    scales: Iterable[Scale],
    flow: pd.DataFrame | None,
    trials: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """answers.csv: one row per plan entry, in the plan's order; an entry without estimate is `not_measured`.

    estimates: columns of domain.estimate.COLUMNS with p values corrected; flow: persons by wave, arm and step;
    trials: the table `calibration`, None where nothing was tried. Columns as declared in domain.tables (`answers`).
    """
    facts = Facts(plan, study, {s.id: s for s in scales}, flow, trials)
    rows = [cells_of(answer_of(entry, estimates, facts)) for entry in plan.entries]
    columns = register()["answers"].names
    return pd.DataFrame(rows, columns=list(columns))


def answer_of(entry: PlanEntry, estimates: pd.DataFrame, facts: Facts) -> Answer:
    """The answer of one entry from its planned contrast, in the outcome's own unit and in standard deviations.

    estimates: rows as `domain.estimate` declares them, of any entries. An entry without an estimate has an answer
    without numbers (NaN), whose verdict says so.
    """
    rows = estimates[estimates["entry"].astype(str) == entry.id]
    raw = _with_df(planned(rows, standardised=False), planned(rows, standardised=True), facts.study)
    scale = facts.scales.get(entry.outcome.split(".")[0])
    noun = str(raw.get("noun", ""))
    direction = direction_of(noun, scale.favourable() if scale is not None else "neutral")
    compared = on_scale_of_sesoi(raw, rows)
    tested = against_sesoi(compared, entry.sesoi, facts.alpha)
    plain, corrected = _sides(raw, direction, facts.alpha)
    return Answer(
        entry=entry.id,
        id=str(raw.get("id", entry.id)),
        outcome=entry.outcome,
        family=entry.family,
        status=entry.status,
        noun=noun,
        direction=direction,
        plain=plain,
        corrected=corrected,
        verdict=verdict_of(plain, corrected, tested),
        sesoi=math.nan if entry.sesoi is None or not compared else entry.sesoi,
        equivalence=tested,
        everyday=everyday_size(raw, rows, direction),
        by_lot=_by_lot(raw, noun, facts.study),
        enough_units=_enough_units(raw, compared, entry, facts),
        alike=_alike(entry, scale, facts),
        sealed=_sealed(entry.status),
        checked=_checked(scale),
        n_persons=float(raw.get("n_persons", math.nan)),
        n_smallest=float(raw.get("n_smallest", math.nan)),
    )


def _with_df(raw: Row, restated: Row, study: Study) -> Row:
    """The planned contrast; where it was permuted with the model's df, by which it is held against the smallest
    effect, or without a row in SD units, which has these, with two fewer than there are units."""
    if raw.get("df_method") != PERMUTATION:
        return raw
    units = {"organisation": raw["n_organisations"], "team": raw["n_teams"], "person": raw["n_persons"]}
    return {**raw, "df": restated.get("df", units[study.unit] - 2.0)}


def planned(rows: pd.DataFrame, *, standardised: bool) -> Row:
    """The planned contrast among the estimates of one entry; {} when it has none."""
    if rows.empty:
        return {}
    primary = rows["primary"].map(truth).eq(True)
    found = rows[primary & rows["standardised"].map(truth).eq(standardised)]
    return {} if found.empty else found.iloc[0].to_dict()


def risk_difference(raw: Row, rows: pd.DataFrame) -> Row:
    """The same contrast as a difference of shares, where it was estimated (it may be `raw` itself); {} otherwise."""
    if not raw:
        return {}
    same = rows["summary"] == RISK_DIFFERENCE
    for name in CONTRAST:
        same &= rows[name].eq(raw[name]) | (rows[name].isna() & pd.isna(raw[name]))
    return rows[same].iloc[0].to_dict() if same.any() else {}


def on_scale_of_sesoi(raw: Row, rows: pd.DataFrame) -> Row:
    """The row of the estimate in the unit in which a smallest effect is declared: the outcome's own, of yes or no a
    share.

    {} for a ratio (odds, rates) without a difference beside it: a share cannot be held against log odds.
    """
    if not raw or KINDS[str(raw["kind"])].standardises:
        return raw
    return risk_difference(raw, rows)


def against_sesoi(row: Row, sesoi: float | None, alpha: float) -> Equivalence:
    """Two one-sided tests against the smallest effect, with the contrast's own SE and df. inside: both hold; beyond:
    the same interval (1 - 2 alpha) lies wholly past it on one side. An empty Equivalence where sesoi is None, or
    no test of the contrast exists."""
    if sesoi is None or not row or not row["std_error"] > 0 or math.isnan(row["p_value"] + row["df"]):
        return Equivalence()
    found = equivalence(row["estimate"], row["std_error"], row["df"], sesoi, alpha)
    past = found.conf_low > sesoi or found.conf_high < -sesoi
    against: Against = "inside" if rejects(found.p_value, alpha) else "beyond" if past else "unclear"
    return Equivalence(against, found.p_value, found.conf_low, found.conf_high, 1 - 2 * alpha)


def _sides(raw: Row, direction: Direction, alpha: float) -> tuple[Side | Any, Side | Any]:
    """Where the interval lies, and where it lies when the corrected test holds. Where no test exists an interval off
    zero shows nothing, so that it is unclear; harm stays."""
    if not raw or not (math.isfinite(raw["conf_low"]) and math.isfinite(raw["conf_high"])):
        return "", ""
    plain = side_of(raw["conf_low"], raw["conf_high"], direction)
    if math.isnan(raw["p_value"]) and plain != "unfavourable":
        plain = "unclear"
    return plain, plain if rejects(corrected_p(raw), alpha) else "unclear"


def corrected_p(raw: Row) -> float:
    """The p value after correction for the number of outcomes (column p_adjusted); where nothing was corrected the
    test's own."""
    corrected = raw["adjust_method"] not in ("none", "") and math.isfinite(raw["p_adjusted"])
    return float(raw["p_adjusted"] if corrected else raw["p_value"])


def verdict_of(plain: str, corrected: str, tested: Equivalence) -> Verdict:
    """The row of the table of verdicts."""
    if not plain:
        return "not_measured"
    if tested.against == "inside":
        return "no_difference"
    if plain == "unclear":
        return "unclear"
    return "less_sure" if corrected == "unclear" else "sure"


def everyday_size(raw: Row, rows: pd.DataFrame, direction: Direction) -> Size:
    """Pairs of colleagues or persons in a hundred, turned so that more is better; an empty Size without two arms,
    and of changes compared: who changed more need not be better off. rows: all of the entry's estimates."""
    if not raw or not isinstance(raw["arm"], str) or not raw["arm"] or pd.notna(raw["from_wave"]):
        return Size()
    risk, sd = risk_difference(raw, rows), planned(rows, standardised=True)
    if risk:
        return _turned("per_100", [100 * risk[k] for k in ("estimate", "conf_low", "conf_high")], direction)
    if not sd:
        return Size()
    turned = _turned("pairs", [sd[k] for k in ("estimate", "conf_low", "conf_high")], direction)
    return Size("pairs", *(of_hundred_pairs(v) for v in (turned.value, turned.low, turned.high)))


def _turned(kind: Any, numbers: list[float], direction: Direction) -> Size:
    value, low, high = numbers
    return Size(kind, -value, -high, -low) if direction == "lower is better" else Size(kind, value, low, high)


# --- how firm


def _by_lot(raw: Row, noun: str, study: Study) -> Criterion:
    untested = noun == "difference" and study.by_lot and math.isnan(raw["p_value"])
    if noun == "effect" or untested:
        return Criterion(True, "lot")
    if noun == "association":
        return Criterion(False, "association")
    return Criterion(False, "chosen" if study.has_arms else "no_groups")


def _enough_units(raw: Row, compared: Row, entry: PlanEntry, facts: Facts) -> Criterion:
    """Whether a true effect of the smallest size of interest would be found: on the invented trials where the test that
    decides was tried with it, else at this SE and df."""
    if not raw:
        return Criterion(False, "no_estimate")
    tried = _tried(raw, entry, facts.trials)
    if tried is not None:
        found = tried >= ENOUGH_POWER
        return Criterion(found, "enough_tried" if found else "too_few_tried", tried)
    if not raw["std_error"] > 0 or math.isnan(raw["df"] + raw["p_value"]):
        return Criterion(False, "no_power")
    if entry.sesoi is None:
        return Criterion(False, "no_sesoi")
    if not compared:
        return Criterion(False, "other_scale")
    power = power_of_test(entry.sesoi, compared["std_error"], compared["df"], facts.alpha)
    return Criterion(power >= ENOUGH_POWER, "enough" if power >= ENOUGH_POWER else "too_few", power)


def _tried(raw: Row, entry: PlanEntry, trials: pd.DataFrame | None) -> float | None:
    """The share of an entry's invented trials with the smallest effect of interest in which the test that decides found
    it; None where that was not tried, or not to the end."""
    if trials is None or trials.empty:
        return None
    own = trials[(trials["entry"] == entry.id) & (trials["method"] == deciding_method(raw))]
    own = own[own["is_sesoi"].map(truth).eq(True) & (own["components"].fillna(ESTIMATED) == ESTIMATED)]
    own = own[(own["trials"] > 0) & (own["remark"] != STOPPED)]
    return None if own.empty else float(own["rejected"].iloc[0])


def _sealed(status: str) -> Criterion:
    why = status.split(",")[0].replace(" ", "_")
    return Criterion(why == "registered", why)


def _recorded(scale: Scale | None) -> bool:
    return scale is not None and of_records(scale.id, ()) and not scale.label


def _alike(entry: PlanEntry, scale: Scale | None, facts: Facts) -> Criterion:
    """Of drop-out; personnel records know of everybody of both groups whether they left, whoever answers."""
    if _recorded(scale) and facts.study.groups:
        return Criterion(True, "records")
    return alike(facts.flow, facts.study, entry.sample)


def _checked(scale: Scale | None) -> Criterion:
    if _recorded(scale):
        return Criterion(False, "records")
    if scale is None or scale.key is None:
        return Criterion(False, "delivered")
    return Criterion(scale.key.verified, "verified" if scale.key.verified else "unverified")
