"""Indirect effects along a path of three: between units (2-1-1), between persons within units (1-1-1), or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dww_analysis.domain.theory import Arrow, Node, Path
from dww_analysis.effects.designs.parallel_cluster import effect_column
from dww_analysis.effects.designs.stepped_wedge import exposure_column
from dww_analysis.effects.mechanisms.arrows import (
    FEW_PERSONS,
    FEW_UNITS,
    NO_STEP,
    NOT_FITTED,
    Found,
    Unestimable,
    coefficient,
    fit_rows,
    part_shown,
    persons_of,
    score_arrow,
    smallest,
    wave_after_start,
)
from dww_analysis.effects.mechanisms.monte_carlo import Draws, Factor, Indirect, expected_product, product
from dww_analysis.effects.mechanisms.rows import TREATED, TheoryData, column, rows_of
from dww_analysis.effects.mechanisms.slopes import slopes_of
from dww_analysis.effects.refusals import REFUSALS

INDIRECT = "indirect_effect"
LEAST_UNITS_OF_SLOPES = 8  # with fewer units nothing can be said about how their slopes differ
ARM_DIRECT = ("estimate", "conf_low", "conf_high")


@dataclass(frozen=True, eq=False)
class Along:
    """What one path gave: the indirect effect and, where it starts at the arm, what is left beside it (direct) and
    whether the second arrow is the same in both arms (p of the interaction)."""

    part: str
    noun: str = "association"
    indirect: Indirect | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    direct: Mapping[str, float] = field(default_factory=dict)
    interaction_p: float = float("nan")
    remark: str = ""


def along(path: Path, found: Mapping[str, Mapping[str, Found]], data: TheoryData) -> Along:
    """The indirect effect of one path. found: arrow -> part -> what it gave."""
    arrows = [data.theory.arrow(step) for step in path.steps]
    part = part_shown(arrows[1], data)
    try:
        if data.theory.node(path.through[0]).arm:
            return _from_the_arm(arrows, found, part, data)
        if part == part_shown(arrows[0], data) == "within":
            return _within(arrows, data)
        return _from_a_score(arrows, "total" if data.unit is None else "between", data)
    except Unestimable as reason:
        return Along(part, remark=reason.remark)
    except REFUSALS:
        return Along(part, remark=NOT_FITTED)


def _nodes(arrows: list[Arrow], data: TheoryData) -> tuple[Node, Node, Node]:
    first, second = arrows
    return tuple(data.theory.node(n) for n in (first.origin, first.target, second.target))  # type: ignore[return-value]


def _from_the_arm(
    arrows: list[Arrow], found: Mapping[str, Mapping[str, Found]], part: str, data: TheoryData
) -> Along:
    """Arm -> mediator from the design's own model, mediator -> outcome beside the arm, between units."""
    a = found[arrows[0].id]["total"]
    b = found[arrows[1].id].get(part) or found[arrows[1].id]["total"]
    if a.remark or b.remark:
        raise Unestimable(NO_STEP)
    return Along(
        b.part,
        _noun(arrows, data),
        _product(a.numbers, b.numbers, data),
        _fewest(a, b),
        _direct(b, sum(arrow.lag for arrow in arrows), data),
        _interaction(b, data.theory.node(arrows[1].origin), data),
    )


def _noun(arrows: list[Arrow], data: TheoryData) -> str:
    """An indirect effect needs an arm that was given by lot, each step a wave after the one before, and a mediator that
    is no dose: how much was used is observed by its nature."""
    in_order = all(arrow.lag > 0 for arrow in arrows)
    dose = data.theory.node(arrows[1].origin).dose is not None
    return INDIRECT if data.study.by_lot and in_order and not dose else "association"


def _fewest(a: Found, b: Found) -> dict[str, int]:
    """What a product rests on, of each count the smaller: it shows a factor that is hidden to who has the other."""
    return {name: min(number, b.counts[name]) for name, number in a.counts.items()}


def _product(a: Mapping[str, float], b: Mapping[str, float], data: TheoryData) -> Indirect:
    first, second = (Factor(n["estimate"], n["std_error"], n["df"]) for n in (a, b))
    return product(first, second, _draws(data))


def _draws(data: TheoryData) -> Draws:
    return Draws(data.theory.draws, data.theory.seed, data.plan.conf_level)


def _direct(b: Found, lag: int, data: TheoryData) -> dict[str, float]:
    """The arm's own coefficient beside the mediator, so many waves since the start; {} where the model has none."""
    study = data.study
    by_wave = effect_column(study.treated_arm, wave_after_start(study, lag))
    wanted = exposure_column(lag) if study.starts else by_wave
    table = b.fitted.coefficients(conf_level=data.plan.conf_level).set_index("term")
    return {n: float(table.at[wanted, n]) for n in ARM_DIRECT} if wanted in table.index else {}


def _interaction(b: Found, mediator: Node, data: TheoryData) -> float:
    """p of the test that the second arrow is the same under both conditions; NaN where it cannot be made."""
    assert b.rows is not None
    name = f"{column(b.part, mediator)}:{TREATED}"
    try:
        fitted = fit_rows(b.rows, [mediator], data, [name])
        return coefficient(fitted, name, data.plan.conf_level, b.part == "between")["p_value"]
    except (*REFUSALS, Unestimable):
        return float("nan")


def _from_a_score(arrows: list[Arrow], part: str, data: TheoryData) -> Along:
    """Cause and mediator are both scores, and one of them acts through means: the product of their parts."""
    cause, mediator, outcome = _nodes(arrows, data)
    first, second = (arrow.lag for arrow in arrows)
    a = score_arrow(data, mediator, [(cause, first)])
    b = score_arrow(data, outcome, [(mediator, second), (cause, first + second)])
    found = [steps.get(part) for steps in (a, b)]
    if any(step is None or step.remark for step in found):
        raise Unestimable(NO_STEP)
    one, two = found
    assert one is not None and two is not None
    return Along(part, indirect=_product(one.numbers, two.numbers, data), counts=_fewest(one, two))


def _within(arrows: list[Arrow], data: TheoryData) -> Along:
    """Persons within units, whose slopes may differ between units: E(ab) = ab + cov(a, b)."""
    cause, mediator, outcome = _nodes(arrows, data)
    first, second = (arrow.lag for arrow in arrows)
    rows = rows_of(data, outcome, [(mediator, second), (cause, first + second)])
    named = {column("total", cause): "cause", column("total", mediator): "mediator", "score": "outcome"}
    frame = rows.frame.rename(columns={**named, str(data.unit): "unit"})
    frame = frame.dropna(subset=["cause", "mediator", "unit", *data.theory.adjust])
    if smallest(frame, data) < data.study.min_cell_size:
        raise Unestimable(FEW_PERSONS)
    if frame["unit"].nunique() < LEAST_UNITS_OF_SLOPES:
        raise Unestimable(FEW_UNITS)
    frame = frame.assign(wave=frame["wave"].cat.remove_unused_categories()).reset_index(drop=True)
    slopes, fitted = slopes_of(frame, "".join(f" + equation:{name}" for name in data.theory.adjust))
    if not fitted.converged:
        raise Unestimable(NOT_FITTED)
    counts = persons_of(frame.rename(columns={"unit": str(data.unit)}), data)
    return Along("within", indirect=expected_product(slopes, _draws(data)), counts=counts)
